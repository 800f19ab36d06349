"""A program on a terminal of its own, and somebody who types."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import struct
import termios
import time
from fcntl import ioctl

import pytest


class Terminal:
    """Run a program on a new terminal of 80 columns and 24 lines."""

    def __init__(self, *argv: str) -> None:
        self.pid, self.fd = pty.fork()
        if not self.pid:
            try:
                os.environ["TERM"] = "xterm"
                self.resize(80, 24, fd=0)
                os.execvp(argv[0], argv)
            finally:
                os._exit(127)
        self.seen = ""

    def resize(self, columns: int, lines: int, *, fd: int | None = None) -> None:
        ioctl(self.fd if fd is None else fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def shows(self, text: str, *, within_s: float) -> bool:
        """Read until `text` has been written, at most so long; was it?"""
        deadline = time.monotonic() + within_s
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        while text not in self.seen and (left := deadline - time.monotonic()) > 0:
            if poll.poll(left * 1000):
                try:
                    self.seen += os.read(self.fd, 65536).decode(errors="replace").replace("\r\n", "\n")
                except OSError:  # EIO: nobody has the other end any more
                    pytest.fail(f"it ended before {text!r}: {self.seen!r}")
        return text in self.seen

    def read_until(self, text: str, *, within_s: float = 30) -> str:
        """Read until `text` has been written; return all before it."""
        assert self.shows(text, within_s=within_s), f"no {text!r} in {self.seen!r}"
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def echoes(self) -> bool:
        """Does the terminal show what is typed, and give it out in lines?

        What is written meanwhile is read: a terminal has room for few pages, and who cannot write does not end.
        """
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        with contextlib.suppress(OSError):  # EIO: nobody has the other end any more
            while poll.poll(0):
                self.seen += os.read(self.fd, 65536).decode(errors="replace").replace("\r\n", "\n")
        wanted = termios.ECHO | termios.ICANON
        return bool(termios.tcgetattr(self.fd)[3] & wanted == wanted)

    def end(self) -> int:
        """Read to the end and return the exit status."""
        with contextlib.suppress(OSError):
            while data := os.read(self.fd, 65536):
                self.seen += data.decode(errors="replace")
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
