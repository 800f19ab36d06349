"""A terminal shows what a person would see: tmux draws it, and tells when something has changed.

The server is ours alone (a socket in a folder of its own, no configuration), is steered through one client in control
mode, and ends with that client, however this process ends.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final

from neighlab.errors import EnvironmentProblem, Unsupported

COLUMNS: Final = 100
LINES: Final = 30
_KEPT: Final = 20_000
"""How many lines a terminal can be scrolled back."""
_ANSWER_S: Final = 60.0
_FOREIGN: Final = ("TMUX", "TMUX_PANE")


class Tmux:
    """A tmux server without anything on it yet; use it as a context manager."""

    def __init__(self, folder: Path, shell: str, env: Mapping[str, str]) -> None:
        """`folder` takes the socket; each terminal runs `shell` in the environment `env`.

        Raises Unsupported if there is no tmux.
        """
        if shutil.which("tmux") is None:
            raise Unsupported("there is no program tmux on this machine (Debian: tmux)")
        settings = {
            "history-limit": str(_KEPT), "destroy-unattached": "on", "default-size": f"{COLUMNS}x{LINES}",
            "default-shell": "/bin/sh", "default-command": shell,
        }  # fmt: skip
        begin = [word for name, value in settings.items() for word in ("set", "-g", name, value, ";")]
        self._client = subprocess.Popen(
            ["tmux", "-u", "-f", os.devnull, "-S", "tmux", "-C", "start-server", ";", *begin, "new-session"],
            cwd=folder,  # a relative name: the path of a socket must not be long
            env={name: value for name, value in env.items() if name not in _FOREIGN},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
        )  # fmt: skip
        self._read = b""
        self._news = False
        try:
            self._server = os.pidfd_open(int(self.ask("display-message -p '#{pid}'")[0]))
        except BaseException:
            self._client.kill()
            self._close()
            raise
        self.ask(f"refresh-client -C {COLUMNS}x{LINES}")

    def __enter__(self) -> Tmux:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        """End the server with everything in its terminals; returns when it has ended."""
        with contextlib.suppress(EnvironmentProblem, OSError):
            self.ask("kill-server")
        self._client.kill()
        self._close()
        gone = select.poll()
        gone.register(self._server, select.POLLIN)
        gone.poll(_ANSWER_S * 1000)
        os.close(self._server)

    def _close(self) -> None:
        self._client.wait()
        for pipe in (self._client.stdin, self._client.stdout):
            if pipe is not None:
                pipe.close()

    def terminal(self, *, first: bool) -> str:
        """The name of a terminal: of the one that is there from the beginning, or of a new one."""
        ask = "display-message -p '#{pane_id}'" if first else "new-window -d -P -F '#{pane_id}'"
        return self.ask(ask)[0]

    def type(self, terminal: str, text: str) -> None:
        """Press the keys of an ASCII text; `\\r` is Enter, `\\x03` Ctrl-C."""
        self.ask(f"send-keys -t {terminal} -H {' '.join(f'{byte:02x}' for byte in text.encode('ascii'))}")

    def screen(self, terminal: str) -> str:
        """All that a terminal shows, scrolled-out lines included; a line that was wrapped is one."""
        self._news = False
        return "\n".join(self.ask(f"capture-pane -p -J -S - -t {terminal}")).rstrip("\n")

    def changed(self, deadline: float) -> bool:
        """Wait until something has been written since `screen` was called; False at the deadline (monotonic)."""
        while not self._news:
            line = self._line(deadline)
            if line is None:
                return False
            self._note(line)
        return True

    def ask(self, command: str) -> list[str]:
        """Give tmux a command and return what it prints; EnvironmentProblem when it has ended or does not answer."""
        assert self._client.stdin is not None
        try:
            self._client.stdin.write(f"{command}\n".encode())
        except BrokenPipeError:
            raise EnvironmentProblem("tmux has ended") from None
        deadline = time.monotonic() + _ANSWER_S
        while not (line := self._demand(deadline)).startswith("%begin ") or not line.endswith(" 1"):
            self._note(line)  # ... 1: the answer to this client's command, not to one of the server's start
        mark, said = line.removeprefix("%begin "), []
        while (line := self._demand(deadline)) not in (f"%end {mark}", f"%error {mark}"):
            said.append(line)
        if line.startswith("%error "):
            raise EnvironmentProblem(f"tmux does not take `{command}`: {' '.join(said)}")
        return said

    def _note(self, line: str) -> None:
        self._news = self._news or line.startswith("%output ")

    def _demand(self, deadline: float) -> str:
        line = self._line(deadline)
        if line is None:
            raise EnvironmentProblem(f"tmux does not answer within {_ANSWER_S:g} s")
        return line

    def _line(self, deadline: float) -> str | None:
        """The next line of the control client, or None at the deadline."""
        assert self._client.stdout is not None
        poll = select.poll()
        poll.register(self._client.stdout, select.POLLIN)
        while b"\n" not in self._read:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                return None
            data = os.read(self._client.stdout.fileno(), 1 << 16)
            if not data:
                raise EnvironmentProblem("tmux has ended")
            self._read += data
        line, _, self._read = self._read.partition(b"\n")
        return line.decode(errors="replace")
