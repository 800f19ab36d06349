"""A run that is cut short, refused or unreadable ends with its exit code, in few words, and leaves nobody behind."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import crippled
import pytest
import sandboxed

pytestmark = pytest.mark.usefixtures("nothing_left")

NEIGHLAB = [sys.executable, "-c", "from neighlab.cli import main; main()"]
STORY = '''
    """It is so."""
    import signal
    from pathlib import Path
    from neighlab import Case, Unsupported, scenario
    from neighlab.topologies import TwoHosts

    @scenario(topology=TwoHosts, cases=[Case(name, what=name) for name in
        ("holds", "holds-too", "fails", "errs", "not-here", "waits", "waits-for-ever")])
    def it_is_so(lab, *, what):
        lab.expect("what", what, "other" if what == "fails" else what)
        if what == "errs":
            raise ZeroDivisionError
        if what == "not-here":
            raise Unsupported("no such thing")
        if what.startswith("waits"):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            Path(__file__).with_name("ready").touch()
            signal.pause()
'''


@pytest.fixture
def story(tmp_path: Path) -> Path:
    file = tmp_path / "my.py"
    file.write_text(textwrap.dedent(STORY).lstrip())
    return file


def neighlab(*args: str | Path, through: list[str] | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
    argv = [*(through or []), *NEIGHLAB, *map(str, args)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, **options)


@contextlib.contextmanager
def running(*args: str | Path, **options: Any) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*NEIGHLAB, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def nobody_is_left(pids: list[int]) -> bool:
    def gone() -> bool:
        sandboxed.reap_orphans()
        return not any(Path(f"/proc/{pid}").exists() for pid in pids)

    return bool(sandboxed.wait_until(gone))


# exit codes


@pytest.mark.parametrize(
    ("cases", "code", "totals"),
    [
        (["holds"], 0, "1 passed, 0 failed, 0 skipped, 0 errors"),
        (["holds", "not-here"], 0, "1 passed, 0 failed, 1 skipped, 0 errors"),
        (["holds", "fails"], 1, "1 passed, 1 failed, 0 skipped, 0 errors"),
        (["errs"], 1, "0 passed, 0 failed, 0 skipped, 1 errors"),
        (["not-here"], 4, "0 passed, 0 failed, 1 skipped, 0 errors"),
        (["holds*"], 0, "2 passed, 0 failed, 0 skipped, 0 errors"),
    ],
)
def test_the_exit_code_says_how_it_went(story: Path, cases: list[str], code: int, totals: str) -> None:
    done = neighlab("run", *(f"{story}:{case}" for case in cases))
    assert done.returncode == code
    assert done.stdout.splitlines()[-1].startswith(totals)
    assert "Traceback" not in done.stdout + done.stderr


def test_json_is_all_that_is_written(story: Path) -> None:
    done = neighlab("run", f"{story}:[hfen]*", "--format", "json", "-v")
    document = json.loads(done.stdout)
    assert [case["outcome"] for case in document["cases"]] == ["passed", "passed", "failed", "error", "skipped"]
    assert done.returncode == 1
    assert done.stderr == ""


def test_json_of_a_wrong_question_is_empty(story: Path) -> None:
    done = neighlab("run", f"{story}:fail", "--format", "json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"neighlab: no case 'fail' in {story}: did you mean fails?\n"


# output that goes nowhere


@pytest.mark.parametrize(
    "args", ["list --cases", "run garp/arp_accept -v", "run garp/arp_accept --format json", "show"]
)
def test_a_reader_that_has_seen_enough_is_no_error(args: str) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    words = args.split(" ") + (["garp/arp_accept"] if args == "show" else [])
    done = subprocess.run([*NEIGHLAB, *words], stdout=theirs, stderr=subprocess.PIPE, text=True, timeout=120)
    os.close(theirs)
    assert done.stderr == ""
    assert done.returncode == 128 + signal.SIGPIPE


def test_head_ends_a_run_early(story: Path) -> None:
    argv = [*NEIGHLAB, "run", f"{story}:holds", f"{story}:waits", "--repeat", "3"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith(f"{story.with_suffix('')}:")  # the claim may be on the next line
    process.stdout.close()
    assert sandboxed.wait_until((story.parent / "ready").exists, within_s=60)
    inside = list(sandboxed.descendants(process.pid))
    for pid in inside:  # the case that waits, and perhaps the one that is ready for the next: results to be written
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert process.wait(120) == 128 + signal.SIGPIPE
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert nobody_is_left(inside)


@pytest.mark.parametrize("args", ["list", "run garp/arp_accept", "run garp/arp_accept --format json"])
def test_a_full_disk_is_one_line(args: str) -> None:
    argv = [*NEIGHLAB, *args.split(" ")]
    with open("/dev/full", "w") as full:
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 3
    assert done.stderr.startswith("neighlab: cannot write the ")
    assert done.stderr.count("\n") == 1


def test_a_report_that_cannot_be_written_to_the_end(story: Path) -> None:
    done = neighlab("run", f"{story}:holds", "--output", "/dev/full")
    assert done.returncode == 3
    assert done.stderr == "neighlab: cannot write the report: No space left on device\n"


def test_a_directory_that_is_not_writable(story: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    if os.access(closed, os.W_OK):
        pytest.skip("root writes everywhere")
    done = neighlab("run", f"{story}:holds", "--output", closed / "report")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"neighlab: cannot write {closed}/report: Permission denied\n"


# interruption


def test_an_interrupted_run_reports_what_it_has(story: Path) -> None:
    with running("run", f"{story}:holds", f"{story}:waits", "--format", "json") as process:
        assert sandboxed.wait_until((story.parent / "ready").exists, within_s=60)
        inside = list(sandboxed.descendants(process.pid))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    document = json.loads(out)
    assert document["interrupted"] is True
    assert [case["case"] for case in document["cases"]] == ["holds"]
    assert (process.returncode, err) == (130, "")
    assert nobody_is_left(inside)


def test_an_interrupted_run_says_so(story: Path) -> None:
    with running("run", f"{story}:holds", f"{story}:waits", "-j2") as process:
        assert sandboxed.wait_until((story.parent / "ready").exists, within_s=60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert "interrupted)" in out.splitlines()[-1]
    assert (process.returncode, err) == (130, "")


@pytest.mark.parametrize("delay_ms", [0, 1, 5, 20])
def test_interrupted_twice_it_ends_at_once(story: Path, delay_ms: int) -> None:
    with running("run", f"{story}:waits", f"{story}:waits-for-ever", "-j2", "--timeout", "1000") as process:
        assert sandboxed.wait_until((story.parent / "ready").exists, within_s=60)
        inside = list(sandboxed.descendants(process.pid))
        process.send_signal(signal.SIGINT)
        select.poll().poll(delay_ms)
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert nobody_is_left(inside)


def test_an_interrupt_waits_until_a_result_is_taken_in(story: Path) -> None:
    """Who shows results sees each to its end, and what has begun by then is ended."""
    heard = story.with_name("heard.py")
    heard.write_text(_HEARD)
    done = subprocess.run([sys.executable, str(heard), f"{story}:holds"], capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr) == ("taken in\n1 case, interrupted\n", "")


_HEARD = """
import signal, sys
from neighlab.runner.discovery import select
from neighlab.runner.pool import Runner

class Interrupted:
    def started(self, name):
        pass
    def finished(self, result):
        signal.raise_signal(signal.SIGINT)
        print("taken in")

run = Runner(repeat=1000, listener=Interrupted()).run(select(sys.argv[1:2]))
print(f"{len(run.cases)} case" + (", interrupted" if run.interrupted else ""))
"""


# Says "up" when main() imports the rest of the command line: what comes before its first line is Python's.
_UP = """
import os, sys

class Up:
    def find_spec(name, path, target):
        if name == "neighlab.cli.main":
            os.write(1, b"up")

sys.meta_path.insert(0, Up)
from neighlab.cli import main
main()
"""


@pytest.mark.parametrize("delay_ms", [0, 5, 10, 20, 40, 80, 160])
def test_interrupted_before_anything_runs(story: Path, delay_ms: int) -> None:
    argv = [sys.executable, "-c", _UP, "run", f"{story}:waits"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read(2) == b"up"
        select.poll().poll(delay_ms)
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert b"Traceback" not in err


def test_ctrl_c_at_a_terminal_reaches_the_runner_only(story: Path) -> None:
    code, said = at_a_terminal("run", f"{story}:waits", ready=story.parent / "ready", typed=b"\x03")
    assert code == 130
    assert b"interrupted)" in said
    assert b"Traceback" not in said


# terminals


def at_a_terminal(
    *args: str | Path, ready: Path | None = None, typed: bytes = b"", **environment: str
) -> tuple[int, bytes]:
    """Run the command at a terminal of its own; its exit code and what it wrote."""
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    pid, master = pty.fork()
    if not pid:
        os.execve(sys.executable, [*NEIGHLAB, *map(str, args)], {**kept, "TERM": "xterm", **environment})
    said = b""
    with contextlib.suppress(OSError):  # EIO: the last process at the terminal has ended
        while True:
            if typed and ready is not None and ready.exists():
                os.write(master, typed)
                typed = b""
            if select.select([master], [], [], 0.05)[0]:
                data = os.read(master, 65536)
                if not data:
                    break
                said += data
    os.close(master)
    _pid, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), said


@pytest.mark.parametrize("args", ["list", "show garp/arp_accept", "run garp/arp_accept:0*", "doctor", "catalogue"])
def test_colours_are_for_terminals_that_want_them(args: str) -> None:
    words = args.split(" ")
    _code, said = at_a_terminal(*words)
    assert b"\x1b[3" in said or b"\x1b[1m" in said
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        _code, said = at_a_terminal(*words, **environment)
        assert b"\x1b[3" not in said
        assert b"\x1b[1m" not in said


# machines that cannot


@pytest.mark.parametrize("args", [["run", "garp/arp_accept"], ["run", "garp", "-j4"], ["shell", "TwoHosts"]])
def test_without_user_namespaces_the_setting_is_named(args: list[str]) -> None:
    done = neighlab(*args, through=crippled.without_user_namespaces(), stdin=subprocess.DEVNULL)
    assert done.returncode == 3
    assert done.stderr == (
        "neighlab: this machine forbids user namespaces (user.max_user_namespaces=0): run as root, "
        "or let root do `sysctl -w user.max_user_namespaces=10000`\n"
    )
    assert done.stdout == ""


def test_the_doctor_names_it_too() -> None:
    done = neighlab("doctor", through=crippled.without_user_namespaces())
    assert done.returncode == 3
    assert "NO   sandbox (user namespaces)" in done.stdout
    assert "this machine forbids user namespaces (user.max_user_namespaces=0)\n" in done.stdout
    assert "to change: run as root, or let root do `sysctl -w user.max_user_namespaces=10000`\n" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("args", [["run", "garp/arp_accept"], ["shell", "TwoHosts"]])
def test_where_proc_is_masked_the_way_out_is_named(args: list[str]) -> None:
    done = neighlab(*args, through=crippled.read_only_settings(), stdin=subprocess.DEVNULL)
    assert done.returncode == 3
    assert done.stderr.startswith("neighlab: cannot ")
    assert "run outside, or with --privileged" in done.stderr
    assert done.stderr.count("\n") == 1


def test_listing_and_showing_need_no_sandbox() -> None:
    through = crippled.without_user_namespaces()
    assert neighlab("list", through=through).returncode == 0
    assert neighlab("show", "garp/arp_accept", through=through).returncode == 0


# the doctor


def test_the_doctor_finds_what_labs_need_here() -> None:
    done = neighlab("doctor", "--format", "json")
    found = {one["what"]: one for one in json.loads(done.stdout)["findings"]}
    if not found["sandbox (user namespaces)"]["ok"]:
        pytest.skip(found["sandbox (user namespaces)"]["detail"])
    assert done.returncode == 0
    assert {name for name, one in found.items() if one["needed"]} == {
        "Python", "kernel", "sandbox (user namespaces)", "lab", "neighbour settings",
    }  # fmt: skip
    assert all(one["ok"] for one in found.values() if one["needed"])
    assert found["program: arping"]["remedy"] == "apt install iputils-arping"
    for name in ("IPVS", "netem", "bonding", "dummy", "vrf"):
        assert found[f"kernel: {name}"]["detail"]


def test_the_probes_tell_what_is_there_from_what_is_not() -> None:
    def probe() -> list[bool]:
        import socket

        from neighlab.kernel import features
        from neighlab.kernel.netlink import Route

        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
            route = Route(sock, "lab")
            return [
                features.has_device(route, "veth"),
                features.has_device(route, "bridge"),
                features.has_device(route, "vlanish"),
                features.has_qdisc(route, "pfifo"),
                features.has_qdisc(route, "fifoish"),
                features.has_generic_family("nlctrl"),
                features.has_generic_family("NOSUCH"),
            ]

    assert sandboxed.inside(probe) == [True, True, False, True, False, True, False]


def test_one_run_writes_a_report_in_each_format(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("junit.xml", "run.json", "run.ktap", "run.txt")]
    where = [word for file in files for word in ("--output", str(file))]
    done = neighlab("run", "garp/arp_accept:0*", *where)
    assert done.returncode == 0
    assert files[0].read_text().startswith("<?xml")
    assert json.loads(files[1].read_text())["totals"]["passed"] == 1
    assert files[2].read_text().startswith("KTAP version 1\n")
    assert "1 passed" in files[3].read_text()


def test_a_format_that_was_said_is_for_the_first_output(tmp_path: Path) -> None:
    done = neighlab("run", "garp/arp_accept:0*", "--format", "junit", "--output", str(tmp_path / "a.json"))
    assert done.returncode == 0
    assert (tmp_path / "a.json").read_text().startswith("<?xml")


def test_a_further_output_tells_its_format_by_its_ending(tmp_path: Path) -> None:
    done = neighlab("run", "garp/arp_accept", "--output", str(tmp_path / "a"), "--output", str(tmp_path / "b"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert ".txt, .json, .xml, .ktap" in done.stderr
