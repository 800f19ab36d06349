"""A program on a terminal of its own, and somebody who types."""

from __future__ import annotations

import codecs
import contextlib
import os
import pty
import select
import signal
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
                for one in (signal.SIGHUP, signal.SIGINT):  # whoever runs the tests may have us ignore them
                    signal.signal(one, signal.SIG_DFL)
                os.environ["TERM"] = "xterm"
                self.resize(80, 24, fd=0)
                os.execvp(argv[0], argv)
            finally:
                os._exit(127)
        self.seen = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._status: int | None = None

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
                    self._read()
                except OSError:  # EIO: nobody has the other end any more
                    pytest.fail(f"it ended before {text!r}: {self.seen!r}")
        return text in self.seen

    def read_until(self, text: str, *, within_s: float = 60) -> str:
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
                self._read()
        wanted = termios.ECHO | termios.ICANON
        return bool(termios.tcgetattr(self.fd)[3] & wanted == wanted)

    def end(self) -> int:
        """Read to the end and return the exit status."""
        with contextlib.suppress(OSError):
            while self._read():
                pass
        os.close(self.fd)
        return self.wait()

    def wait(self) -> int:
        """Wait until the program has ended and return the exit status."""
        if self._status is None:
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._status

    def kill(self) -> None:
        """End the program if it has not been waited for yet."""
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()

    def _read(self) -> bytes:
        """Take in what has been written; any part of a line's end, or of a letter, may be all that is there yet."""
        data = os.read(self.fd, 65536)
        self.seen = (self.seen + self._decoder.decode(data)).replace("\r\n", "\n")
        return data
