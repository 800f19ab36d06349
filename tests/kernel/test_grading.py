"""Hostile submissions get what they earned, honest ones beside them get theirs, and the machine does not notice."""

from __future__ import annotations

import csv
import io
import json
import os
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from live import COMMAND
from sandboxed import descendants, ended, wait_until

from neighlab.lab import running
from neighlab.model.grades import Attempt
from neighlab.teach.folder import Folder, find, load
from neighlab.teach.grading import Options
from neighlab.teach.pool import Graders
from neighlab.teach.submissions import Submission

pytestmark = pytest.mark.usefixtures("nothing_left")

HOSTILE = Path(__file__).parent / "hostile"
SOLUTION = find("arp_flux").solution().read_text()
HALF = "server sysctl -qw net.ipv4.conf.all.arp_ignore=1\n"
SECRET = "the-secret-of-another-student"
SERVICE = f"neighlab-test-service-{os.getpid()}"
EXPECTED = {
    "daemon": "", "escape": "", "fill_disk": "", "forged_grade": "", "kill_all": "", "look_around": "",
    "ruined_lab": "",
    "fork_bomb": "it had more than 64 processes at a time",
    "frame_flood": "it caused more frames and neighbour events than a lab writes down",
    "full_table": "it filled the kernel's neighbour table",
    "gigabyte": "it printed more than 16 MiB",
    "memory": "it used more than 256 MiB of memory",
}  # fmt: skip
"""The submissions in hostile/: why each has nothing, where a limit is the reason."""
NAMES = {"=cmd|' calc'!A0": "'=cmd|' calc'!A0", "<script>x": "<script>x", "\x1b[2Jclear": "\\x1b[2Jclear"}
"""Names of students, and what a table of grades makes of them."""


@pytest.fixture
def submissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of submissions, honest and hostile."""
    monkeypatch.setenv("NEIGHLAB_TEST_SECRET", SECRET)
    folder = tmp_path / "submissions" / "arp_flux"
    folder.mkdir(parents=True)
    for file in HOSTILE.iterdir():
        (folder / file.name).write_text(file.read_text())
    for student in ("alice", "zoe", *NAMES):
        (folder / f"{student}.sh").write_text(f"# {SECRET}\n{SOLUTION}")
    (folder / "half.sh").write_text(HALF)
    (folder / "pipe.py").symlink_to("half.sh")
    os.mkfifo(folder / "fifo.sh")
    (folder / "huge.sh").write_bytes(b"#" * (2 << 20))
    (folder / "notes.txt").write_text("no submission")
    return folder.parent


@pytest.fixture
def service() -> Iterator[tuple[int, list[Any]]]:
    """Something of the machine's own that a submission might reach: a port, and an abstract name."""
    called: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as port, socket.socket(socket.AF_UNIX) as name:
        name.bind(f"\0{SERVICE}")
        name.listen()

        def wait() -> None:
            try:
                while True:
                    called.append(port.accept())
            except OSError:
                return

        thread = threading.Thread(target=wait)
        thread.start()
        yield port.getsockname()[1], called
        port.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.alone
def test_everybody_gets_the_grade_that_is_due_and_nobody_else_is_touched(submissions: Path, tmp_path: Path) -> None:
    pages, matrix, table = tmp_path / "pages", tmp_path / "matrix.csv", tmp_path / "grades.csv"
    done = run(
        "exercise", "grade", str(submissions), "-j2", "--format", "json", "-o", str(table), "--matrix", str(matrix),
        "--feedback", str(pages),
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    attempts = {one["student"]: one for one in json.loads(done.stdout)["attempts"]}
    unread = {"pipe": "it is a link, not a file", "fifo": "it is no regular file", "huge": "it is larger than 1 MiB"}
    assert attempts.keys() == {"alice", "zoe", "half", *NAMES, *EXPECTED, *unread}

    honest = {student: attempts[student]["points"] for student in ("alice", "zoe", "half", *NAMES)}
    assert honest == dict.fromkeys(("alice", "zoe", *NAMES), 9) | {"half": 6}
    dishonest = {student: (attempts[student]["points"], attempts[student]["ended"]) for student in EXPECTED}
    assert dishonest == {student: (0, why) for student, why in EXPECTED.items()}
    assert {student: attempts[student]["ended"] for student in unread} == unread

    printed = "\n".join(one["output"] for one in attempts.values())
    assert "ESCAPED" not in printed
    assert SECRET not in printed
    assert "unbounded ring refused" in attempts["escape"]["output"]  # it has come to its end
    assert attempts["gigabyte"]["discarded_bytes"] > 15 << 20
    assert len(attempts["gigabyte"]["output"]) == 64 << 10

    rows = {row["student"]: row for row in csv.DictReader(io.StringIO(table.read_text()))}
    assert {rows[told]["points"] for told in NAMES.values()} == {"9"}
    assert rows["half"]["points"] == "6"
    assert "\x1b" not in table.read_text() + matrix.read_text()
    written = {file.name: file.read_text() for file in pages.iterdir()}
    assert len(written) == 2 * len(attempts) + 1
    assert not any("\x1b" in text or "<script>" in text for name, text in written.items() if name.endswith(".html"))
    assert "6 of 9 points" in written["half.md"]
    assert "a question's sender" in written["half.html"].replace("&#x27;", "'")


def test_nothing_of_the_machine_answers_a_submission(service: tuple[int, list[Any]]) -> None:
    number, called = service
    script = f"""
import socket
for kind, where in ((socket.AF_INET, ("127.0.0.1", {number})), (socket.AF_UNIX, "\\0{SERVICE}")):
    try:
        socket.socket(kind, socket.SOCK_STREAM).connect(where)
        print("reached", where)
    except OSError as problem:
        print("refused", problem.errno)
"""
    attempt = graded(find("arp_flux"), [script.encode()], suffix=".py")[0]
    assert attempt.output.count("refused") == 2
    assert not called


@pytest.mark.parametrize("script", ["half", "daemon.sh", "fork_bomb.sh", "kill_all.sh", "memory.py"])
def test_same_submission_gets_the_same_grade_ten_times(script: str) -> None:
    file = HOSTILE / script
    content = file.read_bytes() if file.exists() else HALF.encode()
    attempts = graded(find("arp_flux"), [content] * 10, suffix=file.suffix or ".sh")
    assert len(Counter((one.earned, one.ended) for one in attempts)) == 1, attempts


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *args], capture_output=True, text=True, timeout=600)


EXERCISE = '''
"""It is as it is said."""
from neighlab.topologies import TwoHosts
from neighlab import exercise

@exercise(topology=TwoHosts, yours=["victim"]{more})
def it(victim):
    pass

@it.check("the victim listens", otherwise="nobody listens")
def listens(victim, peer, lab):
    lab.expect("connecting", peer.tcp_connect(victim.addr), None)

@it.check("the answers are those that were handed in", otherwise="they are not")
def said(lab, answers):
    lab.expect("answers", dict(answers), {{"good": "1 + 1", "last": "second"}})
'''
SERVER = b"""
import os, socket, sys
host = "victim"
if sys.argv[1:] != ["there"]:
    os.system("answer last first; answer last second; answer good 1 + 1; answer 'B/../x' y")
    os.system("cd /run/neighlab/answers && mkfifo pipe && ln -s /etc/passwd link && head -c 9999 /dev/zero > long")
    os.execvp(host, [host, sys.executable, __file__, "there"])
listener = socket.create_server(("", 7777))
if os.fork():
    os._exit(0)
listener.accept()
"""


def an_exercise(tmp_path: Path, more: str = "") -> Folder:
    folder = tmp_path / "an_exercise"
    folder.mkdir()
    (folder / "exercise.py").write_text(EXERCISE.format(more=more))
    return load(folder)


def graded(folder: Folder, contents: Sequence[bytes], *, suffix: str = ".sh") -> list[Attempt]:
    submissions = [Submission(folder.name, f"s{n}", suffix, content) for n, content in enumerate(contents)]
    return Graders({folder.name: folder}, Options(), jobs=2).grade(submissions)


def test_server_of_a_submission_is_gone_before_the_checks(tmp_path: Path) -> None:
    attempt = graded(an_exercise(tmp_path), [SERVER], suffix=".py")[0]
    assert [one.passed for one in attempt.checks] == [False, True], attempt


def test_server_lives_on_where_it_is_the_subject(tmp_path: Path) -> None:
    attempt = graded(an_exercise(tmp_path, ", keeps_running=True"), [SERVER], suffix=".py")[0]
    assert attempt.solved, attempt


def test_what_does_not_end_is_ended(tmp_path: Path) -> None:
    never, waits = graded(an_exercise(tmp_path, ", time_s=2"), [b"while :; do :; done", b"trap '' TERM; sleep 1000"])
    assert {never.ended, waits.ended} == {"it did not end within 2 s"}
    assert never.earned == waits.earned == 0


def test_hosts_of_others_cannot_be_touched(tmp_path: Path) -> None:
    attempt = graded(an_exercise(tmp_path), [b"peer ip link; ls /run/netns; victim ip link set eth0 netns 1; id -u"])[0]
    assert "peer: command not found" in attempt.output
    assert "\nvictim\n" in attempt.output
    assert "peer\n" not in attempt.output.replace("peer: ", "")


def test_frames_leave_a_host_as_they_were_built(tmp_path: Path) -> None:
    script = b"""
victim frame 'arp.gratuitous("192.0.2.50", lladdr=EVIL)' --count 2
victim frame 'arp.nothing()'; echo $?
victim frame '1 + 1'; echo $?
frame 'arp.probe("192.0.2.1", lladdr=EVIL)'; echo $?
"""
    attempt = graded(an_exercise(tmp_path), [script])[0]
    assert "who-has 192.0.2.50 tell 192.0.2.50 (gratuitous), 42 bytes on eth0, 2 times" in attempt.output
    assert attempt.output.count("\nframe: ") == 3
    assert attempt.output.count("\n2\n") == 3
    assert attempt.case is not None
    sent = [one for one in attempt.case.timeline if one.kind == "frame" and "192.0.2.50" in one.text]
    assert [one.host for one in sent] == ["victim", "victim"]


def test_submission_whose_lab_is_ended_from_outside_is_graded_once_more(tmp_path: Path) -> None:
    folder = tmp_path / "submissions"
    folder.mkdir()
    (folder / "alice.sh").write_text(f"sleep 6\n{SOLUTION}")
    words = ["exercise", "grade", str(folder), "--exercise", "arp_flux", "--format", "json"]
    grading = subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, text=True)
    try:
        lab = wait_until(
            lambda: next((one for one in running.find() if _descends(one.keeper, grading.pid)), None), within_s=60
        )
        running.stop(lab)
        out, _err = grading.communicate(timeout=300)
    finally:
        grading.kill()
        grading.wait()
    (attempt,) = json.loads(out)["attempts"]
    assert attempt["solved"]
    assert attempt["disturbed"]


def test_grading_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "alice.sh").write_text("(setsid sleep 1000 &) ; server sleep 1000")
    words = ["exercise", "grade", str(tmp_path), "--exercise", "arp_flux"]
    grading = subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, text=True)
    sleeping = wait_until(
        lambda: [pid for pid in descendants(grading.pid) if _command(pid) == "sleep 1000"][1:], within_s=60
    )
    assert sleeping
    grading.kill()
    grading.communicate()
    assert wait_until(lambda: all(ended(pid) for pid in sleeping))


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return ""


def _descends(pid: int, ancestor: int) -> bool:
    while pid > 1 and pid != ancestor:
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return False
    return pid == ancestor
