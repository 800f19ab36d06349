"""A process behind this filter cannot make the system calls that a lab's user never needs and an attacker would like.

What is refused: making and changing mounts and namespaces, memory that no limit counts (memfd, System V), buffers of
any size (SO_SNDBUFFORCE, packet rings), leaving one's processor, sockets of families that no namespace bounds (vsock),
and the large interfaces in which holes are found (bpf, io_uring, perf). A refused call fails with EPERM; a call in
another architecture's numbers ends the process.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from typing import Final, NamedTuple

from neighlab.errors import EnvironmentProblem
from neighlab.kernel.ns import CLONE_NEWNET

_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_ALLOW, _ERRNO, _KILL = 0x7FFF_0000, 0x0005_0000, 0x8000_0000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NR, _ARCH, _ARG0, _ARG1, _ARG2 = 0, 4, 16, 24, 32  # struct seccomp_data; the low halves of the arguments
_X32: Final = 0x4000_0000

_FAMILIES: Final = {1: "AF_UNIX", 2: "AF_INET", 10: "AF_INET6", 16: "AF_NETLINK", 17: "AF_PACKET"}
_UNBOUNDED: Final = {
    1: (32, 33),  # SOL_SOCKET: SO_SNDBUFFORCE, SO_RCVBUFFORCE
    263: (5, 13),  # SOL_PACKET: PACKET_RX_RING, PACKET_TX_RING
}

# name: (x86_64, aarch64); None where the architecture does not have it
_REFUSED: Final[dict[str, tuple[int | None, int | None]]] = {
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "unshare": (272, 97), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "msgget": (68, 186),
    "semget": (64, 190), "mq_open": (240, 180),
    "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "bpf": (321, 280), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "syslog": (103, 116), "acct": (163, 89), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    "swapon": (167, 224), "swapoff": (168, 225), "reboot": (169, 142), "vhangup": (153, 58),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "modify_ldt": (154, None), "iopl": (172, None), "ioperm": (173, None),
}  # fmt: skip


class _Machine(NamedTuple):
    column: int
    audit: int
    socket: int
    socketpair: int
    setsockopt: int
    setns: int
    setgroups: int


_MACHINES: Final = {
    "x86_64": _Machine(0, 0xC000_003E, 41, 53, 54, 308, 116),
    "aarch64": _Machine(1, 0xC000_00B7, 198, 199, 208, 268, 159),
}


def program(machine: str) -> bytes:
    """The filter for a machine (`uname -m`) as classic BPF; EnvironmentProblem for one whose numbers are not known."""
    if machine not in _MACHINES:
        raise EnvironmentProblem(f"strangers' programs are confined on {' and '.join(_MACHINES)}, not on {machine}")
    here = _MACHINES[machine]
    code = [_load(_ARCH), *_unless(here.audit, _KILL), _load(_NR)]
    if machine == "x86_64":
        code += [_op(_AT_LEAST, _X32, 0, 1), _op(_RETURN, _KILL)]
    for numbers in _REFUSED.values():
        if (number := numbers[here.column]) is not None:
            code += [_op(_EQUAL, number, 0, 1), _op(_RETURN, _ERRNO | errno.EPERM)]
    for number in (here.socket, here.socketpair):
        code += _block(number, [_load(_ARG0), *_among(tuple(_FAMILIES), errno.EAFNOSUPPORT)])
    code += _block(here.setns, [_load(_ARG1), *_among((CLONE_NEWNET,), errno.EPERM)])
    options = []
    for level, names in _UNBOUNDED.items():
        body = [_load(_ARG2)]
        for name in names:
            body += [_op(_EQUAL, name, 0, 1), _op(_RETURN, _ERRNO | errno.EPERM)]
        body.append(_op(_RETURN, _ALLOW))
        options += [_load(_ARG1), _op(_EQUAL, level, 0, len(body)), *body]
    code += _block(here.setsockopt, [*options, _op(_RETURN, _ALLOW)])
    return b"".join([*code, _op(_RETURN, _ALLOW)])


def groupless(machine: str) -> bytes:
    """A filter behind which setgroups() succeeds and does nothing; one that allows everything on other machines."""
    if machine not in _MACHINES:
        return _op(_RETURN, _ALLOW)
    here = _MACHINES[machine]
    pretend = _block(here.setgroups, [_op(_RETURN, _ERRNO)])
    return b"".join([_load(_ARCH), *_unless(here.audit, _ALLOW), _load(_NR), *pretend, _op(_RETURN, _ALLOW)])


def install(code: bytes) -> None:
    """Put this process, and all that it will start, behind a filter.

    It must have given up new privileges before, or be root of its user namespace.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(code, len(code))
    fprog = struct.pack("@HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, fprog, 0, 0) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "seccomp")


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _load(offset: int) -> bytes:
    return _op(_LOAD, offset)


def _unless(value: int, action: int) -> list[bytes]:
    """Go on if the accumulator has this value; else take the action."""
    return [_op(_EQUAL, value, 1, 0), _op(_RETURN, action)]


def _among(values: tuple[int, ...], refusal: int) -> list[bytes]:
    """Allow if the accumulator has one of these values; else refuse with an error number."""
    code = []
    for value in values:
        code += [_op(_EQUAL, value, 0, 1), _op(_RETURN, _ALLOW)]
    return [*code, _op(_RETURN, _ERRNO | refusal)]


def _block(number: int, body: list[bytes]) -> list[bytes]:
    """What is done if the system call has this number; `body` ends with a return."""
    return [_op(_EQUAL, number, 0, len(body)), *body]
