"""What a frame will do to a host can be said before it is sent, and be held against what the host then does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from neighlab.errors import ScenarioError
from neighlab.lab.capture import Capture
from neighlab.lab.surroundings import entry_of, situation
from neighlab.model.frame_words import describe
from neighlab.model.neigh import Neigh
from neighlab.model.nud import ABSENT, NTF, NUD
from neighlab.model.reception import outcome as remedies
from neighlab.model.reception.decide import about, decide
from neighlab.model.reception.message import NS, Arp, read
from neighlab.model.reception.outcome import Explanation, Outcome
from neighlab.model.reception.reframe import changed

if TYPE_CHECKING:
    from neighlab.lab.host import Host

_AS_GOOD = {NUD.DELAY: NUD.STALE}
"""A packet that leaves, an answer too, makes STALE to DELAY: that is not the frame's doing."""


@dataclass(slots=True)
class Foresight:
    """One frame, one host, and what the one does to the other; `before` is the entry as it was then."""

    host: Host
    ifname: str
    frame: bytes
    outcome: Outcome
    addr: str | None
    before: Neigh | None
    capture: Capture

    @property
    def why(self) -> Explanation:
        """Why the frame changes no entry, or, if it does change one, why it is not answered."""
        found = self.outcome.ignored or self.outcome.silent
        if found is None:
            raise ScenarioError(f"{describe(self.frame)} is not ignored by {self.host.name}: {self.said()}")
        return found

    def remedied(self, why: Explanation | None = None) -> bytes:
        """Carry out the remedy of `why` (of the explanation, if none is given), and nothing else: the frame to send
        then.
        """
        remedy = (why or self.why).remedy
        match remedy:
            case remedies.ChangeFrame():
                return changed(self.frame, remedy.fields)
            case remedies.SetKnobs():
                for version, dev, name, value in remedy.settings:
                    self.host.conf(dev=dev, family=version, **{name: value})
            case remedies.UnpinEntry():
                self.host.neigh_set(remedy.addr, remedy.lladdr, state=NUD.STALE, dev=self.ifname)
            case remedies.UseEntry():
                self.host.neigh_set(remedy.addr, state=NUD.NONE, flags=NTF.USE, dev=self.ifname)
            case remedies.WaitFor():
                entry = self._entry()
                state = ABSENT if entry is None else entry.state
                self.host.hold(self.addr or "", state, for_ms=remedy.ms, dev=self.ifname)
            case remedies.SwitchArpOn():
                self.host.link(dev=self.ifname, arp=True)
            case remedies.AddRoute():
                self.host.add_route(remedy.destination, via=remedy.via, dev=remedy.ifname)
        return self.frame

    def changed(self) -> bool:
        """Has the entry changed since, but for what an answer does to it?"""
        return _told(self._entry()) != _told(self.before)

    def answered(self) -> bool:
        """Has the host answered the frame since?"""
        message = read(self.frame)
        if isinstance(message, Arp):
            return bool(self.capture.frames("sent", kind="arp-reply", sender=message.target, dst=message.lladdr))
        if message is None or message.kind != NS:
            return False
        return bool(self.capture.frames("sent", kind="na", target=message.target))

    def came_true(self) -> bool:
        """Has the host done what was said?"""
        learned = self.outcome.learned
        if learned is None:
            as_said = not self.changed()
        else:
            entry = self._entry()
            seen = _told(entry)
            as_said = seen is not None and seen == (_plain(learned.state), learned.lladdr, learned.flags)
        answer_due = self.outcome.answer
        return as_said and (answer_due == "later" or self.answered() == (answer_due == "now"))

    def said(self) -> str:
        """What the frame will do, in words."""
        out = self.outcome
        entry = str(out.learned) if out.learned else f"ignored: {out.ignored.check}" if out.ignored else "nothing"
        return entry + {"now": ", answered", "later": ", answered later", "none": ""}[out.answer]

    def seen(self) -> str:
        """What the frame has done, in the same words."""
        entry = self._entry()
        what = "ignored" if not self.changed() else "ABSENT" if entry is None else str(entry)
        return what + (", answered" if self.answered() else "")

    def _entry(self) -> Neigh | None:
        self.host.lab.pump()
        return entry_of(self.host, self.addr, self.ifname) if self.addr is not None else None


def foresee(host: Host, frame: bytes, dev: str | None) -> Foresight:
    """What a frame that reaches a host now will do; ScenarioError for what is neither ARP nor ND."""
    ifname = str(host.intf(dev).name)
    addr = about(frame)
    here = situation(host, addr, ifname)
    outcome = decide(frame, here)
    if outcome is None:
        raise ScenarioError(f"{describe(frame)}: only ARP and ND frames that quote no packet can be explained")
    return Foresight(host, ifname, frame, outcome, addr, here.entry, Capture(host.lab, host.name))


def _plain(state: NUD) -> NUD:
    return _AS_GOOD.get(state, state)


def _told(entry: Neigh | None) -> tuple[NUD, str | None, NTF] | None:
    return None if entry is None else (_plain(entry.state), entry.lladdr, entry.flags)
