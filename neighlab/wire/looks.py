"""Who waits for something looks once more when the time is over: it may have come while he could not look."""

from __future__ import annotations

import time
from collections.abc import Iterator


def looks(within_s: float) -> Iterator[float]:
    """Give before each look the seconds that are left, and before the last one 0."""
    deadline = time.monotonic() + within_s
    while (left := deadline - time.monotonic()) > 0:
        yield left
    yield 0.0
