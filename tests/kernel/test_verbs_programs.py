"""A program inside a lab is heard while it runs, told to end, and missed with the name of its package."""

from __future__ import annotations

import pytest
from neighlab.topologies import TwoHosts
from sandboxed import sandboxed

from neighlab import NUD, ON_LINK, ON_LINK6
from neighlab.errors import ExpectationFailed, ScenarioError, Unsupported
from neighlab.lab.lab import Lab
from neighlab.model.families import Families


@sandboxed
def test_daemon_is_heard_line_by_line() -> None:
    victim = Lab(TwoHosts, time_scale=10)["victim"]
    daemon = victim.daemon("sh", "-c", "echo one; echo two >&2; echo one more; exec sleep 600", ready="one")
    assert daemon.expect("two") == "two"
    assert daemon.expect("one") == "one more"
    assert daemon.lines() == ["one", "two", "one more"]
    with pytest.raises(ExpectationFailed, match="victim sh says: expected 'one', observed 'one more'"):
        daemon.expect("one", within_ms=50)


@sandboxed
def test_daemon_that_ends_is_not_waited_for() -> None:
    daemon = Lab(TwoHosts, time_scale=10)["victim"].daemon("sh", "-c", "echo -n no newline")
    with pytest.raises(ExpectationFailed, match="observed 'nothing'"):
        daemon.expect("no newline", within_ms=600_000)


@sandboxed
def test_daemon_is_nudged_until_it_speaks() -> None:
    lab, nudges = Lab(TwoHosts, time_scale=10), []
    daemon = lab["victim"].daemon("ip", "monitor", "neigh")

    def nudge() -> None:
        nudges.append(lab["victim"].neigh_set(ON_LINK, f"00:00:5e:00:53:{len(nudges):02x}", state=NUD.STALE))

    assert ON_LINK in daemon.expect(ON_LINK, nudge=nudge)
    assert nudges


@sandboxed
def test_daemon_is_stopped_also_in_the_background() -> None:
    victim = Lab(TwoHosts, time_scale=10)["victim"]
    daemon = victim.daemon("sleep", "600")
    daemon.stop()
    daemon.stop()
    arpd = victim.daemon("arpd", "-b", "/run/tmp/arpd.db", "-a", "2", "-k", "eth0")
    victim.expect_knob(app_solicit=2, mcast_solicit=0)
    arpd.stop()
    victim.expect_knob(app_solicit=0, mcast_solicit=3, within_ms=0)


@sandboxed
def test_daemon_that_ignores_sigterm_is_named() -> None:
    daemon = Lab(TwoHosts, time_scale=10)["victim"].daemon(
        "sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done", ready="deaf"
    )
    with pytest.raises(ScenarioError, match="does not heed SIGTERM"):
        daemon.stop(within_ms=50)


@sandboxed
def test_missing_program_is_named_with_its_package() -> None:
    host = Lab(TwoHosts, time_scale=10)["victim"]
    with pytest.raises(Unsupported, match=r"no program 'no-such-tool' on this machine \(Debian: no-such-tool\)"):
        host.run("no-such-tool")
    with pytest.raises(Unsupported, match="no program"):
        host.daemon("no-such-tool")


@sandboxed
def test_failure_of_what_the_kernel_lacks_is_unsupported() -> None:
    host = Lab(TwoHosts, time_scale=10)["victim"]
    with pytest.raises(
        Unsupported, match="victim: this kernel lacks magic: `sh -c echo no >&2; exit 2` ended with 2: no"
    ):
        host.run("sh", "-c", "echo no >&2; exit 2", needs="magic")
    with pytest.raises(ScenarioError, match="ended with 2: no"):
        host.run("sh", "-c", "echo no >&2; exit 2")
    assert host.run("sh", "-c", "exit 2", check=False).returncode == 2


@sandboxed
def test_knobs_that_somebody_else_sets_are_waited_for() -> None:
    lab = Lab(TwoHosts, time_scale=10)
    victim = lab["victim"]
    path = "/proc/sys/net/ipv4/neigh/eth0/app_solicit"
    victim.daemon("sh", "-c", f"sleep 0.1; echo 3 > {path}; exec sleep 600")
    victim.expect_knob(app_solicit=3, family=4)
    with pytest.raises(
        ExpectationFailed, match=r"victim knobs: expected {'app_solicit': 4}, observed {'app_solicit': 3}"
    ):
        victim.expect_knob(app_solicit=4, family=4, within_ms=0)


@pytest.mark.parametrize(("families", "addr"), [("ipv4", ON_LINK), ("ipv6", ON_LINK6)])
@sandboxed
def test_questions_to_user_space_are_counted(families: Families, addr: str) -> None:
    victim = Lab(TwoHosts, families=families, time_scale=10)["victim"]
    victim.conf(app_solicit=2, mcast_solicit=0, retrans_time_ms=20)
    victim.udp(addr).send()
    assert [miss.neigh.addr for miss in victim.expect_miss(addr, 2)] == [addr, addr]
    victim.expect(addr, NUD.FAILED)
    with pytest.raises(ExpectationFailed, match=f"victim eth0 {addr} questions to user space: expected 3, observed 2"):
        victim.expect_miss(addr, 3, within_ms=0)


@sandboxed
def test_link_layer_addresses_of_an_entry_are_remembered() -> None:
    victim = Lab(TwoHosts, time_scale=10)["victim"]
    assert victim.lladdrs(ON_LINK) == []
    for last in (1, 2, 2, 1):
        victim.neigh_set(ON_LINK, f"00:00:5e:00:53:0{last}", state=NUD.STALE)
    assert victim.lladdrs(ON_LINK) == ["00:00:5e:00:53:01", "00:00:5e:00:53:02", "00:00:5e:00:53:01"]
