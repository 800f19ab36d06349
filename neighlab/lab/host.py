"""A host is what a story talks about: it has settings, sends, is expected to know its neighbours, and runs programs."""

from __future__ import annotations

import errno
import socket
import subprocess
import time
from collections.abc import Sequence
from ipaddress import ip_address, ip_interface
from typing import TYPE_CHECKING, Any

from neighlab.errors import ScenarioError, Unsupported
from neighlab.kernel import links, nlattr, oldviews, rtaddr, rtneigh, rtneightbl, sysctl
from neighlab.kernel.monitor import NeighEvent
from neighlab.kernel.netlink import NetlinkError
from neighlab.kernel.pauseddump import PausedDump
from neighlab.lab import programs, rtnl
from neighlab.lab.capture import Capture
from neighlab.lab.expect import Watcher
from neighlab.lab.expect_addr import AddrState, expect_addr
from neighlab.lab.plumbing import neigh_request
from neighlab.model import knobs
from neighlab.model.frames import describe
from neighlab.model.ifaddr import IfAddr
from neighlab.model.knobs import Scope
from neighlab.model.neigh import Neigh
from neighlab.model.nud import NTF, NUD, State, state_name
from neighlab.wire import fence, flood, inbox
from neighlab.wire.echo import echo
from neighlab.wire.port import Port

if TYPE_CHECKING:
    from neighlab.lab.lab import Lab

_OPS = {
    "add": nlattr.NLM_F_CREATE | nlattr.NLM_F_EXCL,
    "replace": nlattr.NLM_F_CREATE | nlattr.NLM_F_REPLACE,
    "change": nlattr.NLM_F_REPLACE,
}


class Host:
    """One host of a lab. `dev` in every verb is an interface name; without it the first interface is meant."""

    def __init__(self, lab: Lab, node: Any) -> None:
        self.lab = lab
        self.node = node
        self.name: str = node.name
        self._ports: dict[str, Port] = {}
        self._watcher = Watcher(lab, self)

    def __repr__(self) -> str:
        return f"<Host {self.name}>"

    # -- who it is

    def intf(self, dev: str | None = None) -> Any:
        """The Mininet interface `dev`, or the first one."""
        found = self.node.nameToIntf.get(dev) if dev else self.node.defaultIntf()
        if found is None:
            names = ", ".join(self.node.nameToIntf) or "none"
            raise ScenarioError(f"{self.name} has no interface{f' {dev}' if dev else ''}: it has {names}")
        return found

    @property
    def ifname(self) -> str:
        """Name of the first interface."""
        return str(self.intf().name)

    @property
    def lladdr(self) -> str:
        """Link-layer address of the first interface."""
        return str(self.intf().lladdr)

    @property
    def addr(self) -> str:
        """The address of the first interface in the lab's (first) family."""
        return self.addr_of(self.lab.version)

    def addr_of(self, version: int, dev: str | None = None) -> str:
        """The first IPv4 (4) or IPv6 (6) address given to an interface."""
        for addr in self.intf(dev).addrs:
            if (":" in addr) == (version == 6):
                return str(addr)
        raise ScenarioError(f"{self.name} {self.intf(dev).name} has no IPv{version} address in this lab")

    def ifname_of(self, ifindex: int) -> str:
        """Name of the interface with this index."""
        return next((str(one.name) for one in self.node.intfList() if one.ifindex == ifindex), f"if{ifindex}")

    # -- settings

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
            self.lab.touched[f"{self.name} {label}"] = (self, path, knob)
            if knob.scope is Scope.CONF and ifname not in ("all", "default"):
                whole = path.replace(f"/{ifname}/", "/all/")
                self.lab.touched[f"{self.name} conf.all.{knob.name}"] = (self, whole, knob)
            self.lab.act(
                self.name, "set", f"{label}={value}", "knob", knob=knob.name, dev=ifname, value=value, family=version
            )

    def knob(self, name: str, *, dev: str | None = None, family: int | None = None) -> int:
        """Read a knob as it is in force on one device (not combined with `all`)."""
        knob = knobs.find(name, family or (self.lab.version if self.lab.version in _families_of(name) else None))
        version = family or (self.lab.version if self.lab.version in knob.families else knob.families[0])
        raw = self.read_sysctl(f"ipv{version}/{knob.scope.value}/{dev or self.ifname}/{knob.sysctl}")
        return knob.from_sysctl(int(raw))

    def expect_knob(
        self, *, dev: str | None = None, family: int | None = None, within_ms: float = 2000, **settings: int
    ) -> None:
        """Expect knobs to have values that somebody else gives them (a daemon, the kernel), or to get them in time."""
        deadline = time.monotonic() + within_ms / 1000 * self.lab.time_scale

        def current() -> dict[str, int]:
            return {name: self.knob(name, dev=dev, family=family) for name in settings}

        while (values := current()) != settings and time.monotonic() < deadline:
            self.lab.wait(0.005)
        self.lab.expect(f"{self.name} knobs", values, settings)

    def reachable_time_ms(self, *, dev: str | None = None, family: int | None = None) -> int:
        """How long an entry stays REACHABLE: what the kernel has drawn for this device (neigh_rand_reach_time)."""
        parms = self._watcher.parms(self.intf(dev).ifindex, family or self.lab.version)
        return parms[rtneightbl.NDTPA.REACHABLE_TIME]

    def read_sysctl(self, path: str) -> str:
        """Read a sysctl of this host by its path below net/."""
        return sysctl.read(self.node.netns, path)

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
            self.lab.wait_for_carrier(intf, _far(intf), up=True)  # until then a bridge's port drops what it hears

    def unplug(self, *, dev: str | None = None) -> None:
        """Take an interface's carrier away: the far end of its wire goes down (without a bridge, that of the other
        host). Returns when the kernel has acted on the loss.
        """
        self._plug(dev, up=False)

    def plug(self, *, dev: str | None = None) -> None:
        """Give the carrier back; returns when the interface can send again."""
        self._plug(dev, up=True)

    def _plug(self, dev: str | None, *, up: bool) -> None:
        intf = self.intf(dev)
        far = _far(intf)
        self.lab.act(self.name, "set", f"{'plug' if up else 'unplug'} {intf.name}", "knob")
        far.node.route.ask(*links.set_link(far.ifindex, up=up), f"change the far end of {intf.name}")
        self.lab.wait_for_carrier(intf, far, up=up)

    def add_addr(
        self,
        addr: str,
        *,
        dev: str | None = None,
        nodad: bool = True,
        optimistic: bool = False,
        host_scope: bool = False,
    ) -> None:
        """Add an address with its prefix length, `192.0.2.50/24`; `dev` may be "lo", the scope that of the host.

        `nodad=False` lets duplicate address detection run, which the knobs must allow as well (accept_dad,
        dad_transmits); `optimistic` asks for an address that may be used meanwhile (optimistic_dad).
        """
        self._address(addr, dev, remove=False, nodad=nodad, optimistic=optimistic, host_scope=host_scope)

    def del_addr(self, addr: str, *, dev: str | None = None) -> None:
        """Take an address away."""
        self._address(addr, dev, remove=True, nodad=True)

    def _address(
        self,
        addr: str,
        dev: str | None,
        *,
        remove: bool,
        nodad: bool,
        optimistic: bool = False,
        host_scope: bool = False,
    ) -> None:
        ifindex = 1 if dev == "lo" else self.intf(dev).ifindex
        verb = "remove" if remove else "add"
        self.lab.act(self.name, "set", f"{verb} address {addr} on {dev or self.ifname}", "knob")
        request = links.new_addr(
            ifindex, addr, remove=remove, nodad=nodad, optimistic=optimistic, host_scope=host_scope
        )
        self._ask(request, f"{verb} address {addr}")
        if dev != "lo":
            plain = str(ip_interface(addr).ip)
            addrs = self.intf(dev).addrs
            if remove and plain in addrs:
                addrs.remove(plain)
            elif not remove:
                addrs.append(plain)
                deadline = time.monotonic() + 2 * self.lab.time_scale
                while nodad and not self.ready_for_ipv6(plain) and time.monotonic() < deadline:
                    self.lab.wait(0.001)  # a work queue joins its group: until then nobody can ask for it

    def add_route(self, destination: str, *, via: str | None = None, dev: str | None = None) -> None:
        """Add or replace a route: a network or `default`, through a gateway and/or an interface."""
        ifindex = 1 if dev == "lo" else self.intf(dev).ifindex if dev else None
        if via is None and ifindex is None:
            ifindex = self.intf().ifindex
        self.lab.act(self.name, "set", f"route {destination} via {via or dev or self.ifname}", "knob")
        self._ask(links.new_route(destination, via=via, ifindex=ifindex), f"route {destination}")

    # -- the wire

    def send(self, frame: bytes, *, dev: str | None = None) -> None:
        """Put one frame on the wire, exactly as it is."""
        frame = self._sabotaged(frame)
        self.lab.act(self.name, "sent", describe(frame), length=len(frame), ifname=dev or self.ifname)
        if frame:
            self.lab.expect_copy(frame)
            self.port(dev).send(frame)
        self.lab.pump()

    def flood(self, frames: Sequence[bytes], *, dev: str | None = None) -> None:
        """Put many prepared frames on the wire (flood.variants makes them from one); events are read in between, so
        none is lost.
        """
        if not frames:
            raise ScenarioError("flood() was given no frame")
        self.lab.act(self.name, "flood", f"{len(frames)} frames like {describe(frames[0])}", count=len(frames))
        if self.lab.sabotage:
            frames = [changed for frame in frames if (changed := self._sabotaged(frame))]
        flood.send(self.port(dev), frames, self.lab.taps, self.lab.monitor.capacity // 4, self.lab.pump)

    def fence(self, other: Host, *, dev: str | None = None, by: str = "probe") -> None:
        """Return when `other` has processed all that this host sent before, and this host all that `other` answered.

        The fence is an ARP probe (IPv6: a DAD solicitation), which is answered but never learned; `by="marker"`
        uses a frame of no protocol, for a host that may not answer.
        """
        near, far = self.intf(dev), other.facing(self)
        timeout_s = fence.PATIENCE_S * self.lab.time_scale
        if by == "marker":
            fence.marker_fence(
                self.port(dev), other.port(far.name), lladdr=near.lladdr, far_lladdr=far.lladdr, timeout_s=timeout_s
            )
        elif by == "probe":
            addr = other.addr_of(self.lab.version, far.name)
            fence.probe_fence(
                self.port(dev), addr=addr, lladdr=near.lladdr, timeout_s=timeout_s, sending=self.lab.expect_copy
            )
        else:
            raise ScenarioError(f"fence(by={by!r}): it is 'probe' or 'marker'")
        self.lab.pump()
        self.lab.timeline.add(self.name, "story", "fence", f"answered by {other.name}")

    def facing(self, other: Host) -> Any:
        """This host's interface towards `other`: the first that shares a wire or a bridge with it."""
        for mine in self.node.intfList():
            if any(_same_segment(mine, theirs) for theirs in other.node.intfList()):
                return mine
        raise ScenarioError(f"{self.name} and {other.name} share no wire and no bridge: a fence needs one")

    def port(self, dev: str | None = None) -> Port:
        """The raw socket on one of this host's interfaces."""
        ifname = str(self.intf(dev).name)
        if ifname not in self._ports:
            self._ports[ifname] = Port(self.node.netns, ifname)
        return self._ports[ifname]

    def capture(self, *, everything: bool = False) -> Capture:
        """Collect from now on the frames that this host sends and receives: ARP and ND, or `everything`."""
        if everything:
            self.lab.capture_everything()
        return Capture(self.lab, self.name)

    def _sabotaged(self, frame: bytes) -> bytes:
        if self.lab.sabotage is None:
            return frame
        if self.lab.sabotage.mute:
            return b""
        for old, new in self.lab.sabotage.frames.items():
            frame = frame.replace(_packed(old), _packed(new))
        return frame

    # -- applications

    def listen(self, *, addr: str | None = None, port: int = inbox.PORT) -> inbox.Inbox:
        """Open a UDP socket that keeps what arrives; `addr` is this host's own address unless given."""
        return inbox.Inbox(self.node.netns, addr=addr or self.addr, port=port)

    def udp(
        self,
        addr: str,
        *,
        port: int = inbox.PORT,
        source: str | None = None,
        dev: str | None = None,
        tell: bool = True,
    ) -> Outbox:
        """Open a UDP socket to `addr`; `tell=False` leaves IP_RECVERR off, as most applications do.

        `dev` binds it to an interface, which link-local groups (ff02::1) and 255.255.255.255 want: no route has them.
        """
        return Outbox(self, inbox.Outbox(self.node.netns, addr=addr, port=port, source=source, dev=dev, tell=tell))

    def tcp(self, server: Host, *, addr: str | None = None) -> inbox.TcpPair:
        """Open a TCP connection to `server`; the story drives both ends with exchange()."""
        target = addr or server.addr
        self.lab.act(self.name, "sent", f"TCP connection to {target}")
        return inbox.TcpPair(self.node.netns, server.node.netns, addr=target)

    def bind(self, addr: str) -> str | None:
        """Try to bind a UDP socket to an address: None when that works, else the error's name (EADDRNOTAVAIL)."""
        self.lab.act(self.name, "command", f"bind to {addr}")
        return inbox.bind(self.node.netns, addr)

    def tcp_connect(self, addr: str, *, within_ms: float = 5000) -> str | None:
        """Try to connect: None when it succeeds, else the error's name (EHOSTUNREACH, ECONNREFUSED, ETIMEDOUT, ...)."""
        self.lab.act(self.name, "sent", f"TCP connect to {addr}")
        return inbox.tcp_connect(self.node.netns, addr, within_ms=within_ms * self.lab.time_scale)

    def ping(self, addr: str, *, within_ms: float = 1000) -> float | None:
        """Send one echo request: milliseconds until its reply, or None."""
        self.lab.act(self.name, "sent", f"ICMP echo request to {addr}")
        try:
            return echo(self.node.netns, addr, timeout_s=within_ms / 1000 * self.lab.time_scale)
        except OSError as problem:
            self.lab.timeline.add(self.name, "story", "note", f"ping {addr}: {inbox.error_name(problem.errno or 0)}")
            return None

    def cmd(self, *words: Any) -> str:
        """Run a shell command as Mininet does and return what it prints; its exit status is lost: see run()."""
        self.lab.act(self.name, "command", " ".join(map(str, words)))
        return str(self.node.cmd(*words))

    def run(
        self, *argv: str, check: bool = True, needs: str | None = None, timeout_s: float = 30
    ) -> subprocess.CompletedProcess[str]:
        """Run a program without a shell; a non-zero status is a ScenarioError unless `check` is False.

        A program that is not installed is Unsupported: the case is skipped and says which. `needs` names what of the
        kernel the program relies on ("IPVS"): then its failure is Unsupported, too.
        """
        return programs.run(self.lab, self.node, argv, check=check, needs=needs, timeout_s=timeout_s)

    def daemon(self, *argv: str, ready: str | None = None) -> programs.Daemon:
        """Start a program that goes on beside the story, and wait until it says `ready`."""
        daemon = programs.Daemon(self.lab, self.node, argv)
        if ready is not None:
            daemon.expect(ready)
        return daemon

    def iproute(self) -> Any:
        """A pyroute2 IPRoute inside this host, for everything that has no verb here; close it after use."""
        from pyroute2 import IPRoute

        with self.node.netns.entered():
            return IPRoute()

    # -- neighbours

    def neigh_get(self, addr: str, *, dev: str | None = None) -> Neigh | None:
        """The entry for `addr` as it is now, or None; asks for nothing but this one (RTM_GETNEIGH)."""
        family = 10 if ":" in addr else 2
        body = rtneigh.encode_neigh(family=family, ifindex=self.intf(dev).ifindex, addr=addr)
        try:
            data, start, _end = self.node.route.get(nlattr.RTM_GETNEIGH, body, f"look up {addr}")
        except NetlinkError as problem:
            if problem.errno == errno.ENOENT:
                return None
            raise
        return rtneigh.decode_neigh(data, start - nlattr.HEADER_LEN)[1]

    def neigh_dump(self, *, family: int = 0, proxy: bool = False, dev: str | None = None) -> list[Neigh]:
        """The whole table of this host (`family` 4 or 6: only that one), NOARP entries included; with `dev` what is on
        that interface, which may also be lo or one that the story has made by itself.
        """
        found: list[Neigh] = []

        def take(data: bytes) -> None:
            if data:
                rtneigh.decode_neighs(data, found)
            else:
                found.clear()

        af = {0: 0, 4: 2, 6: 10}[family]
        self.node.route.dump(
            nlattr.RTM_GETNEIGH, rtneigh.encode_dump(family=af, proxy=proxy), "read the neighbour table", take
        )
        if dev is None:
            return found
        with self.node.netns.entered():
            ifindex = socket.if_nametoindex(dev)
        return [neigh for neigh in found if neigh.ifindex == ifindex]

    def neigh_set(
        self,
        addr: str,
        lladdr: str | None = None,
        *,
        state: NUD = NUD.PERMANENT,
        flags: NTF = NTF.NONE,
        op: str = "replace",
        dev: str | None = None,
        protocol: int | None = None,
    ) -> str | None:
        """Create or change an entry as an administrator: `op` is "add", "change" or "replace" (ip neigh).

        Returns None, or the name of the error with which the kernel refuses (EEXIST, ENOENT, EINVAL, ...).
        """
        if op not in _OPS:
            raise ScenarioError(f"neigh_set(op={op!r}): it is one of {', '.join(_OPS)}")
        addr = self._check_addr(addr)
        body = rtneigh.encode_neigh(
            family=10 if ":" in addr else 2, ifindex=self.intf(dev).ifindex, addr=addr, state=state, lladdr=lladdr,
            ntf=flags, protocol=protocol,
        )  # fmt: skip
        text = f"ip neigh {op} {addr} lladdr {lladdr} nud {state_name(state).lower()}"
        return self._neigh_request(nlattr.RTM_NEWNEIGH, _OPS[op], body, text)

    def neigh_del(self, addr: str, *, dev: str | None = None, flags: NTF = NTF.NONE) -> str | None:
        """Delete an entry; returns None, or the error's name."""
        addr = self._check_addr(addr)
        body = rtneigh.encode_neigh(
            family=10 if ":" in addr else 2, ifindex=self.intf(dev).ifindex, addr=addr, ntf=flags
        )
        return self._neigh_request(nlattr.RTM_DELNEIGH, 0, body, f"ip neigh del {addr}")

    def _neigh_request(self, kind: int, flags: int, body: bytes, text: str) -> str | None:
        self.lab.act(self.name, "command", text)
        try:
            self.node.route.ask(kind, flags, body, text)
        except NetlinkError as problem:
            self.lab.timeline.add(self.name, "netlink", "note", str(problem))
            return inbox.error_name(problem.errno or 0)
        finally:
            self.lab.pump()
        return None

    def expect(
        self,
        addr: str,
        *states: State,
        lladdr: str | None = None,
        flags: NTF | None = None,
        dev: str | None = None,
        within_ms: float | None = None,
    ) -> None:
        """Expect the entry for `addr` to be in a state, or to pass through several in this order.

        A state may be a mask (LEARNED, NUD.STALE | NUD.DELAY) or ABSENT. `lladdr` and `flags` are those of the last
        one. What the kernel announced since the story's last act counts as well as what is and what comes, until a
        deadline that follows from the knobs in force (or `within_ms`).
        """
        addr = self._check_addr(addr)
        self._watcher.expect(self.intf(dev).ifindex, addr, states, lladdr, flags, within_ms)

    def hold(
        self, addr: str, state: State, *, lladdr: str | None = None, for_ms: float, dev: str | None = None
    ) -> None:
        """Expect the entry for `addr` to be in a state and to stay there for `for_ms` milliseconds."""
        addr = self._check_addr(addr)
        self._watcher.hold(self.intf(dev).ifindex, addr, state, lladdr, for_ms)

    def proc_arp(self) -> dict[tuple[str, str], oldviews.Old]:
        """The lines of /proc/net/arp by address and interface: flags and link-layer address."""
        return oldviews.read_proc(self.node.netns)

    def siocgarp(self, addr: str, *, dev: str | None = None) -> oldviews.Old | str:
        """What the ioctl SIOCGARP tells about an address, or the name of its error (ENXIO)."""
        return oldviews.ask_ioctl(self.node.netns, addr, str(self.intf(dev).name))

    # -- many things at once

    def fill(self, what: str, count: int) -> None:
        """Make `count` "links" (veth pairs), "addresses", "routes" or PERMANENT "neighbours" in a few system calls.

        Nothing is read in between, so a reader with little room misses announcements. IPv6 addresses are ready when
        this returns.
        """
        self.lab.act(self.name, "set", f"{count} {what}", "knob")
        try:
            self.node.route.ask_all(rtnl.many(self, what, count), f"make {count} {what}")
        except NetlinkError as problem:
            raise ScenarioError(str(problem)) from None
        if what == "addresses":
            self.intf().addrs += rtnl.numbered(self.lab.version, count)
            while not self.ready_for_ipv6():
                self.lab.wait(0.001)
            self.dump("links").finish()  # it wants RTNL, which the work queue holds until it has announced the address

    def dump(self, what: str) -> PausedDump:
        """Begin to dump "links", "addresses", "routes", "neighbours" or (neighbour) "parameters" of the lab's first
        family, and pause after two pieces: what the story does before finish() happens in the middle.
        """
        family = socket.AF_INET6 if self.lab.version == 6 else socket.AF_INET
        return PausedDump(self.node.netns, what, family)

    # -- IPv6 addresses

    def addr_get(self, addr: str, *, dev: str | None = None) -> IfAddr | None:
        """The IPv6 address of an interface as it is now, tentative or not; None when it is not there."""
        body = rtaddr.encode_get(self.intf(dev).ifindex, addr)
        try:
            data, start, end = self.node.route.get(rtaddr.RTM_GETADDR, body, f"look up the address {addr}")
        except NetlinkError as problem:
            if problem.errno == errno.EADDRNOTAVAIL:
                return None
            raise
        return rtaddr.decode_addr(data, start, end)

    def expect_addr(
        self, addr: str, *states: AddrState, dev: str | None = None, within_ms: float | None = None
    ) -> None:
        """Expect duplicate address detection to have brought an IPv6 address into a state, or through several in this
        order: DAD.TENTATIVE, DAD.OPTIMISTIC, DAD.FAILED, DAD.DONE, or ABSENT.

        What was announced since the story's last act counts, what is, and what comes before a deadline that follows
        from the knobs in force (or `within_ms`).
        """
        addr = self._check_addr(addr)
        expect_addr(self.lab, self, dev, addr, states, within_ms)

    def expect_miss(
        self, addr: str, count: int | range = 1, *, dev: str | None = None, within_ms: float = 2000
    ) -> list[NeighEvent]:
        """Expect that the kernel has asked user space for `addr` so often (app_solicit, neigh_app_ns); return how.

        Waits until the least number of questions is there; that there are no more is true at that moment.
        """
        addr = self._check_addr(addr)
        return self._watcher.expect_miss(self.intf(dev).ifindex, addr, count, within_ms)

    def lladdrs(self, addr: str, *, dev: str | None = None) -> list[str]:
        """The link-layer addresses that the entry for `addr` has had, in their order, each change once.

        These are the kernel's announcements since the lab began: what a watcher knows, and a look at the table does
        not.
        """
        self.lab.pump()
        seen = self.lab.history[self.name, self.intf(dev).ifindex, addr]
        told = [one.neigh.lladdr for one in seen if one.neigh is not None and one.neigh.lladdr]
        return [one for one, before in zip(told, [None, *told], strict=False) if one != before]

    # -- inside

    def ready_for_ipv6(self, *addrs: str) -> bool:
        """Have these IPv6 addresses, or all, been joined to their solicited-node groups (addrconf_join_solict)?"""
        if 6 not in self.lab.plumbing.versions:
            return True
        wanted = {
            f"ff0200000000000000000001ff{ip_address(addr).packed[-3:].hex()}"
            for addr in addrs or (one for intf in self.node.intfList() for one in intf.addrs)
            if ":" in addr
        }
        with self.node.netns.entered(), open("/proc/thread-self/net/igmp6") as file:
            joined = {line.split()[2] for line in file}
        return wanted <= joined

    def _ask(self, request: links.Request, doing: str) -> None:
        try:
            self.node.route.ask(*request, doing)
        except NetlinkError as problem:
            raise ScenarioError(str(problem)) from None

    def _check_addr(self, addr: str) -> str:
        """The address as the kernel's announcements have it."""
        try:
            return str(ip_address(addr))
        except ValueError as problem:
            raise ScenarioError(f"{self.name}: {problem}") from None


class Outbox:
    """A host's UDP socket to one address; what it sends is an act of the story."""

    def __init__(self, host: Host, socket: inbox.Outbox) -> None:
        self._host = host
        self._socket = socket

    def send(self, payload: bytes = b"x", *, count: int = 1, confirm: bool = False) -> list[str | None]:
        """Send `count` datagrams; for each None, or the name of the error with which the kernel refused it."""
        text = f"UDP to {self._socket.addr}, {len(payload)} bytes" + (f", {count} times" if count > 1 else "")
        self._host.lab.act(self._host.name, "sent", text, confirm=confirm)
        errors = [self._socket.send(payload, confirm=confirm) for _ in range(count)]
        self._host.lab.pump()
        return errors

    def error(self, *, within_ms: float = 5000) -> str | None:
        """The name of the error that the kernel reports for what was sent, or None if there is none in time."""
        found = self._socket.error(within_ms=within_ms * self._host.lab.time_scale)
        self._host.lab.pump()
        self._host.lab.timeline.add(self._host.name, "story", "note", f"UDP to {self._socket.addr}: error {found}")
        return found

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def _families_of(name: str) -> tuple[int, ...]:
    return tuple(sorted({one for knob in knobs.knobs() if knob.name == name for one in knob.families})) or (4, 6)


def _same_segment(one: Any, two: Any) -> bool:
    """Are two interfaces the ends of one wire, or on one bridge?"""

    return _far(one) is two or (_far(one).node is _far(two).node and not _far(one).node.inNamespace)


def _far(intf: Any) -> Any:
    """The other end of an interface's wire: another host's interface, or a port of a bridge."""
    return intf.link.intf2 if intf.link.intf1 is intf else intf.link.intf1


def _packed(addr: str) -> bytes:
    """The bytes of an address as it stands in a frame: link-layer, IPv4 or IPv6."""
    if addr.count(":") == 5 and len(addr) == 17:
        return links.packed_lladdr(addr)
    return ip_address(addr).packed
