"""A real program inside a lab is judged by its exit status and its words, and waited for by what it says."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neighlab.errors import ScenarioError, Unsupported
from neighlab.model.result import Expectation
from neighlab.wire.looks import looks

if TYPE_CHECKING:
    from neighlab.lab.lab import Lab

_POLL_MS, _NUDGE_S = 50, 0.2

PACKAGES = {
    "arping": "iputils-arping",
    "arpd": "iproute2",
    "ip": "iproute2",
    "nft": "nftables",
    "ping": "iputils-ping",
}
"""Programs whose Debian package has another name."""


def package_of(program: str) -> str:
    """The package to install for a program that is missing, in brackets; nothing for what is a path."""
    return "" if "/" in program else f" (Debian: {PACKAGES.get(program, program)})"


def with_sbin(env: Mapping[str, str]) -> dict[str, str]:
    """The environment with a PATH on which an ordinary user finds an administrator's programs."""
    return {**env, "PATH": f"{env.get('PATH', os.defpath)}:/usr/sbin:/sbin"}


def run(
    lab: Lab, node: Any, argv: tuple[str, ...], *, check: bool = True, needs: str | None = None, timeout_s: float = 30
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end in the namespace of a Mininet node; see Host.run."""
    text = " ".join(argv)
    lab.act(node.name, "command", text)
    process = node.popen(list(argv), text=True)
    try:
        out, err = process.communicate(timeout=timeout_s * lab.time_scale)
    except subprocess.TimeoutExpired:
        process.kill()
        raise ScenarioError(f"{node.name}: `{text}` did not end within {timeout_s:.0f} s") from None
    lab.pump()
    said = (err or out).strip().splitlines()
    problem = f"`{text}` ended with {process.returncode}: {said[-1] if said else ''}"
    if process.returncode and needs is not None:
        raise Unsupported(f"{node.name}: this kernel lacks {needs}: {problem}")
    if process.returncode and check:
        raise ScenarioError(f"{node.name}: {problem}")
    return subprocess.CompletedProcess(list(argv), process.returncode, out, err)


class Daemon:
    """A program that runs beside the story and talks; it ends with the lab at the latest."""

    def __init__(self, lab: Lab, node: Any, argv: tuple[str, ...]) -> None:
        self.lab = lab
        self.node = node
        self.argv = argv
        self._text = ""
        self._noted = self._matched = 0
        lab.act(node.name, "command", f"{' '.join(argv)} &")
        self._process = node.popen(list(argv), stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        self._out = self._process.stdout
        os.set_blocking(self._out.fileno(), False)

    def expect(self, text: str, *, within_ms: float = 5000, nudge: Callable[[], object] | None = None) -> str:
        """Expect a line with `text` behind the last one that was expected; wait for it and return it.

        `nudge` is called now and again until then, for a program that does not tell when it begins to listen.
        """
        started = time.monotonic()
        nudged = 0.0
        for left in looks(within_ms / 1000 * self.lab.time_scale):
            if (line := self._next(text)) is not None or not self._wait(left):
                break
            if nudge is not None and time.monotonic() > nudged + _NUDGE_S:
                nudge()
                nudged = time.monotonic()
        said = line if line is not None else (self.lines() or ["nothing"])[-1]
        self.lab.judge(
            Expectation(
                f"{self.node.name} {self.argv[0]} says", repr(text), repr(said), line is not None,
                self.lab.timeline.now_ms(), (time.monotonic() - started) * 1000,
            )
        )  # fmt: skip
        return said

    def lines(self) -> list[str]:
        """All complete lines that the program has written so far, errors included."""
        while chunk := self._out.read():
            self._text += chunk.decode(errors="replace")
        self.lab.pump()
        lines = self._text[: self._text.rfind("\n") + 1].splitlines()
        for line in filter(str.strip, lines[self._noted :]):
            self.lab.timeline.add(self.node.name, "story", "note", f"{self.argv[0]}: {line.strip()}")
        self._noted = len(lines)
        return lines

    def stop(self, *, within_ms: float = 5000) -> None:
        """Ask the program to end (SIGTERM), and wait until it has."""
        self.lab.act(self.node.name, "command", f"kill {self.argv[0]}")
        deadline = time.monotonic() + within_ms / 1000 * self.lab.time_scale
        told: set[int] = set()
        while pids := self._pids():
            for pid in set(pids) - told:  # it may be about to put itself into the background
                os.kill(pid, signal.SIGTERM)
            told.update(pids)
            if time.monotonic() > deadline:
                raise ScenarioError(f"{self.node.name}: `{' '.join(self.argv)}` does not heed SIGTERM")
            self.lab.wait(0.005)

    def _next(self, text: str) -> str | None:
        lines = self.lines()
        for number in range(self._matched, len(lines)):
            if text in lines[number]:
                self._matched = number + 1
                return lines[number]
        return None

    def _wait(self, left_s: float) -> bool:
        """Wait for output, for a moment; False when there can be none any more."""
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        events = poll.poll(min(_POLL_MS, left_s * 1000))
        return not events or bool(events[0][1] & select.POLLIN)

    def _pids(self) -> list[int]:
        """The program's process; one that has put itself into the background is a child of the sandbox's first."""
        if self._process.poll() is None:
            return [self._process.pid]
        wanted = "\0".join(self.argv).encode() + b"\0"
        return [
            pid
            for pid in map(int, Path("/proc/thread-self/children").read_text().split())
            if Path(f"/proc/{pid}/cmdline").read_bytes() == wanted
        ]
