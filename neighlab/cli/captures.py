"""`--pcap`: each case that ran is a file of its own as soon as it has ended, also when the run is interrupted later."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from neighlab.cli.files import writable_folder, write_whole
from neighlab.kernel.features import kernel_release
from neighlab.model.result import CaseResult

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME: Final = 200
"""Characters, so that a file system that allows 255 bytes has room for the endings."""


class Captures:
    """Writes the captures of a run into a folder and counts them; a file of the same name is replaced, and counted."""

    def __init__(self, folder: Path, *, repeat: int) -> None:
        self._folder = writable_folder(folder)
        self._digits = len(str(repeat)) if repeat > 1 else 0
        self._names: dict[str, str] = {}
        self.written = 0
        self.replaced = 0

    def started(self, name: str) -> None:
        """Nothing is written before there is a result."""

    def finished(self, result: CaseResult) -> None:
        """Write the case's capture; one that had no lab (skipped, or never built) has none."""
        from neighlab.report.pcapng import pcapng

        if result.evidence is None:
            return
        file = self._folder / self._file_name(result)
        self.replaced += file.exists()
        write_whole(file, pcapng(result, result.kernel or kernel_release()))
        self.written += 1

    def summary(self) -> str:
        """What there is now, in one line."""
        text = f"{self.written} capture{'s' * (self.written != 1)} in {self._folder}"
        return text + (f", {self.replaced} of them in the place of an older one" if self.replaced else "")

    def _file_name(self, result: CaseResult) -> str:
        """`SUBJECT-SCENARIO-CASE.pcapng`, with the repetition's number before the ending if there are several.

        Two cases whose names differ only in what a file's name does not keep get different ones all the same.
        """
        stem = _UNSAFE.sub("_", f"{result.scenario}-{result.case}".replace("/", "-")).lstrip("-.")[:_LONGEST_NAME]
        candidate, count = stem, 1
        while self._names.setdefault(candidate, result.name) != result.name:
            count += 1
            candidate = f"{stem}_{count}"
        number = f".{result.repetition:0{self._digits}}" if self._digits else ""
        return f"{candidate}{number}.pcapng"
