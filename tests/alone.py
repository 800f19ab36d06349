"""Who is alone sees no process but his own, and none of his may be left when he is done.

    python tests/alone.py COMMAND [ARG]...

The command runs as the same user in a pid namespace of its own. The exit status is the command's; 120 when processes
are left, which are then ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from sandboxed import reap_orphans, wait_until

from neighlab.kernel import ns

LEFT = 120


def main(argv: list[str]) -> int:
    uid, gid = os.geteuid(), os.getegid()
    if uid:
        ns.unshare(ns.CLONE_NEWUSER)
        for name, text in {"setgroups": "deny", "uid_map": f"{uid} {uid} 1", "gid_map": f"{gid} {gid} 1"}.items():
            Path(f"/proc/self/{name}").write_text(text)
    ns.unshare(ns.CLONE_NEWPID | ns.CLONE_NEWNS)
    pid = os.fork()
    if not pid:
        os._exit(first_process(argv))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def first_process(argv: list[str]) -> int:
    """Run the command and see that nothing of it is left; what is left in spite of that ends with this process."""
    ns.die_with_parent(signal.SIGKILL)
    ns.mount("none", "/", None, ns.MS_REC | ns.MS_PRIVATE)
    ns.mount("proc", "/proc", "proc", ns.MS_NOSUID | ns.MS_NODEV | ns.MS_NOEXEC)
    status = subprocess.run(argv).returncode
    wait_until(lambda: not others())
    for pid in others():
        status = LEFT
        with contextlib.suppress(OSError):  # it has ended just now
            print(f"alone: left behind: {Path(f'/proc/{pid}/cmdline').read_text()!r}", file=sys.stderr)
    sys.stderr.flush()
    return status


def others() -> list[str]:
    """The processes besides this one that are not just gone."""
    reap_orphans()
    return [pid for pid in os.listdir("/proc") if pid.isdigit() and pid != "1"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
