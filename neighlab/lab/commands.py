"""Inside a lab the name of a host is a command: `victim ip neigh` runs `ip neigh` on the host victim."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import ns
from neighlab.lab.programs import with_sbin

BIN: Final = "/run/neighlab/bin"
ANSWERS: Final = "/run/neighlab/answers"
_ELSEWHERE: Final = os.defpath + ":/usr/sbin:/sbin"
_LONGEST_ANSWER: Final = 4096
_ANSWER: Final = re.compile(r"[a-z][a-z0-9_]*")

_HOST: Final = """\
#!/bin/sh
# `{name} COMMAND...` runs a command on the host {name}; `{name}` alone opens a shell there
[ $# -gt 0 ] || set -- "${{SHELL:-/bin/sh}}"
exec {nsenter} --net=/run/netns/{name} -- "$@"
"""
_TCPDUMP: Final = """\
#!/bin/sh
# becomes nobody else, and need not leave its groups: a lab has but one user
exec {python} -P -m neighlab.lab.groupless {tcpdump} -Z root "$@"
"""
_HAND_IN: Final = f"""\
#!/bin/sh
# `answer NAME VALUE` hands in the answer to a question of the sheet; the last one counts
[ $# -ge 2 ] || {{ echo "usage: answer NAME VALUE" >&2; exit 2; }}
name=$1
shift
case $name in
    [!a-z]*|*[!a-z0-9_]*|"") echo "answer: a name is small letters, digits and _ (got $name)" >&2; exit 2;;
esac
printf '%s\\n' "$*" > "{ANSWERS}/$name"
"""


def install(hosts: Iterable[str], more: Mapping[str, str], *, uid: int = 0) -> None:
    """Make the commands: one for each host, `answer`, and `more` (name: shell script).

    `uid` is who may hand in answers, as the sandbox sees him. Must be called in the first process of a sandbox.
    """
    add_hosts(hosts)
    for name, text in {"answer": _HAND_IN, **more}.items():
        _add(name, text)
    os.makedirs(ANSWERS)
    limits = f"size=256k,nr_inodes=64,mode=700,uid={uid},gid={uid}"
    ns.mount("tmpfs", ANSWERS, "tmpfs", ns.MS_NOSUID | ns.MS_NODEV | ns.MS_NOEXEC, limits)


def add_hosts(hosts: Iterable[str]) -> None:
    """Make the commands that are hosts' names, where they are not yet; in a lab's own mount namespace."""
    nsenter = shutil.which("nsenter", path=_ELSEWHERE)
    if nsenter is None:
        raise EnvironmentProblem("there is no program nsenter on this machine (Debian: util-linux)")
    add_programs()
    for name in hosts:
        if not os.path.exists(f"{BIN}/{name}"):
            _add(name, _HOST.format(name=name, nsenter=nsenter))


def add_programs() -> None:
    """Make the commands that stand for programs which would not work in here, where they are not yet."""
    os.makedirs(BIN, exist_ok=True)
    tcpdump = shutil.which("tcpdump", path=_ELSEWHERE)
    if tcpdump is not None and not os.path.exists(f"{BIN}/tcpdump"):
        _add("tcpdump", _TCPDUMP.format(python=sys.executable, tcpdump=tcpdump))


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program in a lab: these commands, and an administrator's programs, are on its PATH."""
    there = with_sbin(env)
    return {**there, "PATH": f"{BIN}:{there['PATH']}"}


def _add(name: str, text: str) -> None:
    """Make a command, whole at once: others may call it already."""
    file = Path(BIN, f".{name}-{os.getpid()}")
    file.write_text(text)
    file.chmod(0o755)
    file.replace(Path(BIN, name))


def answers() -> dict[str, str]:
    """What has been handed in, by name; whatever else lies there (links, pipes, long files) is no answer."""
    found = {}
    for name in sorted(os.listdir(ANSWERS)):
        if _ANSWER.fullmatch(name) and (text := _read(f"{ANSWERS}/{name}")) is not None:
            found[name] = text.strip()
    return found


def _read(path: str) -> str | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        regular = stat.S_ISREG(os.fstat(fd).st_mode)
        data = os.read(fd, _LONGEST_ANSWER + 1) if regular else b""
    except OSError:
        return None
    finally:
        os.close(fd)
    return data.decode(errors="replace") if regular and len(data) <= _LONGEST_ANSWER else None
