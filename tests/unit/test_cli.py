"""Whatever is typed, the answer is one clear line and the exit code that scripts rely on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from neighlab.cli.main import COMMANDS, call
from neighlab.model.result import CaseResult, RunResult
from neighlab.runner import discovery

HEAD = '"""It is so."""\nfrom neighlab import Case, scenario\nfrom neighlab.topologies import TwoHosts\n'
STORY = "@scenario(topology=TwoHosts)\ndef it_is_so(victim):\n    pass\n"


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run the command line, which must refuse in one line on standard error and say nothing else."""

    def go(*args: str | Path, code: int = 2) -> str:
        assert call([str(one) for one in args]) == code
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("neighlab: ")
        assert err.endswith("\n")
        assert err.count("\n") == 1, err
        return err.removeprefix("neighlab: ").rstrip("\n")

    return go


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("runn", "no command `runn`: did you mean run?"),
        ("fly", "no command `fly` (commands: run, list, show, "),
        ("run --colour", "No such option"),
        ("run garp/arp_acept", "no scenario 'garp/arp_acept': did you mean garp/arp_accept?"),
        ("run nothing-like-it", "no scenario 'nothing-like-it' (neighlab list shows them all)"),
        ("run garp/arp_accept:2-refuse", "no case '2-refuse' in garp/arp_accept: did you mean 2-refuses-off-link?"),
        ("run garp/arp_accept:", "no case '' in garp/arp_accept"),
        ("run nowhere/my.py", "no such scenario file: nowhere/my.py"),
        ("run nowhere/my.py:case", "no such scenario file: nowhere/my.py"),
        ("run --set arp_acept=1", "no knob 'arp_acept': did you mean arp_accept?"),
        ("run --set arp_accept=9", "arp_accept takes 0..2 (got 9)"),
        ("run --set arp_accept", "not a setting: 'arp_accept'"),
        ("run --set gc_thresh3=9", "gc_thresh3 belongs to the whole host"),
        ("run --jobs 0", "Invalid value for '-j' / '--jobs': 0 is not in the range"),
        ("run --repeat many", "Invalid value for '--repeat': 'many' is not a valid integer"),
        ("run --time-scale nan", "Invalid value for '--time-scale': 'nan' is not a number"),
        ("run --timeout inf", "Invalid value for '--timeout': "),
        ("run --format xml", "Invalid value for '--format': 'xml' is not one of"),
        ("run --output /nowhere/report garp/arp_accept", "cannot write /nowhere/report: No such file or directory"),
        ("run --output / garp/arp_accept", "cannot write /: Is a directory"),
        ("run --shell-on-fail -j2", "--shell-on-fail needs a terminal and one job at a time"),
        ("list nothing-like-it", "no scenario 'nothing-like-it'"),
        ("list garp/arp_acept", "no scenario 'garp/arp_acept': did you mean garp/arp_accept?"),
        ("list garp --needs host-table", "no scenario 'garp' needs host-table"),
        ("list --needs money", "Invalid value for '--needs': 'money' is not one of"),
        ("show", "Missing argument 'SCENARIO'"),
        ("show garp", "garp names "),
        ("show garp/arp_acept", "no scenario 'garp/arp_acept': did you mean garp/arp_accept?"),
        ("show TwoHostss", "no topology 'TwoHostss': did you mean TwoHosts?"),
        ("shell VictimAttackers", "no topology 'VictimAttackers': did you mean VictimAttacker?"),
        ("shell HostsOnBridge(20)", "HostsOnBridge(20): parameters are written HostsOnBridge(n=20)"),
        ("shell nowhere/net.py", "no such topology file: nowhere/net.py"),
        ("shell TwoHosts --family ipx", "Invalid value for '--family': 'ipx' is not one of"),
        ("shell TwoHosts --set arp_accept=9", "arp_accept takes 0..2 (got 9)"),
        ("doctor --format xml", "Invalid value for '--format': 'xml' is not one of"),
        ("catalogue --check /nowhere", "cannot read /nowhere: No such file or directory"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(refused: Callable[..., str], args: str, said: str) -> None:
    assert refused(*args.split(" ")).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "def x(:\n", "{file}:4: syntax error: invalid syntax"),
        (HEAD + "1 / 0\n" + STORY, "{file}:4: cannot be loaded: ZeroDivisionError: division by zero"),
        (HEAD + "raise ValueError('one\\ntwo')\n", "{file}:4: cannot be loaded: ValueError: one two"),
        (HEAD + "raise SystemExit(0)\n", "{file}:4: cannot be loaded: SystemExit: 0"),
        (HEAD + "import nothing_like_it\n", "{file}:4: cannot be loaded: ModuleNotFoundError: "),
        (HEAD + "open('/nowhere')\n", "{file}:4: cannot be loaded: FileNotFoundError: "),
        (HEAD + "from neighlab import nothing\n", "{file}:4: cannot be loaded: ImportError: cannot import name"),
        (HEAD, "{file} holds no @scenario"),
        (STORY, "{file}:1: cannot be loaded: NameError: "),
        (HEAD.partition("\n")[2] + STORY, "{file}:3 it_is_so: the file's docstring must begin with its claim"),
        (HEAD + "@scenario(topology=TwoHosts, cases=[Case('A')])\ndef x(a): pass\n", "{file}: case name 'A': "),
        (
            HEAD + "@scenario(topology=TwoHosts, cases=[Case('a', x=1)])\ndef x(a): pass\n",
            "{file}:4 x: case a gives x, which the story does not take",
        ),
        (
            HEAD + "@scenario(topology=TwoHosts, cases=[Case('a'), Case('a')])\ndef x(a): pass\n",
            "{file}:4 x: two cases are called 'a'",
        ),
        ("\0", "{file}"),
        ("\xff", "{file}:1: cannot be loaded: NameError"),
    ],
)
def test_a_scenario_file_that_cannot_be_used(refused: Callable[..., str], tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "my.py"
    file.write_text(text)
    assert refused("run", file).startswith(said.format(file=file))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def x(:\n", "{file}:1: syntax error: invalid syntax"),
        ("1 / 0\n", "{file}: cannot be loaded: ZeroDivisionError: division by zero"),
        ("raise SystemExit\n", "{file}: cannot be loaded: SystemExit"),
        ("x = 1\n", "{file} holds 0 topologies (none): name one, as in {file}:NAME"),
        (
            "from mininet.topo import Topo\nclass A(Topo): pass\nclass B(Topo): pass\n",
            "{file} holds 2 topologies (A, B): name one, as in {file}:NAME",
        ),
    ],
)
def test_a_topology_file_that_cannot_be_used(refused: Callable[..., str], tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "net.py"
    file.write_text(text)
    assert refused("shell", file).startswith(said.format(file=file))


def test_the_nearest_topology_of_a_file_is_named(refused: Callable[..., str], tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text("from mininet.topo import Topo\nclass Small(Topo): pass\n")
    assert refused("shell", f"{file}:Smal") == f"{file} has no topology 'Smal': did you mean Small?"


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of bundled scenarios to write."""
    monkeypatch.setattr(discovery, "bundled", lambda: tmp_path)
    (tmp_path / "nud").mkdir()
    return tmp_path


def test_two_scenarios_of_one_name(refused: Callable[..., str], book: Path) -> None:
    (book / "nud/life.py").write_text(HEAD + STORY + STORY.replace("it_is_so", "ends"))
    (book / "nud/life.ends.py").write_text(HEAD + STORY)
    said = refused("list")
    assert said.startswith("two scenarios are called nud/life.ends: ")
    assert "nud/life.py" in said
    assert "nud/life.ends.py" in said


def test_a_broken_bundled_scenario(refused: Callable[..., str], book: Path) -> None:
    (book / "nud/life.py").write_text(HEAD + "1 / 0\n" + STORY)
    assert refused("list") == f"{book}/nud/life.py:4: cannot be loaded: ZeroDivisionError: division by zero"


def test_a_proof_of_an_unknown_mechanism(refused: Callable[..., str], book: Path) -> None:
    (book / "nud/life.py").write_text(HEAD + STORY.replace("TwoHosts", "TwoHosts, proves=['nud/lif']"))
    (book / "mechanisms.toml").write_text('[nud]\nlife = "It lives."\n')
    assert refused("catalogue") == "nud/life proves 'nud/lif', which mechanisms.toml does not know"


def test_an_installation_without_scenarios(refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery.importlib.util, "find_spec", lambda name: None)
    assert refused("list") == "this installation has no scenarios: install neighlab again"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert call([command, "--help"]) == 0
    out, err = capsys.readouterr()
    assert f"Usage: neighlab {command}" in out
    assert f"  neighlab {command}" in out.partition("Options:")[0].partition("\n")[2]
    assert err == ""


def test_no_command_is_a_question_for_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert call([]) == 2
    assert "Exit codes: 0 passed" in capsys.readouterr().out


@pytest.mark.parametrize("args", ["list", "show garp/arp_accept", "catalogue", "list garp --needs rootless"])
def test_json_is_one_document_and_nothing_else(capsys: pytest.CaptureFixture[str], args: str) -> None:
    assert call([*args.split(" "), "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["schema"] == f"neighlab.{args.partition(' ')[0]}/1"
    assert out.isascii()
    assert err == ""


@pytest.mark.parametrize("args", ["list --cases", "show garp/arp_accept", "show arp_ignore", "catalogue"])
def test_what_is_no_terminal_gets_no_colours(capsys: pytest.CaptureFixture[str], args: str) -> None:
    assert call(args.split(" ")) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_users_file_is_found_again_by_the_name_in_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my.py").write_text(HEAD + STORY)
    (tmp_path / "two.py").write_text(HEAD + STORY + STORY.replace("it_is_so", "ends"))
    (tmp_path / "odd.pyx.d").mkdir()
    (tmp_path / "odd.pyx.d/my.py").write_text(HEAD + STORY)
    monkeypatch.chdir(tmp_path)
    for pattern, names in (
        ("my.py", ["my:default"]),
        ("./my.py:def*", ["my:default"]),
        ("two.py", ["two.it_is_so:default", "two.ends:default"]),
        ("odd.pyx.d/my.py", ["odd.pyx.d/my:default"]),
        (f"{tmp_path}/my.py", [f"{tmp_path}/my:default"]),
    ):
        selected = discovery.select([pattern])
        assert [one.name for one in selected] == names
        for name in names:
            assert [one.name for one in discovery.select([name])] == [name]


def test_a_bundled_file_has_its_own_name() -> None:
    selected = discovery.select([str(discovery.bundled() / "garp/arp_accept.py")])
    assert {one.scenario.name for one in selected} == {"garp/arp_accept"}


@pytest.mark.parametrize(
    ("outcomes", "interrupted", "code"),
    [
        (["passed", "skipped"], False, 0),
        ([], False, 0),
        (["passed", "failed"], False, 1),
        (["skipped", "error"], False, 1),
        (["skipped"], False, 4),
        (["passed"], True, 130),
    ],
)
def test_the_exit_code_sums_the_run_up(outcomes: list[str], interrupted: bool, code: int) -> None:
    cases = [CaseResult("nud/life", "default", "It is so.", one) for one in outcomes]  # type: ignore[arg-type]
    assert RunResult("6.1", "root", cases, interrupted=interrupted).exit_code() == code


@pytest.mark.parametrize("args", [["list"], ["--help"], ["run", "--help"], ["show", "garp/arp_accept"], ["list", "x"]])
def test_what_runs_nothing_imports_nothing_heavy(args: list[str]) -> None:
    code = (
        "import sys\nfrom neighlab.cli.main import call\ncall(sys.argv[1:])\n"
        "print('heavy:', *sorted({'scapy', 'mininet', 'pyroute2', 'rich', 'pytest'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=True)
    heavy = ["mininet"] if args[0] == "show" else []  # the drawing is the docstring of a Topo
    assert done.stdout.splitlines()[-1].split() == ["heavy:", *heavy]
