"""A lab is ready when its story begins, the same each time, and speaks only what it was told to."""

from __future__ import annotations

import time
from typing import Any

import machine
import pytest
from neighlab.topologies import (
    AttackerOnWire,
    DirectRouting,
    HostsOnBridge,
    TwoHosts,
    TwoLans,
    TwoNics,
    VictimAttacker,
    VictimAttackerOwner,
)
from sandboxed import inside, sandboxed

from neighlab.errors import ScenarioError, Unsupported
from neighlab.kernel import sysctl
from neighlab.lab.lab import Lab
from neighlab.model import arp, knobs, ndp
from neighlab.model.addresses import EVIL, ON_LINK, ON_LINK6
from neighlab.model.knobs import parse_setting
from neighlab.model.nud import NUD

pytestmark = pytest.mark.usefixtures("nothing_left")

TOPOLOGIES = [
    TwoHosts,
    AttackerOnWire,
    VictimAttacker,
    VictimAttackerOwner,
    HostsOnBridge,
    TwoLans,
    TwoNics,
    DirectRouting,
]


# --- readiness ------------------------------------------------------------------------------------------------------


ONE_ATTEMPT = parse_setting("retrans_time_ms=600000")
"""A question that is lost is not asked again."""


def first_packets(topology: Any, families: Any) -> None:
    """The very first frame of a story reaches the other side, and so does the first datagram, at the first attempt."""
    lab = Lab(topology, families=families, settings=(ONE_ATTEMPT,))
    victim, other = lab["victim"], lab[next(name for name in lab.hosts if name != "victim")]
    here = victim.capture()
    if families == "ipv6":
        other.send(ndp.dad(ON_LINK6, lladdr=EVIL))
    else:
        other.send(arp.probe(ON_LINK, lladdr=EVIL))
    inbox = victim.listen()
    other.udp(victim.addr).send(b"first")

    assert inbox.wait_for(1, within_ms=30_000) == [b"first"]
    here.expect(2, "received", kind="ns" if families == "ipv6" else "arp-request")
    here.expect(1, "sent", kind="na" if families == "ipv6" else "arp-reply")
    assert [line.text for line in lab.timeline if line.kind == "lost"] == []


@pytest.mark.parametrize("families", ["ipv4", "ipv6", "dual"])
@pytest.mark.parametrize("load", [0, 4])
def test_a_hundred_labs_are_ready_when_their_stories_begin(families: Any, load: int) -> None:
    """17 each of three kinds, at rest and while the processors are busy; half of them bridged."""
    with machine.busy(load):
        for number in range(17):
            inside(first_packets, (VictimAttacker, TwoHosts)[number % 2], families)


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda one: one.name)
@sandboxed
def test_everybody_on_a_lan_reaches_everybody_at_once(topology: Any) -> None:
    lab = Lab(topology, settings=(ONE_ATTEMPT,))

    for host in lab:
        for other in lab:
            if host is other:
                continue
            try:
                host.facing(other)
            except ScenarioError:
                continue
            for version in (4, 6):
                assert host.ping(other.addr_of(version), within_ms=30_000) is not None, (host, other, version)


@sandboxed
def test_a_large_lab_is_built_within_seconds() -> None:
    start = time.monotonic()
    lab = Lab(HostsOnBridge(n=100), families="ipv4")
    took = time.monotonic() - start

    assert len(lab.hosts) == 100
    assert lab["h100"].ping(lab["h1"].addr, within_ms=30_000) is not None
    assert took < 30  # a second at rest


# --- the same each time ---------------------------------------------------------------------------------------------


def test_labs_are_alike_whatever_was_before_them() -> None:
    def describe() -> list[Any]:
        lab = Lab(VictimAttackerOwner)
        return [
            [host.name, host.ifname, host.intf().ifindex, host.lladdr, host.addr, host.addr_of(6)] for host in lab
        ] + [[line.split()[1] for line in lab["victim"].cmd("ip -o link").splitlines()]]

    first = inside(describe)

    assert first == inside(describe)
    assert first[0][:5] == ["attacker", "eth0", 2, "00:00:5e:00:53:02", "192.0.2.2"]


@sandboxed
def test_every_setting_starts_from_the_kernels_default() -> None:
    """Whatever the machine's own are: a new namespace would copy them, a new device the initial neigh/default."""
    lab = Lab(VictimAttacker)
    different: dict[str, Any] = {}
    for version in (4, 6):
        for name, value in knobs.baseline_neigh(version).items():
            if (found := lab["victim"].knob(name, family=version)) != value:
                different[f"neigh{version} {name}"] = (found, value)
        for name, value in knobs.baseline_conf(version).items():
            for dev in ("all", "default", "eth0"):
                path = f"ipv{version}/conf/{dev}/{name}"
                if path in lab.plumbing.lacking:
                    continue
                if (
                    path == f"ipv{version}/conf/eth0/{name}"
                    and f"ipv{version}/conf/default/{name}" in lab.plumbing.lacking
                ):
                    continue
                if (found := lab["victim"].read_sysctl(path)) != str(value):
                    different[path] = (found, value)

    assert different == {}


@sandboxed
def test_settings_of_a_run_hold_in_every_host_and_a_story_may_override_them() -> None:
    said = (
        "retrans_time_ms=80",
        "arp_ignore=2",
        "ipv6.gc_stale_time_ms=5000",
        "eth0.arp_announce=1",
    )
    lab = Lab(VictimAttackerOwner, settings=tuple(map(parse_setting, said)))

    for host in lab:
        assert host.knob("retrans_time_ms", family=4) == host.knob("retrans_time_ms", family=6) == 80
        assert [host.knob("gc_stale_time_ms", family=version) for version in (4, 6)] == [60_000, 5_000]
        assert host.knob("arp_ignore") == 2
        assert [host.knob("arp_announce"), host.knob("arp_announce", dev="lo")] == [1, 0]
    lab["victim"].conf(retrans_time_ms=40, arp_ignore=0)
    assert [lab[name].knob("retrans_time_ms") for name in ("victim", "owner")] == [40, 80]
    assert [lab[name].knob("arp_ignore") for name in ("victim", "owner")] == [0, 2]


# --- what it speaks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("families", "other"), [("ipv4", 6), ("ipv6", 4)])
@sandboxed
def test_the_family_that_was_not_asked_for_is_silent(families: Any, other: int) -> None:
    lab = Lab(VictimAttacker, families=families)
    capture = lab["victim"].capture(everything=True)

    lab["attacker"].fence(lab["victim"])
    lab.wait(0.1)
    lab["attacker"].fence(lab["victim"])

    kinds = {one.parsed.kind for way in ("sent", "received") for one in capture.frames(way)}
    assert kinds - {"ipv6"} == ({"arp-request", "arp-reply"} if families == "ipv4" else {"ns", "na"})
    assert families == "ipv6" or "ipv6" not in kinds  # multicast listener reports
    with pytest.raises(ScenarioError, match=f"has no IPv{other} address in this lab"):
        lab["victim"].addr_of(other)
    assert lab.version == 10 - other


@sandboxed
def test_a_lab_at_rest_sends_nothing_but_multicast_listener_reports() -> None:
    lab = Lab(VictimAttackerOwner)
    lab.capture_everything()
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        lab.wait(0.3)

    assert [str(seen) for seen in lab.frames if "multicast listener report" not in str(seen)] == []


@sandboxed
def test_what_does_not_exist_is_named_with_what_does() -> None:
    lab = Lab(VictimAttacker, families="ipv4")
    victim = lab["victim"]

    for wrong, said in (
        (lambda: lab["nobody"], "no host 'nobody' in this lab: it has attacker, victim"),
        (lambda: victim.conf(dev="eth9", retrans_time_ms=1), "victim has no interface eth9: it has eth0"),
        (lambda: victim.conf(no_such_knob=1), "no_such_knob"),
        (lambda: victim.conf(gc_thresh3=1), "gc_thresh3 belongs to the whole host"),
        (lambda: victim.conf(accept_untracked_na=1), "accept_untracked_na is no knob of ipv4"),
        (lambda: victim.add_addr("192.0.2.1/24"), "victim: add address 192.0.2.1/24: EEXIST"),
        (lambda: victim.del_addr("192.0.2.77/24"), "victim: remove address 192.0.2.77/24: EADDRNOTAVAIL"),
        (lambda: victim.add_route("default", via="203.0.113.1"), "victim: route default: ENETUNREACH"),
        (lambda: victim.neigh_set(ON_LINK, EVIL, op="guess"), "it is one of add, replace, change"),
    ):
        with pytest.raises(ScenarioError) as told:
            wrong()
        assert said in str(told.value)
        assert "\n" not in str(told.value)


@sandboxed
def test_a_refused_entry_is_told_by_the_errors_name() -> None:
    victim = Lab(VictimAttacker, families="ipv4")["victim"]

    assert victim.neigh_set(ON_LINK, EVIL, op="change") == "ENOENT"
    assert victim.neigh_set(ON_LINK, EVIL, op="add") is None
    assert victim.neigh_set(ON_LINK, EVIL, op="add") == "EEXIST"
    assert victim.neigh_del(ON_LINK) is None
    assert victim.neigh_del(ON_LINK) in ("ENOENT", None)  # the kernel keeps it for a moment if somebody holds it


@sandboxed
def test_a_knob_that_this_kernel_lacks_is_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(VictimAttacker, families="ipv4")
    monkeypatch.setattr(sysctl, "write", lambda netns, values: list(values))

    with pytest.raises(Unsupported, match=r"^this kernel has no arp_accept"):
        lab["victim"].conf(arp_accept=1)


@sandboxed
def test_links_and_addresses_change_as_told() -> None:
    lab = Lab(VictimAttacker, families="ipv4")
    victim, attacker = lab["victim"], lab["attacker"]

    victim.link(lladdr="00:00:5E:00:53:AA")
    victim.add_addr("192.0.2.50/24")
    victim.add_addr("203.0.113.1/32", dev="lo")
    attacker.add_route("203.0.113.0/24", via="192.0.2.50")

    assert victim.lladdr == "00:00:5e:00:53:aa"
    assert attacker.ping("203.0.113.1", within_ms=30_000) is not None
    attacker.expect("192.0.2.50", NUD.REACHABLE, lladdr=victim.lladdr)
    victim.del_addr("192.0.2.50/24")
    assert attacker.ping("192.0.2.50", within_ms=50) is None
    victim.link(up=False)
    assert attacker.ping(victim.addr, within_ms=50) is None
    victim.link(up=True, mtu=1280)
    assert "mtu 1280" in victim.cmd("ip link show eth0")
