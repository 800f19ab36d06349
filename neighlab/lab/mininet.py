"""A lab is a mininet.net.Mininet whose hosts, links and bridges are made by netlink, unprivileged, without any
helper program.

Everything that talks to Mininet's classes is in this file. Node.cmd() and Mininet's prompt work as documented there;
fixLimits() (which would raise the machine's gc_thresh for good), `mn -c` and every call of ifconfig, brctl, mnexec and
ethtool are gone.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import select
import signal
import subprocess
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_interface
from typing import Any

from neighlab.errors import ScenarioError, Unsupported
from neighlab.kernel import links, ns, sysctl
from neighlab.kernel.netlink import NetlinkError
from neighlab.lab.plumbing import Plumbing


@contextlib.contextmanager
def _without_distutils() -> Iterator[None]:
    """Let mininet.node import `distutils.version`, which it needs for Open vSwitch only, where there is none
    (Python >= 3.12).

    Where there is one, this spares the import of setuptools: a quarter of a second.
    """
    if "distutils" in sys.modules:
        yield
        return
    package, version = types.ModuleType("distutils"), types.ModuleType("distutils.version")
    version.StrictVersion = str  # type: ignore[attr-defined]
    sys.modules.update({"distutils": package, "distutils.version": version})
    try:
        yield
    finally:
        del sys.modules["distutils"], sys.modules["distutils.version"]


with _without_distutils():
    import mininet.net
    from mininet.link import Intf, Link
    from mininet.log import output
    from mininet.net import Mininet
    from mininet.node import Host as StockHost
    from mininet.node import Node, Switch

mininet.net.numCores = os.cpu_count  # stock Mininet runs a program to count them, in every case
mininet.util.natural("h1")  # compiles its pattern: here, and not once in every case

_SENTINEL = chr(127)
_LONGEST_LINE = 4095

PACKAGES = {
    "arping": "iputils-arping",
    "arpd": "iproute2",
    "ip": "iproute2",
    "nft": "nftables",
    "ping": "iputils-ping",
}
"""Programs whose Debian package has another name."""


class LabNode(Node):  # type: ignore[misc]
    """A Mininet node that is a namespace first, and a shell only when somebody asks for cmd()."""

    def __init__(self, name: str, plumbing: Plumbing, inNamespace: bool = True, **params: Any) -> None:
        self.plumbing = plumbing
        self.extra_shells: list[subprocess.Popen[bytes]] = []
        if inNamespace:
            self.netns, self.route = plumbing.make_namespace(name)
            self.route.ask(*links.set_link(1, up=True), "bring lo up")
        else:
            self.netns, self.route = ns.NetNS(name, plumbing.home, plumbing.home), plumbing.root
        # not super(): Switch.__init__ would run `ifconfig lo up` in a shell, and wants a number in the name
        Node.__init__(self, name, inNamespace=inNamespace, **params)
        self.pid = os.getpid()

    @classmethod
    def checkSetup(cls) -> None:
        """Need no program: stock Mininet looks for mnexec and ifconfig here."""

    def startShell(self, mnopts: str | None = None) -> None:
        """Start nothing yet: most stories never use a shell."""

    def _start_shell(self) -> None:
        """Start the shell that cmd() talks to, on a terminal of its own so that it is not buffered."""
        self.master, self.slave = os.openpty()
        env = {**os.environ, "PS1": _SENTINEL, "PROMPT_COMMAND": "", "HISTFILE": "/dev/null"}
        self.shell = self._spawn(
            ["bash", "--norc", "--noediting", "-is", f"mininet:{self.name}"],
            stdin=self.slave, stdout=self.slave, stderr=self.slave, start_new_session=True, env=env,
        )  # fmt: skip
        self.stdin = os.fdopen(self.master, "r")
        self.stdout = self.stdin
        self.pid = self.shell.pid
        self.pollOut = select.poll()
        self.pollOut.register(self.stdout)
        self.outToNode[self.stdout.fileno()] = self
        self.inToNode[self.stdin.fileno()] = self
        self.execed = False
        self.lastCmd = self.lastPid = None
        self.readbuf = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")  # a command may print anything
        while not self.read(1024).endswith(_SENTINEL):
            self.pollOut.poll()
        self.waiting = False
        # no echo of what is typed, and no job control messages among the output
        self.cmd("unset HISTFILE; stty -echo; set +m")

    def write(self, data: str) -> None:
        """Type into the shell; a line that its terminal would cut (n_tty) is refused."""
        if (length := len(data.encode())) > _LONGEST_LINE:
            raise ScenarioError(
                f"{self.name}: a command of {length} bytes is too long for a terminal ({_LONGEST_LINE}): use a file"
            )
        super().write(data)

    def defaultIntf(self) -> Any:
        """The interface of the lowest port, or None."""
        return self.intfs[min(self.intfs)] if self.intfs else None

    def _spawn(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start a program inside this host: in its network namespace, with a /sys that shows it."""

        def enter() -> None:
            ns.setns(self.netns.fd, ns.CLONE_NEWNET)
            if self.inNamespace:
                ns.unshare(ns.CLONE_NEWNS)
                with contextlib.suppress(OSError):
                    ns.mount("sysfs", "/sys", "sysfs", ns.MS_NOSUID | ns.MS_NODEV | ns.MS_NOEXEC)

        try:
            return subprocess.Popen(command, preexec_fn=enter, **{"env": _with_sbin(os.environ), **options})
        except FileNotFoundError:
            package = PACKAGES.get(command[0], command[0])
            raise Unsupported(
                f"{self.name}: there is no program {command[0]!r} on this machine (Debian: {package})"
            ) from None

    def sendCmd(self, *args: Any, **kwargs: Any) -> None:
        """Send a command to the host's shell, which is started by the first one."""
        if self.shell is None:
            self._start_shell()
        kwargs.pop("printPid", None)  # stock Mininet would ask mnexec for the pid
        super().sendCmd(*args, **kwargs)

    def cmd(self, *args: Any, **kwargs: Any) -> str:
        """Run a command in the host's shell and return what it prints (both streams); its exit status is lost."""
        if self.shell is None:
            self._start_shell()
        return str(super().cmd(*args, **kwargs)).replace("\r\n", "\n")

    def popen(self, *args: Any, **kwargs: Any) -> subprocess.Popen[bytes]:
        """Start a program in the host without its shell: popen("cmd arg"), popen("cmd", "arg") or popen(["cmd",
        "arg"]).
        """
        options: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **kwargs}
        options.pop("mncmd", None)
        in_shell = options.pop("shell", False)
        words = args[0] if len(args) == 1 else list(args)
        if isinstance(words, str):
            words = [words] if in_shell else words.split()
        if in_shell:
            words = ["sh", "-c", " ".join(words)]
        process = self._spawn([str(word) for word in words], **options)
        self.extra_shells.append(process)
        return process

    def terminate(self) -> None:
        """End the host's shell and the programs that popen() started; the namespace goes with the sandbox."""
        for process in self.extra_shells:
            if process.poll() is None:
                process.kill()
                process.wait()
        if self.shell is not None and self.shell.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.shell.pid, signal.SIGKILL)
        self.cleanup()

    def config(
        self,
        mac: str | None = None,
        ip: str | None = None,
        ip6: str | None = None,
        defaultRoute: str | None = None,
        routes: tuple[tuple[str, str], ...] = (),
        forwarding: bool = False,
        **_params: Any,
    ) -> dict[str, Any]:
        """Configure the default interface: `mac`, `ip`, `ip6`; then `defaultRoute`, `routes` [(network, gateway)],
        `forwarding`.
        """
        done: dict[str, Any] = {}
        self.setParam(done, "setMAC", mac=mac)
        self.setParam(done, "setIP", ip=ip)
        self.setParam(done, "setIP", ip=ip6)
        for destination, gateway in routes:
            self.add_route(destination, gateway)
        self.setParam(done, "setDefaultRoute", defaultRoute=defaultRoute)
        if forwarding:
            sysctl.write(self.netns, {f"ipv{one}/conf/all/forwarding": 1 for one in self.plumbing.versions})
        return done

    def setIP(self, ip: str, prefixLen: int = 8, intf: Any = None, **kwargs: Any) -> None:
        """Give an interface an address of either family."""
        self.intf(intf).setIP(ip, prefixLen, **kwargs)

    def setDefaultRoute(self, intf: Any = None) -> None:
        """Set the default route: an interface, or Mininet's text `via GATEWAY` or `dev IFNAME via GATEWAY`."""
        words = str(intf).split()
        via = words[words.index("via") + 1] if "via" in words else None
        dev = words[words.index("dev") + 1] if "dev" in words else None if via else str(intf)
        self.add_route("default", via, dev)

    def setHostRoute(self, ip: str, intf: Any) -> None:
        """Route one address through an interface."""
        self.add_route(f"{ip}/{ip_interface(ip).max_prefixlen}", None, str(intf))

    def add_route(self, destination: str, via: str | None, dev: str | None = None) -> None:
        """Add a route unless the lab does not speak its family."""
        version = ip_interface(via or destination.replace("default", "0.0.0.0")).version
        if version in self.plumbing.versions:
            ifindex = self.nameToIntf[dev].ifindex if dev else None
            self.route.ask(*links.new_route(destination, via=via, ifindex=ifindex), f"route {destination}")

    def setARP(self, ip: str, mac: str) -> None:
        """Add a permanent neighbour entry on the default interface (Mininet's name for it)."""
        from neighlab.kernel import nlattr, rtneigh
        from neighlab.model.nud import NUD

        family = 2 if ip_interface(ip).version == 4 else 10
        body = rtneigh.encode_neigh(
            family=family, ifindex=self.defaultIntf().ifindex, addr=ip, state=NUD.PERMANENT, lladdr=mac
        )
        flags = nlattr.NLM_F_CREATE | nlattr.NLM_F_REPLACE
        self.route.ask(nlattr.RTM_NEWNEIGH, flags, body, f"static entry for {ip}")


class LabHost(LabNode, StockHost):  # type: ignore[misc]
    """A host: one namespace."""


class LabBridge(LabNode, Switch):  # type: ignore[misc]
    """A switch: a Linux bridge in the lab's root namespace."""

    dpid = opts = ""
    listenPort = controlIntf = None

    def __init__(self, name: str, plumbing: Plumbing, **params: Any) -> None:
        params.pop("inNamespace", None)
        self.ifindex = plumbing.new_ifindex()
        super().__init__(name, plumbing, inNamespace=False, **params)
        request = links.new_bridge(name, plumbing.new_bridge_lladdr(), self.ifindex)
        _carry_out(self.route, [request, links.set_link(self.ifindex, up=True)], f"make the bridge {name}")

    def start(self, controllers: Any) -> None:
        """Nothing to do: a bridge forwards from the moment it is up."""

    def connected(self) -> bool:
        """A bridge needs no controller."""
        return True

    def stop(self, deleteIntfs: bool = True) -> None:
        """End the shell; the bridge goes with the sandbox."""
        self.terminate()


class LabIntf(Intf):  # type: ignore[misc]
    """One end of a veth pair; `ifindex` is known from the start because the lab chose it."""

    def __init__(self, name: str, ifindex: int, lladdr: str, **params: Any) -> None:
        self.ifindex = ifindex
        self.lladdr = lladdr
        self.addrs: list[str] = []
        super().__init__(name, **params)

    @property
    def host_name(self) -> str:
        """Name of the node that the interface belongs to."""
        return str(self.node.name)

    def _ask(self, request: links.Request, doing: str) -> None:
        _carry_out(self.node.route, [request], f"{doing} on {self.name}")

    def setMAC(self, macstr: str) -> str:
        """Change the link-layer address."""
        if macstr.lower() != self.lladdr:
            self._ask(links.set_link(self.ifindex, lladdr=macstr), f"set the address {macstr}")
            self.lladdr = macstr.lower()
        self.mac = self.lladdr
        return ""

    def setIP(self, ipstr: str, prefixLen: int | None = None, **_kwargs: Any) -> str:
        """Add an address, `192.0.2.1/24` or `2001:db8::1/64`; one of a family that the lab does not speak is passed
        over.
        """
        text = ipstr if "/" in ipstr else f"{ipstr}/{prefixLen}" if prefixLen else ipstr
        try:
            interface = ip_interface(text)
        except ValueError as problem:
            raise ScenarioError(f"{self.host_name} {self.name}: {problem}") from None
        if interface.version in self.node.plumbing.versions and str(interface.ip) not in self.addrs:
            self._ask(links.new_addr(self.ifindex, text), f"add the address {text}")
            self.addrs.append(str(interface.ip))
        if interface.version == 4:
            self.ip, self.prefixLen = str(interface.ip), str(interface.network.prefixlen)
        return ""

    def isUp(self, setUp: bool = False) -> bool:
        """Bring the interface up when asked to; tell that it is."""
        if setUp:
            self._ask(links.set_link(self.ifindex, up=True), "bring it up")
        return True

    def ifconfig(self, *args: Any) -> str:
        """Only `up` and `down`, which Mininet itself uses."""
        for word in args:
            if word not in ("up", "down"):
                raise Unsupported(
                    f"ifconfig {' '.join(map(str, args))}: labs configure interfaces by netlink; use Host verbs"
                )
            self._ask(links.set_link(self.ifindex, up=word == "up"), f"set it {word}")
        return ""

    def updateIP(self) -> str | None:
        """The IPv4 address that was given."""
        return str(self.ip) if self.ip else None

    def updateMAC(self) -> str:
        """The link-layer address that was given."""
        return self.lladdr

    def updateAddr(self) -> tuple[str | None, str]:
        """Both."""
        return self.updateIP(), self.lladdr

    def config(self, ip6: str | None = None, **params: Any) -> dict[str, Any]:
        """Configure; link conditions (`bw`, `delay`, `loss`) would need tc and netem and are refused."""
        shaped = {"bw", "delay", "loss", "jitter", "max_queue_size"} & {key for key, value in params.items() if value}
        if shaped:
            raise Unsupported(
                f"{self.host_name} {self.name}: link option {', '.join(sorted(shaped))} needs tc with netem"
            )
        done: dict[str, Any] = super().config(**params)
        self.setParam(done, "setIP", ip=ip6)
        return done

    def delete(self) -> None:
        """Delete the pair; whichever end comes first."""
        with contextlib.suppress(NetlinkError):
            self.node.route.ask(*links.del_link(self.ifindex), f"delete {self.name}")
        self.node.delIntf(self)
        self.link = None


class LabLink(Link):  # type: ignore[misc]
    """A veth pair, each end born in its namespace under its final name, with a chosen index and address."""

    short_names = True

    def __init__(
        self,
        node1: LabNode,
        node2: LabNode,
        port1: int | None = None,
        port2: int | None = None,
        intfName1: str | None = None,
        intfName2: str | None = None,
        addr1: str | None = None,
        addr2: str | None = None,
        intf: Any = None,
        cls1: Any = None,
        cls2: Any = None,
        params1: dict[str, Any] | None = None,
        params2: dict[str, Any] | None = None,
        fast: bool = True,
        **params: Any,
    ) -> None:
        plumbing = node1.plumbing
        ends = []
        for node, port, ifname, addr, own in (
            (node1, port1, intfName1, addr1, params1), (node2, port2, intfName2, addr2, params2),
        ):  # fmt: skip
            number = node.newPort() if port is None else port
            first = not node.intfs
            given = addr or (node.params.get("mac") if first else None)
            lladdr = given or (plumbing.new_lladdr() if node.inNamespace else plumbing.new_bridge_lladdr())
            ifindex = number + 2 if node.inNamespace else plumbing.new_ifindex()
            ends.append((node, number, ifname or self.intfName(node, number), ifindex, lladdr.lower(), own or {}))
        (near, _, name1, index1, lladdr1, _), (far, _, name2, index2, lladdr2, _) = ends
        request = links.new_veth(
            links.End(name1, index1, lladdr1, near.netns.fd), links.End(name2, index2, lladdr2, far.netns.fd)
        )
        _carry_out(plumbing.root, [request], f"link {name1} of {near.name} to {name2} of {far.name}")
        self.fast = fast
        made = []
        for node, number, ifname, ifindex, lladdr, own in ends:
            after = plumbing.baseline_neigh(ifname, ifindex) if node.inNamespace else []
            if isinstance(node, LabBridge):
                after.append(links.set_link(ifindex, master=node.ifindex))
            _carry_out(node.route, after, f"write the baseline of {ifname}")
            if node.inNamespace and (chosen := plumbing.device_conf(ifname)):
                sysctl.write(node.netns, chosen)
            made.append(
                LabIntf(ifname, ifindex, lladdr, node=node, port=number, link=self, mac=lladdr,
                        moveIntfFn=_stay, **{**params, **own})
            )  # fmt: skip
        self.intf1, self.intf2 = made

    def intfName(self, node: LabNode, n: int) -> str:
        """`eth0` in hosts of neighlab's own topologies, `NODE-eth0` as Mininet has it elsewhere."""
        return f"eth{n}" if self.short_names and node.inNamespace else f"{node.name}-eth{n}"


class LongNameLink(LabLink):
    """The link of user-written topologies, whose scripts expect Mininet's interface names."""

    short_names = False


class LabNet(Mininet):  # type: ignore[misc]
    """The network of one lab. Mininet's verbs work; what they cannot do here they say."""

    def __init__(self, topo: Any, plumbing: Plumbing, *, short_names: bool = True) -> None:
        self.plumbing = plumbing
        self.next_ip6 = 1
        Mininet.inited = True  # never fixLimits(): it would raise the machine's gc_thresh1..3 for good
        link = LabLink if short_names else LongNameLink
        super().__init__(topo=topo, host=LabHost, switch=LabBridge, link=link, controller=None, build=False)
        self.start()

    def addHost(self, name: str, cls: Any = None, **params: Any) -> LabNode:
        """Add a host; a user's own Node class keeps its behaviour on top of a lab's host."""
        params.setdefault("ip6", f"2001:db8::{self.next_ip6:x}/64")
        self.next_ip6 += 1
        host: LabNode = super().addHost(name, cls=_adapt(cls, LabHost), plumbing=self.plumbing, **params)
        return host

    def addSwitch(self, name: str, cls: Any = None, **params: Any) -> LabBridge:
        """Add a bridge; Mininet's own switch classes (Open vSwitch and the like) become one, too."""
        stock = cls is not None and cls.__module__.startswith("mininet.")
        switch: LabBridge = super().addSwitch(
            name, cls=None if stock else _adapt(cls, LabBridge), plumbing=self.plumbing, **params
        )
        return switch

    def addLink(
        self, node1: Any, node2: Any, port1: Any = None, port2: Any = None, cls: Any = None, **params: Any
    ) -> Any:
        """Add a link; TCLink and other classes become a plain veth, whose options are refused one by one if they mean
        netem.
        """
        return super().addLink(node1, node2, port1=port1, port2=port2, cls=self.link, **params)

    @staticmethod
    def randMac() -> None:
        """No random addresses: a lab's are the same each time (LabLink gives them out)."""

    def configHosts(self) -> None:
        """Configure the hosts as their topology says; hosts without interface stay as they are."""
        for host in self.hosts:
            if host.defaultIntf():
                host.configDefault()

    def ping(self, hosts: Any = None, timeout: Any = None) -> float:
        """Ping between all (or the given) hosts with neighlab's own echo requests; return the loss in percent."""
        from neighlab.wire.echo import echo

        chosen = hosts or self.hosts
        sent = lost = 0
        output("*** Ping: testing ping reachability\n")
        for node in chosen:
            output(f"{node.name} -> ")
            for other in chosen:
                if node is other:
                    continue
                target = next((addr for intf in other.intfList() for addr in intf.addrs), None)
                sent += 1
                answered = False
                if target is not None:
                    with contextlib.suppress(OSError):  # no route, or known to be unreachable: as good as no answer
                        answered = echo(node.netns, target, timeout_s=float(timeout or 1)) is not None
                lost += not answered
                output(f"{other.name} " if answered else "X ")
            output("\n")
        percent = 100.0 * lost / sent if sent else 0.0
        output(f"*** Results: {percent:.0f}% dropped ({sent - lost}/{sent} received)\n")
        return percent


def _adapt(cls: Any, base: type[LabNode]) -> Any:
    """A user's Node subclass with the lab's machinery below: its own methods win over ours, ours over Mininet's."""
    if cls is None or issubclass(cls, LabNode):
        return cls
    if cls.__module__.startswith("mininet."):
        return None
    return type(cls.__name__, (cls, base), {"__module__": cls.__module__})


def _with_sbin(env: Mapping[str, str]) -> dict[str, str]:
    """The environment with a PATH on which an ordinary user finds an administrator's programs."""
    return {**env, "PATH": f"{env.get('PATH', os.defpath)}:/usr/sbin:/sbin"}


def _carry_out(route: Any, requests: list[links.Request], doing: str) -> None:
    """Send requests; a refusal becomes a line that says what the lab was doing and what the kernel lacks."""
    if not requests:
        return
    try:
        route.ask_all(requests, doing)
    except NetlinkError as problem:
        if problem.errno in (95, 93):  # EOPNOTSUPP: the kernel does not know this kind of device
            raise Unsupported(f"{problem}: this kernel lacks it") from None
        raise ScenarioError(str(problem)) from None


_stay: Callable[..., None] = lambda *_args, **_kwargs: None  # noqa: E731 - Mininet wants a function that moves an interface
