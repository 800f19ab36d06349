"""Mininet's prompt, on a lab: Ctrl-D ends it and everything in it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from neighlab.lab import commands

if TYPE_CHECKING:
    from neighlab.lab.lab import Lab


def prompt(lab: Lab) -> None:
    """Run Mininet's command line on the lab until its user leaves; its `py` command knows the hosts with their verbs
    too.
    """
    from mininet.cli import CLI
    from mininet.log import output, setLogLevel

    setLogLevel("info")
    commands.add_programs()
    os.environ.update(commands.environment(os.environ))

    class LabPrompt(CLI):  # type: ignore[misc]
        prompt = "neighlab> "

        def getLocals(self) -> dict[str, object]:
            """Names for `py`: the nodes, as in Mininet, plus `lab`."""
            names: dict[str, object] = super().getLocals()
            return {**names, "lab": lab}

        def do_neigh(self, line: str) -> None:
            """neigh [HOST...]: the neighbour tables, every state included."""
            for name in line.split() or list(lab.hosts):
                if name not in lab.hosts:
                    output(f"no host {name!r} in this lab: it has {', '.join(lab.hosts)}\n")
                    continue
                host = lab.hosts[name]
                for neigh in host.neigh_dump():
                    output(f"{name} {host.ifname_of(neigh.ifindex)} {neigh}\n")

    LabPrompt(lab.net, stdin=sys.stdin)
