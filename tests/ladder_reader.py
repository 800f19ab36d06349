"""What a ladder shows can be read back from its SVG alone, and compared with the timeline that it was drawn from."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

from neighlab.model.result import CaseResult
from neighlab.report.ladder.figure import Arrow, Figure, Label
from neighlab.report.ladder.folding import is_frame
from neighlab.report.ladder.metrics import width

SVG = "{http://www.w3.org/2000/svg}"


class Box(NamedTuple):
    """Where words stand."""

    left: float
    top: float
    right: float
    bottom: float
    text: str

    def meets(self, other: Box) -> bool:
        """Do they cover each other, be it by a pixel?"""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def read(svg: str) -> ET.Element:
    """The root of a drawing; ParseError if it is not well-formed."""
    return ET.fromstring(svg)


def groups(root: ET.Element, name: str) -> list[ET.Element]:
    """All that is of a class, in the order in which it is drawn."""
    return [one for one in root.iter(f"{SVG}g") if name in one.get("class", "").split()]


def events(root: ET.Element) -> list[ET.Element]:
    """All that stands for an entry of the timeline."""
    return [one for one in groups(root, "event") if one.get("data-place") is not None]


def title(element: ET.Element) -> list[str]:
    """The lines of what is told of something."""
    return (element.findtext(f"{SVG}title") or "").split("\n")


def places(root: ET.Element) -> list[int]:
    """The places of the timeline that are drawn or counted in a fold, in the order in which they are met."""
    found: list[int] = []
    for one in root.iter(f"{SVG}g"):
        if "data-place" in one.attrib:
            found.append(int(one.attrib["data-place"]))
        elif "data-places" in one.attrib:
            folded = list(_numbers(one.attrib["data-places"]))
            assert len(folded) == int(one.attrib["data-count"])
            found += folded
    return found


def assert_complete(case: CaseResult, root: ET.Element) -> None:
    """Everything is drawn once and in order, or counted in a fold: frames as arrows, transitions with both states."""
    assert places(root) == list(range(len(case.timeline)))
    assert root.get("data-events") == str(len(case.timeline))
    for one in events(root):
        entry = case.timeline[int(one.attrib["data-place"])]
        assert one.attrib["data-host"] == entry.host
        assert one.attrib["data-t"] == f"{entry.t_ms:.3f}"
        assert ("arrow" in one.attrib["class"].split()) == is_frame(entry)
        if (entry.source, entry.kind) == ("trace", "transition"):
            assert one.attrib["data-kind"] == "transition"
            assert (one.attrib["data-addr"], one.attrib["data-new"]) == (entry.fields["addr"], entry.fields["new"])
        if entry.kind == "expect":
            passed = case.expectations[int(one.attrib["data-expectation"])].passed
            assert one.attrib["data-kind"] == ("met" if passed else "not-met")
    identities = [one.attrib["id"] for one in root.iter() if "id" in one.attrib]
    assert len(identities) == len(set(identities))


def assert_legible(figure: Figure) -> None:
    """Rows go downwards, words cover neither each other nor states nor the figure's edge, and arrows never go up."""
    heights = [one.y for one in figure.events]
    assert heights == sorted(heights)
    boxes = list(_boxes(figure))
    for one in boxes:
        assert figure.left - 1 <= one.left, one
        assert one.right <= figure.width, one
        for band in figure.bands:
            column = band.column
            assert not one.meets(Box(column.x, band.top, column.x + column.width, band.bottom, band.state)), one
    for one, other in _neighbours(boxes):
        assert not one.meets(other), (one, other)
    for event in figure.events:
        if isinstance(event, Arrow):
            assert all(event.y <= head.y <= figure.height for head in event.heads)
    for first, second in combinations(figure.columns, 2):
        assert first.x + first.width <= second.x or second.x + second.width <= first.x
    for line in figure.lifelines:
        assert all(not column.x <= line.x <= column.x + column.width for column in figure.columns)


def assert_unbroken(figure: Figure) -> None:
    """Each entry's bands follow each other without overlap, down to the figure's end unless the entry was gone."""
    for column in figure.columns:
        bands = sorted((one for one in figure.bands if one.column == column), key=lambda one: one.top)
        for one, other in pairwise(bands):
            assert one.bottom <= other.top
        assert all(one.top < one.bottom <= figure.height for one in bands)


def _boxes(figure: Figure) -> Iterator[Box]:
    for one in figure.events:
        if one.label is not None:
            yield _box(one.label, one.y - 4 if isinstance(one, Arrow) else one.y + 4)
        if isinstance(one, Arrow):
            yield from (_box(why, one.y + 13) for why in one.whys)


def _box(label: Label, y: float) -> Box:
    long = width(label.strong, bold=True) + width(label.text) + (8 if label.strong and label.text else 0)
    left = label.x - long if label.leftward else label.x
    return Box(left, y - 9, left + long, y + 2.5, f"{label.strong} {label.text}")


def _neighbours(boxes: Sequence[Box]) -> Iterator[tuple[Box, Box]]:
    """Words farther apart than a few rows cannot meet."""
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 : place + 4]:
            yield one, other


def _numbers(ranges: str) -> Iterator[int]:
    for part in ranges.split():
        first, _dash, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)
