"""A frame leaves the host on which this runs exactly as its builder made it; nothing is sent outside of a lab.

The command `frame` of exercises: `attacker frame 'arp.gratuitous("192.0.2.3", lladdr="00:00:5e:00:53:66")'`.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from neighlab.errors import NeighlabError, ScenarioError


@click.command("frame", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("expression")
@click.option("--dev", metavar="IFNAME", help="Send it there [default: the host's first interface].")
@click.option("--count", type=click.IntRange(1, 10_000), default=1, show_default=True, help="Send it so often.")
def command(expression: str, dev: str | None, count: int) -> None:
    """Send one frame, built by EXPRESSION: Python, in which arp and ndp are the builders.

    \b
      attacker frame 'arp.request("192.0.2.1", sender="192.0.2.2", lladdr="00:00:5e:00:53:02")'
      attacker frame 'arp.reply("192.0.2.3", lladdr=EVIL, receiver="192.0.2.1",
                                receiver_lladdr="00:00:5e:00:53:01")'
      attacker frame 'arp.gratuitous("192.0.2.3", lladdr=EVIL, form="reply")'
      attacker frame 'arp.probe("192.0.2.3", lladdr="00:00:5e:00:53:02")'
      attacker frame 'arp.announcement("192.0.2.2", lladdr="00:00:5e:00:53:02")'
      attacker frame 'ndp.ns("2001:db8::1", sender="2001:db8::2", lladdr="00:00:5e:00:53:02")' --dev eth0

    EVIL is 00:00:5e:00:53:66, OTHER 00:00:5e:00:53:77. `arp.raw` takes every field of an ARP message; to= and src= are
    the Ethernet addresses. What is sent is printed.
    """
    from neighlab.kernel.ns import NetNS, open_current_net
    from neighlab.model.frame_words import describe
    from neighlab.wire.port import Port

    frame = built(expression)
    ifname = dev or _first_interface()
    here = open_current_net()
    try:
        port = Port(NetNS("here", here, here), ifname)
        for _ in range(count):
            port.send(frame)
    except OSError as problem:
        raise ScenarioError(f"{ifname}: {problem.strerror}") from None
    click.echo(f"{describe(frame)}, {len(frame)} bytes on {ifname}" + (f", {count} times" if count > 1 else ""))


def built(expression: str) -> bytes:
    """The frame that an expression builds; ScenarioError in one line when it builds none."""
    from neighlab.model import addresses, arp, ndp

    names: dict[str, Any] = {
        "arp": arp, "ndp": ndp, "EVIL": addresses.EVIL, "OTHER": addresses.OTHER, "BROADCAST": addresses.BROADCAST,
    }  # fmt: skip
    try:
        # whoever types it may run any Python here anyway
        frame = eval(expression, names)
    except NeighlabError:
        raise
    except Exception as problem:
        raise ScenarioError(f"{expression}: {type(problem).__name__}: {problem}") from None
    if not isinstance(frame, bytes):
        raise ScenarioError(f"{expression} is no frame: it gives {type(frame).__name__}, not bytes")
    return frame


def _first_interface() -> str:
    import socket

    names = [name for _index, name in sorted(socket.if_nameindex()) if name != "lo"]
    if not names:
        raise ScenarioError("no interface here: run it on a host, as in `victim frame ...`")
    return names[0]


def main() -> int:
    """Run the command inside a lab; every problem is one line on standard error."""
    from neighlab.lab.commands import BIN

    if not os.path.isdir(BIN):
        click.echo("frame: this is no lab; `neighlab shell` and `neighlab exercise start` open one", err=True)
        return 2
    try:
        command.main(prog_name="frame", standalone_mode=False)
    except (NeighlabError, click.ClickException) as problem:
        said = problem.format_message() if isinstance(problem, click.ClickException) else str(problem)
        click.echo(f"frame: {said}", err=True)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
