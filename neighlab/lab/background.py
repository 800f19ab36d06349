"""A lab in the background outlives the command that started it, and answers whoever else its owner sends.

It belongs to its keeper, which belongs to nobody: killing either, or `neighlab stop`, takes all of it down. Its first
process takes in what happens and answers requests, one message each way, on a socket in the lab's own /run.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from neighlab.errors import EnvironmentProblem, ScenarioError
from neighlab.lab import card, channel, problems, running, sandbox
from neighlab.lab.running import Running

if TYPE_CHECKING:
    from neighlab.lab.lab import Lab

CONTROL: Final = card.FOLDER + "/control"
_KEPT: Final = 100_000
"""How many entries of its timeline, and frames, a lab in the background remembers at least."""
_PATIENCE_S: Final = 5.0
"""How long an answer may take to be read: meanwhile nobody else is answered."""

Handler: TypeAlias = "Callable[[Lab, Mapping[str, Any]], Any]"
"""Answers one kind of request with what JSON has; a NeighlabError that it raises is raised again where it was asked."""


def start(build: Callable[[], Lab], handlers: Mapping[str, Handler] | None = None) -> Running:
    """Start a lab that lives until somebody ends it; returns when it is up.

    `build` is called in the sandbox, as its first process; what `ask` is to answer is in `handlers`. A NeighlabError of
    `build` is raised here, and nothing is left. Must be called from the main thread.
    """

    def work(end: socket.socket) -> None:
        try:
            lab = build()
            listener = _listen()
        except Exception as problem:
            channel.send(end, problems.packed(problem))
            return
        channel.send(end, ("up", ""))
        end.close()
        _serve(lab, listener, handlers or {})

    box = sandbox.spawn(work, outlives=True)
    try:
        kind, text = channel.receive(box.channel)
    except EOFError:
        kind, text = "scenario", "the lab's process ended before the lab was up"
    except BaseException:
        box.reap()
        raise
    found = None
    if kind == "up":
        box.channel.close()
        found = next((lab for lab in running.find() if lab.keeper == box.pid), None)
    if found is None:
        box.reap()
        raise problems.KINDS.get(kind, ScenarioError)(text or "the lab ended as soon as it was up")
    return found


def ask(lab: Running, do: str, *, within_s: float = 60, **more: Any) -> Any:
    """Send a lab in the background a request and return its answer; a NeighlabError of its handler is raised here.

    EnvironmentProblem when it does not answer in time, or is no lab that answers.
    """
    with running.held(lab):
        return ask_at(f"/proc/{lab.pid}/root{CONTROL}", lab.name, do, within_s=within_s, **more)


def ask_at(path: str, name: str, do: str, *, within_s: float = 60, **more: Any) -> Any:
    """Ask as `ask` does, through the socket of the lab `name` at `path`: in a lab that is CONTROL."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
        end.settimeout(within_s)
        try:
            end.connect(path)
            channel.send(end, {"do": do, **more})
            kind, answer = channel.receive(end)
        except (FileNotFoundError, ConnectionRefusedError):
            raise ScenarioError(f"{name} is in the hands of a command: nobody else can ask it") from None
        except TimeoutError:
            raise EnvironmentProblem(f"{name} does not answer within {within_s:g} s") from None
        except (EOFError, ConnectionError):
            raise EnvironmentProblem(f"{name} ended before it answered") from None
    if kind in problems.KINDS:
        raise problems.KINDS[kind](answer)
    return answer


def _listen() -> socket.socket:
    """Only the lab's owner (and root) may write to a socket file, which is what connecting takes."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    mask = os.umask(0o177)
    try:
        listener.bind(CONTROL)
    finally:
        os.umask(mask)
    listener.listen()
    return listener


def _serve(lab: Lab, listener: socket.socket, handlers: Mapping[str, Handler]) -> None:
    """Take in what happens in the lab and answer requests, one at a time, for ever."""
    clients: dict[int, channel.Inbox] = {}
    orphans = _hear_of_ends()
    while True:
        poll = select.poll()
        for one in (listener, orphans, lab.monitor.sock, *(tap.sock for tap in lab.taps)):
            poll.register(one, select.POLLIN)
        for fd in clients:
            poll.register(fd, select.POLLIN)
        ready = [fd for fd, _event in poll.poll()]
        lab.pump()
        _forget(lab)
        if orphans.fileno() in ready:
            orphans.recv(4096)
            _reap(lab)
        if listener.fileno() in ready:
            with contextlib.suppress(OSError):  # who wanted something has gone again
                end, _address = listener.accept()
                clients[end.fileno()] = channel.Inbox(end)
        for fd in filter(clients.get, ready):
            if _heed(lab, clients[fd], handlers):
                clients.pop(fd).channel.close()


def _heed(lab: Lab, client: channel.Inbox, handlers: Mapping[str, Handler]) -> bool:
    """Answer a request that has arrived; True when there is nothing more to be done for this client."""
    try:
        messages, ended = client.read()
    except (channel.Nonsense, OSError):
        return True
    if messages:
        client.channel.settimeout(_PATIENCE_S)
        with contextlib.suppress(OSError):
            channel.send(client.channel, _answer(lab, messages[0], handlers))
    return bool(messages) or ended


def _answer(lab: Lab, request: Any, handlers: Mapping[str, Handler]) -> tuple[str, Any]:
    try:
        if not isinstance(request, dict) or request.get("do") not in handlers:
            raise ScenarioError(f"this lab can be asked for: {', '.join(handlers) or 'nothing'}")
        return "answer", handlers[request["do"]](lab, request)
    except Exception as problem:
        return problems.packed(problem)


def _forget(lab: Lab) -> None:
    """A lab that nobody ends must not fill the machine's memory with what it has seen."""
    if len(lab.timeline.entries) > 2 * _KEPT:
        del lab.timeline.entries[:-_KEPT]
        lab.history.clear()  # an expectation that comes asks the table itself
        lab.misses.clear()
    if len(lab.frames) > 2 * _KEPT:
        del lab.frames[:-_KEPT]


def _hear_of_ends() -> socket.socket:
    """What becomes readable whenever a child of this process has ended."""
    ours, theirs = socket.socketpair(type=socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    signal.set_wakeup_fd(theirs.detach(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return ours


def _reap(lab: Lab) -> None:
    """Take leave of programs that others have left behind in here; the lab's own are its own business."""
    own = {process.pid for process in _programs(lab)}
    with open("/proc/thread-self/children") as file:
        orphans = [pid for pid in map(int, file.read().split()) if pid not in own]
    for pid in orphans:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def _programs(lab: Lab) -> Iterator[Any]:
    for node in (*lab.net.hosts, *lab.net.switches):
        yield from node.extra_shells
        if node.shell is not None:
            yield node.shell
