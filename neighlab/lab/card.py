"""A lab that lives says so in one small file in its own memory, which is gone in the moment the lab is.

Nothing is registered anywhere on the machine: who looks for labs looks into their first processes' /run (lab.running).
"""

from __future__ import annotations

import json
import os
import stat
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from neighlab.lab.lab import Lab

FOLDER: Final = "/run/neighlab"
FILE: Final = FOLDER + "/lab.json"
_LONGEST: Final = 4 << 20


def write(lab: Lab, title: str, *, heard: bool) -> None:
    """Tell what this lab is; `heard` is whether it is small enough to be listened to (lab.TAP_LIMIT).

    The order of `hosts` is that of the numbers of their namespaces, from 1 (Plumbing.make_namespace).
    """
    card = {
        "title": title,
        "epoch_s": time.time(),
        "families": lab.families,
        "hosts": list(lab.plumbing.namespaces),
        "others": [node.name for node in (*lab.net.hosts, *lab.net.switches) if not node.inNamespace],
        "places": lab.places if heard else [],
    }
    os.makedirs(FOLDER, exist_ok=True)
    fd = os.open(FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        os.write(fd, json.dumps(card, separators=(",", ":")).encode())
    finally:
        os.close(fd)


def read(root: str) -> dict[str, Any] | None:
    """The card of the lab whose file system is at `root` (/proc/PID/root), or None.

    Root reads what others have put there: nothing but a plain file of reasonable size is opened.
    """
    try:
        fd = os.open(root + FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LONGEST:
            return None
        card = json.loads(os.read(fd, _LONGEST))
    except (OSError, ValueError, RecursionError):
        return None
    finally:
        os.close(fd)
    return card if isinstance(card, dict) else None
