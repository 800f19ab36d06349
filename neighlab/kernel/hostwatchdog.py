"""A runner killed with its whole process group leaves one process, of another session, that puts everything back.

It holds the old settings, the lock and the end of a pipe. Each line of the pipe is the journal as it stands; the last
line is `done`. If the runner ends without it, the watchdog does what the runner would have done.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

from neighlab.errors import EnvironmentProblem
from neighlab.kernel.hostjournal import Host, Journal, forget, put_back

_DONE: Final = b"done"
_READY: Final = b"ready\n"
_PACKAGE: Final = str(Path(__file__).parents[2])
# Neither the environment nor site-packages decide what runs as root here.
_PROGRAM: Final = "import sys; sys.path.insert(0, sys.argv[1]); from neighlab.kernel.hostwatchdog import main; main()"


class Watchdog:
    """The runner's side: a process that knows what to put back."""

    def __init__(self, host: Host, lock_fd: int) -> None:
        arguments = [str(os.getpid()), str(host.proc), str(host.run)]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _PROGRAM, _PACKAGE, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=[lock_fd],  # while it restores, nobody else may begin
            start_new_session=True,
            cwd="/",
        )
        self.pid = self._process.pid

    def tell(self, journal: Journal) -> None:
        """Hand over the journal; what has been handed over survives this process."""
        self._write(journal.text().encode())

    def wait_ready(self) -> None:
        """Wait until the watchdog is at its post; EnvironmentProblem if it could not get there."""
        assert self._process.stdout is not None
        if self._process.stdout.readline() != _READY:
            raise EnvironmentProblem("the process that would put this machine's neighbour tables back could not start")

    def dismiss(self) -> None:
        """Tell the watchdog that there is nothing left to do, and wait for its end."""
        with contextlib.suppress(EnvironmentProblem):  # killed: then nobody is left to be told
            self._write(_DONE + b"\n")
        self.release()

    def release(self) -> None:
        """Close the pipe without a word: the watchdog puts back what it knows, and this waits for its end."""
        self.let_go()
        self._process.wait()

    def let_go(self) -> None:
        """Close this process's ends of the pipes."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def _write(self, line: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise EnvironmentProblem(
                "the process that would put this machine's neighbour tables back has been killed: "
                "nothing is changed without it"
            ) from None


def main() -> None:
    """Be the watchdog: `<where neighlab is> <pid of the runner> <proc> <directory of the journal>`."""
    _package, pid, proc, run = sys.argv[1:]
    for unwanted in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(unwanted, signal.SIG_IGN)  # the runner's end is the only signal that counts
    last = _listen(int(pid))
    if last not in (b"", _DONE):
        host = Host(Path(proc), Path(run))
        put_back(host, Journal.of(last.decode()))
        forget(host)


def _listen(pid: int) -> bytes:
    """Read the pipe until it closes or the runner ends; return the last whole line.

    The runner's end counts by itself: a child that it forked may hold the pipe's other end open.
    """
    watched = select.poll()
    watched.register(0, select.POLLIN)
    try:
        runner = os.pidfd_open(pid)
        watched.register(runner, select.POLLIN)
    except ProcessLookupError:
        runner = -1
    os.set_blocking(0, False)
    os.write(1, _READY)
    heard, alive, more = b"", True, None
    while alive and more != b"":
        alive = runner >= 0 and all(fd != runner for fd, _ in watched.poll())
        while more := _read():
            heard += more
        heard = heard[heard.rfind(b"\n", 0, max(0, heard.rfind(b"\n"))) + 1 :]
    return heard.rpartition(b"\n")[0]


def _read() -> bytes | None:
    try:
        return os.read(0, 65536)
    except BlockingIOError:
        return None
