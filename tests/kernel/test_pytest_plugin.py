"""Under pytest a scenario gives the verdict that `neighlab run` gives, and a test with a lab cannot harm the run."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import textwrap
import time
from typing import Any

import crippled
import pytest
import sandboxed

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.anybody

CLAIM = '''
    """An announcement creates an entry if arp_accept says so."""
    import os
    import pytest
    from neighlab.topologies import VictimAttacker
    from neighlab import ABSENT, EVIL, LEARNED, ON_LINK, Case, Unsupported, arp, scenario
'''
STORY = """
    @scenario(topology=VictimAttacker, cases=[
        Case("holds", outcome=LEARNED), Case("does-not", outcome=ABSENT),
        Case("not-yet", outcome=LEARNED, since="99.0"),
        Case("not-here", outcome=Unsupported), Case("errs", outcome=None), Case("exits", outcome=os),
    ])
    def announced(victim, attacker, *, outcome):
        if outcome is Unsupported:
            raise Unsupported("no such thing")
        if outcome is os:
            os._exit(3)
        victim.conf(arp_accept=1)

        attacker.send(arp.gratuitous(ON_LINK, lladdr=EVIL))
        attacker.fence(victim)

        victim.expect(ON_LINK, outcome)
"""


@pytest.fixture
def run(pytester: pytest.Pytester) -> Any:
    """Run pytest, as in a user's own project, in a process of its own."""

    def go(*args: str, **files: str) -> pytest.RunResult:
        for name, text in files.items():
            (pytester.path / f"{name}.py").write_text(textwrap.dedent(text).lstrip("\n"))
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *args, timeout=300)

    return go


def file(*parts: str) -> str:
    return "".join(textwrap.dedent(part) for part in parts)


# scenarios


def test_each_case_is_an_item_with_the_verdict_of_the_runner(run: Any) -> None:
    result = run("my_scenario.py", "-v", "-rs", my_scenario=file(CLAIM, STORY))
    result.assert_outcomes(passed=1, failed=3, skipped=2)
    result.stdout.fnmatch_lines(
        [
            "my_scenario.py::announced[[]holds] PASSED*",
            "my_scenario.py::announced[[]does-not] FAILED*",
            "_* announced[[]does-not] _*",
            "my_scenario.py:* announced[[]does-not]",
            "  expected  victim eth0 192.0.2.99  ABSENT",
            "  observed  victim eth0 192.0.2.99  STALE lladdr 00:00:5e:00:53:66",
            "  timeline * ms  victim    set     conf.eth0.arp_accept=1",
            "* attacker  sent    ARP who-has 192.0.2.99 *",
            "  rerun     neighlab run my_scenario:does-not -v",
            "its process left with status 3 before it reported (os._exit in the story[?])",
            "SKIPPED * my_scenario.py:*: Unsupported: the kernel does so since 99.0*",
            "SKIPPED * my_scenario.py:*: Unsupported: no such thing",
        ],
        consecutive=False,
    )
    assert "pool.py" not in result.stdout.str()


def test_the_junit_file_says_what_was_claimed_and_what_was_seen(run: Any, pytester: pytest.Pytester) -> None:
    run("my_scenario.py", "--junit-xml=report.xml", my_scenario=file(CLAIM, STORY))
    text = (pytester.path / "report.xml").read_text()
    assert '<property name="claim" value="An announcement creates an entry if arp_accept says so."' in text
    assert 'message="victim eth0 192.0.2.99: expected ABSENT, observed STALE lladdr 00:00:5e:00:53:66"' in text


def test_bundled_scenarios_run_from_where_they_are() -> None:
    from neighlab.runner.discovery import bundled

    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", str(bundled() / "garp/arp_accept.py")]
    done = subprocess.run(argv, cwd="/", capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


def test_a_case_is_chosen_by_its_node_id_and_a_folder_gives_all(run: Any) -> None:
    result = run("my_scenario.py::announced[holds]", my_scenario=file(CLAIM, STORY))
    result.assert_outcomes(passed=1)
    result = run("--collect-only", "-q", ".")
    result.stdout.fnmatch_lines(["my_scenario.py::announced[[]exits]"])


def test_a_file_may_hold_scenarios_and_tests(run: Any) -> None:
    both = file(
        CLAIM, STORY, "    def test_own(lab):\n        assert len(lab.hosts) == 2\n    def test_plain(): pass\n"
    )
    run("-k", "own or plain or holds", test_both=both).assert_outcomes(passed=3, deselected=5)


def test_two_scenario_files_may_have_one_base_name(run: Any, pytester: pytest.Pytester) -> None:
    for folder in ("one", "two"):
        (pytester.path / folder).mkdir()
        (pytester.path / folder / "same.py").write_text(file(CLAIM, STORY).lstrip())
    run("one/same.py", "two/same.py", "-k", "holds").assert_outcomes(passed=2, deselected=10)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def x(:\n", "broken.py:6: syntax error: *"),
        ("1/0\n", "broken.py:6: cannot be loaded: ZeroDivisionError: division by zero"),
        ("raise SystemExit(0)\n", "broken.py:6: cannot be loaded: SystemExit: 0"),
        ("scenario(topology=None, needs=['much'])\n", "*needs='much': it is one of *"),
    ],
)
def test_a_broken_file_is_one_line(run: Any, text: str, said: str) -> None:
    result = run(".", broken=file(CLAIM) + text + file(STORY))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{said}"])
    assert "Traceback" not in result.stdout.str()


def test_nothing_is_imported_for_a_run_that_has_neither(run: Any) -> None:
    result = run(
        test_own="""
            import sys
            import pytest

            @pytest.fixture
            def lab():
                return "mine"

            def test_own(lab):
                assert lab == "mine"
                assert sorted(name for name in sys.modules if name.partition(".")[0] == "neighlab") == [
                    "neighlab", "neighlab.runner", "neighlab.runner.pytest_plugin"]
                assert not {"scapy", "mininet", "pyroute2", "click", "rich"} & set(sys.modules)
        """
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("value", ["0", "x", "1000"])
def test_the_time_scale_has_a_range(run: Any, value: str) -> None:
    result = run(f"--neighlab-time-scale={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*a number from 0.1 to 100 (got {value})*"])


# tests with a lab

LAB = """
    import ctypes, os, signal, subprocess, sys, time, warnings
    import pytest
    from neighlab import ABSENT, EVIL, LEARNED, ON_LINK, Unsupported, arp
"""


def test_a_test_has_a_lab_and_everything_else_that_pytest_gives(run: Any, pytester: pytest.Pytester) -> None:
    text = """
        from neighlab.topologies import TwoHosts

        @pytest.fixture(scope="module")
        def wide():
            yield []

        @pytest.fixture(params=["a", "b"])
        def letter(request, tmp_path):
            yield request.param
            (tmp_path / "torn-down").touch()

        @pytest.mark.parametrize("number", [1, 2])
        @pytest.mark.lab(arp_accept=1)
        def test_learns(lab, number, letter, wide, capsys, tmp_path, monkeypatch, record_property):
            assert os.getpid() == 1 and os.geteuid() == 0 or os.getpid() == 1
            record_property("what", letter)
            monkeypatch.setenv("X", "y")
            print("seen")
            assert capsys.readouterr().out == "seen\\n"
            (tmp_path / letter).write_text(str(number))
            lab["attacker"].send(arp.gratuitous(ON_LINK, lladdr=EVIL))
            lab["attacker"].fence(lab["victim"])
            lab["victim"].expect(ON_LINK, LEARNED)

        @pytest.mark.lab(topology=TwoHosts, family="ipv6")
        def test_six(lab, capfd):
            subprocess.run(["echo", "from a program"], check=True)
            assert capfd.readouterr().out == "from a program\\n"
            assert lab.version == 6 and len(lab.hosts) == 2

        def test_plain(wide):
            assert os.getpid() != 1

        def test_after(lab, wide):
            assert wide == []
    """
    result = run("-W", "error", "--strict-markers", "--basetemp=kept", "-v", test_own=file(LAB, text))
    result.assert_outcomes(passed=7)
    kept = {path.name for path in (pytester.path / "kept").rglob("*") if path.is_file()}
    assert kept == {"a", "b", "torn-down"}


def test_a_failure_shows_the_users_line_and_what_the_kernel_did(run: Any) -> None:
    text = """
        @pytest.mark.lab(arp_accept=1)
        def test_wrong(lab):
            print("printed before")
            lab["attacker"].send(arp.gratuitous(ON_LINK, lladdr=EVIL))
            lab["attacker"].fence(lab["victim"])
            lab["victim"].expect(ON_LINK, ABSENT)
    """
    result = run(test_own=file(LAB, text))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            '>   *lab[[]"victim"].expect(ON_LINK, ABSENT)',
            "E   *expected ABSENT, observed STALE lladdr 00:00:5e:00:53:66",
            "test_own.py:*: ExpectationFailed",
            "-* Captured stdout call -*",
            "printed before",
            "-* neighlab timeline -*",
            "expected  victim eth0 192.0.2.99  ABSENT",
            "observed  victim eth0 192.0.2.99  STALE *",
            "timeline * ms * sent *",
        ]
    )
    assert "neighlab/lab" not in result.stdout.str()


def test_a_test_that_cannot_report_is_a_failure_and_the_others_go_on(run: Any) -> None:
    text = """
        def test_exits(lab):
            print("last words")
            os._exit(0)

        def test_crashes(lab):
            ctypes.string_at(0)

        @pytest.mark.lab(timeout=5)
        def test_hangs(lab):
            while True:
                pass

        @pytest.mark.lab(timeout=5)
        def test_does_not_heed(lab):
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
            while True:
                pass

        def test_writes_nonsense(lab):
            for fd in os.listdir("/proc/self/fd"):
                link = f"/proc/self/fd/{fd}"
                if os.path.exists(link) and os.readlink(link).startswith("socket:"):
                    try:
                        os.write(int(fd), b"\\x04\\0\\0\\0abcd")
                    except OSError:
                        pass

        def test_forks(lab):
            if os.fork():
                os.wait()

        def test_is_well(lab):
            pass
    """
    result = run("-rf", test_own=file(LAB, text))
    result.assert_outcomes(passed=2, failed=5)
    result.stdout.fnmatch_lines(
        [
            "its process left with status 0 before it reported (os._exit in the test[?])",
            "last words",
            "its process was ended by SIGSEGV before it reported",
            "E * did not end within 5 s",
            "did not end within 5 s and did not react: killed",
            "it wrote something else than its report to pytest's channel: killed",
        ],
        consecutive=False,
    )


def test_a_test_killed_from_outside_is_a_failure(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_own="""
        import signal
        def test_waits(lab, tmp_path_factory):
            (tmp_path_factory.getbasetemp() / "ready").touch()
            signal.pause()
        def test_next(lab):
            pass
        """
    )
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--basetemp=base", "test_own.py"]
    process = subprocess.Popen(argv, cwd=pytester.path, stdout=subprocess.PIPE, text=True)
    assert sandboxed.wait_until((pytester.path / "base/ready").exists, within_s=120)
    *_, first = sandboxed.descendants(process.pid)
    os.kill(first, signal.SIGKILL)
    out, _ = process.communicate(timeout=120)
    assert "its process was ended by SIGKILL before it reported" in out
    assert "1 failed, 1 passed" in out


def test_an_interrupted_run_leaves_nobody(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_own="""
        import signal
        def test_waits(lab, tmp_path_factory):
            (tmp_path_factory.getbasetemp() / "ready").touch()
            signal.pause()
        """
    )
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--basetemp=base", "test_own.py"]
    process = subprocess.Popen(argv, cwd=pytester.path, stdout=subprocess.PIPE, text=True)
    assert sandboxed.wait_until((pytester.path / "base/ready").exists, within_s=120)
    inside = list(sandboxed.descendants(process.pid))
    assert inside
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert sandboxed.wait_until(lambda: all(map(sandboxed.ended, inside)))


def test_pytests_own_outcomes_come_out_of_the_sandbox(run: Any) -> None:
    text = """
        @pytest.mark.xfail(strict=True)
        def test_expected(lab):
            assert 0

        @pytest.mark.skip(reason="so")
        def test_skipped(lab): pass

        def test_unsupported(lab):
            raise Unsupported("no such thing")

        def test_warns(lab):
            warnings.warn("careful", DeprecationWarning)

        @pytest.fixture
        def broken(lab):
            yield
            raise RuntimeError("torn")

        def test_teardown(broken): pass

        def test_dynamic(request):
            request.getfixturevalue("lab")

        def test_asserts(lab):
            assert [1, 2] == [1, 3]
    """
    result = run("-rsE", test_own=file(LAB, text))
    result.assert_outcomes(xfailed=1, skipped=2, passed=2, errors=1, failed=2, warnings=1)
    result.stdout.fnmatch_lines(
        [
            "E * RuntimeError: torn",
            "the lab fixture is there only for a test that has it as a parameter",
            "E * At index 1 diff: 2 != 3",
            "*DeprecationWarning: careful",
            "SKIPPED * test_own.py:*: so",
            "SKIPPED * test_own.py:*: no such thing",
        ],
        consecutive=False,
    )


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="subtests came with pytest 9")
def test_a_failed_subtest_fails_the_run(run: Any) -> None:
    text = """
        def test_some(lab, subtests):
            for number in range(3):
                with subtests.test(number=number):
                    assert number != 1
    """
    result = run(test_own=file(LAB, text))
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "test_own.py *",
            "E * assert 1 != 1",
            "SUBFAILED* test_own.py::test_some - assert 1 != 1",
            "* 1 failed, 1 passed in *",
        ]
    )
    assert "u.u" not in result.stdout.str()


def test_a_fixture_of_the_user_may_build_on_ours(run: Any) -> None:
    text = """
        @pytest.fixture
        def lab(lab):
            lab["victim"].conf(arp_accept=2)
            return lab

        def test_own(lab):
            assert lab["victim"].knob("arp_accept") == 2
    """
    run(test_own=file(LAB, text)).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("arp_acceptt=1", "neighlab: no knob 'arp_acceptt': did you mean arp_accept?"),
        ("arp_accept=9", "neighlab: arp_accept takes 0..2 (got 9)"),
        ("timeout=0", "neighlab: pytest.mark.lab(timeout=0): it is a number of seconds"),
        ("family='ipx'", "neighlab: pytest.mark.lab(family='ipx'): it is one of ipv4, ipv6, dual"),
        ("3", "neighlab: pytest.mark.lab takes names: *"),
    ],
)
def test_a_wrong_mark_is_one_line(run: Any, mark: str, said: str) -> None:
    result = run(test_own=file(LAB, f"    @pytest.mark.lab({mark})\n    def test_own(lab): pass\n"))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([said.replace("?", "[?]")])


def test_what_was_set_up_outside_is_torn_down_outside_and_once(run: Any) -> None:
    text = """
        @pytest.fixture(scope="module")
        def wide():
            yield os.getpid()
            print("torn down by", "a sandbox" if os.getpid() == 1 else "pytest")

        def test_first(wide): pass
        def test_second(lab, wide): assert wide != os.getpid()
    """
    other = "    def test_other(): pass\n"
    result = run("-s", test_a=file(LAB, text), test_b=file(LAB, other))
    result.assert_outcomes(passed=3)
    assert result.stdout.str().count("torn down by pytest") == 1
    assert "torn down by a sandbox" not in result.stdout.str() + result.stderr.str()


def test_the_first_failure_can_end_the_run(run: Any) -> None:
    text = "    def test_one(lab): assert 0\n    def test_two(lab): pass\n"
    run("-x", test_own=file(LAB, text)).assert_outcomes(failed=1)
    result = run(test_own=file(LAB, "    def test_one(lab): pytest.exit('enough', 5)\n    def test_two(lab): pass\n"))
    assert result.ret == 5


def test_without_user_namespaces_the_reason_is_one_line(pytester: pytest.Pytester) -> None:
    (pytester.path / "test_own.py").write_text("def test_own(lab): pass\ndef test_plain(): pass\n")
    (pytester.path / "my.py").write_text(file(CLAIM, STORY).lstrip())
    argv = [*crippled.without_user_namespaces(), sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*argv, "test_own.py", "my.py::announced[holds]"], cwd=pytester.path, capture_output=True, text=True
    )
    assert "1 failed, 1 passed, 1 error" in done.stdout
    assert done.stdout.count("\nneighlab: this machine forbids user namespaces (user.max_user_namespaces=0): ") == 2
    assert "Traceback" not in done.stdout + done.stderr


def test_the_debugger_can_be_used_in_a_lab(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_own="def test_own(lab):\n    answer = 41\n    assert answer == 42\n")
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--pdb", "test_own.py"]
    process = subprocess.Popen(
        argv, cwd=pytester.path, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    said, told = b"", False
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if select.select([ours], [], [], 1)[0]:
            try:
                data = os.read(ours, 4096)
            except OSError:
                break
            said += data
        if b"(Pdb)" in said and not told:
            told = True
            os.write(ours, b"p answer + 1000, len(lab.hosts)\nq\n")
    assert process.wait(60) == 2, said.decode()
    assert b"(1041, 2)" in said
    os.close(ours)
