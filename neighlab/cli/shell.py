"""A lab can be entered: Mininet's prompt inside a sandbox, and nothing is left of it afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sys
import termios
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from neighlab.errors import NeighlabError, ScenarioError

if TYPE_CHECKING:
    from neighlab.lab.lab import Lab


@click.command("shell", short_help="Open Mininet's prompt in a lab; Ctrl-D ends it.")
@click.argument("what", metavar="[TOPOLOGY | SCENARIO[:CASE] | FILE | LAB]", required=False)
@click.option(
    "--set", "settings", multiple=True, metavar="KNOB=VALUE", help="Start from another setting than the baseline."
)
@click.option("--detach", is_flag=True, help="Leave the lab running in the background, and print its name.")
@click.option("--attach", is_flag=True, help="Open a shell in a running LAB, whose end does not end the lab.")
@click.option(
    "--family",
    type=click.Choice(["ipv4", "ipv6", "dual"]),
    help="Families that the lab speaks [default: dual, or the scenario's].",
)
def command(what: str | None, settings: tuple[str, ...], detach: bool, attach: bool, family: Any) -> int:
    """Build a lab and open Mininet's prompt in it; Ctrl-D ends it and everything in it.

    With --detach it stays in the background, for `neighlab exec` and `neighlab watch`, until `neighlab stop`; with
    --attach a running one (the only one, if none is named) is entered: by bash, in which each host's name is a command.

    \b
      neighlab shell VictimAttacker           then:  victim ip neigh
      neighlab shell 'HostsOnBridge(n=20)'           pingall
      neighlab shell garp/arp_accept                 neigh
      neighlab shell ./my_topology.py                py lab["h1"].lladdr
      neighlab shell --detach TwoHosts
      neighlab shell --attach two                    then:  victim ip neigh
    """
    if attach:
        if detach or settings or family:
            raise click.UsageError("--attach takes a running lab as it is")
        return _attach(what)
    if what is None:
        raise click.UsageError("Missing argument 'TOPOLOGY | SCENARIO[:CASE] | FILE'.")
    from neighlab.cli.names import file_named, topology_in_file, topology_named
    from neighlab.lab import problems, sandbox
    from neighlab.model.knobs import parse_setting
    from neighlab.runner.discovery import holds_scenarios, select

    chosen = tuple(parse_setting(text) for text in settings)
    title = ""
    topology = topology_named(what)
    file, _wanted = file_named(what)
    if topology is None and file.suffix == ".py" and not holds_scenarios(file):
        topology = topology_in_file(what)
    if topology is None:
        scenario, case = select([what])[0]
        topology, family, title = scenario.topology, family or scenario.family_of(case), scenario.name

    def build() -> Lab:
        from neighlab.lab.lab import Lab

        return Lab(topology, families=family or "dual", settings=chosen, title=title)

    if detach:
        from neighlab.lab.background import start

        click.echo(start(build).name)
        return 0

    def work(channel: socket.socket) -> None:
        from neighlab.lab.channel import send

        try:
            lab = build()
        except NeighlabError as problem:
            send(channel, problems.packed(problem))
            return
        click.echo(
            f"{', '.join(lab.hosts)}: each is a network namespace; `help` lists commands, Ctrl-D ends the lab", err=True
        )
        lab.shell()
        send(channel, ("done", ""))

    with _terminal_as_it_was():
        return _follow(sandbox.spawn(work, interactive=True))


def _attach(wanted: str | None) -> int:
    """Be in the lab's own namespace, with its hosts as commands."""
    from neighlab.lab import commands
    from neighlab.lab.enter import execute
    from neighlab.lab.running import named

    lab = named(wanted)
    env = {"PS1": f"{lab.name}> ", "PROMPT_COMMAND": "", "HISTFILE": os.devnull}
    one = next(iter(lab.hosts), "HOST")
    click.echo(f"each host's name is a command, as in `{one} ip neigh`; Ctrl-D leaves, and the lab lives on", err=True)
    shell = ["bash", "--norc"] if shutil.which("bash") else ["sh"]
    return execute(lab, "", shell, env=env, before=lambda: commands.add_hosts(lab.hosts))


@contextlib.contextmanager
def _terminal_as_it_was() -> Iterator[None]:
    """A prompt that is ended by somebody else leaves the terminal as it was while a line was typed."""
    try:
        before = termios.tcgetattr(0)
    except (OSError, termios.error):
        yield  # it is no terminal
        return
    try:
        yield
    finally:
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(0, termios.TCSADRAIN, before)


def _follow(box: Any) -> int:
    """Wait for the prompt to end; Ctrl-C belongs to it, not to us."""
    import signal

    from neighlab.lab.channel import receive
    from neighlab.lab.problems import KINDS

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        kind, text = receive(box.channel)
    except EOFError:
        kind, text = "ended", "the lab's process was ended"
    finally:
        box.reap(5)
        signal.signal(signal.SIGINT, before)
        sys.stdout.flush()
    if box.stopped():
        click.echo("\nthe lab was ended by `neighlab stop`", err=True)
    elif kind in KINDS or kind == "ended":
        raise KINDS.get(kind, ScenarioError)(text)
    return 0
