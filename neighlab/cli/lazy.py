"""A command's module is imported when that command is called; what it is for is known before."""

from __future__ import annotations

import importlib
from typing import Any

import click


class LazyGroup(click.Group):
    """A group whose commands are modules of one package, each with its `command`.

    `modules` says of each what it is for, in the order in which a newcomer meets them; `called` is how the group itself
    is called, as the start of a command line (`exercise `).
    """

    def __init__(self, *args: Any, package: str, modules: dict[str, str], called: str = "", **attrs: Any) -> None:
        super().__init__(*args, **attrs)
        self._package, self._modules, self._called = package, modules, called

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in their order."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import and return a command."""
        if name not in self._modules:
            return None
        found: click.Command = importlib.import_module(f"{self._package}.{name}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._modules.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command for one that does not exist."""
        import difflib

        if args and args[0] not in self._modules and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], self._modules, n=1)
            hint = f": did you mean {close[0]}?" if close else f" (commands: {', '.join(self._modules)})"
            raise click.UsageError(f"no command `{self._called}{args[0]}`{hint}", ctx)
        return super().resolve_command(ctx, args)
