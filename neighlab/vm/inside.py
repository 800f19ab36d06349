"""The first process of a virtual machine runs what its runner asks for; when it ends, the machine does.

    python -m neighlab.vm.inside

There is no other process of a user's in it, and no file that it could write but in /run.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import socket
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Final

from neighlab.errors import EnvironmentProblem
from neighlab.kernel.features import kernel_release
from neighlab.lab import channel as wire
from neighlab.model.result import CaseResult
from neighlab.vm import protocol, speed

_CHANNEL, _PULSE = 1, 2
"""The numbers of the machine's ports."""
_PULSE_MS: Final = 200
_PORT_S, _LOOK_AGAIN_MS = 30.0, 20
_MODPROBE: Final = Path("/run/neighlab-modprobe")
_NEEDED: Final = ("veth", "bridge", "tun", "ip_vs")
"""Loaded at the start: what every lab is made of, and what is not loaded by itself when it is asked for."""
_RB_AUTOBOOT: Final = 0x0123_4567


class Port:
    """The machine's end of the channel: a virtio port read and written as a socket is."""

    def __init__(self, number: int) -> None:
        deadline = time.monotonic() + _PORT_S
        while not (found := list(Path("/dev").glob(f"vport*p{number}"))):
            if time.monotonic() > deadline:
                raise EnvironmentProblem("the virtual machine has no channel (virtio_console)")
            select.poll().poll(
                _LOOK_AGAIN_MS
            )  # the port is announced by its device some time after the driver is there
        self._fd = os.open(found[0], os.O_RDWR | os.O_CLOEXEC)

    def sendall(self, data: bytes) -> None:
        """Write all of it; blocks while the runner does not read."""
        left = memoryview(data)
        while left:
            left = left[os.write(self._fd, left) :]

    def recv(self, most: int) -> bytes:
        """Read what is there, at least one byte; nothing when the runner has gone."""
        return os.read(self._fd, most)


class Relay:
    """A pool.Listener that tells the runner outside."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def started(self, name: str) -> None:
        """Tell that a case has begun."""
        wire.send(self._port, ("started", name))

    def finished(self, result: CaseResult) -> None:
        """Hand over a result."""
        wire.send(self._port, ("result", result.to_plain()))


def main() -> None:
    """Be the machine's first process: let a child work, bury whoever is left to us, and end the machine with it."""
    worker = os.fork()
    if worker == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(0)
    with contextlib.suppress(ChildProcessError, OSError):
        beat(worker)
    ctypes.CDLL(None).reboot(_RB_AUTOBOOT)  # QEMU was told -no-reboot: this is its end


def beat(worker: int) -> None:
    """Give signs of life until the worker has ended, and bury who else ends meanwhile."""
    pulse, waiting = Port(_PULSE), select.poll()
    while True:
        waiting.poll(_PULSE_MS)
        pulse.sendall(b".")
        while (ended := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            if ended == worker:
                return


def work() -> None:
    """Prepare the machine, say hello, and carry out requests until there is nobody to ask."""
    port = Port(_CHANNEL)
    try:
        prepare(os.environ.pop("NEIGHLAB_MODULES", ""))
        wire.send(port, ("hello", {"kernel": kernel_release(), "work_s": speed.work_s()}))
        while True:
            carry_out(wire.receive(port), port)
            wire.send(port, ("done",))
    except EOFError:
        return
    except EnvironmentProblem as problem:
        wire.send(port, ("environment", str(problem)))
    except Exception:
        wire.send(port, ("environment", traceback.format_exc().strip().replace("\n", " | ")))


def carry_out(asked: Any, port: Port) -> None:
    """Run the cases of one request, one after the other."""
    from neighlab.runner.pool import Runner
    from neighlab.runner.table_keeper import GuardKeeper

    os.chdir(asked["folder"])
    options = protocol.asked_options(asked["options"])
    Runner(options, listener=Relay(port), table=GuardKeeper).run(protocol.asked_cases(asked["cases"]))


def prepare(modules: str) -> None:
    """Let the kernel find its modules below `modules`, load those of every lab, and bring loopback up."""
    from neighlab.kernel import links
    from neighlab.kernel.netlink import Route

    if modules:
        _MODPROBE.write_text(f'#!/bin/sh\nexec modprobe -d "{modules}" "$@"\n')
        _MODPROBE.chmod(0o755)
        Path("/proc/sys/kernel/modprobe").write_text(str(_MODPROBE))
        subprocess.run([_MODPROBE, "-qa", *_NEEDED], check=False)
    # here a case may be root as the kernel knows it: IPVS is configured by nobody else, and nothing is there to protect
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0) as sock:
        Route(sock, "the virtual machine").ask(*links.set_link(1, up=True), "bring lo up")


if __name__ == "__main__":
    main()
