"""A drawn case stands alone: claim, circumstances and key are with it, nothing is fetched, and all can read it."""

from __future__ import annotations

import re
import sys
from itertools import combinations
from pathlib import Path

import pytest
from ladder_reader import SVG, groups, read

from neighlab.errors import EnvironmentProblem
from neighlab.model.result import CaseResult
from neighlab.model.timeline import Entry
from neighlab.report.ladder import definitions, legend, poster, stylesheet
from neighlab.report.ladder.key import everything
from neighlab.report.ladder.metrics import clipped, short, width, wrapped
from neighlab.report.ladder.png import Converter
from neighlab.report.ladder.theme import COLORS, STATES, Theme

THEMES: tuple[Theme, ...] = ("light", "dark")
_TEXTS = ("ink", "faint", "story", "met", "wrong", "knob", "timer")


def case(**more: object) -> CaseResult:
    entries = [
        Entry(0.0, "victim", "knob", "set", "conf.eth0.arp_accept=1"),
        Entry(1.0, "victim", "netlink", "event", "NEWNEIGH 192.0.2.9 STALE",
              {"addr": "192.0.2.9", "ifname": "eth0", "state": "STALE", "event": "NEWNEIGH"}),
    ]  # fmt: skip
    plain = {"outcome": "passed", "timeline": entries, "knobs": {"victim conf.eth0.arp_accept": "1"}} | more
    return CaseResult("garp/arp_accept", "1-creates", "It is so & stays so.", **plain)  # type: ignore[arg-type]


def texts(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in read(svg).iter(f"{SVG}text")]


def test_a_poster_tells_claim_kernel_settings_verdict_and_the_signs_that_it_uses() -> None:
    said = texts(poster(case(), "6.12.1"))

    assert "It is so & stays so." in said
    assert "garp/arp_accept:1-creates, Linux 6.12.1: passed" in said
    assert "Settings: victim conf.eth0.arp_accept=1" in said
    assert "setting" in said
    assert "packet dropped" not in said


def test_a_failed_case_tells_why_and_a_machines_kernel_goes_before() -> None:
    said = texts(poster(case(outcome="failed", reason="expected STALE", kernel="5.10.0"), "6.12.1"))

    assert "garp/arp_accept:1-creates, Linux 5.10.0: FAILED: expected STALE" in said


def test_a_posters_width_is_the_one_that_was_asked_for_and_its_height_follows() -> None:
    natural, wide = (read(poster(case(), "6.12", width=width)) for width in (None, 2000))

    assert wide.get("width") == "2000"
    assert wide.get("viewBox") == natural.get("viewBox")
    ratio = float(natural.attrib["height"]) / float(natural.attrib["width"])
    assert float(wide.attrib["height"]) == pytest.approx(2000 * ratio, abs=1)


@pytest.mark.parametrize("theme", THEMES)
def test_a_poster_needs_nothing_else(theme: Theme) -> None:
    text = poster(case(), "6.12", theme=theme)

    assert re.findall(r"(?:href|src|@import)[^ >]*", text) == []
    made = {one.get("id") for one in read(text).iter(f"{SVG}pattern")}
    assert {f"p-{state}" for state in ("STALE", "FAILED")} <= made
    assert set(re.findall(r"url\(#([^)]+)\)", text)) == made
    assert "var(" not in text
    assert COLORS[theme]["ground"] in text


def test_a_page_gets_both_themes_as_variables_and_is_light_on_paper() -> None:
    css = stylesheet()

    used = set(re.findall(r"var\(--ladder-([a-z]+)\)", css))
    assert used <= COLORS["light"].keys() == COLORS["dark"].keys()
    assert f"--ladder-ground:{COLORS['dark']['ground']}" in css
    assert css.count("{") == css.count("}")
    printed = css.partition("@media print")[2].partition("}}")[0]
    assert f"--ladder-ground:{COLORS['light']['ground']}" in printed
    made = {one.get("id") for one in read(definitions()).iter(f"{SVG}pattern")}
    assert set(re.findall(r"url\(#([^)]+)\)", css)) == made


def test_the_key_of_a_page_holds_every_sign_within_its_width() -> None:
    root = read(legend(600))

    assert len(groups(root, "event")) == len(everything())
    assert all(float(one.attrib["x"]) + width("".join(one.itertext()), 11) <= 600 for one in root.iter(f"{SVG}text"))


def _luminance(color: str) -> float:
    digits = color[1:] if len(color) == 7 else "".join(2 * one for one in color[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_words_have_the_contrast_that_wcag_asks_for(theme: Theme) -> None:
    colors = COLORS[theme]

    assert {name: _contrast(colors[name], colors["ground"]) for name in _TEXTS if
            _contrast(colors[name], colors["ground"]) < 4.5} == {}  # fmt: skip
    assert _contrast(colors["faint"], colors["box"]) >= 4.5
    assert {state for state, look in STATES.items() if _contrast(look.ink, look.color) < 4.5} == set()


def test_states_differ_in_letters_and_in_pattern_not_only_in_colour() -> None:
    assert len({look.letters for look in STATES.values()}) == len(STATES)
    for one, other in combinations(STATES.values(), 2):
        assert one.strokes != other.strokes


def test_a_clipped_text_fits_and_says_that_it_is_cut() -> None:
    for text in ("ARP who-has 192.0.2.99 tell 192.0.2.1", "WWWWWWWWWWWWWWWWWWWWWW", "iiiiiiiiiiiiiiiiiiiiii" * 9):
        for room in (30, 60, 120, 200):
            cut = clipped(text, room)
            assert width(cut) <= room
            assert cut in ("", text) or (cut.endswith("…") and text.startswith(cut[:-1]))
    assert clipped("short", 200) == "short"
    assert clipped("anything", -5) == ""


def test_wrapped_lines_fit_and_lose_nothing_unless_they_are_too_many() -> None:
    text = "The kernel believes whatever it is told by whoever speaks first. " * 4

    lines = wrapped(text, 300, most=20)
    assert " ".join(lines) == text.strip()
    assert all(width(line) <= 300 for line in lines)
    assert wrapped(text, 300, most=3)[-1].endswith(" …")
    assert wrapped("", 300) == []


def test_a_shortened_address_keeps_both_ends() -> None:
    assert short("192.0.2.1", 14) == "192.0.2.1"
    assert short("fe80::200:5eff:fe00:5301", 14) == "fe80::…00:5301"


def test_a_missing_converter_is_said_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)

    with pytest.raises(EnvironmentProblem, match="a PNG needs a converter: pip install resvg_py"):
        Converter()


def test_missing_fonts_are_said_with_their_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    class Blind:
        @staticmethod
        def svg_to_bytes(svg_string: str) -> bytes:
            return b"nothing to be seen"

    monkeypatch.setitem(sys.modules, "resvg_py", Blind)

    with pytest.raises(EnvironmentProblem, match="apt install fonts-dejavu-core"):
        Converter()


def test_a_picture_is_as_wide_as_was_asked_for(tmp_path: Path) -> None:
    pytest.importorskip("resvg_py", reason="resvg_py is not installed")
    try:
        converter = Converter()
    except EnvironmentProblem as problem:
        pytest.skip(str(problem))
    natural = float(read(poster(case(), "6.12")).attrib["width"])

    for asked, wide in ((None, 2 * natural), (640, 640)):
        picture = converter.png(poster(case(), "6.12"), width=asked)
        assert picture.startswith(b"\x89PNG\r\n\x1a\n")
        assert int.from_bytes(picture[16:20], "big") == pytest.approx(wide, abs=2)
