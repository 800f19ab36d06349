"""An ARP request goes on only if its two addresses make a route, and that is what ip_route_input says of a packet.

VRFs are not modelled.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final, NamedTuple

from neighlab.model.reception.outcome import ChangeFrame, Explanation, knob_remedy, raise_knob
from neighlab.model.reception.situation import RULES, SCOPE_HOST, Route, Rule, Situation, Value

_LOCAL: Final = Rule(0, table=255)
_NO_ROUTE: Final = ("unreachable", "blackhole", "prohibit")
_LIMITED_BROADCAST: Final = "255.255.255.255"
_ANY: Final = "0.0.0.0"
_SLOW, _VALIDATE = "ip_route_input_slow", "fib_validate_source"


class Found(NamedTuple):
    """What ip_route_input makes of a request: the kind of its route (`local`, `unicast`, `unreachable`) and the device
    that it leaves by; or why it makes none.
    """

    kind: str
    ifname: str = ""
    why: Explanation | None = None


def lookup(it: Situation, addr: str, *, src: str, iif: str = "lo") -> Route | None:
    """The route to an IPv4 address for a packet from `src` that came in by `iif` (lo: it is our own): that of the first
    table with one, of all that the rules name in their order.
    """
    for rule in it.here.rules:
        if rule.action == "nop" or not rule.fits(addr, src, iif):
            continue
        if rule.action != "table":
            return None
        best = _best(it, addr, rule.table)
        if best is not None and best.kind != "throw":
            return best if best.kind not in _NO_ROUTE else None
    return None


def _best(it: Situation, addr: str, table: int) -> Route | None:
    return next(iter(it.ways(addr, table)), None)


def addr_type(it: Situation, addr: str) -> str:
    """`local`, `broadcast`, `multicast` or `unicast`, by the table local alone (inet_addr_type_dev_table)."""
    ip = IPv4Address(addr)
    if addr in (_ANY, _LIMITED_BROADCAST):
        return "broadcast"
    if ip.is_multicast:
        return "multicast"
    found = _best(it, addr, _LOCAL.table)
    return found.kind if found is not None else "unicast"


def route_input(it: Situation, target: str, sender: str) -> Found:
    """What ip_route_input_noref says of an ARP request for `target` from `sender`."""
    from_, to = IPv4Address(sender), IPv4Address(target)
    if from_.is_multicast or sender == _LIMITED_BROADCAST:
        return _martian(it, "martian-group-sender", _SLOW, f"no host can be {sender}: it stands for many")
    localnet = it.value(4, "route_localnet")
    if target in (_ANY, _LIMITED_BROADCAST):
        return Found("unreachable")
    if not to.is_loopback and from_.is_loopback and not localnet.value:
        text = f"{sender} is a loopback address, and {localnet}"
        return Found("martian", why=Explanation(
            "martian-loopback-sender", _SLOW, text, raise_knob(4, localnet), (localnet,)
        ))  # fmt: skip
    found = lookup(it, target, src=sender, iif=it.here.ifname)
    forwarding = it.value(4, "forwarding").value
    if found is None:
        return Found("unreachable")
    if found.kind == "broadcast":
        return Found("unreachable")
    if found.kind == "local":
        why = validate_source(it, sender, target, out="")
        return Found("martian", why=why) if why is not None else Found("local", found.ifname)
    if not forwarding:
        return Found("unreachable")
    why = validate_source(it, sender, target, out=found.ifname)
    return Found("martian", why=why) if why is not None else Found(found.kind, found.ifname)


def validate_source(it: Situation, sender: str, target: str, *, out: str) -> Explanation | None:
    """Why fib_validate_source refuses a sender; `out` is the device that the route to the target leaves by."""
    rp_filter, accept_local = it.value(4, "rp_filter"), it.value(4, "accept_local")
    redirects = it.value(4, "send_redirects").value
    ours = any(one.addr == sender for one in it.own(4))
    if not rp_filter.value and (out != it.here.ifname or not redirects) and it.here.rules == RULES:
        return _own_sender(sender, accept_local) if ours and not accept_local.value else None
    back = lookup(it, sender, src=target, iif=out or "lo")
    if back is None:
        return _no_way_back(f"there is no route back to {sender}", rp_filter) if rp_filter.value else None
    if back.kind == "local" and not accept_local.value:
        return _own_sender(sender, accept_local)
    if back.kind not in ("unicast", "local"):
        text = f"{sender} is the {back.kind} address of a subnet"
        return Explanation("martian-broadcast-sender", _VALIDATE, text, ChangeFrame({"sender": it.spare_addr(4)}))
    if back.ifname == it.here.ifname or rp_filter.value != 1:
        return None
    return _no_way_back(f"the route back to {sender} leaves by {back.ifname}", rp_filter)


def _own_sender(sender: str, accept_local: Value) -> Explanation:
    text = f"the sender {sender} is the host's own address, and {accept_local}"
    return Explanation("own-sender", _VALIDATE, text, raise_knob(4, accept_local), (accept_local,))


def _no_way_back(text: str, rp_filter: Value) -> Explanation:
    return Explanation("rp-filter", _VALIDATE, f"{text}, and {rp_filter}", knob_remedy(4, rp_filter), (rp_filter,))


def _martian(it: Situation, check: str, function: str, text: str) -> Found:
    return Found("martian", why=Explanation(check, function, text, ChangeFrame({"sender": it.spare_addr(4)})))


def confirms(it: Situation, target: str, *, sender: str | None, scope: int, ifname: str | None) -> bool:
    """Is `target` an own address of at most this scope - on `ifname`, if one is said - and in one subnet with
    `sender`, if one is said (inet_confirm_addr, confirm_addr_indev)?
    """
    return any(_confirms(it, dev, target, sender, scope) for dev in {one.ifname for one in it.own(4, ifname=ifname)})


def _confirms(it: Situation, dev: str, target: str, sender: str | None, scope: int) -> bool:
    mine = it.own(4, ifname=dev)
    most = 253 if it.of(4, "all", "route_localnet") or it.of(4, dev, "route_localnet") else SCOPE_HOST
    there = any(one.addr == target and min(one.scope, most) <= scope for one in mine)
    return there and any(one.covers(target) and (sender is None or one.covers(sender)) for one in mine)
