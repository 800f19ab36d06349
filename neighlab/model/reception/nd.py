"""What the way from ip6_rcv to ndisc_update does with a neighbour discovery message, and which check stops it."""

from __future__ import annotations

from typing import Final

from neighlab.model.nud import NUD, VALID
from neighlab.model.reception import ip6_checks, na_checks, nd_checks, ns_checks, redirect_checks
from neighlab.model.reception.message import NA, NS, REDIRECT, RS, Nd
from neighlab.model.reception.outcome import ChangeFrame, Explanation, Learned, Outcome
from neighlab.model.reception.situation import Situation
from neighlab.model.reception.update import Asked, no_lladdr, update

_BEFORE_ANYTHING: Final = (
    ip6_checks.other_host,
    ip6_checks.ipv6_off,
    ip6_checks.loopback_sender,
    ip6_checks.group_sender,
    ip6_checks.unicast_in_group_frame,
    ip6_checks.not_a_member,
    ip6_checks.not_our_packet,
    ip6_checks.bad_checksum,
    nd_checks.hop_limit,
    nd_checks.code,
    nd_checks.incomplete,
)
"""The checks that every message must pass, in the kernel's order."""
_SOLICITATION: Final = (
    nd_checks.group_target,
    ns_checks.dad_destination,
    nd_checks.bad_options,
    nd_checks.lladdr_length,
    ns_checks.dad_with_lladdr,
    ns_checks.tentative,
    ns_checks.not_our_target,
)
_ADVERTISEMENT: Final = (
    nd_checks.group_target,
    na_checks.solicited_to_all,
    na_checks.drop_unsolicited_na,
    nd_checks.bad_options,
    nd_checks.lladdr_length,
    na_checks.own_address,
    na_checks.untracked,
    na_checks.failed_entry,
    na_checks.own_proxy,
)
_ROUTER_SOLICITATION: Final = (
    nd_checks.not_a_router, nd_checks.nobody_asks, nd_checks.bad_options, nd_checks.lladdr_length,
)  # fmt: skip
_ROUTER_ADVERTISEMENT: Final = (nd_checks.router_not_link_local, nd_checks.bad_options, nd_checks.lladdr_length)
_REDIRECT: Final = (
    redirect_checks.sender_not_link_local,
    nd_checks.bad_options,
    redirect_checks.group_destination,
    redirect_checks.target_not_link_local,
    redirect_checks.router,
    redirect_checks.accept_redirects,
    nd_checks.lladdr_length,
    redirect_checks.not_the_gateway,
)


def process(frame: Nd, it: Situation) -> Outcome:
    """Follow a message through ip6_rcv, icmpv6_rcv and ndisc_rcv."""
    for check in _BEFORE_ANYTHING:
        if (why := check(frame, it)) is not None:
            return Outcome(ignored=why, silent=why if frame.kind == NS else None)
    match frame.kind:
        case _ if frame.kind == NS:
            return _solicitation(frame, it)
        case _ if frame.kind == NA:
            return _advertisement(frame, it)
        case _ if frame.kind == REDIRECT:
            return _redirect(frame, it)
    mine = _ROUTER_SOLICITATION if frame.kind == RS else _ROUTER_ADVERTISEMENT
    for check in mine:
        if (why := check(frame, it)) is not None:
            return Outcome(ignored=why)
    return _learn(it, Asked(frame.sender, NUD.STALE, _lladdr(frame), router=frame.kind != RS))


def _solicitation(frame: Nd, it: Situation) -> Outcome:
    for check in _SOLICITATION:
        if (why := check(frame, it)) is not None:
            failing = "the tentative address fails" if why.check == "dad-collision" else ""
            return Outcome(ignored=why, silent=why, side_effect=failing)
    if (why := ns_checks.proxy_delay(frame, it)) is not None:
        return Outcome(ignored=why, answer="later")
    if frame.is_dad:
        return Outcome(ignored=ns_checks.dad_solicitation(frame, it), answer="now")
    if (why := ns_checks.nobody_to_answer(frame, it)) is not None:
        return Outcome(ignored=why, silent=why)
    asked = Asked(frame.sender, NUD.STALE, _lladdr(frame))
    if asked.lladdr is None and not (it.entry is not None and it.entry.state & VALID):
        # the answer itself has to be resolved first
        state = it.entry.state if it.entry is not None else NUD.NONE
        if state == NUD.INCOMPLETE:
            return Outcome(ignored=no_lladdr(asked, it.entry, ChangeFrame({"slla": frame.src})), answer="later")
        return Outcome(learned=Learned(frame.sender, NUD.INCOMPLETE, None), answer="later")
    return _learn(it, asked, answer="now")


def _advertisement(frame: Nd, it: Situation) -> Outcome:
    for check in _ADVERTISEMENT:
        if (why := check(frame, it)) is not None:
            failing = "the tentative address fails" if "duplicate now" in why.text else ""
            return Outcome(ignored=why, side_effect=failing)
    proves = frame.solicited and it.entry is not None
    asked = Asked(
        frame.target, NUD.REACHABLE if proves else NUD.STALE, _lladdr(frame),
        kept_because=na_checks.override_flag(frame, it), weak=True, router=frame.router,
        option=frame.lladdr_option,
    )  # fmt: skip
    return _learn(it, asked)


def _redirect(frame: Nd, it: Situation) -> Outcome:
    for check in _REDIRECT:
        if (why := check(frame, it)) is not None:
            return Outcome(ignored=why)
    to_router = None if frame.target == frame.destination else True
    return _learn(it, Asked(frame.target, NUD.STALE, _lladdr(frame), router=to_router, option=frame.lladdr_option))


def _learn(it: Situation, asked: Asked, *, answer: str = "none") -> Outcome:
    born = Learned(asked.addr, NUD.NONE if it.here.arp else NUD.NOARP, None if it.here.arp else it.here.lladdr)
    result = update(it.entry, asked, born=born)
    if isinstance(result, Explanation):
        return Outcome(ignored=result, answer=answer)
    return Outcome(learned=result, answer=answer)


def _lladdr(frame: Nd) -> str | None:
    return frame.lladdr.hex(":") if frame.lladdr is not None else None
