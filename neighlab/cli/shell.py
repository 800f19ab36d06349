"""A lab can be entered: Mininet's prompt inside a sandbox, and nothing is left of it afterwards."""

from __future__ import annotations

import socket
import sys
from typing import Any

import click

from neighlab.errors import EnvironmentProblem, NeighlabError, ScenarioError, Unsupported

_PROBLEMS: dict[str, type[NeighlabError]] = {
    "environment": EnvironmentProblem, "scenario": ScenarioError, "unsupported": Unsupported,
}  # fmt: skip
"""What the lab's process tells us of, by the name that it is sent under."""


@click.command("shell", short_help="Open Mininet's prompt in a lab; Ctrl-D ends it.")
@click.argument("what", metavar="TOPOLOGY | SCENARIO[:CASE] | FILE")
@click.option(
    "--set", "settings", multiple=True, metavar="KNOB=VALUE", help="Start from another setting than the baseline."
)
@click.option(
    "--family",
    type=click.Choice(["ipv4", "ipv6", "dual"]),
    help="Families that the lab speaks [default: dual, or the scenario's].",
)
def command(what: str, settings: tuple[str, ...], family: Any) -> int:
    """Build a lab and open Mininet's prompt in it; Ctrl-D ends it and everything in it.

    \b
      neighlab shell VictimAttacker           then:  victim ip neigh
      neighlab shell 'HostsOnBridge(n=20)'           pingall
      neighlab shell garp/arp_accept                 neigh
      neighlab shell ./my_topology.py                py lab["h1"].lladdr
    """
    from neighlab.cli.names import file_named, topology_in_file, topology_named
    from neighlab.lab import sandbox
    from neighlab.model.knobs import parse_setting
    from neighlab.runner.discovery import holds_scenarios, select

    chosen = tuple(parse_setting(text) for text in settings)
    topology = topology_named(what)
    file, _wanted = file_named(what)
    if topology is None and file.suffix == ".py" and not holds_scenarios(file):
        topology = topology_in_file(what)
    if topology is None:
        scenario, case = select([what])[0]
        topology, family = scenario.topology, family or scenario.family_of(case)

    def work(channel: socket.socket) -> None:
        from neighlab.lab.channel import send
        from neighlab.lab.lab import Lab

        try:
            lab = Lab(topology, families=family or "dual", settings=chosen)
        except NeighlabError as problem:
            kind = next((name for name, cls in _PROBLEMS.items() if isinstance(problem, cls)), "scenario")
            send(channel, (kind, str(problem)))
            return
        click.echo(
            f"{', '.join(lab.hosts)}: each is a network namespace; `help` lists commands, Ctrl-D ends the lab", err=True
        )
        lab.shell()
        send(channel, ("done", ""))

    box = sandbox.spawn(work, interactive=True)
    return _follow(box)


def _follow(box: Any) -> int:
    """Wait for the prompt to end; Ctrl-C belongs to it, not to us."""
    import signal

    from neighlab.lab.channel import receive

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        kind, text = receive(box.channel)
    except EOFError:
        kind, text = "scenario", "the lab's process was ended"
    finally:
        box.reap(5)
        signal.signal(signal.SIGINT, before)
        sys.stdout.flush()
    if kind in _PROBLEMS:
        raise _PROBLEMS[kind](text)
    return 0
