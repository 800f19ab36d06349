"""A neighbour entry can be read, changed by an administrator, and expected."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from neighlab.errors import ScenarioError
from neighlab.kernel import nlattr, oldviews, rtneigh
from neighlab.kernel.monitor import NeighEvent
from neighlab.kernel.netlink import NetlinkError
from neighlab.lab.host.base import HostBase
from neighlab.model.neigh import Neigh
from neighlab.model.nud import NTF, NUD, State, flag_names, state_name
from neighlab.wire import inbox

if TYPE_CHECKING:
    pass

_OPS = {
    "add": nlattr.NLM_F_CREATE | nlattr.NLM_F_EXCL,
    "replace": nlattr.NLM_F_CREATE | nlattr.NLM_F_REPLACE,
    "change": nlattr.NLM_F_REPLACE,
}


class Neighbours(HostBase):
    """The verbs about a host's neighbour tables."""

    def neigh_get(self, addr: str, *, dev: str | None = None) -> Neigh | None:
        """The entry for `addr` as it is now, or None; asks for nothing but this one (RTM_GETNEIGH)."""
        family = 10 if ":" in addr else 2
        body = rtneigh.encode_neigh(family=family, ifindex=self.intf(dev).ifindex, addr=addr)
        try:
            data, start, _end = self.node.route.get(nlattr.RTM_GETNEIGH, body, f"look up {addr}")
        except NetlinkError as problem:
            if problem.errno == errno.ENOENT:
                return None
            raise
        return rtneigh.decode_neigh(data, start - nlattr.HEADER_LEN)[1]

    def neigh_dump(self, *, family: int = 0, proxy: bool = False, dev: str | None = None) -> list[Neigh]:
        """The whole table of this host (`family` 4 or 6: only that one), NOARP entries included; with `dev` what is on
        that interface, which may also be lo or one that the story has made by itself.
        """
        body = rtneigh.encode_dump(family={0: 0, 4: 2, 6: 10}[family], proxy=proxy)
        doing, decode = "read the neighbour table", rtneigh.decode_neighs
        found: list[Neigh] = self.node.route.collect(nlattr.RTM_GETNEIGH, body, doing, decode)
        if dev is None:
            return found
        ifindex = self.ifindex_of(dev)
        return [neigh for neigh in found if neigh.ifindex == ifindex]

    def neigh_set(
        self,
        addr: str,
        lladdr: str | None = None,
        *,
        state: NUD = NUD.PERMANENT,
        flags: NTF = NTF.NONE,
        op: str = "replace",
        dev: str | None = None,
        protocol: int | None = None,
    ) -> str | None:
        """Create or change an entry as an administrator: `op` is "add", "change" or "replace" (ip neigh).

        Returns None, or the name of the error with which the kernel refuses (EEXIST, ENOENT, EINVAL, ...).
        """
        if op not in _OPS:
            raise ScenarioError(f"neigh_set(op={op!r}): it is one of {', '.join(_OPS)}")
        addr = self._check_addr(addr)
        body = rtneigh.encode_neigh(
            family=10 if ":" in addr else 2, ifindex=self.intf(dev).ifindex, addr=addr, state=state, lladdr=lladdr,
            ntf=flags, protocol=protocol,
        )  # fmt: skip
        words = [f"ip neigh {op} {addr} lladdr {lladdr}", *flag_names(flags), f"nud {state_name(state).lower()}"]
        text = " ".join(words)
        return self._neigh_request(nlattr.RTM_NEWNEIGH, _OPS[op], body, text)

    def neigh_del(self, addr: str, *, dev: str | None = None, flags: NTF = NTF.NONE) -> str | None:
        """Delete an entry; returns None, or the error's name."""
        addr = self._check_addr(addr)
        body = rtneigh.encode_neigh(
            family=10 if ":" in addr else 2, ifindex=self.intf(dev).ifindex, addr=addr, ntf=flags
        )
        return self._neigh_request(nlattr.RTM_DELNEIGH, 0, body, f"ip neigh del {addr}")

    def _neigh_request(self, kind: int, flags: int, body: bytes, text: str) -> str | None:
        self.lab.act(self.name, "command", text)
        try:
            self.node.route.ask(kind, flags, body, text)
        except NetlinkError as problem:
            self.lab.timeline.add(self.name, "netlink", "note", str(problem))
            return inbox.error_name(problem.errno or 0)
        finally:
            self.lab.pump()
        return None

    def expect(
        self,
        addr: str,
        *states: State,
        lladdr: str | None = None,
        flags: NTF | None = None,
        dev: str | None = None,
        within_ms: float | None = None,
    ) -> None:
        """Expect the entry for `addr` to be in a state, or to pass through several in this order.

        A state may be a mask (LEARNED, NUD.STALE | NUD.DELAY) or ABSENT. `lladdr` and `flags` are those of the last
        one. What the kernel announced since the story's last act counts as well as what is and what comes, until a
        deadline that follows from the knobs in force (or `within_ms`).
        """
        addr = self._check_addr(addr)
        self._watcher.expect(self.intf(dev).ifindex, addr, states, lladdr, flags, within_ms)

    def hold(
        self, addr: str, state: State, *, lladdr: str | None = None, for_ms: float, dev: str | None = None
    ) -> None:
        """Expect the entry for `addr` to be in a state and to stay there for `for_ms` milliseconds."""
        addr = self._check_addr(addr)
        self._watcher.hold(self.intf(dev).ifindex, addr, state, lladdr, for_ms)

    def expect_miss(
        self, addr: str, count: int | range = 1, *, dev: str | None = None, within_ms: float = 2000
    ) -> list[NeighEvent]:
        """Expect that the kernel has asked user space for `addr` so often (app_solicit, neigh_app_ns); return how.

        Waits until the least number of questions is there; that there are no more is true at that moment.
        """
        addr = self._check_addr(addr)
        return self._watcher.expect_miss(self.intf(dev).ifindex, addr, count, within_ms)

    def lladdrs(self, addr: str, *, dev: str | None = None) -> list[str]:
        """The link-layer addresses that the entry for `addr` has had, in their order, each change once.

        These are the kernel's announcements since the lab began: what a watcher knows, and a look at the table does
        not.
        """
        self.lab.pump()
        seen = self.lab.history[self.name, self.intf(dev).ifindex, addr]
        told = [one.neigh.lladdr for one in seen if one.neigh is not None and one.neigh.lladdr]
        return [one for one, before in zip(told, [None, *told], strict=False) if one != before]

    def proc_arp(self) -> dict[tuple[str, str], oldviews.Old]:
        """The lines of /proc/net/arp by address and interface: flags and link-layer address."""
        return oldviews.read_proc(self.node.netns)

    def siocgarp(self, addr: str, *, dev: str | None = None) -> oldviews.Old | str:
        """What the ioctl SIOCGARP tells about an address, or the name of its error (ENXIO)."""
        return oldviews.ask_ioctl(self.node.netns, addr, str(self.intf(dev).name))
