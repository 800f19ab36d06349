"""What there is, and what each needs, can be read by people and by programs."""

from __future__ import annotations

import fnmatch
import os
import sys
from typing import Any

import click

LIST_SCHEMA = "neighlab.list/1"


@click.command("list", short_help="List the scenarios: name, claim, cases, needs.")
@click.argument("pattern", default="*")
@click.option("--needs", type=click.Choice(["rootless", "host-table"]), help="Only those that need this.")
@click.option("--cases", "with_cases", is_flag=True, help="Name every case.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(pattern: str, needs: str | None, with_cases: bool, format_: str) -> int:
    """List the scenarios whose name matches PATTERN, grouped by subject.

    \b
      neighlab list
      neighlab list 'garp/*' --cases
      neighlab list --format json
    """
    from neighlab.errors import ScenarioError
    from neighlab.report.json import json_text
    from neighlab.runner.discovery import discover, unknown

    known = discover()
    matching = [one for one in known if fnmatch.fnmatchcase(one.name, pattern) or one.subject == pattern]
    scenarios = [one for one in matching if needs is None or needs in _needs(one)]
    if not scenarios:
        raise ScenarioError(f"no scenario {pattern!r} needs {needs}" if matching else unknown(pattern, known))
    if format_ == "json":
        click.echo(json_text({"schema": LIST_SCHEMA, "scenarios": [_plain(one) for one in scenarios]}), nl=False)
        return 0
    width = os.get_terminal_size().columns if sys.stdout.isatty() else 100
    subject = None
    for one in scenarios:
        if one.subject != subject:
            subject = one.subject
            click.echo(("\n" if one is not scenarios[0] else "") + click.style(subject or ".", bold=True))
        count = f"{len(one.cases)} case{'s' if len(one.cases) > 1 else ''}"
        extra = "".join(f", {need}" for need in _needs(one) if need != "rootless")
        click.echo(f"  {one.name:<30}  {count}{extra}")
        for line in _wrap(one.claim, width - 6):
            click.echo(f"      {line}")
        if with_cases:
            for case in one.cases:
                gate = f"  (since {case.since})" if case.since else ""
                click.echo(f"      - {case.name}{gate}")
    return 0


def _needs(one: Any) -> list[str]:
    return list(one.needs) or ["rootless"]


def _plain(one: Any) -> dict[str, Any]:
    return {
        "scenario": one.name, "subject": one.subject, "claim": one.claim, "needs": _needs(one), "kernel": one.kernel,
        "proves": list(one.proves),
        "cases": [
            {
                "case": case.name, "family": one.family_of(case), "since": case.since, "until": case.until,
                "needs": _needs(one),
            }
            for case in one.cases
        ],
    }  # fmt: skip


def _wrap(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, max(30, width))
