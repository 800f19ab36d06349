"""What a run leaves in a folder is whole or absent; a folder that cannot be written is named before anything runs."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from neighlab.errors import EnvironmentProblem, ScenarioError


def writable_folder(folder: Path) -> Path:
    """Make the folder, and those it lies in, and return it; ScenarioError if no file can be made there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as problem:
        reason = "it is not a folder" if isinstance(problem, FileExistsError) else problem.strerror
        raise ScenarioError(f"cannot write to {folder}: {reason}") from None
    return folder


def write_whole(file: Path, data: bytes) -> None:
    """Put a file in its place in one step, also where there was one before; EnvironmentProblem if it does not fit."""
    draft = file.with_name(f".{file.name[:200]}.{os.getpid()}")
    try:
        draft.write_bytes(data)
        draft.replace(file)
    except OSError as problem:
        raise EnvironmentProblem(f"cannot write {file}: {problem.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)
