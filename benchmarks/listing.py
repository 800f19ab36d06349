"""`neighlab list` answers before anybody notices, because it imports nothing that it does not need."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.outcome import NotMeasured, Outcome, interleaved, timed

_LIST = "from neighlab.cli.main import call; call(['list'])"
_HEAVY = ("scapy", "mininet", "pyroute2")
_IMPORTED = f"{_LIST}; import sys; print(*(name for name in {_HEAVY} if name in sys.modules), file=sys.stderr)"


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMeasured(done.stderr.strip().splitlines()[-1])
    return done.stderr.strip()


def measure(runs: int) -> list[Outcome]:
    """Compare with an interpreter that does nothing, and look at what was imported."""
    heavy = _python(_IMPORTED).split()
    seconds = interleaved(3 * runs, ours=timed(lambda: _python(_LIST)), python=timed(lambda: _python("pass")))
    return [
        Outcome(
            "`neighlab list`, wall time", seconds["ours"] * 1000, 250, "<=", "ms", seconds,
            f"{seconds['ours'] / seconds['python']:.1f} times `python -c pass`",
        ),
        Outcome(
            f"how many of {', '.join(_HEAVY)} `neighlab list` imports", len(heavy), 0, "==", "", {}, " ".join(heavy)
        ),
    ]  # fmt: skip
