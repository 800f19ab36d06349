"""Everything that happens in a lab is on one timeline, and an expectation looks there before it waits."""

from __future__ import annotations

import select
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from neighlab.errors import EnvironmentProblem, ExpectationFailed, ScenarioError
from neighlab.kernel import links, nlattr, rtaddr, rtneigh
from neighlab.kernel.monitor import AddrEvent, Event, Monitor, NeighEvent, describe
from neighlab.kernel.netlink import NetlinkError
from neighlab.kernel.ns import NetNS
from neighlab.lab import card, rtnl
from neighlab.lab.expect_addr import AddrSighting
from neighlab.lab.places import places
from neighlab.lab.plumbing import Plumbing
from neighlab.lab.recorder import Recorder
from neighlab.model.families import Families
from neighlab.model.frames import describe as describe_frame
from neighlab.model.knobs import Knob, Setting
from neighlab.model.neigh import Neigh
from neighlab.model.nud import ABSENT, NTF, State, flag_names, state_name
from neighlab.model.result import Expectation
from neighlab.model.timeline import Entry, Timeline
from neighlab.model.topology import TopologyRef, instantiate
from neighlab.wire.bpf import is_neighbour_frame
from neighlab.wire.tap import Seen, Tap

if TYPE_CHECKING:
    from neighlab.kernel.tracing.trace import Trace
    from neighlab.lab.explainer import Explainer
    from neighlab.lab.witness import Witness

TAP_LIMIT = 64
"""Labs with more links than this are not captured by default: each broadcast would be copied to every port."""

Key = tuple[str, int, str]
"""A neighbour entry: host, ifindex, address."""


class Sighting(NamedTuple):
    """One state in which an entry was seen; `event` is False when a request found it, not an announcement."""

    at: float
    state: State
    neigh: Neigh | None
    event: bool

    def __str__(self) -> str:
        if self.neigh is None or self.state is ABSENT:
            return state_name(self.state)
        return str(self.neigh).removeprefix(self.neigh.addr).strip()


@dataclass(slots=True)
class Sabotage:
    """What is done to a story so that it must fail: knobs that stay at a value, addresses exchanged in sent frames."""

    knobs: dict[str, int]
    frames: dict[str, str]
    mute: bool = False


class Lab:
    """A network of hosts, built in the sandbox that this process is the first of. `lab["victim"]` is a host,
    `lab["s1"]` a bridge.
    """

    def __init__(
        self,
        topology: Any,
        *,
        families: Families = "dual",
        settings: tuple[Setting, ...] = (),
        time_scale: float = 1.0,
        capture: bool = True,
        sabotage: Sabotage | None = None,
        ask_runner: Callable[[Any], Any] | None = None,
        evidence: bool = False,
        explain: bool = False,
        trace: Trace | None = None,
        title: str = "",
        make_net: Callable[[str], int | None] | None = None,
    ) -> None:
        from neighlab.lab.bridge import Bridge
        from neighlab.lab.host import Host
        from neighlab.lab.mininet import LabNet

        self.time_scale = time_scale
        self.sabotage = sabotage
        self.timeline = Timeline()
        self.expectations: list[Expectation] = []
        self.history: dict[Key, list[Sighting]] = defaultdict(list)
        self.addr_history: dict[Key, list[AddrSighting]] = defaultdict(list)
        self.addr_cursor: dict[Key, int] = defaultdict(int)
        self.misses: dict[Key, list[NeighEvent]] = defaultdict(list)
        self.frames: list[Seen] = []
        self.last_act = 0.0
        self.touched: dict[str, tuple[Host, Knob, str, int]] = {}
        self._ask_runner = ask_runner
        self._expected_copies: defaultdict[bytes, deque[Entry | None]] = defaultdict(deque)
        self.recorder = Recorder() if evidence or explain else None
        self.explainer = _explainer(self) if explain else None
        self._hears_everything = False
        self.monitor = Monitor()
        self.witness = _witness(self, trace)
        self.plumbing = Plumbing(families, settings, make_net, watch=self.witness.watch if self.witness else None)
        topo = instantiate(topology)
        own = type(topo).__module__.startswith("neighlab.") or isinstance(topology, TopologyRef)
        try:
            self.net = LabNet(topo, self.plumbing, short_names=own)
        except (ScenarioError, EnvironmentProblem):
            raise
        except NetlinkError as problem:
            raise ScenarioError(f"the topology cannot be built: {problem}") from problem
        self._check_devices(settings)
        self.hosts: dict[str, Host] = {}
        for node in self.net.hosts:
            self.hosts[node.name] = Host(self, node)
        self.bridges = {node.name: Bridge(self, node) for node in self.net.switches}
        self._by_nsid = {nsid: name for nsid, name in enumerate(self.plumbing.namespaces, start=1)}
        self._settle()
        self.monitor.hear_addresses()  # those of the lab itself are no news
        self.places = places(self.net.links)
        small = len(self.net.links) <= TAP_LIMIT
        self.taps = self._make_taps() if capture and small else []
        card.write(self, title or _title(topology, topo), heard=small)
        self.pump()
        self.timeline.restart()
        if self.witness is not None:
            self.witness.begin()
        if self.recorder is not None:
            self.recorder.begin(self)

    def __getitem__(self, name: str) -> Any:
        try:
            return self.hosts.get(name) or self.bridges[name]
        except KeyError:
            names = ", ".join([*self.hosts, *self.bridges])
            raise ScenarioError(f"no host {name!r} in this lab: it has {names}") from None

    @property
    def families(self) -> Families:
        """`ipv4`, `ipv6` or `dual`."""
        return self.plumbing.families

    @property
    def version(self) -> int:
        """The IP version that a story means when it does not say: 6 in an IPv6 lab, else 4."""
        return self.plumbing.versions[0]

    # -- what the machinery does around every verb

    def act(self, host: str, kind: str, text: str, source: str = "story", **fields: Any) -> Entry:
        """Record something the story does; what is announced from now on may answer the next expectation."""
        self.pump()
        if self.explainer is not None:
            self.explainer.acted(kind)
        self.last_act = time.monotonic()
        return self.timeline.add(host, source, kind, text, at=self.last_act, **fields)

    def pump(self) -> None:
        """Take in what has arrived: neighbour events of all hosts, captured frames."""
        events, overflow = self.monitor.read()
        for event in events:
            self._take(event)
        if self.witness is not None:
            self.witness.take()
        if overflow:
            self.resynchronise("neighbour events were lost (ENOBUFS): tables are read again")
        for tap in getattr(self, "taps", ()):
            lost = tap.lost
            for seen in tap.read():
                self._take_frame(seen)
            if tap.lost > lost:
                self.timeline.add("lab", "lab", "lost", f"{tap.lost - lost} captured frames were lost: no room")

    def wait(self, timeout_s: float) -> None:
        """Wait until an event or a frame arrives, at most so long, and take it in."""
        poll = select.poll()
        for sock in (self.monitor.sock, *(tap.sock for tap in self.taps)):
            poll.register(sock, select.POLLIN)
        if self.witness is not None:
            poll.register(self.witness.trace.fileno, select.POLLIN)
        poll.poll(max(0.0, timeout_s) * 1000)
        self.pump()

    def expect_copy(self, frame: bytes, entry: Entry | None = None) -> None:
        """The story has put this frame on a wire (as `entry` tells): its capture is not news for the timeline."""
        if self.taps:
            self._expected_copies[frame].append(entry)

    def while_rtnl_is_held(self, request: Callable[[], object], *, holds: int = 6) -> rtnl.Contention:
        """Make a request again and again while somebody else changes 120 links under one hold of RTNL: how many were
        made meanwhile, and how many of them answered before RTNL was let go.
        """
        self.act("lab", "set", f"120 links up and down, until {holds} holds are seen", "knob")
        return rtnl.contention(self, request, pairs=60, holds=holds)

    def ask_runner(self, question: Any) -> Any:
        """Ask the process outside of the sandbox; only host-table scenarios have somebody there who answers."""
        if self._ask_runner is None:
            raise EnvironmentProblem(
                "the kernel's whole neighbour table can be set only in `run --host-table` (or a VM)"
            )
        return self._ask_runner(question)

    def expect(self, subject: str, observed: Any, expected: Any) -> None:
        """Claim that `observed` equals `expected` (a value, or a range that it must lie in)."""
        holds = observed in expected if isinstance(expected, range) else observed == expected
        text = f"{expected.start}..{expected.stop - 1}" if isinstance(expected, range) else str(expected)
        self.judge(Expectation(subject, text, str(observed), bool(holds), self.timeline.now_ms()))

    def judge(self, expectation: Expectation) -> None:
        """Record a verdict; raise ExpectationFailed when it is negative."""
        self.expectations.append(expectation)
        verdict = "met" if expectation.passed else "NOT met"
        self.timeline.add(
            expectation.subject.split(" ")[0] if expectation.subject.split(" ")[0] in self.hosts else "lab",
            "story", "expect", f"{expectation.subject}: {expectation.expected} {verdict}",
            expectation=len(self.expectations) - 1,
        )  # fmt: skip
        if not expectation.passed:
            raise ExpectationFailed(
                f"{expectation.subject}: expected {expectation.expected}, observed {expectation.observed}"
            )

    def capture_everything(self) -> None:
        """Let the taps hear all traffic, not only ARP and ND."""
        if not self.taps:
            self.taps = self._make_taps()
        self._hears_everything = True
        for tap in self.taps:
            tap.widen()

    def shell(self) -> None:
        """Mininet's prompt on this lab; returns at Ctrl-D."""
        from neighlab.lab.prompt import prompt

        prompt(self)

    def effective_knobs(self) -> dict[str, str]:
        """The settings that the story touched, as they are in force now: `victim conf.eth0.arp_accept` -> `2`."""
        values: dict[str, str] = {}
        for name, (host, knob, dev, version) in self.touched.items():
            try:
                values[name] = str(host.read_knob(knob, dev, version))
            except (ScenarioError, EnvironmentProblem):
                continue
        return values

    def saw(self, key: Key, at: float, neigh: Neigh | None) -> None:
        """The kernel itself has told what has become of an entry (None: it is gone)."""
        self.history[key].append(Sighting(at, ABSENT if neigh is None else neigh.state, neigh, True))

    # -- inside

    def _take(self, event: Event) -> None:
        host = self._by_nsid.get(event.nsid)
        if host is None:
            return
        if isinstance(event, AddrEvent):
            address = event.address
            now = ABSENT if event.kind == rtaddr.RTM_DELADDR else address.dad
            self.addr_history[host, address.ifindex, address.addr].append(AddrSighting(event.at, now))
            self.timeline.add(
                host, "netlink", "event", str(event), at=event.at, addr=address.addr, state=address.dad.value
            )
            if self.explainer is not None:
                self.explainer.acted("address")
            return
        neigh = event.neigh
        if event.kind == rtneigh.RTM_GETNEIGH:
            text = f"GETNEIGH {neigh} (the kernel asks user space)"
            self.misses[host, neigh.ifindex, neigh.addr].append(event)
        else:
            text = describe(event)
            key = host, neigh.ifindex, neigh.addr
            if self.witness is None or NTF.PROXY in neigh.flags:
                state: State = ABSENT if event.kind == rtneigh.RTM_DELNEIGH else neigh.state
                self.history[key].append(Sighting(event.at, state, neigh, True))
            else:
                self.witness.announced(key, event)
        self.timeline.add(
            host, "netlink", "event", text, at=event.at, addr=neigh.addr, state=state_name(neigh.state),
            lladdr=neigh.lladdr, ifname=self.hosts[host].ifname_of(neigh.ifindex) if host in self.hosts else "",
            event=text.split(" ", 1)[0], flags=flag_names(neigh.flags),
        )  # fmt: skip

    def resynchronise(self, why: str) -> None:
        """Something that the kernel said was lost: say so, and take the tables as they are now instead."""
        self.timeline.add("lab", "lab", "lost", why)
        now = time.monotonic()
        for name, host in self.hosts.items():
            present = set()
            for neigh in host.neigh_dump():
                key = (name, neigh.ifindex, neigh.addr)
                present.add(key)
                past = self.history[key]
                if not past or (past[-1].state, str(past[-1])) != (
                    neigh.state,
                    str(Sighting(now, neigh.state, neigh, False)),
                ):
                    past.append(Sighting(now, neigh.state, neigh, False))
                    self.timeline.add(
                        name, "netlink", "resync", str(neigh), at=now, addr=neigh.addr, state=state_name(neigh.state)
                    )
            for key, past in self.history.items():
                if key[0] == name and key not in present and past and past[-1].state is not ABSENT:
                    past.append(Sighting(now, ABSENT, None, False))
                    self.timeline.add(
                        name, "netlink", "resync", f"{key[2]} ABSENT", at=now, addr=key[2], state="ABSENT"
                    )

    def _take_frame(self, seen: Seen) -> None:
        """Give a frame to the record, to a story that asked for such, and once, as its sender's, to the timeline."""
        place = self.recorder.add(seen) if self.recorder is not None else None
        if place is None or self._hears_everything or is_neighbour_frame(seen.frame):
            self.frames.append(seen)
        if self.explainer is not None and place is not None:
            self.explainer.heard(seen, place)
        if seen.direction != "sent":
            return
        told: Entry | None
        if self._expected_copies.get(seen.frame):
            told = self._expected_copies[seen.frame].popleft()
        else:
            told = self.timeline.add(
                seen.host, "wire", "frame", describe_frame(seen.frame), at=seen.at, ifname=seen.ifname,
                length=len(seen.frame),
            )  # fmt: skip
        if told is not None and place is not None:
            told.fields["frame"] = place

    def _make_taps(self) -> list[Tap]:
        everything = self.recorder is not None
        taps = []
        root = NetNS("lab", self.plumbing.home, self.plumbing.home)
        for where, ifname, ends in self.places:
            netns = self.plumbing.namespaces[where][0] if where else root
            taps.append(Tap(netns, ends, ifname, everything=everything))
        return taps

    def _check_devices(self, settings: tuple[Setting, ...]) -> None:
        """A setting for an interface that no host has would be without effect: say so."""
        names = {intf.name for node in self.net.hosts for intf in node.intfList()}
        for one in settings:
            if one.dev not in (None, "all", "default", "lo", *names):
                raise ScenarioError(
                    f"{one.knob.name} for {one.dev}: no host of this lab has it ({', '.join(sorted(names))})"
                )

    def _settle(self) -> None:
        """Wait until every link carries, every bridge port forwards and every IPv6 address is ready to be asked for.

        Carrier changes become effective in a work queue (linkwatch): before, an interface that is up drops what it
        should send. RTM_GETLINK tells the operational state; IPv6 joins an address' solicited-node group in a work
        queue, too.
        """
        deadline = time.monotonic() + 10 * self.time_scale
        waiting = [intf for link in self.net.links for intf in (link.intf1, link.intf2)]
        idle = select.poll()
        while waiting or not all(host.ready_for_ipv6() for host in self.hosts.values()):
            waiting = [intf for intf in waiting if not _operational(intf)]
            if time.monotonic() > deadline:
                names = ", ".join(f"{intf.node.name} {intf.name}" for intf in waiting) or "IPv6 addresses"
                raise EnvironmentProblem(
                    f"the lab is not ready after {10 * self.time_scale:.0f} s: waiting for {names}"
                )
            if waiting:
                idle.poll(0.2)

    def wait_for_carrier(self, near: Any, far: Any, *, up: bool) -> None:
        """Wait until an interface has heard that its wire was plugged (both ends, then) or unplugged.

        The operational state is set by linkwatch, which tells the neighbour tables under the same RTNL lock: who sees
        the new state sees the tables after it.
        """
        deadline = time.monotonic() + 10 * self.time_scale
        while _operational(near) is not up or (up and not _operational(far)):
            if time.monotonic() > deadline:
                raise EnvironmentProblem(f"{near.node.name} {near.name}: the carrier did not change")
            self.wait(0.001)
        self.pump()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.hosts.values())


def _witness(lab: Lab, trace: Trace | None) -> Witness | None:
    if trace is None:
        return None
    from neighlab.lab.witness import Witness

    return Witness(lab, trace)


def _explainer(lab: Lab) -> Explainer:
    from neighlab.lab.explainer import Explainer

    return Explainer(lab)


def _title(topology: Any, topo: Any) -> str:
    """What a lab is called that nobody has given a name: as its topology."""
    return topology.title if isinstance(topology, TopologyRef) else type(topo).__name__


def _operational(intf: Any) -> bool:
    body = links.query_link(intf.ifindex)
    data, start, end = intf.node.route.get(links.RTM_GETLINK, body, f"look at {intf.name}")
    state = nlattr.parse_attrs(data, start + 16, end).get(links.IFLA_OPERSTATE, b"\0")
    return state[0] == links.IF_OPER_UP
