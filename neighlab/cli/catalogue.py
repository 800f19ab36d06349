"""What is proved, and what is not, can be looked up in one table."""

from __future__ import annotations

from pathlib import Path

import click

SCHEMA = "neighlab.catalogue/1"


@click.command("catalogue", short_help="Map every mechanism to the scenarios that prove it.")
@click.option("--format", "format_", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True)
@click.option(
    "--check", type=click.Path(path_type=Path), metavar="FILE", help="Fail if FILE is not what markdown gives."
)
def command(format_: str, check: Path | None) -> int:
    """Print the mechanisms of the neighbouring subsystem with the scenarios that prove each.

    \b
      neighlab catalogue
      neighlab catalogue --format markdown > docs/catalogue.md
      neighlab catalogue --check docs/catalogue.md
    """
    from neighlab.errors import ScenarioError
    from neighlab.report.json import json_text
    from neighlab.runner.catalogue import markdown, mechanisms
    from neighlab.runner.discovery import discover

    found = mechanisms(discover())
    missing = [one.name for one in found if not one.scenarios]
    if check is not None:
        try:
            current = check.read_text(encoding="utf-8")
        except OSError as problem:
            raise ScenarioError(f"cannot read {check}: {problem.strerror}") from None
        if missing:
            click.echo(f"no scenario proves {', '.join(missing)}", err=True)
        if current != markdown(found):
            click.echo(f"{check} is out of date: neighlab catalogue --format markdown > {check}", err=True)
        return 1 if missing or current != markdown(found) else 0
    if format_ == "markdown":
        click.echo(markdown(found), nl=False)
    elif format_ == "json":
        rows = [{"mechanism": one.name, "text": one.text, "scenarios": list(one.scenarios)} for one in found]
        click.echo(json_text({"schema": SCHEMA, "mechanisms": rows}), nl=False)
    else:
        subject = ""
        for one in found:
            if one.subject != subject:
                subject = one.subject
                click.echo(click.style(subject, bold=True))
            click.echo(f"  {one.name:<30} {', '.join(one.scenarios) or click.style('none', fg='red')}")
        click.echo(f"\n{len(found) - len(missing)} of {len(found)} mechanisms are proved")
    return 0
