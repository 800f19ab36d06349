"""What runs can be listed without having been written down: the processes themselves are asked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from neighlab.lab.running import Running

PS_SCHEMA = "neighlab.ps/1"


@click.command("ps", short_help="List the labs that are running.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(format_: str) -> int:
    """List your running labs: those of `neighlab shell`, and of cases while they run. Root sees those of all users.

    The name in the first column is what `exec`, `watch` and `stop` take; its beginning is enough.

    \b
      neighlab ps
      neighlab ps --format json
    """
    from neighlab.lab.running import find
    from neighlab.report.json import json_text

    labs = find()
    if format_ == "json":
        click.echo(json_text({"schema": PS_SCHEMA, "labs": [_plain(lab) for lab in labs]}), nl=False)
        return 0
    if not labs:
        click.echo("no lab is running (`neighlab shell TOPOLOGY` starts one)", err=True)
        return 0
    head = ("LAB", "WHAT", "UP", *(("USER",) if os.geteuid() == 0 else ()), "HOSTS")
    rows = [head, *(_row(lab) for lab in labs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head) - 1)]
    for row in rows:
        click.echo("  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[-1]]))
    return 0


def _row(lab: Running) -> tuple[str, ...]:
    from neighlab.report.plain import duration, printable

    shown = [printable(name) for name in lab.hosts[:6]]
    more = f", ... ({len(lab.hosts)})" if len(lab.hosts) > len(shown) else ""
    user = (_user(lab.uid),) if os.geteuid() == 0 else ()
    return lab.name, printable(lab.title), duration(lab.age_s), *user, ", ".join(shown) + more


def _plain(lab: Running) -> dict[str, Any]:
    return {
        "lab": lab.name, "title": lab.title, "families": lab.families, "hosts": list(lab.hosts),
        "bridges": list(lab.others), "pid": lab.pid, "keeper_pid": lab.keeper, "uid": lab.uid, "user": _user(lab.uid),
        "epoch_s": round(lab.epoch_s, 6), "age_s": round(lab.age_s, 3),
    }  # fmt: skip


def _user(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
