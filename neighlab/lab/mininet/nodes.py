"""A node is a namespace first, and a shell only when somebody asks for one."""

from __future__ import annotations

import codecs
import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Iterator
from ipaddress import ip_interface
from typing import Any

from neighlab.errors import ScenarioError, Unsupported
from neighlab.kernel import links, ns, sysctl
from neighlab.lab.mininet.stock import Node, StockHost, Switch
from neighlab.lab.plumbing import Plumbing, carry_out
from neighlab.lab.programs import package_of, with_sbin

_SENTINEL = chr(127)
_LONGEST_LINE = 4095


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
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # who started us in the background had it ignored
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            ns.setns(self.netns.fd, ns.CLONE_NEWNET)
            if self.inNamespace:
                ns.unshare(ns.CLONE_NEWNS)
                with contextlib.suppress(OSError):
                    ns.mount("sysfs", "/sys", "sysfs", ns.MS_NOSUID | ns.MS_NODEV | ns.MS_NOEXEC)

        try:
            return subprocess.Popen(command, preexec_fn=enter, **{"env": with_sbin(os.environ), **options})
        except FileNotFoundError:
            raise Unsupported(
                f"{self.name}: there is no program {command[0]!r} on this machine{package_of(command[0])}"
            ) from None

    def sendCmd(self, *args: Any, **kwargs: Any) -> None:
        """Send a command to the host's shell, which is started by the first one."""
        kwargs.pop("printPid", None)  # stock Mininet would ask mnexec for the pid
        with _interrupts_wait():  # what is typed already must be waited for
            if self.shell is None:
                self._start_shell()
            super().sendCmd(*args, **kwargs)

    def cmd(self, *args: Any, **kwargs: Any) -> str:
        """Run a command in the host's shell and return what it prints (both streams); its exit status is lost."""
        if self.shell is None:
            with _interrupts_wait():
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


@contextlib.contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Ctrl-C comes when this is over: Mininet does not count with it in between."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
        carry_out(self.route, [request, links.set_link(self.ifindex, up=True)], f"make the bridge {name}")

    def start(self, controllers: Any) -> None:
        """Nothing to do: a bridge forwards from the moment it is up."""

    def connected(self) -> bool:
        """A bridge needs no controller."""
        return True

    def stop(self, deleteIntfs: bool = True) -> None:
        """End the shell; the bridge goes with the sandbox."""
        self.terminate()
