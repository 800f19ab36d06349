"""Whether KVM runs guests here is known only once one has run: a /dev/kvm that can be opened may still not do it."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Final

from neighlab.vm.kernels import cache_dir

_DEVICE: Final = "/dev/kvm"
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def worth_trying() -> bool:
    """Whether /dev/kvm can be opened here, and no guest has failed to come up with it since this machine was booted."""
    return os.access(_DEVICE, os.R_OK | os.W_OK) and remembered() is not False


def remembered() -> bool | None:
    """What was found out since this machine was booted; None if nothing was."""
    try:
        known = json.loads(_file().read_text())
        return bool(known["works"]) if known["boot_id"] == _boot_id() else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def remember(works: bool) -> None:
    """Keep what a guest has shown, for this user and until the next boot."""
    if remembered() is works:
        return
    with contextlib.suppress(OSError):  # a home that cannot be written to: the next run finds out again
        _file().parent.mkdir(parents=True, exist_ok=True)
        _file().write_text(json.dumps({"boot_id": _boot_id(), "works": works}) + "\n")


def _file() -> Path:
    return cache_dir() / "kvm.json"


def _boot_id() -> str:
    return _BOOT_ID.read_text().strip()
