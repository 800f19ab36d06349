"""What only the kernel knows can be expected: why a packet died, which update was refused, which state was silent."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from neighlab.errors import ScenarioError
from neighlab.lab.host.base import HostBase
from neighlab.model.nud import NUD


class Traced(HostBase):
    """The verbs whose answer is the kernel's own word where it can be had (`@scenario(trace=True)`, as root)."""

    def expect_drop(
        self,
        reason: str,
        count: int | range = 1,
        *,
        to: str | None = None,
        within_ms: float = 2000,
        inferred: int | Callable[[], int] | None = None,
    ) -> None:
        """Expect that this host's kernel has dropped so many packets (with `to`: for that address) for a reason
        (NEIGH_QUEUEFULL, ... as the running kernel names them) that no earlier call with the same words has counted.

        Waits until the least number is there; that there are no more is true at that moment. Without the kernel's word
        `inferred` gives the number that captures or counters prove (Unsupported if there is none).
        """
        from neighlab.lab.dropped import Dropped
        from neighlab.lab.expect_traced import expect_drop

        if not reason.replace("_", "").isalnum() or reason != reason.upper():
            raise ScenarioError(f"expect_drop({reason!r}): a reason is a name as in NEIGH_QUEUEFULL")
        which = Dropped(self.name, reason, self._check_addr(to) if to is not None else None)
        expect_drop(self.lab, which, count, within_ms, inferred)

    def expect_update(
        self,
        addr: str,
        function: str,
        *,
        flags: Iterable[str] = (),
        effect: bool = True,
        dev: str | None = None,
        within_ms: float = 2000,
        inferred: bool | Callable[[], bool] | None = None,
    ) -> None:
        """Expect that since the last act a function of the kernel (arp_process, ndisc_recv_na, neigh_add, ...) has
        asked for an update of the entry with exactly these NEIGH_UPDATE_F_ flags, which had an effect or none.

        Without the kernel's word `inferred` says whether what can be seen proves it.
        """
        from neighlab.lab.expect_traced import Update, expect_update

        addr = self._check_addr(addr)
        intf = self.intf(dev)
        subject = f"{self.name} {intf.name} {addr} update"
        wanted = Update(function, frozenset(flags), effect)
        expect_update(self.lab, (self.name, intf.ifindex, addr), subject, wanted, within_ms, inferred)

    def expect_hidden(self, addr: str, *states: NUD, dev: str | None = None, within_ms: float = 2000) -> None:
        """Expect that the entry for `addr` has entered each of these states, and that no announcement told any of it.

        Without the kernel's word it is inferred: such a state was found by asking, and none was announced.
        """
        from neighlab.lab.expect_traced import expect_hidden

        if not states:
            raise ScenarioError("expect_hidden() wants at least one state")
        addr = self._check_addr(addr)
        intf = self.intf(dev)
        subject = f"{self.name} {intf.name} {addr} unannounced"
        expect_hidden(self.lab, (self.name, intf.ifindex, addr), subject, states, within_ms)
