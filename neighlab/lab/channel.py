"""Between a sandbox and its runner travel whole messages, or an end: never half of one.

The messages are JSON: what a case sends can be wrong, but it cannot make the runner execute anything.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any, Protocol

_LENGTH = struct.Struct("=I")


class Stream(Protocol):
    """What a channel is made of: a connected socket, or what behaves like one."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of it."""

    def recv(self, most: int, /) -> bytes:
        """Wait for bytes; none at the end."""


class Nonsense(Exception):
    """What arrived on a channel is no message."""


def send(channel: Stream, message: Any) -> None:
    """Send one message; blocks until the other side has room for it."""
    data = json.dumps(message, default=str, separators=(",", ":")).encode()
    channel.sendall(_LENGTH.pack(len(data)) + data)


def receive(channel: Stream) -> Any:
    """Wait for one message; EOFError when the other side is gone."""
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size))
    return json.loads(_exactly(channel, length))


def _exactly(channel: Stream, length: int) -> bytes:
    parts = []
    while length:
        data = channel.recv(min(length, 1 << 20))
        if not data:
            raise EOFError("the other side is gone")
        parts.append(data)
        length -= len(data)
    return b"".join(parts)


class Inbox:
    """Collects what arrives on a non-blocking channel and gives it out message by message."""

    __slots__ = ("_buffer", "channel")

    def __init__(self, channel: socket.socket) -> None:
        channel.setblocking(False)
        self.channel = channel
        self._buffer = bytearray()

    def read(self) -> tuple[list[Any], bool]:
        """The complete messages that are here now, and whether the other side is gone; Nonsense if one is no JSON."""
        ended = False
        while True:
            try:
                data = self.channel.recv(1 << 20)
            except BlockingIOError:
                break
            except ConnectionResetError:
                ended = True
                break
            if not data:
                ended = True
                break
            self._buffer += data
        messages = []
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if len(self._buffer) < _LENGTH.size + length:
                break
            try:
                messages.append(json.loads(self._buffer[_LENGTH.size : _LENGTH.size + length]))
            except ValueError as problem:
                raise Nonsense(str(problem)) from None
            del self._buffer[: _LENGTH.size + length]
        return messages, ended
