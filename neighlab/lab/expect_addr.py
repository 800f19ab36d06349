"""What an IPv6 address has become is known from the kernel's announcements, or else by asking for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from neighlab.errors import ScenarioError
from neighlab.lab.history import AddrSighting, AddrState
from neighlab.model.nud import ABSENT
from neighlab.model.result import Expectation

if TYPE_CHECKING:
    from neighlab.lab.host import Host
    from neighlab.lab.lab import Lab

_SLACK_MS = 1000.0


def expect_addr(
    lab: Lab, host: Host, dev: str | None, addr: str, states: tuple[AddrState, ...], within_ms: float | None
) -> None:
    """Match `states` in their order against what was announced since the story's last act, what is, and what comes."""
    if not states or ":" not in addr:
        raise ScenarioError("expect_addr() wants an IPv6 address and at least one state: no IPv4 address is tentative")
    key = (host.name, host.intf(dev).ifindex, addr)
    past = lab.addr_history[key]
    started = time.monotonic()
    deadline = started + (_longest_ms(host, dev) if within_ms is None else within_ms) / 1000 * lab.time_scale
    position = 0
    _look(lab, host, dev, addr)
    # an answer lies behind the last one used, since the story's last act; or it is the present
    news = (i for i, one in enumerate(past) if i >= lab.addr_cursor[key] and one.at >= lab.last_act)
    cursor = min(next(news, len(past)), len(past) - 1)
    looked = started
    while True:
        while cursor < len(past) and position < len(states):
            position += past[cursor].state is states[position]
            cursor += 1
        if position == len(states) or looked >= deadline:
            break
        lab.wait(min(deadline - looked, 0.05))
        looked = time.monotonic()
        _look(lab, host, dev, addr)
    lab.addr_cursor[key] = cursor
    seen = " > ".join(one.state.name for one in past[-len(states) :])
    wanted = " > ".join(one.name for one in states)
    took_ms = (time.monotonic() - started) * 1000
    subject = f"{host.name} {host.intf(dev).name} address {addr}"
    lab.judge(Expectation(subject, wanted, seen, position == len(states), lab.timeline.now_ms(), took_ms))


def _look(lab: Lab, host: Host, dev: str | None, addr: str) -> None:
    """Read the address now; what the announcements did not tell is added to its history."""
    lab.pump()
    found = host.addr_get(addr, dev=dev)
    at = time.monotonic()
    lab.pump()
    past = lab.addr_history[host.name, host.intf(dev).ifindex, addr]
    state: AddrState = ABSENT if found is None else found.dad
    if not past or (past[-1].state is not state and past[-1].at <= at):
        past.append(AddrSighting(at, state))
        lab.timeline.add(host.name, "netlink", "poll", f"address {addr} {state.name}", at=at, addr=addr)


def _longest_ms(host: Host, dev: str | None) -> float:
    """How long duplicate address detection can take: a random delay, and a wait after each solicitation."""
    delay_ms = 1000 * host.knob("router_solicitation_delay", dev=dev, family=6)
    sent = host.knob("dad_transmits", dev=dev, family=6)
    return delay_ms + sent * host.knob("retrans_time_ms", dev=dev, family=6) + _SLACK_MS
