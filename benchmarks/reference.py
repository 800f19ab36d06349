"""Debian's Mininet is what neighlab is compared with; nothing of it touches the machine's own network."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from benchmarks.outcome import NotMeasured

_PYTHON = "/usr/bin/python3"
_PROGRAMS = ("unshare", "mnexec", "ifconfig", "brctl")


class StockMininet:
    """Stock Mininet in mount and network namespaces of its own, warm and waiting; calling it builds a network once."""

    def __init__(self, hosts: int) -> None:
        if os.geteuid() != 0:
            raise NotMeasured("stock Mininet needs root")
        known = subprocess.run([_PYTHON, "-I", "-c", "import mininet.nodelib"], capture_output=True, check=False)
        if known.returncode or not all(map(shutil.which, _PROGRAMS)):
            raise NotMeasured("install mininet bridge-utils")
        self.hosts = hosts
        script = Path(__file__).with_name("stock.py")
        self._process = subprocess.Popen(
            ["unshare", "-nm", _PYTHON, "-I", str(script)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def __call__(self) -> float:
        """Seconds of one start and stop."""
        assert self._process.stdin
        assert self._process.stdout
        print(self.hosts, file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())

    def __enter__(self) -> StockMininet:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
