"""A dump is answered piece by piece: the kernel writes the next piece when the last one has been taken."""

from __future__ import annotations

import os
import socket
import struct
from typing import Final

from neighlab.errors import ScenarioError
from neighlab.kernel import links, nlattr, rtaddr, rtneigh
from neighlab.kernel.ns import NetNS
from neighlab.model.neigh import Neigh

_AF_NETLINK, _NETLINK_ROUTE = 16, 0
_ROOM: Final = 4096 if os.sysconf("SC_PAGE_SIZE") < 8192 else 8192
"""The kernel writes no pieces larger than a page (8 KiB at most) or what the reader has offered (netlink_dump)."""

KINDS: Final = {
    "links": (links.RTM_GETLINK, struct.Struct("=B15x")),
    "addresses": (rtaddr.RTM_GETADDR, struct.Struct("=B7x")),
    "routes": (26, struct.Struct("=B11x")),
    "neighbours": (nlattr.RTM_GETNEIGH, struct.Struct("=B11x")),
    "parameters": (nlattr.RTM_GETNEIGHTBL, struct.Struct("=B3x")),
}
"""What can be dumped: the request's type, and its header, of which only the family is filled in."""


class PausedDump:
    """A dump of which two pieces are read; whatever happens before `finish()` happens in the middle of it."""

    def __init__(self, netns: NetNS, what: str, family: int) -> None:
        if what not in KINDS:
            raise ScenarioError(f"nobody can dump {what!r}: it is one of {', '.join(KINDS)}")
        kind, header = KINDS[what]
        self.sock = netns.socket(_AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE)
        self.sock.bind((0, 0))
        self.marked = False
        """Has the kernel marked a message as inconsistent with those before it (NLM_F_DUMP_INTR)?"""
        self.pieces: list[bytes] = []
        self.done = False
        self.sock.send(nlattr.message(kind, nlattr.NLM_F_REQUEST | nlattr.NLM_F_DUMP, 1, header.pack(family)))
        self._read()
        self._read()

    def _read(self) -> None:
        if self.done:
            return
        piece = self.sock.recv(_ROOM)
        for kind, flags, *_ in nlattr.iter_messages(piece):
            self.marked = self.marked or bool(flags & nlattr.NLM_F_DUMP_INTR)
            self.done = self.done or kind in (nlattr.NLMSG_DONE, nlattr.NLMSG_ERROR)
        self.pieces.append(piece)
        if self.done:
            self.sock.close()

    def finish(self) -> PausedDump:
        """Read the rest."""
        while not self.done:
            self._read()
        return self

    def neighs(self) -> list[Neigh]:
        """The neighbour entries in what is read so far."""
        found: list[Neigh] = []
        for piece in self.pieces:
            rtneigh.decode_neighs(piece, found)
        return found
