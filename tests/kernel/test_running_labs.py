"""A lab of another terminal is found, entered and ended by its owner, and nothing anywhere remembers it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from as_user import ROOT as CHECKOUT
from live import COMMAND, alone, ask, background, listed, neighlab
from sandboxed import descendants, ended, wait_until
from terminal import Terminal

pytestmark = pytest.mark.usefixtures("nothing_left")

ROOT = os.geteuid() == 0
NOBODY = [sys.executable, str(CHECKOUT / "tests" / "as_user.py"), *COMMAND]
STORY = (
    '"""It waits."""\nfrom neighlab import scenario\nfrom neighlab.topologies import TwoHosts\n'
    "@scenario(topology=TwoHosts, timeout_s=60)\ndef it_waits(lab, victim):\n    victim.run('sleep', '50')\n"
)


@pytest.fixture
def lab() -> Iterator[str]:
    with background("VictimAttacker", "--family", "ipv4") as name:
        yield name


def pid_of(name: str) -> int:
    return int(name.rpartition("-")[2])


def has_ended(name: str) -> bool:
    return name not in listed() and ended(pid_of(name))


# --- found ----------------------------------------------------------------------------------------------------------


def test_a_lab_in_the_background_is_listed_until_it_is_stopped(lab: str) -> None:
    found = listed()[lab]

    assert lab == f"victimattacker-{found['pid']}"
    assert (found["title"], found["families"]) == ("VictimAttacker", "ipv4")
    assert (found["hosts"], found["bridges"]) == (["attacker", "victim"], ["s1"])
    assert found["uid"] == os.geteuid()
    assert 0 <= found["age_s"] < 60
    row = next(line for line in ask("ps").splitlines() if line.startswith(lab))
    assert row.endswith("attacker, victim")

    assert ask("stop", lab) == f"stopped {lab}\n"
    assert has_ended(lab)


def test_two_labs_of_one_topology_have_two_names(lab: str) -> None:
    with background("VictimAttacker") as other:
        assert other != lab
        assert {lab, other} <= set(listed())
        both = ask("exec", "victimattacker", "victim", "true", code=2)
        assert lab in both
        assert other in both
        ask("exec", other, "victim", "ip", "link", "set", "eth0", "down")
        assert "state UP" in ask("exec", lab, "victim", "ip", "link", "show", "eth0")
        ask("stop", other)
        assert has_ended(other)
        assert lab in listed()


def test_a_lab_is_listed_with_parameters_and_scenario() -> None:
    with background("HostsOnBridge(n=9)") as hosts, background("garp/arp_accept") as scenario:
        assert listed()[hosts]["title"] == "HostsOnBridge(n=9)"
        assert hosts.startswith("hostsonbridge-")
        row = next(line for line in ask("ps").splitlines() if line.startswith(hosts))
        assert row.endswith("h1, h2, h3, h4, h5, h6, ... (9)")
        assert listed()[scenario]["title"] == "garp/arp_accept"
        assert scenario.startswith("arp_accept-")


def test_what_does_not_run_is_named_with_what_does(lab: str) -> None:
    said = ask("exec", "victimatacker", "victim", "true", code=2)
    assert re.match(
        r"neighlab: no lab 'victimatacker' is running: did you mean victimattacker-\d+\? \(there are ", said
    )
    assert lab in said
    said = ask("exec", lab, "victm", "true", code=2)
    assert said == f"neighlab: no host 'victm' in {lab}: did you mean victim? (there are attacker, victim, s1)\n"
    assert ask("stop", "no-such-lab", code=2).startswith("neighlab: no lab 'no-such-lab' is running (there are ")


@alone
def test_the_only_lab_needs_no_name() -> None:
    assert ask("stop", code=2) == "neighlab: no lab is running (`neighlab shell TOPOLOGY` starts one)\n"
    assert json.loads(ask("ps", "--format", "json")) == {"schema": "neighlab.ps/1", "labs": []}
    assert ask("ps") == ""
    with background("TwoHosts") as first, background("TwoHosts") as second:
        said = ask("stop", code=2)
        assert said.startswith("neighlab: several labs are running: say which of ")
        assert set(listed()) == {first, second}
        assert set(ask("stop", "--all").splitlines()) == {f"stopped {first}", f"stopped {second}"}
        assert listed() == {}
    with background("TwoHosts") as only:
        assert ask("stop") == f"stopped {only}\n"


@alone
def test_where_root_does_without_a_user_namespace_it_enters_all_the_same() -> None:
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    with background("TwoHosts") as name:
        assert os.stat(f"/proc/{pid_of(name)}/ns/user").st_ino == os.stat("/proc/self/ns/user").st_ino
        assert "192.0.2.1/24" in ask("exec", name, "victim", "ip", "-br", "addr")
        assert "\npeer" in ask("watch", name)
        assert ask("stop") == f"stopped {name}\n"


def test_a_lab_writes_nothing_outside_of_itself(lab: str) -> None:
    card = Path(f"/proc/{pid_of(lab)}/root/run/neighlab/lab.json")
    assert json.loads(card.read_text())["title"] == "VictimAttacker"
    assert card.stat().st_dev != Path("/run").stat().st_dev
    assert "control" in ask("exec", lab, "victim", "ls", "/run/neighlab")


# --- entered --------------------------------------------------------------------------------------------------------


def test_a_command_is_on_its_host_and_in_its_lab(lab: str) -> None:
    assert "192.0.2.1/24" in ask("exec", lab, "victim", "ip", "-br", "addr")
    assert "192.0.2.2/24" in ask("exec", lab, "attacker", "ip", "-br", "addr")
    assert "s1-eth1" in ask("exec", lab, "s1", "ip", "-br", "link")
    assert sorted(ask("exec", lab, "victim", "ls", "/sys/class/net").split()) == ["eth0", "lo"]
    assert "/usr/sbin" in ask("exec", lab, "victim", "printenv", "PATH")
    assert ask("exec", lab, "victim", "printenv", "TMPDIR") == "/run/tmp\n"
    assert ask("exec", lab, "victim", "cat", "/proc/sys/net/ipv4/conf/eth0/arp_accept") == "0\n"
    ask("exec", lab, "victim", "sysctl", "-qw", "net.ipv4.conf.eth0.arp_accept=1")
    assert ask("exec", lab, "victim", "cat", "/proc/sys/net/ipv4/conf/eth0/arp_accept") == "1\n"
    assert ask("exec", lab, "victim", "pwd", cwd=CHECKOUT) == f"{CHECKOUT}\n"


def test_a_program_that_leaves_its_groups_first_works_in_a_lab(lab: str) -> None:
    leave = (sys.executable, "-c", "import os; os.setgroups([]); print('has left')")
    pretending = (sys.executable, "-P", "-m", "neighlab.lab.groupless", *leave)
    assert ask("exec", lab, "victim", *pretending) == "has left\n"
    if os.geteuid():
        assert "PermissionError" in neighlab("exec", lab, "victim", *leave).stderr


def test_a_commands_input_output_and_exit_code_are_its_own(lab: str) -> None:
    done = neighlab("exec", lab, "victim", "sh", "-c", "cat; echo bad >&2; exit 7", said="typed\n")
    assert (done.stdout, done.stderr, done.returncode) == ("typed\n", "bad\n", 7)
    done = neighlab("exec", lab, "victim", "sh", "-c", "kill -KILL $$")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 128 + signal.SIGKILL)
    assert ask("exec", lab, "victim", "echo", "--help", "-c", "a  b") == "--help -c a  b\n"


def test_a_command_that_cannot_run_is_told_in_one_line(lab: str, tmp_path: Path) -> None:
    said = ask("exec", lab, "victim", "no-such-program", code=127)
    assert said == (
        "neighlab: victim: there is no program 'no-such-program' on this machine (Debian: no-such-program)\n"
    )
    file = tmp_path / "plain"
    file.write_text("no program")
    said = ask("exec", lab, "victim", str(file), code=126)
    assert said == f"neighlab: victim: '{file}' cannot be executed: Permission denied\n"
    assert "Missing argument" in ask("exec", lab, "victim", code=2)


def test_what_a_command_leaves_in_the_background_lives_on_in_the_lab(lab: str) -> None:
    ask("exec", lab, "victim", "sh", "-c", "sleep 1000 >/dev/null 2>&1 &")
    assert wait_until(lambda: names(pid_of(lab)) == ["sleep"])

    ask("exec", lab, "attacker", "sh", "-c", "kill $(pidof sleep)")

    assert wait_until(lambda: not names(pid_of(lab))), "the first process takes leave of what others have left behind"


def test_ctrl_c_is_the_commands(lab: str) -> None:
    # a shell that is about to start a program hears of a signal when that has ended: none may go on for long
    loop = "trap 'echo caught; exit 3' INT; echo on; while :; do sleep 0.1; done"
    terminal = Terminal(*COMMAND, "exec", lab, "victim", "sh", "-c", loop)
    terminal.read_until("on\n")
    terminal.type("\x03")
    terminal.read_until("caught")
    assert terminal.end() == 3
    assert lab in listed()


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 4), (signal.SIGTERM, 5), (signal.SIGHUP, 6)])
def test_a_signal_that_is_sent_to_the_caller_reaches_the_command(lab: str, how: signal.Signals, code: int) -> None:
    traps = "trap 'exit 4' INT; trap 'exit 5' TERM; trap 'exit 6' HUP; echo on; while :; do sleep 0.1; done"
    process = subprocess.Popen(
        [*COMMAND, "exec", lab, "victim", "sh", "-c", traps],
        stdout=subprocess.PIPE,
        text=True,
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(how, signal.SIG_DFL),  # a shell cannot trap what it was started to ignore
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "on\n"
    process.send_signal(how)
    process.communicate(timeout=120)
    assert process.returncode == code


def test_a_shell_in_a_lab_has_the_terminal_and_gives_it_back(lab: str) -> None:
    terminal = Terminal(
        "sh",
        "-c",
        f"{shlex.join(COMMAND)} exec {lab} victim env HISTFILE=/dev/null bash --norc -i; read line; echo got $line",
    )
    terminal.type("echo $((20 + 3)); sleep 100\n")
    terminal.read_until("23\n")
    assert wait_until(lambda: "sleep" in names(terminal.pid))
    terminal.type("\x03")
    terminal.type("echo $((30 + 4))\n")
    assert "no job control" not in terminal.read_until("34\n")
    terminal.type("exit\n")
    terminal.type("a line\n")
    terminal.read_until("got a line")
    assert terminal.end() == 0


def test_a_command_ends_with_who_started_it_and_with_its_lab(lab: str) -> None:
    for end in (lambda process: process.kill(), lambda process: ask("stop", lab)):
        process = subprocess.Popen([*COMMAND, "exec", lab, "victim", "sleep", "1000"])
        assert wait_until(lambda process=process: "sleep" in names(process.pid))
        inside = [pid for pid in descendants(process.pid)]
        end(process)
        assert process.wait(timeout=120) in (-signal.SIGKILL, 128 + signal.SIGKILL)
        assert wait_until(lambda inside=inside: all(map(ended, inside)))


def names(pid: int) -> list[str]:
    """The programs that run below a process; what has ended and was not waited for is among them."""
    found = []
    for one in descendants(pid):
        with contextlib.suppress(OSError):
            found.append(Path(f"/proc/{one}/comm").read_text().strip())
    return found


def test_a_lab_is_entered_by_a_shell_in_which_hosts_are_commands(lab: str) -> None:
    for _ in range(2):
        done = neighlab(
            "shell", "--attach", lab, said="victim ip -br addr show eth0\nattacker cat /proc/1/comm\nexit 3\n"
        )
        assert "192.0.2.1/24" in done.stdout
        assert done.stderr.startswith("each host's name is a command, as in `attacker ip neigh`")
        assert done.returncode == 3
    assert lab in listed()
    assert "Missing argument" in ask("shell", code=2)
    assert "--attach takes a running lab as it is" in ask("shell", "--attach", lab, "--detach", code=2)


# --- ended ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whom", ["first", "keeper", "both", "suspended"])
def test_whoever_is_killed_takes_the_lab_along(whom: str) -> None:
    with background("TwoHosts") as name:
        lab = listed()[name]
        victims = {"first": [lab["pid"]], "keeper": [lab["keeper_pid"]]}.get(whom, [lab["keeper_pid"], lab["pid"]])
        if whom == "suspended":
            for pid in victims:
                os.kill(pid, signal.SIGSTOP)
            ask("stop", name)
        else:
            for pid in victims:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: has_ended(name) and ended(lab["keeper_pid"]))
        assert ask("stop", name, code=2).startswith("neighlab: no lab ")


def test_a_lab_that_cannot_be_built_is_told_and_gone(tmp_path: Path) -> None:
    file = tmp_path / "shaped.py"
    file.write_text(
        "from mininet.topo import Topo\nfrom mininet.link import TCLink\nclass Shaped(Topo):\n    def build(self):\n"
        "        self.addLink(self.addHost('h1'), self.addHost('h2'), cls=TCLink, bw=10)\ntopos = {'shaped': Shaped}\n"
    )
    before = set(listed())

    said = ask("shell", "--detach", str(file), code=4)

    assert said == "neighlab: h1 h1-eth0: link option bw needs tc with netem\n"
    assert not [name for name in set(listed()) - before if name.startswith("shaped-")]


def test_a_prompt_in_another_terminal_is_a_running_lab() -> None:
    terminal = Terminal(*COMMAND, "shell", "TwoHosts")
    terminal.read_until("neighlab> ")
    (name,) = [one for one, lab in listed().items() if lab["keeper_pid"] in descendants(terminal.pid)]
    assert "192.0.2.1/24" in ask("exec", name, "victim", "ip", "-br", "addr")
    assert not terminal.echoes(), "its line editor has the terminal"

    ask("stop", name)

    terminal.read_until("the lab was ended by `neighlab stop`")
    assert wait_until(terminal.echoes)
    assert terminal.end() == 0


def test_a_prompt_whose_lab_is_killed_gives_its_terminal_back() -> None:
    terminal = Terminal("sh", "-c", f"{shlex.join(COMMAND)} shell TwoHosts; echo code $?; read line")
    terminal.read_until("neighlab> ")
    (lab,) = [lab for lab in listed().values() if lab["keeper_pid"] in descendants(terminal.pid)]
    os.kill(lab["pid"], signal.SIGKILL)
    terminal.read_until("the lab's process was ended")
    terminal.read_until("code 2\n")
    assert terminal.echoes()
    terminal.type("\n")
    assert terminal.end() == 0


def test_a_case_that_is_stopped_is_an_error_that_says_so(tmp_path: Path) -> None:
    file = tmp_path / "waits.py"
    file.write_text(STORY)
    process = subprocess.Popen(
        [*COMMAND, "run", str(file), "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )

    def mine() -> list[str]:
        below = set(descendants(process.pid))
        return [name for name, lab in listed().items() if lab["pid"] in below]

    (name,) = wait_until(mine, within_s=60)
    assert name.startswith("waits-")
    ask("stop", name)

    out, err = process.communicate(timeout=120)
    (case,) = json.loads(out)["cases"]
    assert (case["outcome"], case["reason"]) == ("error", "it was stopped by `neighlab stop`")
    assert "Traceback" not in err


# --- somebody else's ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not ROOT, reason="takes two users")
def test_root_sees_and_stops_the_labs_of_others_but_does_not_enter_them(lab: str) -> None:
    name = subprocess.run(
        [*NOBODY, "shell", "--detach", "TwoHosts"], capture_output=True, text=True, check=True, timeout=180
    ).stdout.strip()

    theirs = subprocess.run([*NOBODY, "ps"], capture_output=True, text=True, check=True, timeout=180).stdout
    assert name in theirs
    assert lab not in theirs
    assert "USER" not in theirs
    assert listed()[name]["user"] == "nobody"
    row = next(line for line in ask("ps").splitlines() if line.startswith(name))
    assert row.split()[-3:] == ["nobody", "peer,", "victim"]
    said = ask("exec", name, "victim", "true", code=2)
    assert said == f"neighlab: {name} is nobody's: only nobody can enter it (sudo -u nobody neighlab ...)\n"
    ask("stop", name)
    assert has_ended(name)
