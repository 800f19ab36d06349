"""A frame leaves an interface exactly as it was built: nothing is filled in, resolved or learned on the way out."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import select
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Final

from neighlab.errors import ScenarioError
from neighlab.kernel.ns import NetNS
from neighlab.wire import bpf
from neighlab.wire.looks import looks

ETH_P_ALL: Final = 3
BATCH: Final = 128
"""How many frames one sendmmsg(2) call hands to the kernel."""


class _Iovec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Msghdr(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p), ("namelen", ctypes.c_uint32), ("iov", ctypes.c_void_p), ("iovlen", ctypes.c_size_t),
        ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t), ("flags", ctypes.c_int),
    )  # fmt: skip


class _Mmsghdr(ctypes.Structure):
    _fields_ = (("header", _Msghdr), ("sent", ctypes.c_uint32))


_libc = ctypes.CDLL(None, use_errno=True)


class Port:
    """A raw socket on one interface of one host: sends frames, and receives what fences wait for."""

    __slots__ = ("ifname", "netns", "sock")

    def __init__(self, netns: NetNS, ifname: str) -> None:
        self.netns = netns
        self.ifname = ifname
        self.sock = netns.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        bpf.attach(self.sock, bpf.ANSWERS)
        self.sock.bind((ifname, ETH_P_ALL))

    def send(self, frame: bytes) -> None:
        """Send one frame; ScenarioError when the kernel refuses it: the interface is down, the frame too long."""
        self._forget_downtime()
        try:
            self.sock.send(frame)
        except OSError as problem:
            raise self._refused(problem.errno, frame) from None

    def flood(self, frames: Sequence[bytes], between: Callable[[], object] | None = None, batch: int = BATCH) -> None:
        """Send many prepared frames with few system calls; `between` is called after each batch.

        Frames of one length lie side by side in one buffer, so that no Python object is touched per frame.
        """
        self._forget_downtime()
        batch = max(1, min(batch, BATCH, len(frames)))
        headers = (_Mmsghdr * batch)()
        vectors = (_Iovec * batch)()
        for index in range(batch):
            headers[index].header.iov = ctypes.addressof(vectors[index])
            headers[index].header.iovlen = 1
        fd, vector_size = self.sock.fileno(), ctypes.sizeof(_Iovec)
        pack = struct.Struct("@PN").pack_into
        room = (ctypes.c_char * (vector_size * batch)).from_buffer(vectors)
        for first in range(0, len(frames), batch):
            part = frames[first : first + batch]
            buffer = b"".join(part)
            # from_buffer wants something writable; the address of an immutable bytes object is as stable
            base = ctypes.cast(ctypes.c_char_p(buffer), ctypes.c_void_p).value or 0
            for index, frame in enumerate(part):
                pack(room, index * vector_size, base, len(frame))
                base += len(frame)
            done = 0
            while done < len(part):
                count = _libc.sendmmsg(fd, ctypes.byref(headers[done]), len(part) - done, 0)
                if count < 0:
                    raise self._refused(ctypes.get_errno(), part[done])
                done += count
            if between is not None:
                between()

    def drain(self) -> None:
        """Forget what has been received."""
        self._forget_downtime()
        while True:
            try:
                self.sock.recv(2048, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return

    def wait_for(self, wanted: Callable[[bytes], bool], timeout_s: float) -> bytes | None:
        """The first received frame that `wanted` accepts, or None when it did not come in time."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        for left in looks(timeout_s):
            with contextlib.suppress(BlockingIOError):
                while True:
                    frame = self.sock.recv(2048, socket.MSG_DONTWAIT)
                    if wanted(frame):
                        return frame
            poll.poll(left * 1000)
        return None

    def _refused(self, number: int | None, frame: bytes) -> ScenarioError:
        why = "it is down" if number == errno.ENETDOWN else os.strerror(number or 0)
        return ScenarioError(f"{self.netns.name} {self.ifname} cannot send a frame of {len(frame)} bytes: {why}")

    def _forget_downtime(self) -> None:
        """Reading SO_ERROR clears it: an interface that went down leaves ENETDOWN for the next call (packet_notifier),
        also when it has come up again since.
        """
        self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()
