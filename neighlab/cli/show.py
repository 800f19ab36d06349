"""A scenario can be read as a story before it is run: what is claimed, where, under which settings, and why."""

from __future__ import annotations

import inspect
from typing import Any

import click


@click.command("show", short_help="Show one scenario's story: claim, drawing, settings, steps.")
@click.argument("name", metavar="SCENARIO")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(name: str, format_: str) -> int:
    """Show a scenario's claim, the drawing of its lab, its cases, its steps and what decides it in the kernel.

    SCENARIO may also be the name of a topology or of a knob.

    \b
      neighlab show garp/arp_accept
      neighlab show VictimAttacker
      neighlab show arp_ignore
    """
    from neighlab.cli.names import topology_named
    from neighlab.errors import ScenarioError
    from neighlab.report.json import json_text
    from neighlab.runner.discovery import select

    topology = topology_named(name)
    if topology is not None:
        click.echo(f"{name}\n{drawing(topology)}")
        return 0
    if "/" not in name and not name.endswith(".py") and ":" not in name:
        text = _knob_text(name)
        if text is not None:
            click.echo(text)
            return 0
    chosen = select([name])
    scenarios = list({one.scenario.name: one.scenario for one in chosen}.values())
    if len(scenarios) > 1:
        raise ScenarioError(f"{name} names {len(scenarios)} scenarios: {', '.join(one.name for one in scenarios)}")
    one = scenarios[0]
    cases = [each.case for each in chosen]
    if format_ == "json":
        from neighlab.cli.list import _plain

        plain = {
            "schema": "neighlab.show/1",
            **_plain(one),
            "lesson": one.lesson,
            "drawing": drawing(one.topology),
            "source": _source(one),
        }
        click.echo(json_text(plain), nl=False)
        return 0
    click.echo(click.style(one.name, bold=True))
    click.echo(f"{one.claim}\n")
    if one.lesson:
        click.echo(f"{one.lesson}\n")
    click.echo(drawing(one.topology))
    click.echo("Cases")
    for case in cases:
        values = ", ".join(f"{key}={_value(value)}" for key, value in case.params.items())
        gate = f"  since {case.since}" if case.since else ""
        click.echo(f"  {case.name:<26} {values}{gate}")
        sabotage = one.sabotage_of(case)
        if sabotage is not None:
            click.echo(f"  {'':<26} must fail when {sabotage}")
    click.echo("\nSteps")
    click.echo(_source(one))
    if one.kernel:
        click.echo(f"\nIn the kernel: {one.kernel}")
    if one.needs:
        click.echo(f"Needs: {', '.join(one.needs)}")
    click.echo(f"\nRun it:  neighlab run {one.name} -v")
    return 0


def drawing(topology: Any) -> str:
    """The drawing of a lab: its topology's docstring."""
    from neighlab.model.topology import topology_class

    cls = topology_class(topology)
    # cleandoc strips the indentation that the lines share; the first line of a drawing is on a line of its own
    return inspect.cleandoc("\n" + (cls.__doc__ or "(no drawing)")) + "\n"


def _source(one: Any) -> str:
    lines, _number = inspect.getsourcelines(one.story)
    start = next(i for i, line in enumerate(lines) if line.startswith("def "))
    body = lines[start:]
    return "".join("  " + line for line in body).rstrip()


def _value(value: Any) -> str:
    from neighlab.model.nud import NUD, Absent, state_name

    return state_name(value) if isinstance(value, NUD | Absent) else repr(value)


def _knob_text(name: str) -> str | None:
    from neighlab.model import knobs

    rows = [one for one in knobs.knobs() if one.name == name]
    if not rows:
        return None
    lines = []
    for knob in rows:
        families = "/".join(f"ipv{family}" for family in knob.families)
        since = f", since {knob.since}" if knob.since else ""
        combined = f", conf/all and the device combine by {knob.combine}" if knob.scope is knobs.Scope.CONF else ""
        lines.append(click.style(f"{knob.name}", bold=True) + f"  {families} {knob.scope.value}{since}{combined}")
        lines.append(f"  {knob.doc}")
        lines.append(
            f"  {knob.unit}, {knob.minimum}..{knob.maximum}; "
            f"kernel default {knob.default}, a lab starts with {knob.baseline}\n"
        )
    return "\n".join(lines).rstrip()
