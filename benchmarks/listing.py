"""`neighlab list` answers before anybody notices, because it imports nothing that it does not need."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from benchmarks.outcome import NotMeasured, Outcome, interleaved, timed

_LIST = "from neighlab.cli.main import call; call(['list'])"
_HEAVY = ("scapy", "mininet", "pyroute2")
_IMPORTED = f"{_LIST}; import sys; print(*(name for name in {_HEAVY} if name in sys.modules), file=sys.stderr)"


def _python(code: str, compiled: str) -> str:
    """Run code with its bytecode kept in the folder `compiled`, as in an installation that its user may write to."""
    env = {**os.environ, "PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMeasured(done.stderr.strip().splitlines()[-1])
    return done.stderr.strip()


def measure(runs: int) -> list[Outcome]:
    """Compare with an interpreter that does nothing, and look at what was imported."""
    with tempfile.TemporaryDirectory() as compiled:
        heavy = _python(_IMPORTED, compiled).split()
        seconds = interleaved(
            3 * runs, ours=timed(lambda: _python(_LIST, compiled)), python=timed(lambda: _python("pass", compiled))
        )
    return [
        Outcome(
            "`neighlab list`, wall time", seconds["ours"] * 1000, 250, "<=", "ms", seconds,
            f"{seconds['ours'] / seconds['python']:.1f} times `python -c pass`",
        ),
        Outcome(
            f"how many of {', '.join(_HEAVY)} `neighlab list` imports", len(heavy), 0, "==", "", {}, " ".join(heavy)
        ),
    ]  # fmt: skip
