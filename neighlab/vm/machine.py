"""A virtual machine ends when its runner does - by itself, by anyone's hand, at any moment - and leaves no file."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import ns
from neighlab.vm.initramfs import ROOT_TAG, initramfs, program
from neighlab.vm.kernels import Kernel

_MEMORY_MIB: Final = 1024
_CONSOLE_MOST: Final = 256 * 1024
_NOISE: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[^\x20-\x7e\n\t]")


@dataclass(frozen=True, slots=True)
class Hardware:
    """How a machine of this architecture is imitated: QEMU's program and options, and the name of its first console."""

    program: str
    package: str
    machine: str
    emulated_cpu: str
    console: str


HARDWARE: Final = {
    "x86_64": Hardware("qemu-system-x86_64", "qemu-system-x86", "pc", "Nehalem", "ttyS0"),
    "aarch64": Hardware("qemu-system-aarch64", "qemu-system-arm", "virt,gic-version=max", "max", "ttyAMA0"),
}
"""The processor is the oldest one that distributions build for: what a newer one can do costs an emulator time."""
_QUIET: Final = "quiet loglevel=4 panic=-1 oops=panic nokaslr mitigations=off cryptomgr.notests 8250.nr_uarts=1"
"""A kernel that is in trouble says so and ends; what only hardens it or tests itself takes an emulator seconds."""
_STEADY: Final = "tsc=reliable tsc_early_khz=1000000 no_timer_check clocksource=tsc"
_CLOCK: Final = "shift=1,sleep=on"
"""An emulated machine's clock counts instructions, two nanoseconds each: what it does takes a few times as long as on
real hardware by its own clock, however busy this machine is. Only while it waits does its time pass as ours does.
"""


def hardware() -> Hardware:
    """What imitates this machine; EnvironmentProblem where nothing of ours does."""
    known = HARDWARE.get(platform.machine())
    if known is None:
        raise EnvironmentProblem(f"no virtual machine for {platform.machine()}: there is one for {', '.join(HARDWARE)}")
    return known


class Machine:
    """A virtual machine: the process of its emulator, our ends of its channels, and what it wrote to its console.

    `channel` carries requests and results, `pulse` a byte every now and then for as long as the machine is alive.
    """

    def __init__(self, kernel: Kernel, *, kvm: bool) -> None:
        self.kernel = kernel
        self.kvm = kvm
        self.channel, theirs = socket.socketpair()
        self.pulse, their_pulse = socket.socketpair()
        self._console = bytearray()
        kind = hardware()
        emulator = program(kind.program, kind.package)
        archive = os.memfd_create("neighlab-initramfs")
        try:
            with theirs, their_pulse:
                ports = theirs.fileno(), their_pulse.fileno()
                with open(archive, "wb", closefd=False) as file:
                    file.write(initramfs(kernel, _command(), _environment(kernel)))
                self._process = subprocess.Popen(
                    [emulator, *_options(kind, kernel, kvm, ports, archive)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    pass_fds=(*ports, archive),
                    preexec_fn=_end_with(os.getpid()),
                    start_new_session=True,  # Ctrl-C is for the runner
                )
        except BaseException:
            self.channel.close()
            self.pulse.close()
            raise
        finally:
            os.close(archive)
        assert self._process.stdout is not None
        self.console_fd = self._process.stdout.fileno()
        os.set_blocking(self.console_fd, False)
        self.pulse.setblocking(False)

    def read_console(self) -> bool:
        """Take what is new on the console; False when nothing more will come."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.console_fd, 1 << 16):
                self._console += data
                del self._console[:-_CONSOLE_MOST]
            return False
        return True

    @property
    def console(self) -> list[str]:
        """The console's lines, without what only moves a cursor."""
        text = _NOISE.sub("", self._console.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n"))
        return [line.rstrip() for line in text.splitlines() if line.strip()]

    def last_words(self) -> str:
        """The line of the console that says best why the machine ended: a panic's, an oops's, else the last."""
        lines = self.console
        for words in ("Kernel panic", "KVM internal error", "BUG:", "Oops", "qemu-system"):
            for line in lines:
                if words in line:
                    return re.sub(r"^\[ *[\d.]+\] ", "", line)
        return re.sub(r"^\[ *[\d.]+\] ", "", lines[-1]) if lines else "it said nothing on its console"

    def ended(self) -> bool:
        """Has its process ended?"""
        return self._process.poll() is not None

    def end(self) -> None:
        """End it now, whatever it does, and take its last words; doing it twice is harmless."""
        console = self._process.stdout
        if console is None or console.closed:
            return
        self._process.kill()
        self._process.wait()
        self.read_console()
        console.close()
        self.channel.close()
        self.pulse.close()


def _end_with(parent: int) -> Callable[[], None]:
    """What a child does before it becomes the emulator: ask the kernel to be killed when its parent dies."""

    def prepare() -> None:
        ns.die_with_parent(signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)

    return prepare


def _options(kind: Hardware, kernel: Kernel, kvm: bool, ports: tuple[int, ...], archive: int) -> list[str]:
    machine = f"{kind.machine},accel={'kvm' if kvm else 'tcg'}"
    clock = _STEADY if platform.machine() == "x86_64" and not kvm else ""
    words = f"console={kind.console} {_QUIET} {clock}"
    share = "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap"
    return [
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-machine", machine, "-cpu", "host" if kvm else kind.emulated_cpu),
        *("-m", str(_MEMORY_MIB), "-smp", "1"),
        *("-kernel", str(kernel.image), "-initrd", f"/proc/self/fd/{archive}", "-append", words.strip()),
        *([] if kvm else ["-icount", _CLOCK]),
        *("-serial", "stdio"),
        *("-fsdev", share, "-device", f"virtio-9p-pci,fsdev=root,mount_tag={ROOT_TAG}"),
        *("-device", "virtio-serial-pci"),
        *(word for number, fd in enumerate(ports, 1) for word in _port(number, fd)),
    ]


def _port(number: int, fd: int) -> tuple[str, ...]:
    """One end of a socket as the machine's port of this number."""
    device = f"virtserialport,nr={number},chardev=port{number},name=neighlab.{number}"
    return "-chardev", f"socket,id=port{number},fd={fd}", "-device", device


def _command() -> list[str]:
    return [sys.executable, "-P", "-m", "neighlab.vm.inside"]


def _environment(kernel: Kernel) -> dict[str, str]:
    """What the guest's Python needs in order to be this one: its paths, and where the modules are."""
    kept = {name: os.environ[name] for name in ("HOME", "XDG_CACHE_HOME", "TZ") if name in os.environ}
    return kept | {
        "PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin",
        "PYTHONPATH": os.pathsep.join(os.path.abspath(entry) for entry in sys.path if entry),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NEIGHLAB_MODULES": str(kernel.modules) if kernel.modules is not None else "",
    }
