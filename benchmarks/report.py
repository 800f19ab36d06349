"""A report opens in a browser in less than two seconds: a case with 2,000 different events, and the whole catalogue."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.outcome import NotMeasured, Outcome, interleaved
from neighlab.model.result import CaseResult, RunResult
from neighlab.model.timeline import Entry
from neighlab.report.html import page
from neighlab.report.html_case import body, packed

_EVENTS = 2000
_CASES = 770
_TYPICAL = 25
"""Events of a case of the catalogue, on average."""
_DRAWN = """const done = arguments[0], look = () => {
  if (!document.querySelector(arguments[1])) return requestAnimationFrame(look);
  requestAnimationFrame(() => done(performance.now() / 1000)); // since the navigation began, with the frame painted
}; look();"""


def measure(runs: int) -> list[Outcome]:
    """Load both pages again and again, until what a reader waits for is painted."""
    with tempfile.TemporaryDirectory() as folder:
        long = _page(Path(folder, "long.html"), [_case(0, _EVENTS)])
        many = _page(Path(folder, "many.html"), [_case(number, _TYPICAL) for number in range(_CASES)])
        browser = _browser(folder)
        try:
            seconds = interleaved(
                runs,
                long=lambda: _opened(browser, long, ".case[open] .ladder .event"),
                many=lambda: _opened(browser, many, f"[data-number='{_CASES - 1}']"),
            )
        finally:
            browser.quit()
        sizes = {name: one.stat().st_size / 1e6 for name, one in (("long", long), ("many", many))}
    return [
        Outcome(
            f"the ladder of a case with {_EVENTS} events is open in a browser", seconds["long"], 2, "<=", "s",
            note=f"index.html has {sizes['long']:.1f} MB",
        ),
        Outcome(
            f"a report of {_CASES} cases is open in a browser", seconds["many"], 2, "<=", "s",
            note=f"index.html has {sizes['many']:.1f} MB",
        ),
    ]  # fmt: skip


def _opened(browser: Any, file: Path, until: str) -> float:
    browser.get("about:blank")
    browser.get(file.as_uri())
    return float(browser.execute_async_script(_DRAWN.replace("arguments[1]", repr(until))))


def _browser(folder: str) -> Any:
    chromium, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        raise NotMeasured("install chromium and chromium-driver")
    try:
        from selenium import webdriver
    except ImportError:
        raise NotMeasured("install selenium") from None
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", f"user-data-dir={folder}/profile"):
        options.add_argument(f"--{argument}")
    return webdriver.Chrome(options, webdriver.ChromeService(driver, env={"HOME": folder, "TMPDIR": folder}))


def _page(file: Path, cases: list[CaseResult]) -> Path:
    run = RunResult("6.18.44", "root", cases)
    bodies = {
        (one.name, 1): packed(body(one, kernel=run.kernel, ident=f"c{number}")) for number, one in enumerate(cases)
    }
    file.write_text(page(run, bodies, {}))
    return file


def _case(number: int, events: int) -> CaseResult:
    """Frames, transitions and settings in an order that nothing can be folded of."""
    states = ("REACHABLE", "STALE", "DELAY", "PROBE")
    told = []
    for place in range(events):
        host, addr = ("victim", "peer", "router")[place % 3], f"192.0.2.{place % 7}"
        entry = Entry(
            place * 0.7, host, "wire", "frame", f"ARP who-has {addr} tell 198.51.{place % 199}.{number % 251}"
        )
        if place % 2:
            fields = {
                "addr": addr,
                "ifname": "eth0",
                "state": states[place // 2 % 4],
                "lladdr": None,
                "event": "NEWNEIGH",
            }
            entry = Entry(place * 0.7, host, "netlink", "event", f"NEWNEIGH {addr} {fields['state']}", fields)
        told.append(entry)
    return CaseResult(
        f"subject{number // 40}/scenario{number // 3}", f"case-{number}", "It is so.", "passed", timeline=told
    )
