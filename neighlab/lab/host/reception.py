"""What a host will do with a frame can be asked before it is sent, and expected after."""

from __future__ import annotations

from neighlab.lab.foresight import Foresight, foresee
from neighlab.lab.host.base import HostBase
from neighlab.model.frame_words import describe
from neighlab.model.reception.outcome import Explanation
from neighlab.model.result import Expectation


class Reception(HostBase):
    """The verbs about frames that this host receives, and why they have no effect."""

    def explain(self, frame: bytes, *, dev: str | None = None) -> Foresight:
        """Say what an ARP or ND frame would do if it reached this host now: `outcome`, and if it is nothing, `why`.

        It follows from the host's settings, addresses, routes and entries, check by check in the kernel's order
        (arp_rcv, arp_process, ndisc_rcv, __neigh_update). `remedied()` carries out the remedy of what stops it.
        """
        return foresee(self.whole, frame, dev)

    def expect_ignored(self, foreseen: Foresight, check: str, *, silent: bool = False) -> Explanation:
        """Expect that a frame, which has been sent since it was explained, changed no entry, and that it was this check
        that stopped it; with `silent`, that it was not answered. A fence belongs before it.
        """
        why = foreseen.outcome.silent if silent else foreseen.outcome.ignored
        stopped = why.check if why is not None else "no check"
        happened = foreseen.answered() if silent else foreseen.changed()
        word = "not answered" if silent else "ignored"
        observed = foreseen.seen() if happened else f"{word}: {stopped}"
        self._judge_frame(foreseen, f"{word}: {check}", observed, not happened and stopped == check)
        assert why is not None, "a verdict that was passed has an explanation"
        return why

    def expect_heeded(self, foreseen: Foresight, *, silent: bool = False) -> None:
        """Expect that a frame, which has been sent since it was explained, changed the entry as was said; with
        `silent`, that it was answered.
        """
        if silent:
            self._judge_frame(foreseen, "answered", foreseen.seen(), foreseen.answered())
        else:
            learned = foreseen.outcome.learned
            expected = str(learned) if learned is not None else foreseen.said()
            fits = learned is not None and foreseen.came_true()
            self._judge_frame(foreseen, expected, foreseen.seen(), fits)

    def _judge_frame(self, foreseen: Foresight, expected: str, observed: str, passed: bool) -> None:
        subject = f"{self.name} {foreseen.ifname} {describe(foreseen.frame)}"
        self.lab.judge(Expectation(subject, expected, observed, passed, self.lab.timeline.now_ms()))
