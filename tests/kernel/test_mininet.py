"""What Mininet's users know works in a lab as it does in Mininet, without root and without its helper programs."""

from __future__ import annotations

import os
import runpy
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mininet.link import TCLink
from mininet.node import Node, OVSSwitch, Switch
from mininet.topo import LinearTopo, SingleSwitchTopo, Topo
from mininet.topolib import TreeTopo
from neighlab.topologies import HostsOnBridge, VictimAttacker
from sandboxed import descendants, sandboxed, wait_until
from terminal import Terminal

from neighlab.errors import ScenarioError, Unsupported
from neighlab.lab.lab import Lab

pytestmark = [pytest.mark.usefixtures("nothing_left"), pytest.mark.anybody]

CUSTOM = Path(__file__).parents[2] / "topologies" / "bridge.py"
ALONE = ("--switch", "lxbr", "--controller", "none", "--test", "none")


# --- Node.cmd and its kin -----------------------------------------------------------------------------------------


@sandboxed
def test_cmd_returns_what_a_command_prints_on_both_streams() -> None:
    net = Lab(VictimAttacker).net

    assert net["victim"].cmd("echo out; echo err >&2") == "out\nerr\n"
    assert net["victim"].cmd("echo", "many", "words", 3) == "many words 3\n"
    assert net["victim"].cmd(["echo", "a list"]) == "a list\n"
    assert net["victim"].cmd("") == ""
    assert net["victim"].cmd("cd /proc; x=1") == ""
    assert net["victim"].cmd("echo $PWD $x") == "/proc 1\n"


@sandboxed
def test_cmd_returns_long_and_foreign_output_whole() -> None:
    victim = Lab(VictimAttacker).net["victim"]

    assert victim.cmd("seq 100000") == "".join(f"{number}\n" for number in range(1, 100001))
    assert victim.cmd("for i in $(seq 20000); do printf 'ü€😀'; done") == "ü€😀" * 20000
    assert victim.cmd("printf '\\377'; echo ok").endswith("ok\n")


@sandboxed
def test_a_command_too_long_for_a_terminal_is_refused_rather_than_cut() -> None:
    victim = Lab(VictimAttacker).net["victim"]

    assert victim.cmd("echo " + 4000 * "x") == 4000 * "x" + "\n"
    with pytest.raises(ScenarioError, match=r"victim: a command of 5\d\d\d bytes"):
        victim.cmd("echo " + 5000 * "x")
    assert victim.cmd("echo still there") == "still there\n"


@sandboxed
def test_background_jobs_go_on_and_tell_their_pid() -> None:
    victim = Lab(VictimAttacker).net["victim"]

    victim.cmd("sleep 1000 &")

    comm = Path(f"/proc/{victim.lastPid}/comm")
    assert wait_until(lambda: comm.read_text() == "sleep\n")
    victim.cmd("kill %1; wait")
    assert not comm.exists()


@sandboxed
def test_an_interrupted_command_leaves_a_shell_that_works() -> None:
    victim = Lab(VictimAttacker).net["victim"]

    victim.sendCmd("echo begun; sleep 1000")
    begun = ""
    while not begun.endswith("\n"):
        begun += victim.monitor()
    # a shell that is interrupted between two commands of a line goes on to the next
    assert wait_until(lambda: any(_name(pid) == "sleep" for pid in descendants(victim.shell.pid)))
    victim.sendInt()
    victim.waitOutput()

    assert begun.replace("\r\n", "\n") == "begun\n"
    assert victim.cmd("echo still there") == "still there\n"


@sandboxed
def test_programs_outside_of_the_shell_have_an_exit_status() -> None:
    victim = Lab(VictimAttacker).net["victim"]

    assert victim.pexec("cat /proc/self/no-such-file") == (
        "",
        "cat: /proc/self/no-such-file: No such file or directory\n",
        1,
    )
    assert victim.pexec(["sh", "-c", "echo out; exit 3"]) == ("out\n", "", 3)
    assert victim.pexec("echo $0; exit 4", shell=True)[2] == 4
    with victim.popen("cat", stdin=subprocess.PIPE, text=True) as process:
        assert process.communicate("through a pipe")[0] == "through a pipe"
    assert victim.popen("ip", "-br", "link").communicate()[0].split()[0] == b"lo"
    with pytest.raises(Unsupported, match="victim: there is no program 'no-such-program' on this machine"):
        victim.popen("no-such-program")


# --- the network ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("families", ["ipv4", "ipv6", "dual"])
@sandboxed
def test_pingall_needs_no_program(families: Any) -> None:
    os.environ["PATH"] = "/nowhere"

    lab = Lab(HostsOnBridge(n=4), families=families)

    assert lab.net.pingAll() == 0
    lab["h4"].link(up=False)
    assert lab.net.pingAll(timeout=1) == 50


class LinuxRouter(Node):
    """As in Mininet's examples: a node that forwards, configured by shell commands."""

    def config(self, **params: Any) -> dict[str, Any]:
        done: dict[str, Any] = super().config(**params)
        self.cmd("sysctl net.ipv4.ip_forward=1")
        return done

    def terminate(self) -> None:
        self.cmd("sysctl net.ipv4.ip_forward=0")
        super().terminate()


class NetworkTopo(Topo):
    """As in Mininet's examples: a router with three LANs, its first address given twice."""

    def build(self, **_opts: Any) -> None:
        router_addr = "192.168.1.1/24"
        router = self.addNode("r0", cls=LinuxRouter, ip=router_addr)
        s1, s2, s3 = (self.addSwitch(name) for name in ("s1", "s2", "s3"))
        self.addLink(s1, router, intfName2="r0-eth1", params2={"ip": router_addr})
        self.addLink(s2, router, intfName2="r0-eth2", params2={"ip": "172.16.0.1/12"})
        self.addLink(s3, router, intfName2="r0-eth3", params2={"ip": "10.0.0.1/8"})
        h1 = self.addHost("h1", ip="192.168.1.100/24", defaultRoute="via 192.168.1.1")
        h2 = self.addHost("h2", ip="172.16.0.100/12", defaultRoute="via 172.16.0.1")
        h3 = self.addHost("h3", ip="10.0.0.100/8", defaultRoute="via 10.0.0.1")
        for host, switch in ((h1, s1), (h2, s2), (h3, s3)):
            self.addLink(host, switch)


@sandboxed
def test_the_router_of_mininets_examples_routes() -> None:
    lab = Lab(NetworkTopo)

    assert isinstance(lab.net["r0"], LinuxRouter)
    assert sorted(lab.net["r0"].nameToIntf) == ["r0-eth1", "r0-eth2", "r0-eth3"]
    assert lab["h1"].ping("10.0.0.100") is not None
    assert lab["h3"].ping("172.16.0.100") is not None
    lab.net["r0"].terminate()
    assert lab["r0"].read_sysctl("ipv4/ip_forward") == "0"


class TwoSwitches(Topo):
    def build(self) -> None:
        left, right = self.addSwitch("left"), self.addSwitch("right", cls=OVSSwitch)
        self.addLink(left, right)
        self.addLink(self.addHost("h1", ip="192.0.2.1/24"), left)
        self.addLink(self.addHost("h2", ip="192.0.2.2/24"), right, intfName1="uplink")
        self.addHost("lonely")


@sandboxed
def test_two_switches_are_one_lan_whatever_they_are_called() -> None:
    lab = Lab(TwoSwitches)

    assert lab["h1"].ping("192.0.2.2") is not None
    assert (lab["h1"].ifname, lab["h2"].ifname) == ("h1-eth0", "uplink")
    with pytest.raises(ScenarioError, match=r"lonely has no interface: it has none"):
        _ = lab["lonely"].addr
    assert lab["lonely"].neigh_dump() == []


@pytest.mark.parametrize(
    "topology", [TreeTopo(depth=2, fanout=2), LinearTopo(k=3), SingleSwitchTopo(k=3)], ids=["tree", "linear", "single"]
)
@sandboxed
def test_mininets_own_topologies_connect_everybody(topology: Topo) -> None:
    lab = Lab(topology)

    assert lab["h1"].ifname == "h1-eth0"
    assert lab["h1"].addr == "10.0.0.1"
    assert lab["h2"].addr_of(6) == "2001:db8::2"
    assert lab.net.pingAll() == 0


@sandboxed
def test_our_own_topologies_call_the_first_interface_eth0() -> None:
    lab = Lab(VictimAttacker)

    assert lab["victim"].ifname == "eth0"
    assert lab.net["victim"].IP() == "192.0.2.1"
    assert lab.net["victim"].MAC() == "00:00:5e:00:53:01"
    assert str(lab.net.get("s1").intfs[1]) == "s1-eth1"


class Shaped(Topo):
    def build(self, **link: Any) -> None:
        self.addLink(self.addHost("h1"), self.addHost("h2"), cls=TCLink, **link)


@pytest.mark.parametrize("option", [{"bw": 10}, {"delay": "5ms"}, {"loss": 1, "jitter": "1ms"}], ids=str)
@sandboxed
def test_link_conditions_are_refused_in_one_line(option: dict[str, Any]) -> None:
    with pytest.raises(Unsupported) as told:
        Lab(Shaped(**option))
    assert str(told.value) == f"h1 h1-eth0: link option {', '.join(sorted(option))} needs tc with netem"


@sandboxed
def test_a_tclink_without_conditions_is_a_link() -> None:
    assert Lab(Shaped()).net.pingAll() == 0


class OwnSwitch(Switch):
    def start(self, controllers: Any) -> None:
        self.started = self.name


class WithOwnClasses(Topo):
    def build(self) -> None:
        switch = self.addSwitch("s1", cls=OwnSwitch)
        self.addLink(self.addHost("h1", privateDirs=["/var/run"], mac="00:00:5e:00:53:aa"), switch)
        self.addLink(self.addHost("h2", ip="10.1.2.3", ip6="2001:db8::99/64"), switch)
        self.addLink(self.addHost("h3", ip=None), switch)


@sandboxed
def test_what_a_topology_says_of_its_nodes_is_heeded() -> None:
    lab = Lab(WithOwnClasses)

    assert lab.net["s1"].started == "s1"
    assert lab["h1"].lladdr == "00:00:5e:00:53:aa"
    assert lab["h1"].cmd("ls /var/run") == ""
    assert (lab["h2"].addr, lab["h2"].addr_of(6)) == ("10.1.2.3", "2001:db8::99")
    assert "inet 10.1.2.3/8 " in lab["h2"].cmd("ip addr")


class Broken(Topo):
    def build(self, how: str) -> None:
        switch = self.addSwitch("s1")
        host = self.addHost("h1", ip="300.0.0.1/8" if how == "address" else "10.0.0.1/8")
        ifname = "a-name-that-is-too-long" if how == "name" else None
        self.addLink(host, switch, intfName1=ifname)
        if how == "twice":
            self.addLink(self.addHost("h2"), switch, port2=1)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("address", "h1 h1-eth0: '300.0.0.1/8' does not appear to be an IPv4 or IPv6 interface"),
        ("name", "h1: link a-name-that-is-too-long of h1 to s1-eth1 of s1: "),
        ("twice", "h2: link h2-eth0 of h2 to s1-eth1 of s1: EEXIST File exists"),
    ],
)
@sandboxed
def test_a_topology_that_cannot_be_built_is_told_in_one_line(how: str, said: str) -> None:
    with pytest.raises(ScenarioError) as told:
        Lab(Broken(how=how))
    assert str(told.value).startswith(said)


@sandboxed
def test_stop_ends_shells_and_programs() -> None:
    net = Lab(VictimAttacker).net
    net["victim"].cmd("true")
    process = net["attacker"].popen("sleep 1000")

    net.stop()

    assert process.poll() is not None
    assert net["victim"].shell is None


# --- Mininet itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topology", ["victimattacker", "victimattackerowner", "hostsonbridge,3"])
@sandboxed
def test_stock_mininet_loads_the_topologies(topology: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`mn --custom` builds them with its own classes; only what it does to the whole machine is kept from it."""
    command = shutil.which("mn", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/bin")
    if command is None or shutil.which("mnexec") is None:
        pytest.skip("Mininet's own mn and mnexec are not installed")
    monkeypatch.setattr("mininet.net.fixLimits", lambda: None)
    monkeypatch.setattr("mininet.clean.cleanup", lambda: None)
    arguments = [
        "--custom",
        str(CUSTOM),
        "--topo",
        topology,
        *["--switch", "lxbr", "--controller", "none", "--test", "none"],
    ]
    monkeypatch.setattr(sys, "argv", ["mn", *arguments])

    runpy.run_path(command, run_name="__main__")


# --- the prompt -----------------------------------------------------------------------------------------------------


PROMPT = "neighlab> "
COMMAND = (sys.executable, "-c", "from neighlab.cli import main; main()")


class Prompt(Terminal):
    """Mininet's prompt on a terminal of its own."""

    def ask(self, line: str) -> str:
        """Type a line at the prompt and return what is printed before the next one."""
        self.type(line + "\n")
        return self.read_until(PROMPT).partition("\n")[2]

    def interrupt(self, *, editing: bool = False) -> None:
        """Press Ctrl-C; one that comes while the line editor is set up waits for the end of the line."""
        self.type("\x03")
        while editing and not self.shows(PROMPT, within_s=3):
            self.type("\n")
        self.read_until(PROMPT)
        self.type("py 300 + 33\n")
        self.read_until("333\n")
        self.read_until(PROMPT)


@pytest.fixture
def terminal() -> Iterator[Prompt]:
    one = Prompt(*COMMAND, "shell", "VictimAttacker")
    one.read_until(PROMPT)
    yield one
    one.kill()


def test_the_prompt_is_mininets_on_a_lab(terminal: Prompt) -> None:
    assert "0% dropped (2/2 received)" in terminal.ask("pingall")
    assert "192.0.2.2 dev eth0 lladdr 00:00:5e:00:53:02" in terminal.ask("victim ip neigh")
    assert terminal.ask('py lab["victim"].lladdr').startswith("00:00:5e:00:53:01\n")
    assert (
        "1 packets transmitted, 1 received" in terminal.ask("victim ping -c1 attacker") or shutil.which("ping") is None
    )
    assert "attacker attacker-" not in terminal.ask("net")
    assert "Unknown command" in terminal.ask("nonsense")
    assert "00:00:5e:00:53:02" in terminal.ask("neigh victim")
    assert "no host 'nobody' in this lab: it has attacker, victim" in terminal.ask("neigh nobody")
    terminal.type("\x04")
    assert terminal.end() == 0


def test_ctrl_c_interrupts_what_runs_and_not_the_lab(terminal: Prompt) -> None:
    terminal.interrupt(editing=True)
    terminal.type("victim sleep 1000\n")
    assert wait_until(lambda: any(_name(pid) == "sleep" for pid in descendants(terminal.pid)))
    terminal.interrupt()
    assert "still there" in terminal.ask("victim echo still there")
    terminal.type("exit\n")
    assert terminal.end() == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_whoever_ends_the_prompt_ends_the_lab(terminal: Prompt, how: signal.Signals) -> None:
    terminal.type("victim sleep 1000\n")
    assert wait_until(lambda: any(_name(pid) == "sleep" for pid in descendants(terminal.pid)))
    os.kill(terminal.pid, how)
    assert terminal.end() == -how


def test_closing_the_terminal_ends_the_lab(terminal: Prompt) -> None:
    os.close(terminal.fd)
    assert terminal.wait() != 0


def test_a_lab_that_cannot_be_built_is_told_without_a_prompt(tmp_path: Path) -> None:
    file = tmp_path / "shaped.py"
    file.write_text(
        "from mininet.topo import Topo\nfrom mininet.link import TCLink\nclass Shaped(Topo):\n    def build(self):\n"
        "        self.addLink(self.addHost('h1'), self.addHost('h2'), cls=TCLink, bw=10)\ntopos = {'shaped': Shaped}\n"
    )
    done = subprocess.run([*COMMAND, "shell", str(file)], stdin=subprocess.DEVNULL, capture_output=True, text=True)

    assert done.stderr == "neighlab: h1 h1-eth0: link option bw needs tc with netem\n"
    assert (done.returncode, done.stdout) == (4, "")


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
