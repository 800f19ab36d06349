"""What is measured runs where a user would run it: in a warm runner's forks, without root, inside a lab."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import socket
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from benchmarks.outcome import NotMeasured
from neighlab.kernel import links, ns
from neighlab.kernel.netlink import NETLINK_ROUTE, NetlinkError, Route
from neighlab.lab import channel, sandbox
from neighlab.lab.lab import Lab

_NOBODY = 65534
_PR_SET_DUMPABLE = 4


class Worker:
    """A process of its own that does one job as often as it is asked to; root's is done by an ordinary user."""

    def __init__(self, job: Callable[[], Any]) -> None:
        self._ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if not self.pid:
            self._ours.close()
            _serve(job, theirs)
        theirs.close()

    def __call__(self) -> Any:
        """Have the job done once and return what it returns."""
        channel.send(self._ours, "go")
        return _answer(self._ours)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._ours.close()
        os.waitpid(self.pid, 0)


def _answer(asked: socket.socket) -> Any:
    try:
        return channel.receive(asked)
    except EOFError:
        raise NotMeasured("it ended with the error that is shown above") from None


def _serve(job: Callable[[], Any], asked: socket.socket) -> NoReturn:
    try:
        _become_ordinary()
        while True:
            channel.receive(asked)
            channel.send(asked, job())
    except EOFError:
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    os._exit(1)


def _become_ordinary() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        # a process that changed its user may not write its own uid_map, for its /proc files stay root's
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)


def in_lab(topology: Any, story: Callable[[Lab], Any], **options: Any) -> Any:
    """What `story(lab)` returns in a new sandbox; an exception there is printed, and the row is not measured."""

    def work(outside: socket.socket) -> None:
        channel.send(outside, ["result", story(Lab(topology, **options))])

    box = sandbox.spawn(work, cpu=min(os.sched_getaffinity(0)))
    try:
        kind, answer = _answer(box.channel)
    finally:
        box.reap(5.0)
    if kind != "result":
        raise NotMeasured(answer)
    return answer


def settle() -> None:
    """Wait until the kernel has taken down every namespace that was left before.

    It does so in one queue, in the order of leaving (cleanup_net): the last of them is one of our own, and the
    near end of a wire into it goes with it. Otherwise who is measured next would pay for who was measured before.
    """

    def work(outside: socket.socket) -> None:
        home = ns.open_current_net()
        route = Route(
            ns.NetNS("settle", home, home).socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE), "settle"
        )
        ns.unshare(ns.CLONE_NEWNET)
        left = ns.open_current_net()
        ns.setns(home, ns.CLONE_NEWNET)
        near, far = links.End("near", 2, "02:00:00:00:00:01", home), links.End("far", 2, "02:00:00:00:00:02", left)
        route.ask(*links.new_veth(near, far), "make a wire")
        os.close(left)
        with contextlib.suppress(NetlinkError):
            while route.get(links.RTM_GETLINK, links.query_link(2), "look at the wire"):
                select.poll().poll(5)

    sandbox.spawn(work).reap(60)
