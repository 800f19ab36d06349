"""A setting is written exactly where and in the unit that its name says, and recorded on the timeline."""

from __future__ import annotations

from typing import Any

from neighlab.errors import ScenarioError, Unsupported
from neighlab.kernel import links, rtneightbl, sysctl
from neighlab.lab import carrier
from neighlab.lab.host.base import HostBase, far_end
from neighlab.lab.plumbing import neigh_request
from neighlab.model import knobs
from neighlab.model.knobs import Scope
from neighlab.wire.looks import looks


class Settings(HostBase):
    """The verbs that change how a host behaves."""

    def conf(self, *, dev: str | None = None, family: int | None = None, **settings: int) -> None:
        """Set knobs: `conf(arp_accept=1)`, `conf(dev="all", arp_ignore=1)`, `conf(retrans_time_ms=40)`.

        Names are the kernel's; timers are in the unit that the name says, written exactly by netlink. A knob that
        both families have is set for all that the lab speaks unless `family` (4 or 6) says which.
        """
        forced = self.lab.sabotage.knobs if self.lab.sabotage else {}
        for name, given in settings.items():
            found = [
                knobs.find(name, version)
                for version in ((family,) if family else self.lab.plumbing.versions)
                if family or version in _families_of(name)
            ]
            if not found:
                raise ScenarioError(f"{name} is no knob of {self.lab.families}, which is all this lab speaks")
            value = knobs.parse_value(found[0], forced.get(name, given))
            for knob in dict.fromkeys(found):
                self._write(knob, value, dev, family)

    def _write(self, knob: knobs.Knob, value: int, dev: str | None, family: int | None) -> None:
        if knob.scope is Scope.HOST:
            raise ScenarioError(f"{knob.name} belongs to the whole host: ask for `table` and say how much room it has")
        versions = [one for one in self.lab.plumbing.versions if one in knob.families and family in (None, one)]
        ifname = dev or self.ifname
        for version in versions:
            path = f"ipv{version}/{knob.scope.value}/{ifname}/{knob.sysctl}"
            label = f"{knob.scope.value}.{ifname}.{knob.name}"
            if knob.scope is Scope.NEIGH and knob.ndta is not None:
                request = neigh_request(version, self.intf(dev).ifindex, {knob: value})
                self._ask(request, f"set {label}={value}")
            elif sysctl.write(self.node.netns, {path: value}):
                raise Unsupported(
                    f"this kernel has no {knob.name}" + (f" (it came with {knob.since})" if knob.since else "")
                )
            self.lab.touched[f"{self.name} {label}"] = (self.whole, knob, ifname, version)
            if knob.scope is Scope.CONF and ifname not in ("all", "default"):
                self.lab.touched[f"{self.name} conf.all.{knob.name}"] = (self.whole, knob, "all", version)
            self.lab.act(
                self.name, "set", f"{label}={value}", "knob", knob=knob.name, dev=ifname, value=value, family=version
            )

    def knob(self, name: str, *, dev: str | None = None, family: int | None = None) -> int:
        """Read a knob as it is in force on one device (not combined with `all`)."""
        knob = knobs.find(name, family or (self.lab.version if self.lab.version in _families_of(name) else None))
        version = family or (self.lab.version if self.lab.version in knob.families else knob.families[0])
        return self.read_knob(knob, dev or self.ifname, version)

    def read_knob(self, knob: knobs.Knob, dev: str, version: int) -> int:
        """Read a knob of one device in its own unit: by netlink where that is exact, else from its sysctl file."""
        if knob.ndta is not None and dev in self.node.nameToIntf:
            return self._watcher.parms(self.intf(dev).ifindex, version)[knob.ndta.number] // knob.wire(1)
        return knob.from_sysctl(int(self.read_sysctl(f"ipv{version}/{knob.scope.value}/{dev}/{knob.sysctl}")))

    def expect_knob(
        self, *, dev: str | None = None, family: int | None = None, within_ms: float = 2000, **settings: int
    ) -> None:
        """Expect knobs to have values that somebody else gives them (a daemon, the kernel), or to get them in time."""
        for left in looks(within_ms / 1000 * self.lab.time_scale):
            values = {name: self.knob(name, dev=dev, family=family) for name in settings}
            if values == settings:
                break
            self.lab.wait(min(left, 0.005))
        self.lab.expect(f"{self.name} knobs", values, settings)

    def reachable_time_ms(self, *, dev: str | None = None, family: int | None = None) -> int:
        """How long an entry stays REACHABLE: what the kernel has drawn for this device (neigh_rand_reach_time)."""
        parms = self._watcher.parms(self.intf(dev).ifindex, family or self.lab.version)
        return parms[rtneightbl.NDTPA.REACHABLE_TIME]

    def link(self, *, dev: str | None = None, **change: Any) -> None:
        """Change an interface: `up`, `arp`, `lladdr`, `mtu`; link(up=False) takes it down.

        link(up=True) returns when the interface and the far end of its wire can send, so the wire must be plugged in.
        """
        intf = self.intf(dev)
        self.lab.act(self.name, "set", f"link {intf.name} " + " ".join(f"{k}={v}" for k, v in change.items()), "knob")
        self._ask(links.set_link(intf.ifindex, **change), f"change {intf.name}")
        if "lladdr" in change:
            intf.lladdr = intf.mac = change["lladdr"].lower()
        if change.get("up"):
            # until then a bridge's port drops what it hears
            carrier.wait_for_carrier(self.lab, intf, far_end(intf), up=True)

    def unplug(self, *, dev: str | None = None) -> None:
        """Take an interface's carrier away: the far end of its wire goes down (without a bridge, that of the other
        host). Returns when the kernel has acted on the loss.
        """
        self._plug(dev, up=False)

    def plug(self, *, dev: str | None = None) -> None:
        """Give the carrier back; returns when the interface can send again."""
        self._plug(dev, up=True)

    def await_no_carrier(self, dev: str) -> None:
        """Wait until the kernel has acted on an interface having no carrier: a tunnel that no program holds is made
        with one, and its entries go when linkwatch takes it away (neigh_carrier_down), up to a second later.
        """
        carrier.wait_for_no_carrier(self.lab, self.node, self.ifindex_of(dev), dev)

    def _plug(self, dev: str | None, *, up: bool) -> None:
        intf = self.intf(dev)
        far = far_end(intf)
        self.lab.act(self.name, "set", f"{'plug' if up else 'unplug'} {intf.name}", "knob")
        far.node.route.ask(*links.set_link(far.ifindex, up=up), f"change the far end of {intf.name}")
        carrier.wait_for_carrier(self.lab, intf, far, up=up)

    def add_route(self, destination: str, *, via: str | None = None, dev: str | None = None) -> None:
        """Add or replace a route: a network or `default`, through a gateway and/or an interface."""
        ifindex = 1 if dev == "lo" else self.intf(dev).ifindex if dev else None
        if via is None and ifindex is None:
            ifindex = self.intf().ifindex
        self.lab.act(self.name, "set", f"route {destination} via {via or dev or self.ifname}", "knob")
        self._ask(links.new_route(destination, via=via, ifindex=ifindex), f"route {destination}")


def _families_of(name: str) -> tuple[int, ...]:
    return tuple(sorted({one for knob in knobs.knobs() if knob.name == name for one in knob.families})) or (4, 6)
