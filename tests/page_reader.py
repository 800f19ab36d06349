"""What a report's page holds can be read back from its text, as a browser would read it, without a browser."""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import dataclass, field
from html.parser import HTMLParser

from neighlab.model.result import CaseResult, RunResult
from neighlab.report.html import Story, page
from neighlab.report.html_case import body, packed


@dataclass
class Element:
    """A tag with its attributes and the text at its beginning, up to the next tag."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """All elements of a document in their order."""

    text: str
    elements: list[Element] = field(default_factory=list)
    inside: Element | None = None

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(self.inside)

    def handle_endtag(self, tag: str) -> None:
        self.inside = None

    def handle_data(self, data: str) -> None:
        if self.inside is not None:
            self.inside.text += data

    def all(self, tag: str, of: str = "") -> list[Element]:
        """Elements of a tag, of a class if that is said."""
        return [
            one for one in self.elements if one.tag == tag and (not of or of in one.attributes.get("class", "").split())
        ]

    def cases(self) -> list[Element]:
        """The cases in the list."""
        return self.all("details", "case")

    def bodies(self) -> list[str]:
        """What is shown of each case when it is opened."""
        (block,) = [one for one in self.all("script") if one.attributes.get("type") == "application/json"]
        return [unpacked(one) for one in json.loads(block.text)["cases"]]

    def script(self) -> str:
        """The only code."""
        (block,) = [one for one in self.all("script") if "type" not in one.attributes]
        return block.text


def unpacked(text: str) -> str:
    """The HTML that was packed."""
    assert re.fullmatch(r"[A-Za-z0-9+/=]*", text)
    return zlib.decompress(base64.b64decode(text)).decode() if text else ""


def report(*cases: CaseResult, stories: dict[str, Story] | None = None, interrupted: bool = False) -> str:
    """The page of a run of these cases."""
    run = RunResult("6.18.44", "root", list(cases), 1234.5, interrupted)
    bodies = {
        (one.name, one.repetition): packed(body(one, kernel=run.kernel, ident=f"c{number}"))
        for number, one in enumerate(cases)
    }
    return page(run, bodies, stories or {}, version="1.2.3")
