"""What this kernel can do is asked of the kernel, and its version only where there is nothing to ask."""

from __future__ import annotations

import functools
import os
import re


@functools.cache
def kernel_release() -> str:
    """The running kernel's release as a person writes it: `6.18.44`, without the build's name."""
    match = re.match(r"\d+(\.\d+)*", os.uname().release)
    return match.group() if match else os.uname().release


def kernel_version() -> tuple[int, ...]:
    """The running kernel's version as numbers, fit for comparison."""
    return parse_version(kernel_release())


def parse_version(text: str) -> tuple[int, ...]:
    """`6.18.44` as (6, 18, 44)."""
    return tuple(int(part) for part in re.findall(r"\d+", text))
