"""`kernels list` names every kernel that `run --kernel` can boot; `kernels fetch` adds one to them."""

from __future__ import annotations

import click

from neighlab.vm.kernels import Kernel


@click.group("kernels", short_help="List and fetch kernels for `run --kernel` and `matrix`.")
def command() -> None:
    """List the kernels that this user can boot in a virtual machine, and fetch others.

    \b
      neighlab kernels list
      neighlab kernels fetch 6.1       Debian's newest 6.1, by apt, into this user's cache
    """


@command.command("list", short_help="List what `run --kernel` can boot.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_(format_: str) -> int:
    """List the kernels that `run --kernel` can boot, newest first, and the one that runs here (`host`).

    \b
      neighlab kernels list
      neighlab kernels list --format json
    """
    from neighlab.kernel.features import kernel_release
    from neighlab.report.json import json_text
    from neighlab.vm.kernels import HOST, available

    known = available()
    if format_ == "json":
        plain = [
            {
                "version": one.version, "release": one.release, "origin": one.origin, "image": str(one.image),
                "modules": one.modules is not None, "running": one.running,
            }
            for one in known
        ]  # fmt: skip
        click.echo(json_text({"schema": "neighlab.kernels/1", "host": kernel_release(), "kernels": plain}), nl=False)
        return 0
    click.echo(f"{HOST:<12} {kernel_release():<28} running here")
    for one in known:
        lacks = "" if one.modules is not None else ", no modules found"
        click.echo(f"{one.version:<12} {one.release:<28} {one.origin}{lacks}  {one.image}")
    if not known:
        click.echo("No kernel to boot in a virtual machine: neighlab kernels fetch 6.12")
    return 0


@command.command("fetch", short_help="Fetch a Debian kernel.")
@click.argument("version")
@click.option("--suite", metavar="SUITE", help="Look in another suite of Debian's than apt knows here (sid, bullseye).")
def fetch_(version: str, suite: str | None) -> int:
    """Fetch Debian's newest kernel of VERSION (`6.1`) with apt, as any user may; nothing is installed.

    \b
      neighlab kernels fetch 6.1
      neighlab kernels fetch 7 --suite sid
    """
    from neighlab.cli.machines import notice
    from neighlab.vm.fetch import fetch

    kernel: Kernel = fetch(version, suite, notice)
    click.echo(f"{kernel.version} is here: neighlab run --kernel {kernel.version}")
    return 0
