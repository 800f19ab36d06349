"""The host-table guard with real neighbours and real kills.

Most tests run this file again, as a script, in a namespace of its own whose "machine" is made of files. Those that
touch the real machine's thresholds need root in the initial namespaces and NEIGHLAB_HOST_TABLE=1.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import hostjournal, hostlock, hostpins, hosttable, nlattr, rtneigh
from neighlab.kernel.hostjournal import Host
from neighlab.kernel.hosttable import HostTableGuard
from neighlab.kernel.netlink import Route
from neighlab.model.nud import NTF, NUD

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(hosttable.__file__).parents[2])}
DEFAULT, LOWERED = 1_000_000, 100_000
"""gc_thresh3 of the machine made of files: far above whatever the real table holds, which is what gets counted."""
LLADDR = "00:00:5e:00:53:01"
STATES = {
    "192.0.2.11": NUD.REACHABLE,
    "192.0.2.12": NUD.STALE,
    "192.0.2.13": NUD.DELAY,
    "192.0.2.14": NUD.PROBE,
    "192.0.2.15": NUD.NOARP,
    "192.0.2.16": NUD.PERMANENT,
    "192.0.2.17": NUD.FAILED,
}
V0 = Path("/proc/sys/net/ipv4/neigh/v0")
KILLS = ("runner", "group", "both", "nobody")

real = pytest.mark.skipif(
    os.environ.get("NEIGHLAB_HOST_TABLE") != "1" or os.geteuid() != 0 or not Host().is_initial(),
    reason="sets the real machine's thresholds: root in the initial namespaces and NEIGHLAB_HOST_TABLE=1",
)


# What the script does, inside its own namespaces ----------------------------------------------------------------------


def machine(directory: Path) -> Host:
    for family in (4, 6):
        settings = directory / f"proc/sys/net/ipv{family}/neigh/default"
        settings.mkdir(parents=True, exist_ok=True)
        for name in hostjournal.THRESHOLDS:
            (settings / name).write_text(f"{DEFAULT}\n")
    (directory / "proc/self/ns").mkdir(parents=True)
    (directory / "proc/self/ns/user").symlink_to("user:[4026531837]")
    (directory / "proc/sys/kernel/random").mkdir(parents=True)
    (directory / "proc/sys/kernel/random/boot_id").write_text("this-boot\n")
    return Host(directory / "proc", directory / "run", f"neighlab-test/{uuid.uuid4()}")


def neighbours() -> Callable[..., None]:
    """A link with a neighbour in every state; returns what sends RTM_NEWNEIGH."""
    from pyroute2 import IPRoute

    with IPRoute() as ip:
        ip.link("add", ifname="v0", kind="veth", peer={"ifname": "v1"})
        index = socket.if_nametoindex("v0")
        for ifname in ("v0", "v1"):
            # The files answer for the whole namespace: no IPv6 neighbours come and go meanwhile.
            Path(f"/proc/sys/net/ipv6/conf/{ifname}/disable_ipv6").write_text("1")
            ip.link("set", index=socket.if_nametoindex(ifname), state="up")
        ip.addr("add", index=index, address="192.0.2.1", prefixlen=24)
    # Nobody answers, and nothing fails for that before it is wanted (give_up).
    for knob, value in {"retrans_time_ms": 100, "ucast_solicit": 10_000, "mcast_solicit": 10_000}.items():
        V0.joinpath(knob).write_text(str(value))
    route = Route(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0), "test")

    def add(addr: str, state: NUD, ntf: NTF = NTF.NONE, lladdr: str | None = LLADDR) -> None:
        body = rtneigh.encode_neigh(
            family=socket.AF_INET, ifindex=index, addr=addr, state=state, ntf=ntf, lladdr=lladdr
        )
        route.ask(nlattr.RTM_NEWNEIGH, nlattr.NLM_F_CREATE | nlattr.NLM_F_REPLACE, body, f"add {addr}")

    for addr, state in STATES.items():
        add(addr, state)
    return add


def give_up() -> None:
    """Let what is being resolved fail at its next question."""
    V0.joinpath("mcast_solicit").write_text("0")


def look() -> dict[str, list[Any]]:
    with hostpins._Tables() as tables:
        found = tables.dump(4)
    return {one.addr: [int(one.state), one.lladdr, int(one.flags), one.confirmed_ms, one.updated_ms] for one in found}


def stage_pins() -> object:
    """Pin and unpin neighbours in every state; one of them turns INCOMPLETE in between."""
    add = neighbours()
    select.poll().poll(60)
    before, pins = look(), hostpins.candidates(4)
    marked, while_pinned = hostpins.pin(pins), look()
    counted = hostpins.count(4)
    add("192.0.2.20", NUD.NONE, NTF.USE | NTF.EXT_LEARNED, None)
    incomplete = hostpins.Pin(4, pins[0].ifindex, "192.0.2.20")
    gone = hostpins.Pin(4, pins[0].ifindex, "192.0.2.21")
    released, after = hostpins.unpin([*pins, incomplete, gone]), look()
    give_up()
    deadline = time.monotonic() + 30
    while (end := look().get("192.0.2.20")) and end[0] == NUD.INCOMPLETE and time.monotonic() < deadline:
        select.poll().poll(20)
    return {
        "before": before,
        "pinned": while_pinned,
        "after": after,
        "end": end,
        "pins": [pin.addr for pin in pins],
        "exempt": counted.exempt,
        "marked": marked,
        "released": released,
    }


def stage_kill(directory: Path, kill: str) -> object:
    """Kill a runner that has lowered a threshold and pinned neighbours; tell what is left when the lock is free."""
    host = machine(directory)
    neighbours()
    with runner(host, LOWERED) as (process, watchdog):
        during = look()
        journal = hostjournal.load(host)
        end(kill, process, watchdog)
    with hostlock.take(host.lock, 60, "the lock"):
        left = {"limit": host.read("ipv4/neigh/default/gc_thresh3"), "run": host.run.exists()}
    said = hostjournal.restore_leftovers(host)
    return {
        "during": during,
        "pins": [pin.addr for pin in journal.pins] if journal else None,
        "left": left,
        "said": said,
        "limit": host.read("ipv4/neigh/default/gc_thresh3"),
        "run": host.run.exists(),
        "after": look(),
    }


def end(kill: str, process: subprocess.Popen[bytes], watchdog: int) -> None:
    """End a runner one way or another, and wait for its end; its watchdog may still be at work then."""
    if kill == "both":
        os.kill(watchdog, signal.SIGKILL)
    if kill == "nobody":
        process.communicate()
    elif kill == "group":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


class runner:
    """A process that has opened a guard, set gc_thresh3, and waits for the end of its input."""

    def __init__(self, host: Host, limit: int) -> None:
        arguments = [str(host.proc), str(host.run), host.lock, str(limit)]
        self.process = subprocess.Popen(
            [sys.executable, __file__, "runner", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            env=ENVIRONMENT,
        )

    def __enter__(self) -> tuple[subprocess.Popen[bytes], int]:
        assert self.process.stdout is not None
        return self.process, int(self.process.stdout.readline())

    def __exit__(self, *_: object) -> None:
        with self.process:
            self.process.kill()


def be_runner(proc: str, run: str, lock: str, limit: str) -> None:
    if proc != "/proc":
        hosttable._FEW_FOREIGN = 10**6  # type: ignore[misc]  # the real machine's entries are somebody else's here
    with HostTableGuard(host=Host(Path(proc), Path(run), lock)) as guard:
        guard.set(4, gc_thresh3=int(limit))
        print(guard._watchdog.pid, flush=True)
        sys.stdin.read()


# The tests ------------------------------------------------------------------------------------------------------------


def in_namespaces(stage: str, *arguments: str) -> Any:
    done = subprocess.run(
        ["unshare", "-Urn", sys.executable, __file__, stage, *arguments],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=180,
    )
    if "unshare:" in done.stderr:
        pytest.skip(f"no user namespaces here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def pins() -> Any:
    from machine import turn  # not there for the script

    with turn(alone=False):  # they are made before a test's own
        return in_namespaces("pins")


def test_a_pin_changes_nothing_but_the_flag(pins: Any) -> None:
    before, pinned, after = pins["before"], pins["pinned"], pins["after"]
    expected = {addr for addr, state in STATES.items() if state not in (NUD.PERMANENT, NUD.FAILED)}
    assert set(pins["pins"]) == expected
    assert pins["marked"] == len(expected)
    assert pins["exempt"] == len(expected) + 1  # and the PERMANENT one
    assert pins["released"] == len(expected) + 1  # and the INCOMPLETE one
    for addr in STATES:
        if STATES[addr] is NUD.FAILED and addr not in after:
            continue  # it may be collected at any time
        # DELAY may become PROBE by itself, at any time.
        moving = STATES[addr] & (NUD.DELAY | NUD.PROBE)
        for now, flags in ((pinned, NTF.EXT_LEARNED if addr in expected else 0), (after, 0)):
            assert now[addr][1:3] == [before[addr][1], flags], addr
            assert now[addr][0] == before[addr][0] or (moving and now[addr][0] == NUD.PROBE), addr
            assert now[addr][3] >= before[addr][3], f"{addr} was confirmed anew"
            assert now[addr][4] >= before[addr][4] or moving, f"{addr} was updated"


def test_an_unpinned_incomplete_entry_keeps_its_timer(pins: Any) -> None:
    assert pins["after"]["192.0.2.20"][:3] == [NUD.INCOMPLETE, None, 0]
    assert pins["end"] is None or pins["end"][0] == NUD.FAILED, "what has failed may be collected at any time"


@pytest.mark.parametrize("kill", KILLS)
def test_whoever_is_killed_everything_comes_back(tmp_path: Path, kill: str) -> None:
    seen = in_namespaces("kill", str(tmp_path), kill)
    pinned = {addr for addr, entry in seen["during"].items() if entry[2] & NTF.EXT_LEARNED}
    assert pinned == set(seen["pins"]) != set()
    if kill == "both":
        assert seen["left"] == {"limit": LOWERED, "run": True}
        assert f"net.ipv4.neigh.default.gc_thresh3 {LOWERED} -> {DEFAULT}" in seen["said"]
        assert f"{len(pinned)} neighbours released" in seen["said"]
    else:
        assert seen["left"] == {"limit": DEFAULT, "run": False}
        assert seen["said"] == []
    assert (seen["limit"], seen["run"]) == (DEFAULT, False)
    assert not [addr for addr, entry in seen["after"].items() if entry[2] & NTF.EXT_LEARNED]


def test_a_second_guard_waits_for_the_first(tmp_path: Path) -> None:
    host = Host(lock=f"neighlab-test/{uuid.uuid4()}")
    held = hostlock.take(host.lock, 0, "it")
    told, tells = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(tells)
        os.read(told, 1)
        select.poll().poll(200)
        os._exit(0)  # the last copy of the lock goes with this process
    os.close(told)
    held.close()
    with pytest.raises(EnvironmentProblem, match=rf"in use by the process {os.getpid()}, still after 0\.05 s"):
        hostlock.take(host.lock, 0.05, "it")
    os.close(tells)
    hostlock.take(host.lock, 60, "it").close()
    os.waitpid(child, 0)


def settings() -> dict[str, int]:
    host = Host()
    knobs = [host.knob(family, name) for family in hostjournal.FAMILIES for name in hostjournal.KNOBS]
    return {knob: host.read(knob) for knob in knobs if host.path(knob).exists()}


def flagged() -> set[str]:
    return {addr for addr, entry in look().items() if entry[2] & NTF.EXT_LEARNED}


@pytest.mark.alone
@real
@pytest.mark.parametrize("kill", KILLS)
def test_the_real_machine_comes_back(kill: str) -> None:
    host, before, marked = Host(), settings(), flagged()
    with runner(host, before["ipv4/neigh/default/gc_thresh3"] + 1) as (process, watchdog):
        assert settings() == before | {"ipv4/neigh/default/gc_thresh3": before["ipv4/neigh/default/gc_thresh3"] + 1}
        end(kill, process, watchdog)
    hostlock.take(host.lock, 60, "the lock").close()
    assert bool(hostjournal.restore_leftovers()) == (kill == "both")
    assert settings() == before
    assert flagged() == marked
    assert not host.run.exists()


@pytest.mark.alone
@real
def test_a_second_run_is_told_who_is_at_work() -> None:
    with runner(Host(), settings()["ipv4/neigh/default/gc_thresh3"]) as (process, _watchdog):
        with pytest.raises(EnvironmentProblem, match=f"in use by the process {process.pid}"):
            HostTableGuard(timeout_s=0.05).__enter__()
        assert hostjournal.restore_leftovers() == []
        assert process.stdin is not None
        process.stdin.close()
        with HostTableGuard(timeout_s=20):  # waits for the first one's end
            pass


@pytest.mark.alone
@real
def test_the_real_limit_is_lowered_for_a_moment() -> None:
    before, marked = settings(), flagged()
    with HostTableGuard(timeout_s=20) as guard:
        for family in (4, 6):
            limit = guard.room(family, 40)
            assert guard.entries(family).counted + 40 >= limit
            assert settings()[f"ipv{family}/neigh/default/gc_thresh3"] == limit
        guard.restore()
        assert settings() == before
        default = before["ipv4/neigh/default/base_reachable_time_ms"]
        guard.set(4, base_reachable_time_ms=default // 2)
    assert settings() == before
    assert flagged() == marked
    assert not Host().run.exists()


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "runner":
        be_runner(*rest)
    elif what == "pins":
        print(json.dumps(stage_pins()))
    elif what == "kill":
        print(json.dumps(stage_kill(Path(rest[0]), rest[1])))
