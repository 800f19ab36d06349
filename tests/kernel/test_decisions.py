"""For frames, settings and entries by the hundred the model says what the kernel does: learned, kept, answered."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from neighlab.topologies import TwoLans, VictimAttackerOwner
from sandboxed import sandboxed

from neighlab import BROADCAST, EVIL, NTF, NUD, OTHER, VALID, arp, ndp
from neighlab.lab.host import Host
from neighlab.lab.lab import Lab
from neighlab.model.frame_words import describe
from neighlab.model.reception.decide import about
from neighlab.model.reception.reframe import changed

pytestmark = pytest.mark.anybody

US, LOOPED, NEAR, OTHERS, FAR = "192.0.2.1", "192.0.2.60", "192.0.2.33", "192.0.2.99", "198.51.100.99"
US6, NEAR6, OTHERS6, FAR6 = "2001:db8::1", "2001:db8::33", "2001:db8::99", "2001:db8:ffff::99"
VICTIM = "00:00:5e:00:53:01"
NOBODY = ("0.", "127.", "224.", "255.", "192.0.2.255", "::", "ff")
"""What no entry of an administrator's is about."""


class Entry(NamedTuple):
    """What the victim knows of the sender: nothing, or a state and an lladdr; `settled`: locktime is over."""

    state: NUD | None = None
    lladdr: str | None = None
    settled: bool = True


ENTRIES = (
    Entry(), Entry(), Entry(NUD.STALE, OTHER), Entry(NUD.STALE, OTHER, settled=False), Entry(NUD.STALE, EVIL),
    Entry(NUD.REACHABLE, OTHER, settled=False), Entry(NUD.REACHABLE, OTHER), Entry(NUD.REACHABLE, EVIL),
    Entry(NUD.PERMANENT, OTHER), Entry(NUD.NOARP, OTHER), Entry(NUD.FAILED), Entry(NUD.INCOMPLETE),
)  # fmt: skip


def arp_frames() -> Iterator[bytes]:
    senders = (
        NEAR, OTHERS, FAR, US, "0.0.0.0", "127.0.0.1", "127.0.0.9", "224.0.0.5", "255.255.255.255", "192.0.2.255",
        "0.1.2.3",
    )  # fmt: skip
    for sender in senders:
        for target in (US, LOOPED, "192.0.2.77", "203.0.113.5", "127.0.0.1", "224.0.0.1", "192.0.2.255", sender):
            yield arp.raw(op=1, sender=sender, lladdr=EVIL, target=target)
            yield arp.raw(op=2, sender=sender, lladdr=EVIL, target=target, target_lladdr=VICTIM, to=VICTIM)
        yield arp.raw(op=1, sender=sender, lladdr=EVIL, target=US, to=VICTIM)
        yield arp.raw(op=2, sender=sender, lladdr=EVIL, target=US, to=BROADCAST)
        yield arp.gratuitous(sender, lladdr=EVIL, form="reply")
        yield arp.gratuitous(sender, lladdr=EVIL, form="reply", to=VICTIM, target_lladdr=OTHER)
    fine: dict[str, Any] = {"op": 1, "sender": NEAR, "lladdr": EVIL, "target": US}
    for wrong in ({"hwtype": 6}, {"hwtype": 4}, {"ptype": 0x86DD}, {"hwlen": 8}, {"plen": 16}, {"op": 0}, {"op": 8}):
        yield arp.raw(**fine | wrong)
    yield arp.raw(**fine, to=OTHER)
    yield arp.raw(**fine)[:41]


def nd_frames() -> Iterator[bytes]:
    group = ndp.solicited_node(US6)
    for sender in (NEAR6, OTHERS6, FAR6, US6, "fe80::99"):
        for target in (US6, "2001:db8::77", "2001:db8:1::5"):
            for slla in (True, False):
                yield ndp.ns(target, sender=sender, lladdr=EVIL, slla=slla)
                yield ndp.ns(target, sender=sender, lladdr=EVIL, slla=slla, dst=group)
                yield ndp.ns(target, sender=sender, lladdr=EVIL, slla=slla, dst=US6, to=VICTIM)
        yield ndp.ns(US6, sender=sender, lladdr=EVIL, dst=US6, to="33:33:ff:00:00:01")
        yield ndp.ns(US6, sender=sender, lladdr=EVIL, dst="2001:db8::77", to=VICTIM)
        for flags in range(8):
            said = {name: bool(flags >> bit & 1) for bit, name in enumerate(("override", "solicited", "router"))}
            for tlla in (True, False):
                yield ndp.na(sender, lladdr=EVIL, dst=US6, to=VICTIM, tlla=tlla, **said)
                yield ndp.na(sender, lladdr=EVIL, tlla=tlla, **said)
    good = ndp.ns(US6, sender=NEAR6, lladdr=EVIL)
    for wrong in ({"hop_limit": 64}, {"code": 1}, {"to": OTHER}, {"target": "ff02::5"}, {"sender": "ff02::5"},
                  {"sender": "::1"}, {"slla": False}):  # fmt: skip
        yield changed(good, wrong)
    yield good[:60] + bytes([good[60] ^ 1]) + good[61:]
    yield good[:79] + b"\0" + good[80:]
    yield ndp.dad(US6, lladdr=EVIL)
    yield ndp.dad(OTHERS6, lladdr=EVIL)
    yield changed(ndp.dad(US6, lladdr=EVIL), {"dst": US6, "to": VICTIM})
    yield changed(good, {"sender": "::"})
    for sender in (OTHERS6, "fe80::99", "::"):
        for dst, to in (("ff02::2", "33:33:00:00:00:02"), ("ff02::1", "33:33:00:00:00:01"), (US6, VICTIM)):
            for kind in (133, 134):
                yield router_message(kind, sender, dst, to)


def router_message(kind: int, sender: str, dst: str, to: str) -> bytes:
    """A router solicitation or advertisement with a source link-layer address."""
    frame = bytearray(ndp.ns(US6, sender=sender, lladdr=EVIL, dst=dst, to=to))
    body = {133: bytes([133, 0, 0, 0]) + bytes(4), 134: bytes([134, 0, 0, 0, 64, 0]) + bytes(10)}[kind]
    frame[54:] = body
    return changed(bytes(frame), {"slla": EVIL})


def redirects() -> Iterator[bytes]:
    near, default, stranger = "fe80::201", "fe80::200", "fe80::99"
    for sender in (near, default, stranger, "2001:db8::2"):
        for destination in ("2001:db8:1::9", "2001:db8:1:8000::9", FAR6, NEAR6, US6, "fe80::77", "ff02::5"):
            for target in (destination, stranger, "2001:db8::77"):
                for tlla in (True, False):
                    yield ndp.redirect(
                        destination, target=target, sender=sender, lladdr=EVIL, dst=US6, to=VICTIM, tlla=tlla
                    )
    good = ndp.redirect(FAR6, sender=default, lladdr=EVIL, dst=US6, to=VICTIM)
    for wrong in ({"hop_limit": 64}, {"code": 1}, {"to": OTHER}, {"sender": "::1"}, {"length": 39}, {"checksum": 1},
                  {"tlla": bytes([2, 0, *bytes(6)])}, {"tlla": bytes([2, 2, *bytes(14)])}):  # fmt: skip
        yield changed(good, wrong)


ARP_SETTINGS: list[list[dict[str, Any]]] = [
    [],
    *([{"arp_accept": value}] for value in (1, 2)),
    *([{"arp_ignore": value}] for value in (1, 2, 3, 4, 8)),
    [{"dev": "all", "arp_ignore": 1}],
    [{"drop_gratuitous_arp": 1}],
    [{"dev": "all", "drop_gratuitous_arp": 1}, {"arp_accept": 1}],
    [{"arp_filter": 1}],
    *([{"rp_filter": value}] for value in (1, 2)),
    [{"dev": "all", "rp_filter": 1}, {"arp_accept": 1}],
    [{"accept_local": 1}],
    [{"route_localnet": 1}],
    [{"route_localnet": 1}, {"accept_local": 1}],
    [{"forwarding": 1}],
    [{"forwarding": 1, "proxy_arp": 1, "proxy_delay_ms": 0}],
    [{"forwarding": 1, "proxy_arp_pvlan": 1, "proxy_delay_ms": 0}, {"arp_accept": 2}],
]  # fmt: skip
ND_SETTINGS: list[list[dict[str, Any]]] = [
    [],
    [{"forwarding": 1}],
    *([{"forwarding": 1, "accept_untracked_na": value}] for value in (1, 2)),
    [{"accept_untracked_na": 1}],
    [{"drop_unsolicited_na": 1}],
    [{"dev": "all", "drop_unsolicited_na": 1}],
    [{"drop_unicast_in_l2_multicast": 1}],
    [{"forwarding": 1, "proxy_ndp": 1, "proxy_delay_ms": 0}],
]  # fmt: skip
REDIRECT_SETTINGS: list[list[dict[str, Any]]] = [
    [],
    [],  # the other half of the frames
    [{"accept_redirects": 0}],
    [{"dev": "all", "accept_redirects": 0}],
    [{"forwarding": 1}],
    [{"forwarding": 1, "accept_redirects": 1}],
]
ROUTER_SETTINGS: list[list[dict[str, Any]]] = [
    [],
    [{"forwarding": 0}],
    [{"proxy_arp": 1}],
    [{"proxy_arp": 1, "medium_id": 5}],
    [{"proxy_arp": 1, "medium_id": 5}, {"dev": "eth1", "medium_id": 5}],
    [{"proxy_arp": 1, "medium_id": -1}],
    [{"proxy_arp_pvlan": 1}],
    *([{"arp_ignore": value}] for value in (1, 2)),
    [{"arp_filter": 1}],
    [{"arp_filter": 1, "proxy_arp": 1}],
    *([{"rp_filter": value, "proxy_arp": 1}] for value in (1, 2)),
    [{"accept_local": 1}],
    [{"send_redirects": 0}, {"dev": "all", "send_redirects": 0}],
    [{"arp_accept": 1}],
]  # fmt: skip


@contextmanager
def settings(host: Host, made: list[dict[str, Any]]) -> Iterator[None]:
    """Settings that are undone."""
    before = []
    for one in made:
        dev = one.get("dev")
        names = [name for name in one if name != "dev"]
        before.append({"dev": dev} | {name: host.knob(name, dev=dev) for name in names})
        host.conf(**one)
    yield
    for one in reversed(before):
        host.conf(**one)


def disagreement(victim: Host, attacker: Host, frame: bytes, entry: Entry) -> str | None:
    """Send a frame to a victim that knows something of its sender: what was said, if it did not come true."""
    addr = about(frame)
    victim.conf(locktime_ms=0 if entry.settled else 60_000)
    if addr is not None and entry.state is not None and not addr.startswith(NOBODY):
        victim.neigh_set(addr, entry.lladdr, state=entry.state)
        if entry.settled and entry.state & VALID:
            victim.hold(addr, entry.state, for_ms=12)
    foreseen = victim.explain(frame)
    attacker.send(frame)
    attacker.fence(victim, by="marker")
    told = None
    if not foreseen.came_true():
        reasons = "; ".join(str(one) for one in (foreseen.outcome.ignored, foreseen.outcome.silent) if one)
        told = f"{describe(frame)} with {entry}: said {foreseen.said()} ({reasons}), saw {foreseen.seen()}"
    if addr is not None:
        victim.neigh_del(addr)
    return told


def sweep(victim: Host, attacker: Host, frames: list[bytes], made: list[list[dict[str, Any]]], share: int) -> None:
    """Each `share`-th frame under each setting, with entries as they come."""
    rng = random.Random(1)
    wrong: list[str] = []
    for number, one in enumerate(made):
        with settings(victim, one):
            for frame in frames[number % share :: share]:
                entry = rng.choice(ENTRIES)
                # the kernel's collector may come between, which belongs to all labs: it does not come twice
                if disagreement(victim, attacker, frame, entry) and (
                    told := disagreement(victim, attacker, frame, entry)
                ):
                    wrong.append(f"{one} {told}")
    assert not wrong, f"{len(wrong)} of the model's decisions are wrong:\n" + "\n".join(wrong)


@sandboxed
def test_arp_process_is_modelled() -> None:
    lab = Lab(VictimAttackerOwner, families="ipv4")
    lab["victim"].add_addr(f"{LOOPED}/32", dev="lo", host_scope=True)
    sweep(lab["victim"], lab["attacker"], list(arp_frames()), ARP_SETTINGS, share=5)


@sandboxed
def test_ndisc_rcv_is_modelled() -> None:
    lab = Lab(VictimAttackerOwner, families="ipv6")
    lab["victim"].neigh_set("2001:db8::77", flags=NTF.PROXY)
    sweep(lab["victim"], lab["attacker"], list(nd_frames()), ND_SETTINGS, share=3)


@sandboxed
def test_redirects_are_modelled() -> None:
    lab = Lab(VictimAttackerOwner, families="ipv6")
    victim = lab["victim"]
    victim.add_route("::/0", via="fe80::200", dev="eth0")
    victim.add_route("2001:db8:1::/48", via="fe80::201", dev="eth0")
    victim.run("ip", "route", "add", "unreachable", "2001:db8:1:8000::/49")
    sweep(victim, lab["attacker"], list(redirects()), REDIRECT_SETTINGS, share=2)


@sandboxed
def test_a_router_is_modelled() -> None:
    """Routes, proxies and the way back decide where there are two interfaces."""
    lab = Lab(TwoLans, families="ipv4")
    router, neighbour = lab["router"], lab["neighbour"]
    router.neigh_set("198.51.100.7", flags=NTF.PROXY)
    frames = [
        arp.raw(op=op, sender=sender, lladdr=EVIL, target=target, to=to)
        for sender in ("192.0.2.33", "198.51.100.33", "203.0.113.33", "0.0.0.0", "198.51.100.254")
        for target in ("192.0.2.254", "198.51.100.254", "198.51.100.1", "198.51.100.7", "192.0.2.1", sender)
        for to in (BROADCAST, router.lladdr)
        for op in (1, 2)
    ]
    router.conf(proxy_delay_ms=0)
    sweep(router, neighbour, frames, ROUTER_SETTINGS, share=2)
