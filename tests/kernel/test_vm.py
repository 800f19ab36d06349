"""A virtual machine answers as this machine does, and nothing of it outlives its runner.

Booting needs QEMU and a kernel (`neighlab kernels fetch 6.12`, or NEIGHLAB_TEST_KERNEL=PATH). One machine is booted;
with NEIGHLAB_TEST_VM=all several are.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sandboxed

from neighlab.errors import EnvironmentProblem
from neighlab.model.result import CaseResult
from neighlab.runner.discovery import select
from neighlab.runner.execute import Options
from neighlab.vm import accel, guest, kernels, machine
from neighlab.vm.runner import VmRunner

CLI = [str(Path(sys.executable).parent / "neighlab")]


def _kernel() -> kernels.Kernel | None:
    if shutil.which(machine.hardware().program) is None:
        return None
    named = os.environ.get("NEIGHLAB_TEST_KERNEL")
    return kernels.find(named) if named else next((one for one in kernels.available() if one.modules), None)


KERNEL = _kernel()
KVM = accel.remembered()
boots = pytest.mark.skipif(KERNEL is None, reason="no QEMU or no kernel: apt install qemu-system-x86; kernels fetch")
several = pytest.mark.skipif(os.environ.get("NEIGHLAB_TEST_VM") != "all", reason="several boots: NEIGHLAB_TEST_VM=all")


@pytest.fixture
def known_kvm(nothing_left: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this user knows of KVM here holds in the test's own cache, too: finding out again takes half a minute.

    A machine that is up in the end may be slow: other tests are at work.
    """
    monkeypatch.setattr(guest, "BOOT_S", {True: 60.0, False: 600.0})
    accel.remember(bool(KVM))
    yield
    accel._file().unlink()


class Reaper:
    """A listener that does something to the machine when a case begins, and keeps the results."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, case: str, number: int) -> None:
        self.results: list[CaseResult] = []
        self.pids: list[int] = []
        self._case, self._number = case, number
        booted = machine.Machine.__init__

        def init(this, *args, **kwargs):
            booted(this, *args, **kwargs)
            self.pids.append(this._process.pid)

        monkeypatch.setattr(machine.Machine, "__init__", init)

    def started(self, name: str) -> None:
        if name.endswith(self._case):
            os.kill(self.pids[-1], self._number)

    def finished(self, result: CaseResult) -> None:
        self.results.append(result)


@boots
def test_a_case_in_a_machine_has_its_timeline_and_a_killed_machine_costs_one_case(
    known_kvm: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    reaper = Reaper(monkeypatch, ":ipv6-einval", signal.SIGKILL)

    run = VmRunner(KERNEL, Options(evidence=True), listener=reaper).run(
        select(["garp/arp_accept:1-*", "gc/thresh3_overflow:ipv6-*"])
    )

    passed, lost = run.cases
    assert (run.mode, run.kernel, run.time_scale >= 1) == ("vm", KERNEL.version, True)
    assert (passed.outcome, passed.kernel) == ("passed", KERNEL.version)
    assert {"sent", "event", "expect"} <= {entry.kind for entry in passed.timeline}
    assert passed.evidence.frames
    assert (lost.outcome, len(reaper.pids)) == ("error", 1)
    assert f"the virtual machine with kernel {KERNEL.version} ended" in lost.reason


@boots
@several
def test_a_machine_that_hangs_costs_one_case_and_another_one_goes_on(
    known_kvm: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guest, "PULSE_S", {True: 5.0, False: 15.0})
    reaper = Reaper(monkeypatch, ":1-creates-anywhere", signal.SIGSTOP)

    run = VmRunner(KERNEL, Options(), listener=reaper).run(select(["garp/arp_accept:[012]-creates-*"]))

    assert [(one.case, one.outcome) for one in run.cases] == [
        ("1-creates-anywhere", "error"),
        ("2-creates-on-link", "passed"),
    ]
    assert "hung" in run.cases[0].reason
    assert len(reaper.pids) == 2


@boots
@several
def test_a_kernel_that_panics_is_told_by_its_own_words(known_kvm: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_command", lambda: ["/bin/false"])

    with pytest.raises(
        EnvironmentProblem, match=r"did not|ended: .*Kernel panic - not syncing: Attempted to kill init"
    ):
        VmRunner(KERNEL).run(select(["garp/arp_accept:0-*"]))


@boots
@pytest.mark.usefixtures("nothing_left")
def test_no_machine_outlives_a_killed_runner() -> None:
    command = [*CLI, "run", "--kernel", str(KERNEL.image), "garp/arp_accept"]
    runner = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    try:
        assert b"booting kernel" in runner.stderr.readline()
        (emulator,) = sandboxed.descendants(runner.pid)
    finally:
        runner.kill()
        runner.communicate()

    assert sandboxed.wait_until(lambda: sandboxed.ended(emulator))


@pytest.mark.usefixtures("nothing_left")
def test_a_matrix_of_this_kernel_alone_has_nothing_unexplained(tmp_path: Path) -> None:
    page = tmp_path / "matrix.json"

    done = subprocess.run(
        [*CLI, "matrix", "--kernels", "host", "garp/arp_accept", "--output", str(page)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    document = json.loads(page.read_text())
    assert [one["kernel"] for one in document["kernels"]] == [kernels.released(os.uname().release, os.uname().version)]
    assert document["totals"]["unexplained"] == 0
    assert {one["scenario"] for one in document["cases"]} == {"garp/arp_accept"}


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["run", "--kernel", "1.2.3"], 2, "no kernel '1.2.3'"),
        (["run", "--kernel", "host", "--vm"], 2, "give one of them"),
        (["matrix", "--kernels", ","], 2, "names none"),
        (["kernels", "fetch", "new"], 2, "is no kernel version"),
    ],
)
def test_what_cannot_be_booted_is_told_in_one_line(args: list[str], code: int, said: str) -> None:
    done = subprocess.run([*CLI, *args, *["garp/arp_accept"] * (args[0] != "kernels")], capture_output=True, text=True)

    assert done.returncode == code
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
