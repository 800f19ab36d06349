"""Everything this project claims about itself is checked by one command.

    ./lab test [--only STEP]... [--keep-going] [--list] [-- PYTEST-ARG...]

The steps run in the order of STEPS below and the first that fails ends the run, unless --keep-going. The last line of
the output is always `N passed, N failed, N skipped`, over all tests and cases of all steps.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import as_user
import machine

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@dataclass
class Count:
    """What tests and cases came to."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: Count) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


@dataclass
class Run:
    """One run of the steps: where reports go, what pytest is told, which steps, and how the machine looked before."""

    reports: Path
    pytest_args: Sequence[str] = ()
    steps: Sequence[str] = ()
    before: dict[str, set[str]] = field(default_factory=machine.snapshot)

    def report(self, name: str) -> Path:
        """Return a new file that an ordinary user may write to as well."""
        path = self.reports / name
        path.touch()
        path.chmod(0o666)
        return path


class NotHere(Exception):
    """This machine or this user cannot run the step; the text says why."""


# --- the steps ---------------------------------------------------------------------------------------------------


def lint(run: Run) -> Count:
    """The sources are formatted, typed and layered as agreed, and every mechanism has its scenario."""
    count = Count()
    count.add(call(tool("ruff"), "check", "--no-cache"))
    count.add(call(tool("ruff"), "format", "--check", "--no-cache"))
    with tempfile.TemporaryDirectory() as tree:
        # mypy cannot know where setup.cfg installs the folders, so it is shown the package as it will be installed.
        package = Path(tree, "neighlab")
        package.mkdir()
        for part in [*(ROOT / "neighlab").iterdir(), ROOT / "scenarios", ROOT / "topologies"]:
            (package / part.name).symlink_to(part)
        cache = ROOT / ".mypy_cache" if os.access(ROOT, os.W_OK) else Path(tree, "cache")
        config = [f"--config-file={ROOT}/pyproject.toml", f"--cache-dir={cache}"]
        count.add(call(tool("mypy"), *config, "-p", "neighlab", cwd=tree))
    count.add(call(tool("lint-imports"), "--no-cache", "--no-logo"))
    count.add(call(tool("neighlab"), "catalogue", "--check", "docs/catalogue.md"))
    return count


def unit(run: Run) -> Count:
    """What needs no kernel."""
    return pytest(run, "unit", "tests/unit")


def kernel(run: Run) -> Count:
    """Real namespaces, as this user; what an ordinary user sees as well is left to the next step, if that can run."""
    left_out = ["-m", "not anybody"] if "kernel-as-user" in run.steps and not no_ordinary_user() else []
    return pytest(run, "kernel", "tests/kernel", *left_out)


def kernel_as_user(run: Run) -> Count:
    """Real namespaces, as an ordinary user."""
    if reason := no_ordinary_user():
        raise NotHere(reason)
    return pytest(run, "kernel-as-user", "tests/kernel", through=user_call)


def scenarios(run: Run) -> Count:
    """Every scenario holds."""
    return neighlab(run, "scenarios", "-j2")


def sabotage(run: Run) -> Count:
    """Every scenario can fail: it does when its sabotage is applied."""
    return neighlab(run, "sabotage", "--sabotage", "-j6")


def loaded(run: Run) -> Count:
    """Every scenario holds while the processors are busy with something else."""
    with machine.busy(2 * (os.cpu_count() or 1)):
        return neighlab(run, "loaded", "-j6")


def host_table(run: Run) -> Count:
    """What needs the kernel's one neighbour table for itself."""
    need_root("the thresholds are writable for root only")
    listing = json.loads(subprocess.check_output([tool("neighlab"), "list", "--format", "json"], cwd=ROOT))
    names = [entry["scenario"] for entry in listing["scenarios"] if "host-table" in entry["needs"]]
    if not names:
        raise NotHere("no scenario needs it")
    return neighlab(run, "host-table", "--host-table", *names)


def leaks(run: Run) -> Count:
    """The machine is as it was: processes, namespaces, links, files, knobs."""
    from sandboxed import wait_until

    wait_until(lambda: machine.snapshot() == run.before)  # what has just ended takes a moment to go
    left = [
        f"{what}: {', '.join(sorted(now ^ run.before[what]))}"
        for what, now in machine.snapshot().items()
        if now != run.before[what]
    ]
    for line in left:
        print(f"  left behind  {line}")
    return Count(failed=len(left))


STEPS: dict[str, Callable[[Run], Count]] = {
    "lint": lint,
    "unit": unit,
    "kernel": kernel,
    "kernel-as-user": kernel_as_user,
    "scenarios": scenarios,
    "sabotage": sabotage,
    "loaded": loaded,
    "host-table": host_table,
    "leaks": leaks,
}

# --- how they run ------------------------------------------------------------------------------------------------


def tool(name: str) -> str:
    return str(BIN / name)


def plain_call(argv: Sequence[str], reports: Path) -> int:
    return subprocess.run(argv, cwd=ROOT).returncode


def user_call(argv: Sequence[str], reports: Path) -> int:
    sys.stdout.flush()
    return as_user.run(argv, show=[reports])


def call(*argv: str, cwd: str | Path = ROOT) -> Count:
    """Run a tool that has no counts, only a verdict."""
    name = Path(argv[0]).name
    print("  $", name, *argv[1:], flush=True)
    status = subprocess.run(argv, cwd=cwd).returncode
    return with_verdict(Count(), ok=status == 0, what=f"{name} ended with status {status}")


def pytest(run: Run, name: str, *args: str, through: Callable[[Sequence[str], Path], int] = plain_call) -> Count:
    """Run pytest and count what its report says, not what it prints. Twice as many tests as processors: many wait."""
    report = run.report(f"{name}.xml")
    several = ["-n", str(2 * (os.cpu_count() or 1)), "--dist", "worksteal"]
    argv = [sys.executable, "-m", "pytest", *args, "-q", "-p", "no:cacheprovider", *several, f"--junit-xml={report}"]
    status = through([*argv, *run.pytest_args], run.reports)
    count = Count()
    for suite in ElementTree.parse(report).iter("testsuite") if report.stat().st_size else []:
        total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        count.add(Count(total - failed - skipped, failed, skipped))
    nothing_selected = status == 5 and bool(run.pytest_args)
    return with_verdict(count, ok=status == 0 or nothing_selected, what=f"pytest ended with status {status}")


def neighlab(run: Run, name: str, *args: str) -> Count:
    """Run scenarios and count what the report says; everything skipped (status 4) is no failure."""
    report = run.report(f"{name}.json")
    status = plain_call([tool("neighlab"), "run", *args, "--format", "json", "--output", str(report)], run.reports)
    count = Count()
    if report.stat().st_size:
        document = json.loads(report.read_text())
        totals = document["totals"]
        count = Count(totals["passed"], totals["failed"] + totals["error"], totals["skipped"])
        for case in document["cases"]:
            if case["outcome"] not in ("passed", "skipped"):
                print(f"  {case['outcome']}  {case['scenario']}:{case['case']}  {case['reason']}")
                print(f"    rerun  ./lab run {case['scenario']}:{case['case']} -v")
    return with_verdict(count, ok=status in (0, 4), what=f"neighlab ended with status {status}")


def with_verdict(count: Count, *, ok: bool, what: str) -> Count:
    """A program that fails without saying what failed is one failure."""
    if not ok and not count.failed:
        print(f"  {what}")
        count.failed = 1
    return count


def no_ordinary_user() -> str:
    """Why this run cannot become an ordinary user, or nothing."""
    if os.geteuid() != 0:
        return "not root: an ordinary user ran the step before"
    if barrier := as_user.blocking(Path(sys.executable).resolve()):
        return f"others cannot run this Python, {barrier} is closed to them"
    if not (ROOT / "setup.cfg").stat().st_mode & 0o004:
        return "others cannot read this checkout: chmod -R go+rX"
    return ""


def need_root(why: str) -> None:
    if os.geteuid() != 0:
        raise NotHere(f"not root: {why}")


# --- the command -------------------------------------------------------------------------------------------------


def main(argv: Sequence[str]) -> int:
    """Run the chosen steps; 0 when nothing failed, 1 otherwise, 2 for a wrong option, 130 when interrupted."""
    own, pytest_args = list(argv), []
    if "--" in own:
        cut = own.index("--")
        own, pytest_args = own[:cut], own[cut + 1 :]
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="./lab test", description=__doc__, formatter_class=form)
    parser.add_argument("--only", action="append", choices=STEPS, metavar="STEP", help="run this step; may be repeated")
    parser.add_argument("--keep-going", action="store_true", help="go on after a failed step")
    parser.add_argument("--list", action="store_true", help="list the steps")
    options = parser.parse_args(own)
    if options.list:
        for name, step in STEPS.items():
            print(f"{name:16}{step.__doc__}")
        return 0

    machine.mark()
    total, interrupted = Count(), False
    chosen = [name for name in STEPS if name in (options.only or STEPS)]
    with tempfile.TemporaryDirectory(prefix="neighlab-test-") as reports:
        Path(reports).chmod(0o711)
        run = Run(Path(reports), pytest_args, chosen)
        try:
            for position, name in enumerate(chosen):
                count = timed(name, run)
                total.add(count)
                if count.failed and not options.keep_going:
                    print("not run:", ", ".join(chosen[position + 1 :]) or "nothing")
                    break
        except KeyboardInterrupt:
            interrupted = True
            print("interrupted")
    print(total)
    return 130 if interrupted else int(total.failed > 0)


def timed(name: str, run: Run) -> Count:
    """Run one step, say what became of it and how long it took."""
    print(f"== {name}: {STEPS[name].__doc__}", flush=True)
    start = time.monotonic()
    try:
        count = STEPS[name](run)
        verdict = "FAILED" if count.failed else "ok"
        verdict += f", {count}" if count != Count() else ""
    except NotHere as reason:
        count, verdict = Count(), f"left out: {reason}"
    except (subprocess.CalledProcessError, OSError, LookupError, ValueError) as error:
        count, verdict = Count(failed=1), f"FAILED: {error}"
    print(f"== {name}: {verdict} [{time.monotonic() - start:.1f} s]\n", flush=True)
    return count


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
