"""The page of a watched lab follows the lab, the keys and the size of the terminal."""

from __future__ import annotations

import os
import select
import time
from collections import deque
from typing import Final

from rich.console import Console
from rich.live import Live

from neighlab.cli.keyboard import keyboard
from neighlab.lab.running import Running, ended
from neighlab.lab.watcher import Watcher
from neighlab.model.live import FrameNow, LabNow
from neighlab.report.live_paint import styled
from neighlab.report.live_text import View, page

_LEAST_S: Final = 0.1
"""A page is not drawn anew more often than that: also a terminal far away must be able to follow."""
_SIZE_S: Final = 0.5
"""How soon another size of the terminal is noticed."""
_REMEMBERED: Final = 1000
_STEPS: Final = {"up": -1, "k": -1, "down": 1, "j": 1, "page-up": -10, "page-down": 10, "home": -(1 << 20)}


class Screen:
    """One lab on one terminal."""

    def __init__(self, lab: Running, view: View, live: Live) -> None:
        self.view = view
        self.watcher = Watcher(lab)
        self._live = live
        self._frames: deque[FrameNow] = deque(maxlen=_REMEMBERED)
        self.looked = 0.0
        self.now = self.look()

    def look(self) -> LabNow:
        """Ask for everything that is on the page."""
        self.looked = time.monotonic()
        self.now, news = self.watcher.look()
        self._frames.extend(one for one in news if isinstance(one, FrameNow))
        return self.now

    def listen(self) -> None:
        """Take in what is heard while the page stands still."""
        self._frames.extend(one for one in self.watcher.news() if isinstance(one, FrameNow))

    def draw(self) -> None:
        """Put the page on the terminal as big as that is now."""
        console = self._live.console
        lines = page(self.now, self._frames, self.view, width=console.width, height=console.height)
        self._live.update(styled(lines), refresh=True)

    def heed(self, key: str) -> bool:
        """Do what a key means; False when it means the end."""
        view = self.view
        match key:
            case "q":
                return False
            case "p":
                view.paused = not view.paused
            case "a":
                view.everything = not view.everything
            case "tab":
                view.next_host(self.now.hosts)
            case _:
                view.first += _STEPS.get(key, 0)
        return True


def watch(lab: Running, pidfd: int, view: View, interval_s: float) -> int:
    """Show the lab on standard output until `q` is pressed or it has ended."""
    # what a shell has exported of its terminal's size stays as it was then
    console = Console(_environ={name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")})
    live = Live(console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
    with keyboard() as keys, live:
        screen = Screen(lab, view, live)
        screen.draw()
        size, something = console.size, False
        while not ended(pidfd):
            pause = _LEAST_S if something else screen.watcher.pause_s(interval_s)
            left = screen.looked + pause - time.monotonic()
            if left <= 0 and not view.paused:
                screen.look()
                screen.draw()
                something = False
                continue
            poll = select.poll()
            sockets = [] if something else [one.fileno() for one in screen.watcher.sockets]
            for fd in (pidfd, *sockets, *([] if keys.fd is None else [keys.fd])):
                poll.register(fd, select.POLLIN)
            ready = {fd for fd, _event in poll.poll(1000 * (_SIZE_S if view.paused else min(left, _SIZE_S)))}
            if keys.fd in ready:
                if not all([screen.heed(key) for key in keys.read()]):
                    return 0
                screen.draw()
            if ready.intersection(sockets):
                something = not view.paused
                if view.paused:
                    screen.listen()
            if console.size != size:
                size = console.size
                screen.draw()
    return 0
