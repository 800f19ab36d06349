"""A command runs in a lab of another terminal as if it had been started there."""

from __future__ import annotations

import click


@click.command(
    "exec",
    short_help="Run a command on a host of a running lab.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("lab")
@click.argument("host")
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND [ARG]...")
def command(lab: str, host: str, words: tuple[str, ...]) -> int:
    """Run a COMMAND on a HOST of a running LAB: it has this terminal, and its exit code is this command's.

    LAB is a name from `neighlab ps`, or its beginning. A bridge stands for the lab's own namespace. What the command
    leaves in the background lives as long as the lab.

    \b
      neighlab exec victim victim ip neigh
      neighlab exec victim attacker bash
      neighlab exec two victim ping -c1 192.0.2.2 | tail -1

    Exit codes: the command's; 128 + N when signal N ended it, 126 and 127 when it cannot be run, 2 when there is no
    such lab or host.
    """
    from neighlab.lab.enter import execute
    from neighlab.lab.running import named

    return execute(named(lab), host, words)
