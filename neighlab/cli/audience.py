"""Several can follow one run; a case's evidence is kept no longer than until the last of them has heard of the case."""

from __future__ import annotations

from collections.abc import Sequence

from neighlab.model.result import CaseResult
from neighlab.runner.pool import Listener


class Audience:
    """Listeners of a run as one listener."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = listeners

    def started(self, name: str) -> None:
        """Tell all that a case has begun."""
        for one in self._listeners:
            one.started(name)

    def finished(self, result: CaseResult) -> None:
        """Tell all that a case has its result, then let its frames go: hundreds of cases may follow."""
        for one in self._listeners:
            one.finished(result)
        result.evidence = None
