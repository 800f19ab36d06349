"""pyroute2 reads our requests as what we meant."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.nsidmsg import nsidmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from neighlab.kernel import links, nlattr
from neighlab.kernel.links import End, Request

CREATE = nlattr.NLM_F_CREATE | nlattr.NLM_F_EXCL
NEAR = End("eth0", 2, "00:00:5e:00:53:01", 17)
FAR = End("s1-eth1", 3, "02:00:00:00:00:02", 18)


def decoded(request: Request, cls: Any) -> tuple[Any, dict[str, Any]]:
    """The message as pyroute2 sees it, and its attributes by name."""
    kind, flags, body = request
    message = cls(nlattr.message(kind, flags, 7, body))
    message.decode()
    assert message["header"]["type"] == kind
    assert message["header"]["flags"] == flags
    assert message["header"]["length"] == 16 + len(body)
    return message, dict(message["attrs"])


def test_a_veth_pair_is_one_message_with_both_ends() -> None:
    message, attrs = decoded(links.new_veth(NEAR, FAR), ifinfmsg)
    info = dict(attrs["IFLA_LINKINFO"]["attrs"])
    peer = dict(info["IFLA_INFO_DATA"]["attrs"])["VETH_INFO_PEER"]

    assert message["header"]["flags"] == CREATE
    assert info["IFLA_INFO_KIND"] == "veth"
    for end, told in ((NEAR, message), (FAR, peer)):
        of = dict(told["attrs"])
        assert (told["index"], told["flags"], told["change"]) == (end.ifindex, 0, 0)
        assert (of["IFLA_IFNAME"], of["IFLA_ADDRESS"], of["IFLA_NET_NS_FD"]) == (end.ifname, end.lladdr, end.ns)


def test_a_bridge_forwards_at_once() -> None:
    message, attrs = decoded(links.new_bridge("s1", "02:00:00:00:00:01", 5), ifinfmsg)
    info = dict(attrs["IFLA_LINKINFO"]["attrs"])
    data = dict(info["IFLA_INFO_DATA"]["attrs"])

    assert (message["index"], attrs["IFLA_IFNAME"], attrs["IFLA_ADDRESS"]) == (5, "s1", "02:00:00:00:00:01")
    assert info["IFLA_INFO_KIND"] == "bridge"
    assert (data["IFLA_BR_FORWARD_DELAY"], data["IFLA_BR_STP_STATE"], data["IFLA_BR_MCAST_SNOOPING"]) == (0, 0, 0)


@pytest.mark.parametrize("kind", ["dummy", "ifb"])
def test_a_simple_device_has_a_name_and_a_kind(kind: str) -> None:
    _, attrs = decoded(links.new_device("extra0", kind), ifinfmsg)

    assert attrs["IFLA_IFNAME"] == "extra0"
    assert dict(attrs["IFLA_LINKINFO"]["attrs"])["IFLA_INFO_KIND"] == kind


@pytest.mark.parametrize(
    ("change", "flags", "mask", "attrs"),
    [
        ({"up": True}, 1, 1, {}),
        ({"up": False}, 0, 1, {}),
        ({"arp": True}, 0, 0x80, {}),
        ({"arp": False}, 0x80, 0x80, {}),
        ({"up": True, "arp": False}, 0x81, 0x81, {}),
        ({"lladdr": "00:00:5E:00:53:66"}, 0, 0, {"IFLA_ADDRESS": "00:00:5e:00:53:66"}),
        ({"mtu": 1280}, 0, 0, {"IFLA_MTU": 1280}),
        ({"master": 5}, 0, 0, {"IFLA_MASTER": 5}),
        ({"master": 0}, 0, 0, {"IFLA_MASTER": 0}),
        ({"carrier": False}, 0, 0, {"IFLA_CARRIER": 0}),
        ({"carrier": True}, 0, 0, {"IFLA_CARRIER": 1}),
        ({}, 0, 0, {}),
    ],
    ids=str,
)
def test_a_change_says_what_changes_and_nothing_else(
    change: dict[str, Any], flags: int, mask: int, attrs: dict[str, Any]
) -> None:
    message, told = decoded(links.set_link(9, **change), ifinfmsg)

    assert (message["index"], message["flags"], message["change"]) == (9, flags, mask)
    assert told == attrs


def test_a_link_is_asked_for_and_deleted_by_its_index() -> None:
    query = decoded((links.RTM_GETLINK, 0, links.query_link(4)), ifinfmsg)
    delete = decoded(links.del_link(4), ifinfmsg)

    assert [message["index"] for message, _ in (query, delete)] == [4, 4]
    assert delete[0]["header"]["type"] == links.RTM_DELLINK


@pytest.mark.parametrize(
    ("addr", "options", "family", "prefix", "flags", "scope", "attrs"),
    [
        ("192.0.2.1/24", {}, socket.AF_INET, 24, 0, 0, {"IFA_BROADCAST": "192.0.2.255"}),
        ("192.0.2.1/31", {}, socket.AF_INET, 31, 0, 0, {}),
        ("192.0.2.1/32", {"host_scope": True}, socket.AF_INET, 32, 0, 254, {}),
        ("192.0.2.1/24", {"nodad": False}, socket.AF_INET, 24, 0, 0, {"IFA_BROADCAST": "192.0.2.255"}),
        ("2001:db8::1/64", {}, socket.AF_INET6, 64, 0x02, 0, {}),
        ("2001:db8::1/64", {"nodad": False}, socket.AF_INET6, 64, 0, 0, {}),
    ],
)
def test_an_address_comes_with_its_prefix(
    addr: str, options: dict[str, bool], family: int, prefix: int, flags: int, scope: int, attrs: dict[str, str]
) -> None:
    message, told = decoded(links.new_addr(3, addr, **options), ifaddrmsg)
    plain = addr.partition("/")[0]

    assert message["header"]["flags"] == CREATE
    assert [message[name] for name in ("family", "prefixlen", "flags", "scope", "index")] == [
        family, prefix, flags, scope, 3
    ]  # fmt: skip
    assert told == {"IFA_ADDRESS": plain, "IFA_LOCAL": plain, **attrs}


def test_an_address_is_taken_away_as_it_was_given() -> None:
    given, taken = links.new_addr(3, "192.0.2.1/24"), links.new_addr(3, "192.0.2.1/24", remove=True)

    assert taken == (links.RTM_DELADDR, 0, given[2])


@pytest.mark.parametrize(
    ("destination", "options", "family", "prefix", "scope", "attrs"),
    [
        (
            "198.51.100.0/24",
            {"via": "192.0.2.254"},
            2,
            24,
            0,
            {"RTA_DST": "198.51.100.0", "RTA_GATEWAY": "192.0.2.254"},
        ),
        ("198.51.100.7/24", {"ifindex": 2}, 2, 24, 253, {"RTA_DST": "198.51.100.0", "RTA_OIF": 2}),
        ("default", {"via": "192.0.2.254", "ifindex": 2}, 2, 0, 0, {"RTA_GATEWAY": "192.0.2.254", "RTA_OIF": 2}),
        ("default", {"via": "2001:db8::fe"}, 10, 0, 0, {"RTA_GATEWAY": "2001:db8::fe"}),
        ("2001:db8:1::/64", {"ifindex": 2}, 10, 64, 0, {"RTA_DST": "2001:db8:1::", "RTA_OIF": 2}),
        (
            "198.51.100.1/32",
            {"ifindex": 2, "source": "192.0.2.1"},
            2,
            32,
            253,
            {"RTA_DST": "198.51.100.1", "RTA_OIF": 2, "RTA_PREFSRC": "192.0.2.1"},
        ),
    ],
)
def test_a_route_leads_through_a_gateway_or_a_link(
    destination: str, options: dict[str, Any], family: int, prefix: int, scope: int, attrs: dict[str, Any]
) -> None:
    message, told = decoded(links.new_route(destination, **options), rtmsg)

    assert [message[name] for name in ("family", "dst_len", "scope", "table", "type")] == [
        family,
        prefix,
        scope,
        254,
        1,
    ]
    assert told == attrs
    assert links.new_route(destination, **options, remove=True)[:2] == (links.RTM_DELROUTE, 0)


def test_a_namespace_gets_its_number() -> None:
    _, told = decoded(links.name_nsid(17, 3), nsidmsg)

    assert told == {"NETNSA_NSID": 3, "NETNSA_FD": 17}
