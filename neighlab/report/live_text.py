"""A lab at one moment fits on a page of any size: what does not fit is cut or scrolled to, never wrapped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from neighlab.model.countdown import Timer
from neighlab.model.frame_words import describe
from neighlab.model.live import EntryNow, FrameNow, LabNow, TableNow
from neighlab.model.nud import NTF, NUD, state_name
from neighlab.report.plain import duration, printable

KEYS: Final = "q quit  p pause  tab host  a all  up/down scroll"
_FLAGS: Final = {
    NTF.ROUTER: "R", NTF.EXT_LEARNED: "E", NTF.MANAGED: "M", NTF.PROXY: "P", NTF.EXT_VALIDATED: "V",
    NTF.OFFLOADED: "O", NTF.STICKY: "S", NTF.LOCKED: "L",
}  # fmt: skip
_REST: Final = 63
"""The width of everything in a row but the address."""
_FRAMES: Final = 5


@dataclass(slots=True)
class View:
    """What of a lab is on the page: one host's tables or everybody's, from which row on, NOARP entries or not."""

    host: str | None = None
    first: int = 0
    everything: bool = False
    paused: bool = False

    def next_host(self, hosts: Sequence[str]) -> None:
        """Show the next host's tables alone; after the last one everybody's."""
        order = [None, *hosts]
        self.host = order[(order.index(self.host) + 1) % len(order)]
        self.first = 0


def plain(now: LabNow, view: View, *, width: int) -> str:
    """The whole lab as text, however long: what `watch --once` prints."""
    return "".join(f"{line}\n" for line in [*_head(now, view, width), "", *_rows(now, view, width)])


def page(now: LabNow, frames: Sequence[FrameNow], view: View, *, width: int, height: int) -> list[str]:
    """As many lines as the page has, none wider than it; `view.first` is kept in what there is to scroll through."""
    head = _head(now, view, width)
    columns, *rows = _rows(now, view, width)
    left = height - len(head) - 3
    tail = _tail(now, frames, max(min(_FRAMES, left // 3), left - len(rows)))
    room = max(1, height - len(head) - len(tail) - 2)
    view.first = max(0, min(view.first, len(rows) - room))
    shown = rows[view.first : view.first + room]
    hidden = f"rows {view.first + 1}-{view.first + len(shown)} of {len(rows)}  " if len(rows) > room else ""
    body = [*head, columns, *shown, *[""] * (room - len(shown)), *tail, hidden + KEYS]
    return [line[:width] for line in body[-height:]]


def _head(now: LabNow, view: View, width: int) -> list[str]:
    about = f"{now.lab}  {printable(now.title)}  {now.families}"
    state = "PAUSED" if view.paused else f"up {duration(now.age_s)}"
    return [f"{about:<{max(0, width - len(state) - 1)}} {state}", *map(_table, now.tables)]


def _table(table: TableNow) -> str:
    part = 100 * table.entries / table.gc_thresh3 if table.gc_thresh3 else 0
    thresholds = f"{table.gc_thresh1}/{table.gc_thresh2}/{table.gc_thresh3}"
    return f"{table.name:<12} {table.entries:>5} entries, {table.own} here  {part:3.0f}% of gc_thresh {thresholds}"


def _rows(now: LabNow, view: View, width: int) -> Iterator[str]:
    """The heading of the columns, then a line for each host and interface with its entries below."""
    room = max(12, width - _REST)
    yield (
        f" {'ADDRESS':<{room}} {'STATE':<10} {'LLADDR':<17} {'FL':<2} {'PR':>2} {'CNF':>3} {'USE':>3} {'UPD':>3} NEXT"
    )
    by_host = {host: list(group) for host, group in groupby(now.entries, key=lambda one: one.host)}
    for host in now.hosts:
        if view.host not in (None, host):
            continue
        entries = by_host.get(host, [])
        if not entries:
            yield f"{printable(host)}  no entries"
        for ifname in sorted({one.ifname for one in entries}):
            here = [one for one in entries if one.ifname == ifname]
            shown = [one for one in here if view.everything or one.neigh.state != NUD.NOARP]
            quiet = f"  +{len(here) - len(shown)} NOARP" if len(shown) < len(here) else ""
            yield f"{printable(host)} {printable(ifname)}{quiet}"
            yield from (_row(one, room) for one in shown)


def _row(one: EntryNow, room: int) -> str:
    neigh = one.neigh
    flags = "".join(letter for flag, letter in _FLAGS.items() if flag in neigh.flags)[:2]
    ages = " ".join(f"{age(ms):>3}" for ms in (neigh.confirmed_ms, neigh.used_ms, neigh.updated_ms))
    return (
        f" {_fit(neigh.addr, room):<{room}} {state_name(neigh.state):<10} {neigh.lladdr or '-':<17} {flags:<2} "
        f"{neigh.probes or '':>2} {ages} {countdown(one.timer)}"
    )


def _tail(now: LabNow, frames: Sequence[FrameNow], most: int) -> list[str]:
    if most < 1:
        return []
    if not now.hears:
        return ["FRAMES  not listened to: the lab has too many links", *[""] * most]
    lines = [
        f" {one.t_ms / 1000:9.3f} s  {printable(one.host)} {printable(one.ifname)}  {describe(one.frame)}"
        for one in list(frames)[-most:]
    ]
    return [f"FRAMES  the last of {len(frames)}", *lines, *[""] * (most - len(lines))]


def countdown(timer: Timer | None) -> str:
    """`STALE 12.3s`, `probe 2 0.4s`, `FAILED now`; `gone >45s` where only the earliest moment is known."""
    if timer is None:
        return ""
    if timer.probe:
        what = f"probe {timer.probe}"
    else:
        what = state_name(timer.leads_to) if isinstance(timer.leads_to, NUD) else "gone"
    if not timer.due_ms:
        return f"{what} now" if isinstance(timer.leads_to, NUD) else f"{what} soon"
    known = timer.at_most_ms is not None and isinstance(timer.leads_to, NUD)
    return f"{what} {'' if known else '>'}{_seconds(timer.due_ms)}"


def _seconds(ms: float) -> str:
    return f"{ms / 1000:.1f}s" if ms < 100_000 else age(int(ms))


def age(ms: int) -> str:
    """An age in three characters: `0.3`, `9.9`, `42`, `99` seconds, then `2m`, `3h`, `9d`."""
    seconds = ms / 1000
    if seconds < 9.95:
        return f"{seconds:.1f}"
    for unit, length, most in (("", 1, 99.5), ("m", 60, 99.5 * 60), ("h", 3600, 99.5 * 3600)):
        if seconds < most:
            return f"{seconds / length:.0f}{unit}"
    return f"{min(99, seconds // 86400):.0f}d"


def _fit(addr: str, room: int) -> str:
    """An address that is too long loses its middle: its ends tell more."""
    if len(addr) <= room:
        return addr
    return f"{addr[: (room - 1) // 2]}~{addr[-(room - 1 - (room - 1) // 2) :]}"
