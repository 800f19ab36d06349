"""A lab in the background answers its owner, one at a time, and nobody can keep it from doing so."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from live import ask as say
from neighlab.topologies import TwoHosts
from sandboxed import ended, wait_until

from neighlab.errors import EnvironmentProblem, ExpectationFailed, ScenarioError, Unsupported
from neighlab.lab import background, channel, running
from neighlab.lab.lab import Lab
from neighlab.lab.running import Running

pytestmark = pytest.mark.usefixtures("nothing_left")


def echo(lab: Lab, request: Mapping[str, Any]) -> Any:
    return {"hosts": list(lab.hosts), "said": request["said"]}


def fail(lab: Lab, request: Mapping[str, Any]) -> Any:
    kinds = {"environment": EnvironmentProblem, "unsupported": Unsupported, "expectation": ExpectationFailed}
    raise kinds.get(request["kind"], ZeroDivisionError)(f"a problem of the kind {request['kind']}")


def frames(lab: Lab, request: Mapping[str, Any]) -> int:
    return sum(one.kind == "frame" for one in lab.timeline)


def die(lab: Lab, request: Mapping[str, Any]) -> None:
    os._exit(3)


@pytest.fixture
def lab() -> Iterator[Running]:
    handlers = {"echo": echo, "fail": fail, "frames": frames, "die": die}
    one = background.start(lambda: Lab(TwoHosts, title="a/Title"), handlers)
    yield one
    if running.read(one.pid) == one:
        running.stop(one)


def test_requests_are_answered_by_the_handlers_that_the_creator_gave(lab: Running) -> None:
    assert lab.name == f"title-{lab.pid}"
    assert background.ask(lab, "echo", said=["ä", 1, None]) == {"hosts": ["peer", "victim"], "said": ["ä", 1, None]}
    assert background.ask(lab, "echo", said="x" * 3_000_000)["said"] == "x" * 3_000_000
    with pytest.raises(ScenarioError, match="this lab can be asked for: echo, fail, frames, die"):
        background.ask(lab, "nonsense")


@pytest.mark.parametrize(
    ("kind", "raised", "said"),
    [
        ("environment", EnvironmentProblem, "a problem of the kind environment"),
        ("unsupported", Unsupported, "a problem of the kind unsupported"),
        ("expectation", ExpectationFailed, "a problem of the kind expectation"),
        ("other", ScenarioError, "ZeroDivisionError: a problem of the kind other"),
    ],
)
def test_a_handlers_problem_is_raised_where_it_was_asked(
    lab: Running, kind: str, raised: type[Exception], said: str
) -> None:
    with pytest.raises(raised) as problem:
        background.ask(lab, "fail", kind=kind)
    assert (type(problem.value), str(problem.value)) == (raised, said)
    assert background.ask(lab, "echo", said="still there")["said"] == "still there"


def test_what_happens_between_requests_is_on_its_timeline(lab: Running) -> None:
    before = background.ask(lab, "frames")
    say("exec", lab.name, "victim", "ping", "-c1", "192.0.2.2")
    assert background.ask(lab, "frames") >= before + 2


def test_nobody_keeps_it_from_answering(lab: Running) -> None:
    def connected() -> socket.socket:
        end = socket.socket(socket.AF_UNIX)
        end.connect(f"/proc/{lab.pid}/root{background.CONTROL}")
        return end

    with connected() as silent, connected() as nonsense, connected() as half, connected() as gone:
        nonsense.sendall(b"\x05\0\0\0no js")
        half.sendall(b"\xff\xff\xff")
        channel.send(gone, {"do": ["echo"]})
        gone.close()
        silent.setblocking(False)
        assert background.ask(lab, "echo", said="me")["said"] == "me"
        assert nonsense.recv(1) == b"", "what is no request is hung up on"
        with pytest.raises(BlockingIOError):
            silent.recv(1)


def test_only_its_owner_may_connect(lab: Running) -> None:
    assert Path(f"/proc/{lab.pid}/root{background.CONTROL}").stat().st_mode & 0o777 == 0o600


def test_a_lab_that_dies_while_it_is_asked_is_told(lab: Running) -> None:
    with pytest.raises(EnvironmentProblem, match="ended before it answered"):
        background.ask(lab, "die")
    with pytest.raises(ScenarioError, match="has ended"):
        background.ask(lab, "echo", said="?")


def test_a_lab_that_does_not_react_is_told_and_can_be_stopped(lab: Running) -> None:
    os.kill(lab.pid, signal.SIGSTOP)
    with pytest.raises(EnvironmentProblem, match=r"does not answer within 0\.2 s"):
        background.ask(lab, "echo", said="?", within_s=0.2)
    running.stop(lab)
    assert ended(lab.pid)


def test_a_problem_while_it_is_built_is_raised_and_nothing_is_left() -> None:
    def refuse() -> Lab:
        raise Unsupported("not here")

    def crash() -> Lab:
        raise ZeroDivisionError("by zero")

    def vanish() -> Lab:
        os._exit(9)

    for build, raised, said in (
        (refuse, Unsupported, "not here"),
        (crash, ScenarioError, "ZeroDivisionError: by zero"),
        (vanish, ScenarioError, "the lab's process ended before the lab was up"),
    ):
        with pytest.raises(raised) as problem:
            background.start(build)
        assert str(problem.value) == said


def test_it_holds_nothing_of_its_maker(lab: Running) -> None:
    for pid in (lab.pid, lab.keeper):
        assert os.readlink(f"/proc/{pid}/cwd") == "/"
        kept = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)}
        assert kept == {"/dev/null"}
    assert os.getsid(lab.keeper) == lab.keeper != os.getsid(0)
    assert wait_until(lambda: not ended(lab.pid))
