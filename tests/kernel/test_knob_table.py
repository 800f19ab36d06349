"""The running kernel has every neighbour setting of the table, and the table has every one of the kernel."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from typing import Any, Final

import machine
import pytest

from neighlab.model import knobs
from neighlab.model.knobs import Knob, Scope

KERNEL: Final = tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])

# What decides nothing about neighbours. A file that is neither here nor in the table is new in the kernel: look at it.
LEFT_OUT: Final = {
    4: {
        "accept_source_route", "bc_forwarding", "bootp_relay", "disable_policy", "disable_xfrm", "force_igmp_version",
        "igmpv2_unsolicited_report_interval", "igmpv3_unsolicited_report_interval", "ignore_routes_with_linkdown",
        "mc_forwarding", "tag",
    },
    6: {
        "accept_ra_defrtr", "accept_ra_from_local", "accept_ra_min_hop_limit", "accept_ra_min_lft", "accept_ra_mtu",
        "accept_ra_pinfo", "accept_ra_rt_info_max_plen", "accept_ra_rt_info_min_plen", "accept_ra_rtr_pref",
        "accept_source_route", "disable_policy", "force_forwarding", "force_mld_version", "hop_limit",
        "ignore_routes_with_linkdown", "ioam6_enabled", "ioam6_id", "ioam6_id_wide", "max_addresses",
        "max_desync_factor", "mc_forwarding", "mldv1_unsolicited_report_interval", "mldv2_unsolicited_report_interval",
        "mtu", "ra_defrtr_metric", "ra_honor_pio_life", "ra_honor_pio_pflag", "regen_max_retry", "regen_min_advance",
        "router_solicitation_interval", "router_solicitation_max_interval",
        "rpl_seg_enabled", "seg6_enabled", "seg6_require_hmac", "stable_secret", "temp_prefered_lft", "temp_valid_lft",
        "use_oif_addrs_only",
    },
}  # fmt: skip
OPTIONAL: Final = {"optimistic_dad", "use_optimistic", "router_probe_interval"}
DEPENDS_ON_BUILD: Final = {("unres_qlen", 4), ("unres_qlen", 6), ("retrans_time", 6)}

# Runs in a namespace of its own: reads the files of a new device, then carries out writes and reads them back.
INSIDE: Final = r"""
import json, os, socket, struct, subprocess, sys

subprocess.run("ip link add veth0 type veth peer name veth1".split(), check=True)
index = socket.if_nametoindex("veth0")
netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
TABLE = {4: b"arp_cache\0", 6: b"ndisc_cache\0"}

def path(family, scope, name):
    return f"/proc/sys/net/ipv{family}/{scope}/veth0/{name}"

def read(file):
    try:
        return open(file).read().strip()
    except OSError as problem:
        return problem.strerror

def folder(family, scope):
    return {name: read(path(family, scope, name)) for name in os.listdir(path(family, scope, ""))}

def attr(kind, data):
    return struct.pack("HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)

def set_neightbl(family, number, bits, value):
    value = struct.pack("I" if bits == 32 else "Q", value)
    parms = attr(1, struct.pack("I", index)) + attr(number, value)
    body = struct.pack("B3x", FAMILY[family]) + attr(1, TABLE[family]) + attr(6 | 0x8000, parms)
    netlink.send(struct.pack("IHHII", 16 + len(body), 67, 5, 1, 0) + body)
    return -struct.unpack_from("i", netlink.recv(4096), 16)[0]

job = json.load(sys.stdin)
answer = {f"{scope}{family}": folder(family, scope) for scope in ("conf", "neigh") for family in (4, 6)}
answer["wire"] = []
for family, number, bits, value, sysctl in job["wire"]:
    errno = set_neightbl(family, number, bits, value)
    answer["wire"].append([errno, read(path(family, "neigh", sysctl))])
answer["file"] = []
for family, scope, sysctl, value in job["file"]:
    try:
        before = read(path(family, scope, sysctl))
        with open(path(family, scope, sysctl), "w") as file:
            file.write(str(value))
        errno = 0
    except OSError as problem:
        errno = problem.errno
    answer["file"].append([errno, read(path(family, scope, sysctl))])
    if not errno:
        with open(path(family, scope, sysctl), "w") as file:
            file.write(before)
print(json.dumps(answer))
"""


def inside(**job: list[list[Any]]) -> dict[str, Any]:
    """Run INSIDE in a namespace of its own."""
    # Root needs no user namespace, where 5.10 hides the neighbour files.
    flags = "-n" if os.geteuid() == 0 else "-Urn"
    if subprocess.run(["unshare", flags, "true"], capture_output=True).returncode:
        pytest.skip("namespaces are not permitted here")
    command = ["unshare", flags, sys.executable, "-c", INSIDE]
    stdin = json.dumps({"wire": [], "file": []} | job)
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    if not answer["neigh4"]:
        pytest.skip("this kernel hides the neighbour files in user namespaces")
    return answer


@pytest.fixture(scope="module")
def fresh() -> dict[str, Any]:
    with machine.turn(alone=False):  # it is made before a test's own
        return inside()


def rows(scope: Scope, family: int) -> list[Knob]:
    """The rows of the table that this kernel has."""
    return [k for k in knobs.knobs() if k.scope is scope and family in k.families and knobs.available(k, KERNEL)]


@pytest.mark.parametrize("family", [4, 6])
def test_every_neighbour_file_is_in_the_table(fresh: dict[str, Any], family: int) -> None:
    assert set(fresh[f"neigh{family}"]) == {knob.sysctl for knob in rows(Scope.NEIGH, family)}


@pytest.mark.parametrize("family", [4, 6])
def test_every_conf_file_is_in_the_table_or_left_out_on_purpose(fresh: dict[str, Any], family: int) -> None:
    there = set(fresh[f"conf{family}"])
    known = {knob.sysctl for knob in rows(Scope.CONF, family)}
    assert not known & LEFT_OUT[family]
    assert there - known - LEFT_OUT[family] == set()
    assert known - there - OPTIONAL == set()


@pytest.mark.parametrize("family", [4, 6])
def test_new_device_has_the_defaults_of_the_table(fresh: dict[str, Any], family: int) -> None:
    """A difference is either the table's fault or somebody changed neigh/default on this machine."""
    shown = fresh[f"neigh{family}"]
    checked = [knob for knob in rows(Scope.NEIGH, family) if (knob.name, family) not in DEPENDS_ON_BUILD]
    seen = {knob.name: knob.from_sysctl(int(shown[knob.sysctl])) for knob in checked}
    assert seen == {knob.name: knob.default for knob in checked}


def test_new_device_has_the_ipv6_conf_defaults_of_the_table(fresh: dict[str, Any]) -> None:
    shown = fresh["conf6"]
    table = {knob.name: knob.default for knob in rows(Scope.CONF, 6) if knob.sysctl in shown}
    assert {name: int(shown[name]) for name in table} == table


def test_new_device_has_the_ipv4_conf_defaults_of_the_table(fresh: dict[str, Any]) -> None:
    shown = fresh["conf4"]
    table = {knob.name: knob.default for knob in rows(Scope.CONF, 4)}
    # A new namespace copies the initial one's conf/default in IPv4 (devinet_init_net): only what is stock there counts.
    differing = {name for name in table if int(shown[name]) != table[name]}
    if differing and differing <= {"rp_filter", "forwarding", "accept_redirects", "send_redirects", "secure_redirects",
                                   "promote_secondaries", "log_martians", "route_localnet"}:  # fmt: skip
        pytest.skip(f"this machine has changed {', '.join(sorted(differing))}")
    assert differing == set()


def sample(knob: Knob) -> int:
    """A value that is neither a default nor rounded by any HZ, in the unit of the knob."""
    return {"ms": 4000, "s": 4, "ticks": 40}.get(knob.unit, 5)


@pytest.mark.parametrize("family", [4, 6])
def test_parameter_written_over_netlink_reads_back_in_the_file(family: int) -> None:
    tried = [(k, k.ndta) for k in rows(Scope.NEIGH, family) if k.ndta]
    answer = inside(wire=[[family, *ndta, knob.wire(sample(knob)), knob.sysctl] for knob, ndta in tried])
    got = {k.name: (errno, k.from_sysctl(int(raw))) for (k, _), (errno, raw) in zip(tried, answer["wire"], strict=True)}
    assert got == {knob.name: (0, sample(knob)) for knob, _ in tried}


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("end", ["minimum", "maximum"])
def test_kernel_takes_both_ends_of_a_range_over_netlink(family: int, end: str) -> None:
    tried = [(k, k.ndta, getattr(k, end)) for k in rows(Scope.NEIGH, family) if k.ndta]
    answer = inside(wire=[[family, *ndta, knob.wire(value), knob.sysctl] for knob, ndta, value in tried])
    for (knob, _, value), (errno, raw) in zip(tried, answer["wire"], strict=True):
        # Jiffies round up, coarse files round down; no jiffy is longer than 10 ms.
        slack = 0 if knob.unit in ("count", "packets", "bytes") else max(knob.factor, 10)
        assert errno == 0, knob.name
        assert abs(knob.from_sysctl(int(raw)) - value) <= slack, knob.name


def test_kernel_takes_both_ends_of_every_conf_range(fresh: dict[str, Any]) -> None:
    tried = [
        (knob, [family, "conf", knob.sysctl, value])
        for family in (4, 6)
        for knob in rows(Scope.CONF, family)
        for value in (knob.minimum, knob.maximum)
        if knob.sysctl in fresh[f"conf{family}"]
    ]
    answer = inside(file=[write for _, write in tried])
    for (knob, write), (errno, raw) in zip(tried, answer["file"], strict=True):
        assert (errno, raw) == (0, str(write[-1])), knob.name


@pytest.mark.parametrize("family", [4, 6])
def test_thresholds_live_only_in_the_initial_namespace(fresh: dict[str, Any], family: int) -> None:
    default = f"/proc/sys/net/ipv{family}/neigh/default"
    if not os.path.isdir(default):
        pytest.skip("these tests do not run in the initial namespace")
    assert set(os.listdir(default)) - set(fresh[f"neigh{family}"]) == {knob.sysctl for knob in rows(Scope.HOST, family)}
