"""Each thing that this machine lacks is named together with the one command that would change it."""

from __future__ import annotations

import click


@click.command("doctor", short_help="Tell what this machine can do, and how to change that.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(format_: str) -> int:
    """Tell what this machine and user can and cannot do, and the one command that would change it.

    Exits with 3 when labs cannot run here at all.

    \b
      neighlab doctor
      sudo neighlab doctor             what root could do, too
      neighlab doctor --format json
    """
    from neighlab.report.json import json_text
    from neighlab.runner.health import examine
    from neighlab.vm import health

    findings = [*examine(), *health.examine()]
    if format_ == "json":
        plain = [
            {"what": one.what, "ok": one.ok, "needed": one.needed, "detail": one.detail, "remedy": one.remedy}
            for one in findings
        ]
        click.echo(json_text({"schema": "neighlab.doctor/1", "findings": plain}), nl=False)
    else:
        for one in findings:
            mark = (
                click.style("yes ", fg="green")
                if one.ok
                else click.style("NO  " if one.needed else "no  ", fg="red" if one.needed else "yellow")
            )
            click.echo(f"{mark} {one.what:<34} {one.detail}")
            if not one.ok and one.remedy:
                click.echo(f"     {'':<34} to change: {one.remedy}")
    return 3 if any(one.needed and not one.ok for one in findings) else 0
