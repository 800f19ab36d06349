"""A running lab can be watched from another terminal: its tables, timers and frames, and nothing in it notices."""

from __future__ import annotations

import os
import select
import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from neighlab.lab.running import Running
    from neighlab.lab.watcher import Watcher

FORMATS = ("text", "json", "jsonl")
_SOON_S = 0.05


@click.command("watch", short_help="Watch a running lab: tables, timers, frames.")
@click.argument("lab", required=False)
@click.option("--host", help="Show this host's tables only.")
@click.option("--all", "everything", is_flag=True, help="Show NOARP entries (multicast), too; JSON always has them.")
@click.option("--once", is_flag=True, help="Show the lab as it is now, and end.")
@click.option(
    "--interval", type=click.FloatRange(0.05, 3600), default=0.5, show_default=True, metavar="SECONDS",
    help="How long to wait between two looks at the tables; what is announced is shown at once.",
)  # fmt: skip
@click.option("--format", "format_", type=click.Choice(FORMATS), help="jsonl: a snapshot, then events, a line each.")
def command(
    lab: str | None, host: str | None, everything: bool, once: bool, interval: float, format_: str | None
) -> int:
    """Watch a running lab (without a name the only one): every host's entries with state, seconds since they were
    confirmed, used and updated, and what the next timer leads to; how full the kernel's tables are; the last frames.

    On a terminal it is a page that changes (keys: q quit, p pause, tab next host, a NOARP entries too, arrows scroll);
    elsewhere it is printed once. It ends with the lab.

    \b
      neighlab watch
      neighlab watch victim --host victim
      neighlab watch --once --format json | jq '.entries[] | select(.state == "STALE")'
      neighlab watch --format jsonl | jq -c 'select(.type == "neigh")'

    Watching asks and listens, and never sends or sets anything. Each look takes a dump of every host's table, so a lab
    of hundreds of hosts is looked at less often.
    """
    from neighlab.lab.enter import call
    from neighlab.lab.running import named, read
    from neighlab.report.live_text import View

    meant = named(lab)
    if host is not None:
        meant.net(host)
    view = View(host, everything=everything)
    if format_ == "jsonl" and not once:
        return call(meant, lambda pidfd: _stream(meant, pidfd, interval))
    if once or format_ is not None or not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return call(meant, lambda _pidfd: _print(meant, view, format_ or "text"))

    def screen(pidfd: int) -> int:
        from neighlab.cli.watch_screen import watch

        return watch(meant, pidfd, view, interval)

    code = call(meant, screen)
    if read(meant.pid) != meant:
        click.echo(f"{meant.name} has ended", err=True)
    return code


def _print(lab: Running, view: Any, format_: str) -> int:
    from neighlab.lab.watcher import Watcher
    from neighlab.report import live_json, live_text
    from neighlab.report.json import json_text

    now, _news = Watcher(lab, listen=False).look()
    if format_ == "text":
        width = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100
        sys.stdout.write(live_text.plain(now, view, width=width))
    elif format_ == "json":
        sys.stdout.write(json_text(live_json.snapshot(now)))
    else:
        sys.stdout.write(live_json.line(live_json.snapshot(now)))
    return 0


def _stream(lab: Running, pidfd: int, interval: float) -> int:
    """Write what happens, a line each, until the lab ends."""
    from neighlab.lab.running import ended
    from neighlab.lab.watcher import Watcher
    from neighlab.report import live_json

    def write(*records: dict[str, Any]) -> None:
        sys.stdout.write("".join(map(live_json.line, records)))
        sys.stdout.flush()

    watcher = Watcher(lab)
    now, _news = watcher.look()
    write(live_json.snapshot(now))
    due = time.monotonic() + watcher.pause_s(interval)
    while not ended(pidfd):
        if _waited(watcher, pidfd, due - time.monotonic()):
            write(*map(live_json.news, watcher.news()))
            due = min(due, time.monotonic() + watcher.pause_s(_SOON_S))  # what follows silently from a frame
        if time.monotonic() >= due:
            before, (now, news) = now.tables, watcher.look()
            write(*map(live_json.news, news), *live_json.tables(now, before))
            due = time.monotonic() + watcher.pause_s(interval)
    write(*map(live_json.news, watcher.news()), live_json.end(watcher.now_ms()))
    return 0


def _waited(watcher: Watcher, pidfd: int, left_s: float) -> bool:
    """Wait for news or the lab's end until it is time to look; was there any?"""
    poll = select.poll()
    for fd in (pidfd, *(one.fileno() for one in watcher.sockets)):
        poll.register(fd, select.POLLIN)
    return bool(poll.poll(max(0.0, left_s) * 1000))
