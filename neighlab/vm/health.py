"""What virtual machines would add here, and what they lack, is told without booting one."""

from __future__ import annotations

import os
from collections.abc import Iterator

from neighlab.errors import EnvironmentProblem
from neighlab.runner.health import Finding
from neighlab.vm import accel, kernels
from neighlab.vm.initramfs import program
from neighlab.vm.machine import hardware


def examine() -> Iterator[Finding]:
    """QEMU, how it would run guests, and the kernels that there are for it: `run --kernel`, `run --vm`, `matrix`."""
    try:
        kind = hardware()
        emulator = program(kind.program, kind.package)
    except EnvironmentProblem as problem:
        detail, _, remedy = str(problem).rpartition(": ")
        yield Finding("virtual machines", False, False, detail, remedy)
        return
    known = accel.remembered()
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        how = "emulated (some ten times slower): /dev/kvm is not there, or not this user's"
    elif known is None:
        how = "by KVM, if it works: the first run finds out"
    else:
        how = "by KVM" if known else "emulated (some ten times slower): a guest has failed to come up with KVM"
    yield Finding("virtual machines", True, False, f"{emulator}, {how}")
    found = [one.version for one in kernels.available()]
    yield Finding("kernels to boot", bool(found), False, ", ".join(found) or "none", "neighlab kernels fetch 6.12")
