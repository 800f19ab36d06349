"""A case passes only if its story came to its end and every expectation in it was met."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from neighlab.errors import EnvironmentProblem, ExpectationFailed, NeighlabError, ScenarioError, Unsupported
from neighlab.kernel.features import kernel_version, parse_version
from neighlab.kernel.pressure import Pressure
from neighlab.lab import channel as wire
from neighlab.lab import lab as labs
from neighlab.lab.recorder import captured, interfaces
from neighlab.model import knobs
from neighlab.model.evidence import Evidence
from neighlab.model.knobs import Setting
from neighlab.model.result import CaseResult
from neighlab.model.why.causes import tell_causes
from neighlab.runner.discovery import Selected
from neighlab.runner.registry import Sabotage, parameters

if TYPE_CHECKING:
    from neighlab.kernel.tracing.trace import Trace


@dataclass(frozen=True, slots=True)
class Options:
    """How cases are run: what `neighlab run` was told."""

    settings: tuple[Setting, ...] = ()
    time_scale: float = 1.0
    timeout_s: float | None = None
    host_table: bool = False
    sabotage: bool = False
    shell_on_fail: bool = False
    evidence: bool = False
    """Keep every frame, not only what the story asks for; as root also the kernel's own transitions and drops."""
    explain: bool = False
    """Tell at each frame that changed nothing which check of the kernel stopped it; keeps every frame, too."""


class CaseTimeout(NeighlabError):
    """The case took longer than it may."""


def timeout_s(selected: Selected, options: Options) -> float:
    """How long a case may take: what was said, or twice the longest life of an entry under the knobs it could meet, at
    least 20 s.
    """
    if options.timeout_s is not None:
        return options.timeout_s
    if selected.scenario.timeout_s is not None:
        return selected.scenario.timeout_s * options.time_scale
    values = {name: value for version in (4, 6) for name, value in knobs.baseline_neigh(version).items()}
    for name, value in {**selected.case.params, **{one.knob.name: one.value for one in options.settings}}.items():
        if name in values and isinstance(value, int):
            values[name] = value
    probes = values["ucast_solicit"] + values["mcast_solicit"] + values["app_solicit"] + values["mcast_resolicit"]
    life_ms = values["delay_first_probe_time_ms"] + probes * values["retrans_time_ms"]
    return max(20.0, 2 * life_ms / 1000) * options.time_scale


def unsupported(selected: Selected, options: Options) -> str | None:
    """Why this case cannot run here, known before any sandbox is made; None if it can be tried."""
    case = selected.case
    kernel = kernel_version()
    if case.since is not None and kernel < parse_version(case.since):
        return f"Unsupported: the kernel does so since {case.since}; this is {'.'.join(map(str, kernel))}"
    if case.until is not None and kernel >= parse_version(case.until):
        return f"Unsupported: the kernel did so until {case.until}; this is {'.'.join(map(str, kernel))}"
    if "host-table" in selected.scenario.needs and not options.host_table:
        return "needs the kernel's whole neighbour table: run it as root with --host-table"
    return None


def work(selected: Selected, options: Options, trace: Trace | None = None) -> Callable[[socket.socket], None]:
    """What the first process of the case's sandbox does: wait until it may begin, run the case and send its result.

    From then on it stays on one processor, see sandbox.spawn.
    """

    def run(channel: socket.socket) -> None:
        try:
            _begin, cpu = wire.receive(channel)
        except EOFError:
            return  # the runner needs us no more
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {cpu})

        def ask(question: Any) -> Any:
            wire.send(channel, ("ask", question))
            kind, answer = wire.receive(channel)
            if kind == "refused":
                raise EnvironmentProblem(str(answer))
            return answer

        first = os.getpid()
        result = execute(selected, options, ask, trace)
        if os.getpid() == first:
            with contextlib.suppress(
                BrokenPipeError, ConnectionResetError
            ):  # the runner is gone: so are we in a moment
                wire.send(channel, ("result", result.to_plain()))

    return run


def execute(
    selected: Selected, options: Options, ask: Callable[[Any], Any] | None = None, trace: Trace | None = None
) -> CaseResult:
    """Build the lab, tell the story, judge. Must run as the first process of a sandbox."""
    scenario, case = selected
    result = CaseResult(scenario.name, case.name, scenario.claim, "error")
    started = time.monotonic()
    lab: labs.Lab | None = None
    limit = timeout_s(selected, options)
    table = Pressure()
    try:
        with alarm(limit):
            lab = build(selected, options, ask, trace)
            hosts, _keywords, _required = parameters(scenario.story)
            values = [lab if name == "lab" else _table(lab) if name == "table" else lab[name] for name in hosts]
            broken = scenario.sabotage_of(case) if options.sabotage else None
            scenario.story(*values, **{**case.params, **(broken.params if broken else {})})
        lab.pump()
        result.outcome = "passed"
        if not lab.expectations:
            result.outcome, result.reason = "error", "the story expects nothing: it cannot fail, so it shows nothing"
    except ExpectationFailed as problem:
        result.outcome, result.reason = "failed", str(problem)
        _place(result, problem, scenario.file)
    except AssertionError as problem:
        result.outcome, result.reason = "failed", f"assertion failed: {problem or _line(problem)}"
        _place(result, problem, scenario.file)
    except Unsupported as problem:
        result.outcome, result.reason = "skipped", f"Unsupported: {problem}"
    except (CaseTimeout, ScenarioError, EnvironmentProblem) as problem:
        result.reason = str(problem)
        _place(result, problem, scenario.file)
        if isinstance(problem, CaseTimeout):
            result.reason = f"did not end within {limit:g} s" + (f", in {_line(problem)}" if _line(problem) else "")
    except SystemExit as problem:
        result.reason = f"the story left by SystemExit({problem.code})"
    except KeyboardInterrupt:
        result.reason = "the story was interrupted (KeyboardInterrupt)"
    except Exception as problem:
        result.reason = f"{type(problem).__name__}: {problem}"
        result.details = traceback.format_exc()
        _place(result, problem, scenario.file)
    if result.outcome in ("failed", "error") and "host-table" not in scenario.needs and (full := table.told()):
        result.outcome, result.reason, result.details = "error", full, ""
    if lab is not None:
        with contextlib.suppress(NeighlabError, OSError, ValueError):
            lab.pump()
            if lab.witness is not None:
                lab.witness.conclude()
        result.timeline = lab.timeline.sorted()
        result.expectations = lab.expectations
        result.knobs = lab.effective_knobs()
        result.epoch_s = time.time() - lab.timeline.now_ms() / 1000
        recorded = lab.recorder.evidence(lab.timeline) if lab.recorder is not None else None
        told = recorded or Evidence(interfaces(lab), captured(lab.frames, lab.timeline))
        causes = tell_causes(result.timeline, told.frames, told.interfaces)
        if lab.explainer is not None:
            lab.explainer.conclude(result.timeline, told, causes)
        result.evidence = recorded if options.evidence else None
    result.duration_ms = (time.monotonic() - started) * 1000
    if options.shell_on_fail and lab is not None and result.outcome in ("failed", "error"):
        print(f"{result.name}: {result.reason}\nThe lab is as the failure left it; Ctrl-D ends it.", file=sys.stderr)
        lab.shell()
    if options.sabotage:
        _invert(result, scenario.sabotage_of(case))
    return result


def build(
    selected: Selected, options: Options, ask: Callable[[Any], Any] | None = None, trace: Trace | None = None
) -> labs.Lab:
    """The lab of a case, before its story begins."""
    scenario, case = selected
    chosen = scenario.sabotage_of(case) if options.sabotage else None
    if options.sabotage and chosen is None:
        raise ScenarioError("no sabotage is given for this case: nothing shows that it can fail")
    settings = options.settings
    if chosen is not None:
        settings += tuple(Setting(knobs.find(name), None, None, value) for name, value in chosen.knobs.items())
    return labs.Lab(
        scenario.topology, families=scenario.family_of(case), settings=settings, time_scale=options.time_scale,
        sabotage=labs.Sabotage(dict(chosen.knobs), dict(chosen.frames), chosen.mute) if chosen else None,
        ask_runner=ask if options.host_table else None, evidence=options.evidence, explain=options.explain,
        trace=trace, title=selected.name,
    )  # fmt: skip


def _table(lab: labs.Lab) -> Any:
    from neighlab.lab.table import Table

    return Table(lab)


def _invert(result: CaseResult, sabotage: Sabotage | None) -> None:
    """Under sabotage a case must fail: its passing is the failure."""
    if result.outcome == "failed":
        result.outcome, result.reason = "passed", f"fails as it must when {sabotage}: {result.reason}"
    elif result.outcome == "passed":
        result.outcome, result.reason = "failed", f"still passes when {sabotage}: it cannot fail"


@contextlib.contextmanager
def alarm(limit_s: float) -> Any:
    """Raise CaseTimeout in the story after `limit_s` seconds; the runner ends whatever does not heed it."""

    def ring(_number: int, frame: FrameType | None) -> NoReturn:
        raise CaseTimeout(f"did not end within {limit_s:g} s")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _place(result: CaseResult, problem: BaseException, file: str) -> None:
    """Name the story's own line in which it happened: the innermost frame that is in the scenario's file."""
    for frame in reversed(traceback.extract_tb(problem.__traceback__)):
        if frame.filename == file:
            result.where = f"{_short(file)}:{frame.lineno} {frame.name}"
            return


def _line(problem: BaseException) -> str:
    """The source line of the innermost frame that is not in one of neighlab's rooms."""
    own = str(Path(__file__).parent.parent) + os.sep
    stories = str(Path(own, "scenarios")) + os.sep
    for frame in reversed(traceback.extract_tb(problem.__traceback__)):
        if not frame.filename.startswith(own) or frame.filename.startswith(stories):
            return f"`{frame.line}`" if frame.line else ""
    return ""


def _short(file: str) -> str:
    relative = os.path.relpath(file)
    return file if relative.startswith("..") else relative
