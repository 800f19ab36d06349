"""Whatever a story does to its process, its sandbox ends with it and the run goes on."""

import ctypes
import faulthandler
import os
import signal
import stat
import sys

from neighlab.topologies import VictimAttacker

from neighlab import ABSENT, ON_LINK, Case, scenario
from neighlab.errors import Unsupported


def behaves(lab):
    """Do nothing else than the story itself."""


def fails(lab):
    lab.expect("one", 1, 2)


def errs(lab):
    raise ZeroDivisionError("division by zero")


def skips(lab):
    raise Unsupported("not on this machine")


def spins(lab):
    while True:
        pass


def blocks_the_alarm(lab):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    spins(lab)


def spins_in_c(lab):
    sum(range(1 << 50))  # one instruction for the interpreter: no signal handler gets to run


def forks(lab):
    os.fork()


def leaves_a_daemon(lab):
    if not os.fork():
        os.setsid()
        if os.fork():
            os._exit(0)
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        while True:
            signal.pause()


def leaves_programs(lab):
    lab.net["victim"].cmd("sleep 1000 & setsid sleep 1000 &")
    lab.net["victim"].popen("sleep 1000")


def mounts(lab):
    lab.net["victim"].cmd("mount -t tmpfs tmpfs /mnt; mount --bind /proc /mnt; touch /run/left /run/netns/left")


def exits(lab):
    os._exit(3)


def exits_as_if_all_was_well(lab):
    os._exit(0)


def leaves_by_sys_exit(lab):
    sys.exit(4)


def raises_keyboard_interrupt(lab):
    raise KeyboardInterrupt


def kills_its_parent(lab):
    os.kill(0, signal.SIGKILL)  # the process group: the keeper is in it, outside of the story's pid namespace
    spins(lab)


def stops_its_parent(lab):
    os.kill(0, signal.SIGSTOP)


def kills_everybody(lab):
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        lab.expect("others in this pid namespace", 0, 0)


def closes_everything(lab):
    os.closerange(0, 1000)


def crashes(lab):
    faulthandler.disable()
    ctypes.string_at(0)


def writes_to_every_socket(lab):
    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                os.write(fd, b"\x01\x00\x00\x00x")
        except OSError:
            continue


def recurses(lab):
    recurses(lab)


def reads_what_is_typed(lab):
    lab.expect("standard input", sys.stdin.read(), "")


def prints(lab):
    print("noise among the lines of the report", flush=True)


def asks(lab):
    lab.ask_runner("anything")


def _cases(*behaviours):
    return [Case(one.__name__.replace("_", "-"), behaviour=one) for one in behaviours]


@scenario(
    topology=VictimAttacker,
    cases=_cases(
        behaves, fails, errs, skips, forks, leaves_a_daemon, leaves_programs, mounts, exits, exits_as_if_all_was_well,
        leaves_by_sys_exit, raises_keyboard_interrupt, kills_its_parent, stops_its_parent, kills_everybody,
        closes_everything, crashes, writes_to_every_socket, recurses, reads_what_is_typed, prints,
    ),
)  # fmt: skip
def ends(lab, victim, *, behaviour):
    behaviour(lab)
    victim.expect(ON_LINK, ABSENT)


@scenario(topology=VictimAttacker, timeout_s=6, cases=_cases(spins, blocks_the_alarm, spins_in_c))
def would_never_end(lab, *, behaviour):
    behaviour(lab)


@scenario(topology=VictimAttacker, needs=["host-table"], cases=_cases(asks))
def wants_the_table(lab, *, behaviour):
    behaviour(lab)
