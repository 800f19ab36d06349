"""Who watches a lab sees each entry, timer and frame as it is, and the lab goes on as if nobody did."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from live import COMMAND, ask, background, listed
from sandboxed import ended, wait_until
from terminal import Terminal

from neighlab.kernel import tableuse

pytestmark = pytest.mark.usefixtures("nothing_left", "room")

PEER, STRANGER = "192.0.2.2", "192.0.2.99"
PEER_LLADDR, EVIL = "00:00:5e:00:53:02", "00:00:5e:00:53:66"


@pytest.fixture
def room() -> Iterator[None]:
    """Nobody lowers the kernel's thresholds meanwhile: that would collect the very entries that are watched."""
    with tableuse.held(alone=False, patience_s=600):
        yield


@pytest.fixture
def lab(room: None) -> Iterator[str]:
    long = ("base_reachable_time_ms=600000", "delay_first_probe_time_ms=120000", "retrans_time_ms=60000")
    settings = [word for one in long for word in ("--set", one)]  # nothing changes that the test has not caused
    with background("VictimAttacker", "--family", "ipv4", *settings) as name:
        yield name


def on(lab: str, host: str, *words: str, code: int = 0) -> str:
    return ask("exec", lab, host, *words, code=code)


def table(lab: str, host: str) -> dict[str, tuple[Any, ...]]:
    """A host's entries as `ip` tells them, without their ages."""
    entries = json.loads(on(lab, host, "ip", "-j", "-s", "neigh", "show", "nud", "all"))
    return {one["dst"]: (one.get("lladdr"), *one["state"], one.get("probes")) for one in entries}


# --- once -----------------------------------------------------------------------------------------------------------


def test_every_entry_is_told_as_the_kernel_has_it(lab: str) -> None:
    on(lab, "victim", "ping", "-c1", PEER)
    on(lab, "victim", "ip", "neigh", "add", STRANGER, "lladdr", EVIL, "dev", "eth0", "nud", "permanent")

    told = json.loads(ask("watch", lab, "--once", "--format", "json"))

    assert (told["schema"], told["type"], told["lab"]) == ("neighlab.watch/1", "snapshot", lab)
    assert told["hosts"] == ["attacker", "victim"]
    for host in told["hosts"]:
        mine = {one["addr"]: one for one in told["entries"] if one["host"] == host}
        assert mine.keys() == table(lab, host).keys()
    one = next(one for one in told["entries"] if one["addr"] == PEER)
    assert (one["host"], one["ifname"], one["state"], one["lladdr"]) == ("victim", "eth0", "REACHABLE", PEER_LLADDR)
    assert one["timer"]["leads_to"] == "STALE"
    assert 300_000 - 60_000 < one["timer"]["due_ms"] <= 900_000
    two = next(one for one in told["entries"] if one["addr"] == STRANGER)
    assert (two["state"], two["lladdr"], two["timer"]) == ("PERMANENT", EVIL, None)
    (kernel,) = told["tables"]
    assert (kernel["name"], kernel["own"]) == ("arp_cache", len(told["entries"]))
    assert kernel["entries"] >= kernel["own"]
    assert 0 < kernel["gc_thresh1"] <= kernel["gc_thresh2"] <= kernel["gc_thresh3"]


def test_without_a_terminal_the_page_is_printed_once(lab: str) -> None:
    on(lab, "victim", "ping", "-c1", PEER)

    text = ask("watch", lab)

    assert re.search(rf"^ {PEER} +REACHABLE +{PEER_LLADDR} .* STALE \d+m$", text, re.MULTILINE)
    assert re.search(r"^ 192\.0\.2\.1 +(DELAY|STALE|REACHABLE|PROBE) ", text, re.MULTILINE)
    assert re.findall(r"^\S+ eth0.*$", text, re.MULTILINE) == ["attacker eth0", "victim eth0"]
    only = ask("watch", lab, "--host", "attacker")
    assert "attacker eth0" in only
    assert "victim eth0" not in only


def test_what_cannot_be_watched_is_told_in_one_line(lab: str) -> None:
    assert ask("watch", "no-such-lab", code=2).startswith("neighlab: no lab 'no-such-lab' is running (there are ")
    said = ask("watch", lab, "--host", "victm", code=2)
    assert said == f"neighlab: no host 'victm' in {lab}: did you mean victim? (there are attacker, victim, s1)\n"
    assert "is not one of" in ask("watch", lab, "--format", "xml", code=2)


# --- a line each ----------------------------------------------------------------------------------------------------


class Stream:
    """`neighlab watch --format jsonl`, read line by line."""

    def __init__(self, lab: str, *args: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "watch", lab, "--format", "jsonl", *args],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            start_new_session=True,
        )  # fmt: skip
        self._buffer = b""
        self.seen: list[dict[str, Any]] = []
        self.first = self.until(lambda one: one["type"] == "snapshot")

    def until(self, wanted: Callable[[dict[str, Any]], bool], *, within_s: float = 60) -> dict[str, Any]:
        """Read until a record is wanted; all others are `seen`."""
        deadline = time.monotonic() + within_s
        poll = select.poll()
        assert self.process.stdout is not None
        poll.register(self.process.stdout, select.POLLIN)
        while True:
            while b"\n" in self._buffer:
                line, _, self._buffer = self._buffer.partition(b"\n")
                self.seen.append(json.loads(line))
                if wanted(self.seen[-1]):
                    return self.seen[-1]
            left = deadline - time.monotonic()
            assert left > 0, self.seen
            if poll.poll(left * 1000):
                data = os.read(self.process.stdout.fileno(), 65536)
                assert data, f"it ended: {self.seen}"
                self._buffer += data

    def sooner_or_later(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        """Read until a record is wanted, if none of those that were seen is."""
        if not any(map(wanted, self.seen)):
            self.until(wanted)

    def neigh(self, event: str, host: str, addr: str, state: str) -> dict[str, Any]:
        wanted = {"type": "neigh", "event": event, "host": host, "addr": addr, "state": state}
        return self.until(lambda one: wanted.items() <= one.items())

    def end(self) -> tuple[int, str]:
        out, err = self.process.communicate(timeout=120)
        self.seen += map(json.loads, (self._buffer + out).splitlines())
        return self.process.returncode, err.decode()


def test_changes_frames_and_tables_come_as_they_happen(lab: str) -> None:
    stream = Stream(lab)
    on(lab, "victim", "ip", "neigh", "add", STRANGER, "lladdr", EVIL, "dev", "eth0", "nud", "stale")
    one = stream.neigh("NEWNEIGH", "victim", STRANGER, "STALE")
    assert (one["announced"], one["lladdr"], one["ifname"]) == (True, EVIL, "eth0")
    stream.sooner_or_later(lambda one: one["type"] == "table" and one["own"] > stream.first["tables"][0]["own"])
    on(lab, "victim", "ip", "neigh", "del", STRANGER, "dev", "eth0")
    stream.neigh("DELNEIGH", "victim", STRANGER, "ABSENT")

    on(lab, "victim", "ping", "-c1", PEER)
    frame = stream.until(lambda one: one["type"] == "frame")
    assert (frame["host"], frame["kind"]) == ("victim", "arp-request")
    assert frame["text"] == f"ARP who-has {PEER} tell 192.0.2.1"
    assert bytes.fromhex(frame["frame"])[12:14] == b"\x08\x06"
    stream.neigh("NEWNEIGH", "victim", PEER, "REACHABLE")
    ask("stop", lab)
    assert stream.end() == (0, "")
    assert stream.seen[-1]["type"] == "end"
    times = [one["t_ms"] for one in stream.seen if one["type"] == "frame"]
    assert times == sorted(times)


def test_what_the_kernel_does_silently_is_found(lab: str) -> None:
    on(lab, "victim", "ip", "neigh", "add", STRANGER, "lladdr", EVIL, "dev", "eth0", "nud", "stale")
    stream = Stream(lab)

    on(lab, "victim", "ping", "-c1", "-W1", STRANGER, code=1)

    one = stream.neigh("FOUND", "victim", STRANGER, "DELAY")
    assert not one["announced"]
    for _ in range(2):
        os.killpg(stream.process.pid, signal.SIGINT)
    assert stream.end() == (130, "")


def test_a_reader_that_has_seen_enough_ends_it(lab: str) -> None:
    stream = Stream(lab)
    assert stream.process.stdout is not None
    stream.process.stdout.close()
    on(lab, "victim", "ping", "-c1", PEER)
    assert stream.process.wait(timeout=120) == 128 + signal.SIGPIPE
    assert stream.process.stderr is not None
    assert stream.process.stderr.read() == b""
    stream.process.stderr.close()


def test_watching_changes_nothing_and_sends_nothing(lab: str) -> None:
    on(lab, "victim", "ping", "-c1", PEER)
    on(lab, "attacker", "ip", "neigh", "replace", "192.0.2.1", "lladdr", EVIL, "dev", "eth0", "nud", "stale")
    on(lab, "victim", "ip", "neigh", "replace", STRANGER, "lladdr", EVIL, "dev", "eth0", "nud", "stale")
    witness = Stream(lab, "--interval", "3600")
    before = {host: table(lab, host) for host in ("victim", "attacker")}

    stream = Stream(lab, "--interval", "0.05")
    terminal = Terminal(*COMMAND, "watch", lab, "--interval", "0.05")
    for _ in range(20):
        terminal.read_until("\x1b[H")
    terminal.type("q")
    assert terminal.end() == 0
    stream.process.send_signal(signal.SIGINT)
    stream.end()

    assert {host: table(lab, host) for host in ("victim", "attacker")} == before
    after = json.loads(ask("watch", lab, "--once", "--format", "json"))
    used = {(one["host"], one["addr"]): one["used_ms"] for one in after["entries"]}
    assert all(used[one["host"], one["addr"]] >= one["used_ms"] for one in witness.first["entries"])
    ask("stop", lab)
    assert witness.end()[0] == 0
    assert [one["type"] for one in witness.seen] == ["snapshot", "end"], "no frame, no change"


# --- a page ---------------------------------------------------------------------------------------------------------


class Page(Terminal):
    """`neighlab watch` on a terminal."""

    def __init__(self, lab: str, *args: str) -> None:
        super().__init__(*COMMAND, "watch", lab, "--interval", "0.1", *args)

    def until(self, wanted: Callable[[str], bool], *, within_s: float = 60) -> str:
        """Read until a whole page is wanted, and return it."""
        deadline = time.monotonic() + within_s
        page = ""
        while time.monotonic() < deadline:
            drawn = self.read_until("up/down scroll").rpartition("\x1b[H")[2]
            page = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn)
            if "ADDRESS" in page and wanted(page):
                return page
        raise AssertionError(f"not on the page: {page}")


def row(addr: str, *words: str) -> Callable[[str], bool]:
    """Is there a row of an entry with these words?"""
    return lambda page: any(line.split()[:1] == [addr] and set(words) <= set(line.split()) for line in page.split("\n"))


def test_the_page_fits_and_follows_the_lab(lab: str) -> None:
    page = Page(lab)
    first = page.until(lambda text: "victim" in text and "attacker" in text)
    lines = first.rstrip("\n").split("\n")
    assert len(lines) == 24
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith(f"{lab}  VictimAttacker  ipv4")
    assert lines[1].startswith("arp_cache ")

    on(lab, "victim", "ping", "-c1", PEER)
    text = page.until(row(PEER, "REACHABLE", PEER_LLADDR, "STALE"))
    text = page.until(lambda text: f"victim eth0  ARP who-has {PEER} tell 192.0.2.1" in text)
    assert f"attacker eth0  ARP {PEER} is-at {PEER_LLADDR}" in text
    on(lab, "victim", "ip", "neigh", "replace", PEER, "lladdr", EVIL, "dev", "eth0", "nud", "permanent")
    page.until(row(PEER, "PERMANENT", EVIL))
    on(lab, "victim", "ip", "neigh", "del", PEER, "dev", "eth0")
    page.until(lambda text: not row(PEER)(text))
    on(lab, "victim", "sh", "-c", f"ping -c1 -W1 {STRANGER} & wait", code=0)
    page.until(row(STRANGER, "INCOMPLETE", "probe"))

    page.type("q")
    assert page.end() == 0
    assert "\x1b[?1049l" in page.seen, "the screen of before comes back"
    assert "has ended" not in page.seen


def test_keys_choose_what_is_shown(lab: str) -> None:
    on(lab, "victim", "ping", "-c1", PEER)
    on(lab, "victim", "ip", "neigh", "add", "192.0.2.77", "lladdr", EVIL, "dev", "eth0", "nud", "noarp")
    page = Page(lab)
    page.until(lambda text: "victim eth0  +1 NOARP" in text and "attacker eth0" in text)
    page.type("a")
    page.until(row("192.0.2.77", "NOARP"))
    page.type("\t")
    page.until(lambda text: "\nattacker eth0" in text and "\nvictim eth0" not in text)
    page.type("\t")
    page.until(lambda text: "\nvictim eth0" in text and "\nattacker eth0" not in text)
    page.type("\t")
    page.until(lambda text: "\nvictim eth0" in text and "\nattacker eth0" in text)
    page.type("p")
    page.until(lambda text: "PAUSED" in text)
    on(lab, "victim", "ip", "neigh", "del", PEER, "dev", "eth0")
    page.type("x")
    page.until(lambda text: "PAUSED" in text and row(PEER)(text))
    page.type("p")
    page.until(lambda text: "PAUSED" not in text and not row(PEER)(text))
    page.resize(120, 40)
    text = page.until(lambda text: len(text.rstrip("\n").split("\n")) == 40)
    assert max(map(len, text.split("\n"))) <= 120
    page.type("q")
    assert page.end() == 0


@pytest.mark.parametrize("how", ["ctrl-c", "sigterm", "stop", "kill"])
def test_however_it_ends_the_terminal_is_as_before(lab: str, how: str) -> None:
    page = Page(lab)
    page.until(lambda text: "victim" in text)
    assert not page.echoes()
    if how == "ctrl-c":
        page.type("\x03")
    elif how == "sigterm":
        os.kill(page.pid, signal.SIGTERM)
    elif how == "stop":
        ask("stop", lab)
    else:
        os.kill(listed()[lab]["pid"], signal.SIGKILL)
    assert wait_until(page.echoes)
    assert page.end() == {"ctrl-c": 130, "sigterm": 143}.get(how, 0)
    assert ("has ended" in page.seen) == (how in ("stop", "kill"))


def test_many_hosts_are_scrolled_through_and_too_many_links_not_listened_to() -> None:
    with background("HostsOnBridge(n=70)", "--family", "ipv4") as lab:
        on(lab, "h70", "ping", "-c1", "198.18.0.1")
        page = Page(lab)
        page.until(lambda text: "\nh1  no entries" in text or "\nh1 eth0" in text)
        text = page.until(lambda text: "not listened to: the lab has too many links" in text)
        assert "rows 1-" in text
        page.type("\x1b[6~" * 20)
        page.until(lambda text: "\nh70 eth0" in text and row("198.18.0.1")(text))
        page.type("q")
        assert page.end() == 0
        assert not ended(listed()[lab]["pid"])
