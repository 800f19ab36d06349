"""The kernel's stack says who changed an entry: the first function on it that is not the neighbour code's own plumbing.

Names are as the running kernel has them. What its compiler has put into its caller (inlined) is not on any stack: then
the caller is named.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from neighlab.kernel.tracing.records import Kind, Origin, addresses
from neighlab.kernel.tracing.symbols import Symbols

SHOWN: Final = 12
"""How many functions of a stack are kept for people; who acted is found in all of it."""

_TRACING: Final = ("bpf_trace_run", "__bpf_trace_", "__traceiter_")
_CREATING: Final = frozenset({"___neigh_create", "__neigh_create", "neigh_create", "__neigh_lookup"})
_UPDATING: Final = frozenset({"__neigh_update", "neigh_update", "ndisc_update"})
_REMOVING: Final = frozenset(
    {"neigh_cleanup_and_release", "neigh_flush_one", "neigh_flush_dev", "__neigh_ifdown", "neigh_remove_one"}
)
_FREEING: Final = frozenset(
    {
        "kfree_skb", "kfree_skb_reason", "__kfree_skb_reason", "sk_skb_reason_drop", "kfree_skb_list_reason",
        "kfree_skb_list", "skb_queue_purge", "skb_queue_purge_reason", "kfree_skb_partial", "kfree_skbmem",
    }
)  # fmt: skip
_PLUMBING: Final = {
    Kind.CREATED: _CREATING,
    Kind.UPDATE: _UPDATING,
    Kind.UPDATED: _UPDATING,
    Kind.TIMER: frozenset[str](),
    Kind.SENT: frozenset[str](),
    Kind.CLEANED: _REMOVING,
    Kind.DROPPED: _FREEING,
}
_ACTORS: Final = {
    "neigh_timer_handler": "timer",
    "call_timer_fn": "timer",
    "__run_timers": "timer",
    "run_timer_softirq": "timer",
    "net_rx_action": "softirq",
    "net_tx_action": "softirq",
    "handle_softirqs": "softirq",
    "__do_softirq": "softirq",
    "process_one_work": "work",
    "worker_thread": "work",
}


class Cause(NamedTuple):
    """The function that decided, the stack below it (innermost first), and who was at work: `softirq`, `timer`,
    `work`, or `task COMMAND/PID`.
    """

    function: str
    stack: tuple[str, ...]
    by: str


class Causes:
    """Reads stacks; the same stack is read once."""

    def __init__(self, symbols: Symbols) -> None:
        self._symbols = symbols
        self._read: dict[tuple[Kind, bytes], tuple[str, tuple[str, ...], str | None]] = {}

    def of(self, kind: Kind, origin: Origin) -> Cause:
        """Why a record was written."""
        key = kind, origin.stack
        if key not in self._read:
            self._read[key] = self._look(kind, origin.stack)
        function, stack, actor = self._read[key]
        return Cause(function, stack, actor or f"task {origin.comm}/{origin.pid}")

    def function_at(self, address: int) -> str:
        """The function that an address is in."""
        return self._symbols.caller(address)

    def _look(self, kind: Kind, stack: bytes) -> tuple[str, tuple[str, ...], str | None]:
        names = [self._symbols.caller(address) for address in addresses(stack)]
        for place in range(min(len(names), 6) - 1, -1, -1):
            if names[place].startswith(_TRACING):
                del names[: place + 1]  # the program itself, and what calls it
                break
        function = next((name for name in names if name not in _PLUMBING[kind]), names[-1] if names else "?")
        actor = next((_ACTORS[name] for name in names if name in _ACTORS), None)
        return function, tuple(names[:SHOWN]), actor
