"""A run listens to the kernel with few traces, each lent to one case after the other: attaching waits for the kernel.

Detaching from a tracepoint and attaching again within one grace period of RCU waits for its end (tracepoint_probe_
register), some 20 ms and more: as long as a case. A trace that is handed on costs a fraction of a millisecond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neighlab.errors import EnvironmentProblem
from neighlab.runner.discovery import Selected
from neighlab.runner.execute import Options

if TYPE_CHECKING:
    from neighlab.kernel.tracing.passages import Passages
    from neighlab.kernel.tracing.trace import Trace


class Traces:
    """Lends a trace to each case that wants the kernel's own word, where that can be had."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._free: list[Trace] = []
        self._passages: Passages | None = None

    def take(self, selected: Selected) -> Trace | None:
        """A trace that watches nothing yet; None if the case wants none, or this machine gives none."""
        if not (self._options.evidence or self._options.explain or selected.scenario.trace):
            return None
        if self._free:
            return self._free.pop()
        import neighlab.lab.witness  # now, and not in every sandbox
        from neighlab.kernel.tracing import passages, programs, trace

        del neighlab
        if trace.unavailable() is not None:
            return None
        trace.drop_reasons()  # read once, for every sandbox
        if self._passages is None:
            self._passages = passages.passages(list(programs.PROGRAMS))
        try:
            return trace.Trace(passages=self._passages)
        except OSError as problem:
            raise EnvironmentProblem(
                f"the kernel's tracepoints cannot be heard any more: {problem.strerror}; try with fewer jobs (-j)"
            ) from None

    def give_back(self, trace: Trace | None, *, unharmed: bool) -> None:
        """The case's sandbox is gone; one that was killed may write for another moment: nobody else gets its trace."""
        if trace is None:
            return
        if unharmed:
            trace.renew()
            self._free.append(trace)
        else:
            trace.close()

    def close(self) -> None:
        """Let go of all that was given back."""
        for trace in self._free:
            trace.close()
        self._free.clear()
        if self._passages is not None:
            self._passages.close()
            self._passages = None
