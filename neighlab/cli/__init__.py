"""The command line is a contract: its words, its formats and its exit codes are what scripts depend on."""

from __future__ import annotations


def main() -> None:
    """Entry point of the `neighlab` command."""
    try:
        from neighlab.cli import interrupts

        interrupts.keep()
        with interrupts.heeded():
            from neighlab.cli.main import run_cli
        run_cli()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
