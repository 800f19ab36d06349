"""Root can become an ordinary user without an account, sudo, or opening the checkout to others.

    python tests/as_user.py COMMAND [ARG]...

The command runs in the checkout as nobody: no supplementary groups, no capabilities, HOME and TMPDIR in a directory of
its own that is removed afterwards. The exit status is the command's, 128 + N when signal N ended it. Whoever is not
root already is that user: the command just runs.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOBODY = 65534  # what the kernel shows for an unmapped id, so no file of the machine is this user's by accident

CLONE_NEWNS = 0x00020000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def main(argv: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    if not argv or argv[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if argv else 2
    if os.geteuid() != 0:
        os.chdir(ROOT)
        os.execvp(argv[0], list(argv))
    return run(argv)


def run(argv: Sequence[str], *, show: Sequence[Path] = ()) -> int:
    """Run a command as nobody, who then reaches the checkout and what `show` names, wherever they lie.

    Mode bits count as ever inside these places: only the way to them is opened.
    """
    home = Path(tempfile.mkdtemp(prefix="neighlab-user-"))
    try:
        os.chown(home, NOBODY, NOBODY)
        child = os.fork()
        if child == 0:
            _become_nobody_and_exec(argv, home, [ROOT, home, *show])
        status = os.waitstatus_to_exitcode(_wait(child))
        return status if status >= 0 else 128 - status
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _wait(child: int) -> int:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells the child too: it decides how to end
    try:
        return os.waitpid(child, 0)[1]
    finally:
        signal.signal(signal.SIGINT, before)


def _become_nobody_and_exec(argv: Sequence[str], home: Path, show: Sequence[Path]) -> None:
    parent = os.getppid()
    os.umask(0o022)
    try:
        _open_the_way(show)
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        # Only now: a change of credentials clears it.
        _check(_libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL), "prctl", "PR_SET_PDEATHSIG")
        if os.getppid() != parent:
            os._exit(1)
        os.chdir(ROOT)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "SUDO_"))}
        # What root alone can enter would turn every missing tool into a forbidden one.
        path = [entry for entry in os.get_exec_path() if not blocking(Path(entry))]
        own = {"PATH": ":".join(path), "HOME": str(home), "TMPDIR": str(home), "USER": "nobody", "LOGNAME": "nobody"}
        # The checkout is not this user's to write to.
        os.execvpe(argv[0], list(argv), kept | own | {"PYTHONDONTWRITEBYTECODE": "1"})
    except OSError as error:
        print(f"as_user: {error}", file=sys.stderr)
    finally:
        os._exit(126)


def _open_the_way(paths: Sequence[Path]) -> None:
    """Make every path reachable at its own name, in a mount namespace that ends with the command.

    An empty directory is mounted over the topmost one that others may not enter, and the path is mounted into it: what
    else lies there stays hidden.
    """
    blocked = [path for path in paths if blocking(path)]
    if not blocked:
        return
    _check(_libc.unshare(CLONE_NEWNS), "unshare", "CLONE_NEWNS")
    _mount("none", "/", MS_REC | MS_PRIVATE)
    # Opened before the first mount hides them. A name under /proc/self/fd leads to the place, not along its path.
    places = [(place, os.open(place, os.O_PATH)) for path in blocked for place in _parts(path)]
    for path in blocked:
        if barrier := blocking(path):
            _mount("tmpfs", str(barrier), 0, kind="tmpfs", data="mode=0755")
    for place, fd in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        if os.path.isdir(f"/proc/self/fd/{fd}"):
            place.mkdir(exist_ok=True)
        else:
            place.touch()
        _mount(f"/proc/self/fd/{fd}", str(place), MS_BIND | MS_REC)
        os.close(fd)


def _parts(path: Path) -> list[Path]:
    """Return what to mount for `path`: itself, or all that is in it when only its own mode keeps others out."""
    return [path] if _passable(path) else list(path.iterdir())


def blocking(path: Path) -> Path | None:
    """Return the topmost directory on the way to `path` that nobody cannot enter, None when the way is free."""
    way = [*reversed(path.parents), path]
    return next((step for step in way if step.exists() and not _passable(step)), None)


def _passable(directory: Path) -> bool:
    status = directory.stat()
    return bool(status.st_mode & 0o001) or status.st_uid == NOBODY


def _mount(source: str, target: str, flags: int, *, kind: str | None = None, data: str | None = None) -> None:
    encoded = [text.encode() if text is not None else None for text in (source, target, kind, data)]
    _check(_libc.mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3]), "mount", target)


def _check(result: int, call: str, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{call} {what}: {os.strerror(error)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
