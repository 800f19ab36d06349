"""Another suite of Debian's is looked into beside this machine's own apt, whose settings and lists stay as they are."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

from neighlab.errors import EnvironmentProblem, ScenarioError
from neighlab.vm.kernels import cache_dir

_KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_MIRROR: Final = re.compile(r"\S+/debian/?")
"""A mirror of the archive itself; those of updates alone have other names (debian-security)."""


def options(suite: str) -> list[str]:
    """What makes apt-get and apt-cache speak of `suite` (`sid`, `bullseye`) alone, at this machine's mirror.

    Its lists are fetched anew. ScenarioError if that is no suite's name, EnvironmentProblem if this is no Debian.
    """
    if not re.fullmatch(r"[a-z][a-z-]*", suite):
        raise ScenarioError(f"{suite!r} is no suite of Debian's (sid, trixie, bullseye)")
    if not _KEYRING.is_file():
        raise EnvironmentProblem(
            f"Debian's signatures cannot be checked without {_KEYRING}: apt install debian-archive-keyring"
        )
    folder = cache_dir() / "apt" / suite
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    sources = folder / "sources.list"
    sources.write_text(f"deb [signed-by={_KEYRING}] {_mirror()} {suite} main\n")
    settings = {
        "Dir::State": folder / "state",
        "Dir::State::status": "/dev/null",
        "Dir::Cache": folder / "cache",
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "Acquire::Languages": "none",
    }
    return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]


def _mirror() -> str:
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    for line in said.splitlines():
        if _MIRROR.fullmatch(line.strip()):
            return line.strip()
    raise EnvironmentProblem("apt knows no mirror of Debian's here: name a kernel's image by its path (--kernel PATH)")
