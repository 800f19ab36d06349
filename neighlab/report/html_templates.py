"""Nothing that a result says can become markup, script or a command to a terminal: templates show it as text.

What comes from a template's own text is trusted; every value is escaped, and what is not printable is written out.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from neighlab.report.ladder import stylesheet
from neighlab.report.ladder.theme import colors
from neighlab.report.plain import printable

_FOLDER: Final = "templates"
_STYLES: Final = ("look.css", "page.css", "case.css", "paper.css")
_SCRIPTS: Final = ("bodies.js", "theme.js", "fields.js", "ladder.js", "cases.js", "find.js", "keys.js", "start.js")
"""In this order they are one script: each may use what those before it define."""


@cache
def environment() -> Environment:
    """The templates' environment; a name that nobody gave is an error and not an empty place."""
    return Environment(
        loader=PackageLoader("neighlab.report", _FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def style() -> Markup:
    """All rules of the page, those of ladders among them."""
    return Markup(stylesheet() + "".join(_text(f"page/{name}") for name in _STYLES))


def sheet() -> Markup:
    """The rules of a page that is tables and has no figure: the same colours, type and tables."""
    return Markup(colors() + _text("page/look.css") + _text("page/sheet.css"))


@cache
def script() -> Markup:
    """The page's only script."""
    body = "".join(_text(f"page/{name}") for name in _SCRIPTS)
    return Markup(f'"use strict";\n(() => {{\n{body}}})();\n')


def fingerprint(code: str) -> str:
    """What the page's policy names its script by, so that a browser runs no other."""
    return f"sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}"


def _text(name: str) -> str:
    return (files("neighlab.report") / _FOLDER / name).read_text(encoding="utf-8")


def _shown(value: Any) -> Any:
    """A value as it is printed, line by line; lone surrogates and control characters become their escapes."""
    if isinstance(value, Markup):
        return value
    return "\n".join(printable(line) for line in str(value).split("\n"))
