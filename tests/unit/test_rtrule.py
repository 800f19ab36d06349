"""A policy rule on netlink means what pyroute2 would have it say; one that no question of ARP's fits is left out."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from pyroute2.netlink.rtnl.fibmsg import fibmsg

from neighlab.kernel import nlattr, rtrule
from neighlab.model.reception.situation import RULES, Rule


def message(*attrs: tuple[str, Any], **header: int) -> bytes:
    """A rule as the kernel sends it: of IPv4, to look up a table."""
    made = fibmsg()
    for name, value in {"family": socket.AF_INET, "action": 1, **header}.items():
        made[name] = value
    made["attrs"] = list(attrs)
    made["header"]["type"] = rtrule.RTM_GETRULE - 2
    made.encode()
    return bytes(made.data)


def decoded(*messages: bytes) -> list[Rule]:
    out: list[Rule] = []
    rtrule.decode_rules(b"".join(messages), out)
    return out


def test_question_is_what_pyroute2_would_ask() -> None:
    theirs = fibmsg(nlattr.message(rtrule.RTM_GETRULE, 0x300, 1, rtrule.encode_dump(socket.AF_INET)))
    theirs.decode()
    assert (theirs["family"], theirs["table"], theirs["action"], theirs["attrs"]) == (socket.AF_INET, 0, 0, [])


def test_every_namespace_begins_with_three_rules() -> None:
    messages = [message(("FRA_TABLE", 255), table=255)]
    messages += [message(("FRA_PRIORITY", at), ("FRA_TABLE", n), table=n) for at, n in ((32766, 254), (32767, 253))]
    assert tuple(decoded(*messages)) == RULES


def test_selectors_table_and_inversion_are_read() -> None:
    said = message(
        ("FRA_SRC", "192.0.2.11"), ("FRA_DST", "198.51.100.0"), ("FRA_IIFNAME", "eth1"), ("FRA_PRIORITY", 100),
        ("FRA_TABLE", 1000), src_len=32, dst_len=24, table=252, flags=2,
    )  # fmt: skip
    assert decoded(said) == [Rule(100, "192.0.2.11/32", "198.51.100.0/24", "eth1", 1000, "table", True)]


@pytest.mark.parametrize(("number", "action"), [(3, "nop"), (6, "blackhole"), (7, "unreachable"), (8, "prohibit")])
def test_a_rule_may_name_a_fate_instead_of_a_table(number: int, action: str) -> None:
    assert [one.action for one in decoded(message(("FRA_PRIORITY", 5), action=number))] == [action]


@pytest.mark.parametrize(
    "said",
    [
        message(("FRA_FWMARK", 7), ("FRA_TABLE", 9)),
        message(("FRA_OIFNAME", "eth0"), ("FRA_TABLE", 9)),
        message(("FRA_TABLE", 9), tos=16),
        message(("FRA_TABLE", 9), action=99),
    ],
    ids=["mark", "oif", "tos", "unknown-action"],
)
def test_what_no_question_fits_is_left_out(said: bytes) -> None:
    assert decoded(said, message(("FRA_PRIORITY", 1), ("FRA_TABLE", 9))) == [Rule(1, table=9)]
