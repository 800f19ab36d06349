"""Everything that happens in a lab is on one timeline, and an expectation looks there before it waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neighlab.errors import EnvironmentProblem, ExpectationFailed, ScenarioError
from neighlab.kernel.monitor import Monitor
from neighlab.kernel.netlink import NetlinkError
from neighlab.kernel.ns import NetNS
from neighlab.lab import card, carrier, rtnl
from neighlab.lab.hearing import Hearing
from neighlab.lab.places import places
from neighlab.lab.plumbing import Plumbing
from neighlab.lab.recorder import Recorder
from neighlab.model.families import Families
from neighlab.model.knobs import Knob, Setting
from neighlab.model.result import Expectation
from neighlab.model.timeline import Entry, Timeline
from neighlab.model.topology import TopologyRef, instantiate
from neighlab.wire import stamps
from neighlab.wire.tap import Tap

if TYPE_CHECKING:
    from neighlab.kernel.tracing.trace import Trace
    from neighlab.lab.explainer import Explainer
    from neighlab.lab.host import Host
    from neighlab.lab.witness import Witness

TAP_LIMIT = 64
"""Labs with more links than this are not captured by default: each broadcast would be copied to every port."""


@dataclass(slots=True)
class Sabotage:
    """What is done to a story so that it must fail: knobs that stay at a value, addresses exchanged in sent frames."""

    knobs: dict[str, int]
    frames: dict[str, str]
    mute: bool = False


class Lab(Hearing):
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

        super().__init__(Monitor(), Timeline())
        self.time_scale = time_scale
        self.sabotage = sabotage
        self.expectations: list[Expectation] = []
        self.last_act = 0.0
        self.touched: dict[str, tuple[Host, Knob, str, int]] = {}
        self._ask_runner = ask_runner
        self.recorder = Recorder() if evidence or explain else None
        self.explainer = _explainer(self) if explain else None
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
        for node in self.net.hosts:
            self.hosts[node.name] = Host(self, node)
        self.bridges = {node.name: Bridge(self, node) for node in self.net.switches}
        self._by_nsid = {nsid: name for nsid, name in enumerate(self.plumbing.namespaces, start=1)}
        carrier.settle(self)
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
        self.last_act = self.catch_up()
        if self.explainer is not None:
            self.explainer.acted(kind)
        return self.timeline.add(host, source, kind, text, at=self.last_act, **fields)

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

    def capture_everything(self) -> None:
        """Let the taps hear all traffic, not only ARP and ND."""
        if not self.taps:
            self.taps = self._make_taps()
        self.hear_everything()

    # -- inside

    def _make_taps(self) -> list[Tap]:
        everything = self.recorder is not None
        taps = []
        root = NetNS("lab", self.plumbing.home, self.plumbing.home)
        for where, ifname, ends in self.places:
            netns = self.plumbing.namespaces[where][0] if where else root
            taps.append(Tap(netns, ends, ifname, everything=everything))
        self._stamping = stamps.wait_until_given(root, within_s=10 * self.time_scale)
        return taps

    def _check_devices(self, settings: tuple[Setting, ...]) -> None:
        """A setting for an interface that no host has would be without effect: say so."""
        names = {intf.name for node in self.net.hosts for intf in node.intfList()}
        for one in settings:
            if one.dev not in (None, "all", "default", "lo", *names):
                raise ScenarioError(
                    f"{one.knob.name} for {one.dev}: no host of this lab has it ({', '.join(sorted(names))})"
                )

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
