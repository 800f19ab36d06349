"""In a browser a report shows each frame and transition once and in order, works by keyboard, and asks no network.

Needs the packages chromium and chromium-driver.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import machine
import pytest
from browser import Browser, browser
from page_reader import report

from neighlab.model.result import CaseResult, Expectation
from neighlab.model.timeline import Entry

pytestmark = pytest.mark.anybody

ROOT = Path(__file__).resolve().parents[2]
CASES = ("garp/arp_accept:2-creates-on-link", "nud/life_cycle:ipv4", "spoof/mitm:blackhole")
LIFE = "nud/life_cycle:ipv4"
DRAWN = """[...document.getElementById(arguments[0]).querySelectorAll("svg:not(.heads) .event[data-place]")].map(
    (one) => [Number(one.dataset.place), one.dataset.kind, one.dataset.host, one.dataset.t, one.dataset.new ?? null])"""
ON = "document.activeElement"


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("browser")) as one:
        yield one


@pytest.fixture(autouse=True)
def neither_complaints_nor_requests(window: Browser) -> Iterator[None]:
    yield
    assert window.complaints() == []
    assert [
        one for one in window.asked() if not one.startswith("file:") or not one.split("#")[0].endswith(".html")
    ] == []


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, Any]]]:
    """A page of real cases, and what the JSON report tells of them."""
    folder = tmp_path_factory.mktemp("real")
    command = [sys.executable, "-c", "from neighlab.cli.main import run_cli; run_cli()", "run", *CASES]
    files = ["--time-scale", "3", "--report", str(folder), "--format", "json", "--output", str(folder / "run.json")]
    with machine.turn(alone=False):  # it is made before a test's own
        subprocess.run([*command, *files], cwd=ROOT, check=True, capture_output=True, timeout=120)
    cases = json.loads((folder / "run.json").read_text())["cases"]
    return folder / "index.html", {f"{one['scenario']}:{one['case']}": one for one in cases}


def case(name: str, outcome: str = "passed", scenario: str = "garp/arp_accept", events: int = 6) -> CaseResult:
    """A case in which two hosts take turns; its last event is the verdict."""
    timeline = [
        Entry(place * 1.5, ("victim", "peer")[place % 2], "wire", "frame", f"ARP number {place}")
        for place in range(events)
    ]
    passed = outcome == "passed"
    timeline.append(Entry(events * 1.5, "victim", "story", "expect", "victim eth0: STALE", {"expectation": 0}))
    one = CaseResult(scenario, name, f"{scenario} is so.", outcome, duration_ms=12, timeline=timeline)  # type: ignore[arg-type]
    one.expectations = [Expectation("victim eth0", "STALE", "STALE" if passed else "ABSENT", passed, events * 1.5)]
    if outcome == "skipped":
        one.timeline, one.expectations, one.reason = [], [], "the kernel is too old"
    return one


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of cases that were never run: two subjects, every outcome."""
    page = tmp_path_factory.mktemp("made") / "index.html"
    cases = [
        case("a"),
        case("b", "failed"),
        case("c", "skipped"),
        case("d", scenario="nud/life"),
        case("e", scenario="nud/life"),
    ]
    page.write_text(report(*cases))
    return page


def shown(window: Browser) -> list[str]:
    names: list[str] = window.run(
        "return [...document.querySelectorAll('.case')].filter((one) => one.checkVisibility()).map((one) => one.id)"
    )
    return [name.rpartition(":")[2] for name in names]


@pytest.mark.parametrize("name", CASES)
def test_every_entry_of_the_timeline_is_drawn_once_and_in_order(
    window: Browser, real: tuple[Path, dict[str, dict[str, Any]]], name: str
) -> None:
    page, cases = real
    window.open(page, name)
    window.until("document.getElementById(args[0]).querySelector('.ladder .event')", name)

    drawn = window.run(f"return {DRAWN}", name)

    timeline = cases[name]["timeline"]
    assert [one[0] for one in drawn] == list(range(len(timeline)))
    for (_place, kind, host, t_ms, new), entry in zip(drawn, timeline, strict=True):
        assert (host, float(t_ms)) == (entry["host"], entry["t_ms"])
        assert (kind in ("frame", "sent", "fence", "flood")) == (
            (entry["source"], entry["kind"]) == ("wire", "frame")
            or (entry["source"] == "story" and entry["kind"] in ("fence", "flood"))
            or (entry["source"] == "story" and entry["kind"] == "sent" and "frame" in entry)
        )
        if (entry["source"], entry["kind"]) == ("trace", "transition"):
            assert (kind, new) == ("transition", entry["new"])
    assert "transition" in {one[1] for one in drawn}


def test_an_event_shows_its_fields_when_it_is_pointed_at_and_when_it_has_the_focus(
    window: Browser, real: tuple[Path, dict[str, dict[str, Any]]]
) -> None:
    page, cases = real
    (place, entry), *_ = [
        (place, one)
        for place, one in enumerate(cases[LIFE]["timeline"])
        if one["kind"] == "frame" and "who-has" in one["text"]
    ]
    window.open(page, f"{LIFE}@{place}")
    window.until("document.activeElement.dataset?.place === args[0]", str(place))

    fields = window.run(f"return {ON}.closest('.case').querySelector('.fields').innerText")
    assert entry["text"] in fields
    assert f"{entry['t_ms']:+.3f} ms" in fields
    window.run(f"""const first = {ON}.closest("svg").querySelector(".event[data-place='0'] .hit");
        first.dispatchEvent(new PointerEvent("pointerover", {{ bubbles: true }}))""")
    pointed = window.run(f"return {ON}.closest('.case').querySelector('.fields').innerText")
    assert cases[LIFE]["timeline"][0]["text"] in pointed


def test_the_list_is_narrowed_by_words_outcomes_and_subjects(window: Browser, made: Path) -> None:
    window.open(made)
    assert shown(window) == ["a", "b", "c", "d", "e"]

    window.press("/")
    window.write("too old")
    assert shown(window) == ["c"]
    assert window.run("return document.getElementById('found').textContent") == "1 of 5"
    window.write("xyz")
    assert shown(window) == []
    window.run("document.getElementById('clear').click()")
    assert shown(window) == ["a", "b", "c", "d", "e"]
    window.run("document.querySelector('.chip[data-outcome=failed]').click()")
    assert shown(window) == ["b"]
    window.run("document.querySelector('.chip[data-outcome=passed]').click()")
    assert shown(window) == ["a", "b", "d", "e"]
    window.run("document.querySelector('button[data-subject=nud]').click()")
    assert shown(window) == ["d", "e"]


def test_everything_can_be_done_by_keys(window: Browser, made: Path) -> None:
    def focus() -> str:
        text: str = window.run(f"const at = {ON}; return at.dataset.place ?? at.closest('.case')?.id ?? at.id")
        return text

    window.open(made)
    window.press("j", "j", "k", "j", "j", "k")
    assert focus() == "garp/arp_accept:b"
    window.press("ENTER")
    window.until("document.getElementById('garp/arp_accept:b').querySelector('.ladder')")
    window.press("ARROW_DOWN", "ARROW_DOWN")
    assert focus() == "1"
    window.press("ARROW_RIGHT")
    assert focus() == "3"
    window.press("END")
    assert focus() == "6"
    assert window.run("return document.querySelector('tr.chosen').dataset.expectation") == "0"
    window.press("ENTER")
    assert window.run("return decodeURIComponent(location.hash)") == "#garp/arp_accept:b@6"
    window.press("HOME", "ARROW_UP", "ARROW_LEFT")
    assert focus() == "0"
    before = window.run(f"return {ON}.closest('svg').getBoundingClientRect().width")
    window.press("+")
    assert window.run(f"return {ON}.closest('svg').getBoundingClientRect().width") > before
    window.press("ESCAPE")
    assert focus() == "garp/arp_accept:b"
    window.press("ESCAPE")
    assert not window.run("return document.getElementById('garp/arp_accept:b').open")
    window.press("?")
    assert window.run("return document.getElementById('keys').open")
    window.press("ESCAPE", "/")
    assert focus() == "find"
    window.write("j?")
    assert window.run("return document.getElementById('find').value") == "j?"
    window.press("ESCAPE")
    assert window.run("return document.getElementById('find').value") == ""


def test_one_event_of_a_ladder_is_in_the_order_of_tabs(window: Browser, made: Path) -> None:
    window.open(made, "garp/arp_accept:a@4")
    window.until("document.activeElement.dataset?.place === '4'")

    reachable = window.run(
        "return [...document.querySelectorAll('#cases .event[tabindex=\"0\"]')].map((one) => one.dataset.place)"
    )

    assert reachable == ["4"]


def test_what_is_shown_at_the_focus_is_read_out(window: Browser, made: Path) -> None:
    window.open(made, "garp/arp_accept:a@4")
    window.until("document.activeElement.dataset?.place === '4'")

    live = window.run(f"return {ON}.closest('.case').querySelector('[aria-live=polite].fields').innerText")
    assert "ARP number 4" in live
    assert "ARP number 4" in window.run(f"return {ON}.getAttribute('aria-label')")
    assert window.run("return document.getElementById('found').getAttribute('role')") == "status"


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(16, 21, 27)")])
def test_the_page_is_as_light_as_the_reader_wants_it(window: Browser, made: Path, scheme: str, ground: str) -> None:
    other = {"light": "dark", "dark": "light"}
    color = "return getComputedStyle(document.body).backgroundColor"
    window.prefer(scheme)
    window.open(made, "garp/arp_accept:a")

    assert window.run(color) == ground
    presses = 1 if scheme == "dark" else 2
    window.run("for (let n = 0; n < arguments[0]; n++) document.getElementById('theme').click()", presses)
    assert window.run("return document.documentElement.dataset.theme") == other[scheme]
    assert window.run(color) != ground
    window.run("while (document.documentElement.dataset.theme) document.getElementById('theme').click()")
    assert window.run(color) == ground


def test_paper_has_every_case_of_a_short_report_in_full_and_the_screen_is_as_before(
    window: Browser, made: Path
) -> None:
    window.open(made)
    window.until("document.body.dataset.paper === 'ready'")
    window.run("""addEventListener("beforeprint", () => {
        const open = document.querySelectorAll(".case[open]");
        document.body.dataset.printed = [...open].filter((one) => one.querySelector("svg.ladder")).length;
    })""")

    assert window.paper().startswith(b"%PDF")

    assert window.run("return document.body.dataset.printed") == "4"
    assert window.run("return document.querySelectorAll('.case[open]').length") == 0


def test_hostile_names_run_nothing(window: Browser, tmp_path: Path) -> None:
    hostile = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    one = case(hostile, "failed", scenario=f"x/{hostile}")
    one.claim = one.reason = one.details = hostile
    for entry in one.timeline:
        entry.text = entry.host = hostile
    (tmp_path / "index.html").write_text(report(one))

    window.open(tmp_path / "index.html")
    window.until("document.querySelector('.ladder .event')")

    assert window.run("return document.title") != "owned"
    assert window.run("return document.querySelectorAll('img').length") == 0
    assert hostile in window.run("return document.querySelector('.scenario h2 span').textContent")


def test_a_case_with_two_thousand_different_events_can_be_walked_to_its_end(window: Browser, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(report(case("long", events=1999)))

    window.open(tmp_path / "index.html")
    window.until("document.querySelector('.ladder .event')")

    counts = window.run("""const svg = document.querySelector(".scroll > svg:not(.heads)");
        return [svg.querySelectorAll(".event[data-place]").length,
                [...svg.querySelectorAll(".fold")].reduce((sum, one) => sum + Number(one.dataset.count), 0)]""")
    assert sum(counts) == 2000
    window.run("document.querySelector('.case summary').focus()")
    window.press("ARROW_DOWN", "END")
    assert window.run(f"return {ON}.dataset.place") == "1999"
