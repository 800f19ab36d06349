"""Every request to the kernel is answered: by an acknowledgement, by data, or by an error that names what was asked."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Callable
from typing import Final, TypeVar

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import nlattr

T = TypeVar("T")

NETLINK_ROUTE: Final = 0
SOL_NETLINK: Final = 270
NETLINK_ADD_MEMBERSHIP: Final = 1
NETLINK_LISTEN_ALL_NSID: Final = 8
NETLINK_CAP_ACK: Final = 10
NETLINK_EXT_ACK: Final = 11
NETLINK_GET_STRICT_CHK: Final = 12

_NLMSG_ERROR: Final = 2
_NLMSG_DONE: Final = 3
_NLM_F_CAPPED: Final = 0x100
_NLM_F_ACK_TLVS: Final = 0x200
_NLM_F_DUMP_INTR: Final = 0x10
_NLMSGERR_ATTR_MSG: Final = 1
_HEADER: Final = 16
_ACK_BATCH: Final = 64


class NetlinkError(OSError):
    """The kernel refused a request: errno, and the kernel's own words where it has some (extended ACK)."""

    def __init__(self, number: int, message: str, doing: str) -> None:
        super().__init__(number, message or os.strerror(number))
        self.doing = doing

    def __str__(self) -> str:
        name = errno.errorcode.get(self.errno or 0, str(self.errno))
        return f"{self.doing}: {name} {self.strerror}"


class Route:
    """A NETLINK_ROUTE socket of one namespace; one request at a time, each acknowledged."""

    __slots__ = ("_seq", "name", "repeats", "sock")

    def __init__(self, sock: socket.socket, name: str) -> None:
        self.sock = sock
        self.name = name
        self._seq = 0
        self.repeats = 0
        """How many dumps were repeated because the kernel marked them inconsistent (NLM_F_DUMP_INTR)."""
        sock.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
        sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        sock.bind((0, 0))

    def ask(self, kind: int, flags: int, body: bytes, doing: str) -> None:
        """Send one request and wait for its acknowledgement; raise NetlinkError, whose text starts with `doing`."""
        self.ask_all([(kind, flags, body)], doing)

    def ask_all(self, requests: list[tuple[int, int, bytes]], doing: str) -> None:
        """Send many requests in few system calls; the first that the kernel refuses raises NetlinkError.

        Requests behind a refused one in the same batch have been carried out: the kernel does not stop.
        """
        refused: NetlinkError | None = None
        for first in range(0, len(requests), _ACK_BATCH):
            batch = requests[first : first + _ACK_BATCH]
            buffer, earlier = bytearray(), self._seq
            for kind, flags, body in batch:
                self._seq += 1
                buffer += nlattr.message(kind, flags | nlattr.NLM_F_REQUEST | nlattr.NLM_F_ACK, self._seq, body)
            self.sock.send(buffer)
            waiting = len(batch)
            while waiting:
                data = self.sock.recv(65536)
                for kind, flags, seq, _pid, start, end in nlattr.iter_messages(data):
                    if kind != _NLMSG_ERROR or seq <= earlier:
                        continue  # seq: the answer to a request that was given up (a case's time was over)
                    waiting -= 1
                    problem = self._error(data, flags, start, end, doing)
                    refused = refused or problem
            if refused is not None:
                raise refused

    def get(self, kind: int, body: bytes, doing: str) -> tuple[bytes, int, int]:
        """Send a request that is answered by one message: the buffer, and where its body starts and ends in it."""
        self._seq += 1
        self.sock.send(nlattr.message(kind, nlattr.NLM_F_REQUEST, self._seq, body))
        while True:
            data = self.sock.recv(65536)
            for answer, flags, seq, _pid, start, end in nlattr.iter_messages(data):
                if seq != self._seq:
                    continue
                if answer == _NLMSG_ERROR:
                    problem = self._error(data, flags, start, end, doing)
                    if problem is not None:
                        raise problem
                    continue
                return data, start, end

    def dump(self, kind: int, body: bytes, doing: str, take: Callable[[bytes], object]) -> None:
        """Send a dump request and hand every buffer of the answer to `take`.

        A dump that raced with a change is marked by the kernel (NLM_F_DUMP_INTR) and repeated: `take` is then
        called with empty bytes first, which means "forget what you have".
        """
        while self._dump_once(kind, body, doing, take):
            self.repeats += 1
            take(b"")

    def collect(self, kind: int, body: bytes, doing: str, decode: Callable[[bytes, list[T]], object]) -> list[T]:
        """Send a dump request and return what `decode` appends to a list for each buffer of the answer."""
        found: list[T] = []

        def take(data: bytes) -> None:
            if data:
                decode(data, found)
            else:
                found.clear()

        self.dump(kind, body, doing, take)
        return found

    def _dump_once(self, kind: int, body: bytes, doing: str, take: Callable[[bytes], object]) -> bool:
        self._seq += 1
        flags = nlattr.NLM_F_REQUEST | nlattr.NLM_F_DUMP
        self.sock.send(nlattr.message(kind, flags, self._seq, body))
        interrupted = False
        while True:
            data = self.sock.recv(1 << 17)
            done = stale = False
            for answer, flags, seq, _pid, start, end in nlattr.iter_messages(data):
                if stale := seq != self._seq:
                    break
                interrupted = interrupted or bool(flags & _NLM_F_DUMP_INTR)
                if answer == _NLMSG_DONE:
                    done = True
                elif answer == _NLMSG_ERROR:
                    problem = self._error(data, flags, start, end, doing)
                    if problem is not None:
                        raise problem
            if len(data) > _HEADER and not interrupted and not stale:
                take(data)
            if done:
                return interrupted

    def _error(self, data: bytes, flags: int, start: int, end: int, doing: str) -> NetlinkError | None:
        number = -int.from_bytes(data[start : start + 4], sys.byteorder, signed=True)
        if not number:
            return None
        words = ""
        if flags & _NLM_F_ACK_TLVS:
            offset = start + 4 + _HEADER
            if not flags & _NLM_F_CAPPED:
                length = int.from_bytes(data[start + 4 : start + 8], sys.byteorder)
                offset = start + 4 + (length + 3 & ~3)
            text = nlattr.parse_attrs(data, offset, end).get(_NLMSGERR_ATTR_MSG)
            words = bytes(text).rstrip(b"\0").decode(errors="replace") if text is not None else ""
        return NetlinkError(number, words, f"{self.name}: {doing}")

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()


def refuse(problem: OSError, doing: str) -> EnvironmentProblem:
    """Turn an operating system's refusal into the one line that a user reads."""
    return EnvironmentProblem(f"{doing}: {problem.strerror or problem}")
