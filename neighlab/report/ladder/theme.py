"""No meaning is carried by colour alone: a state has a colour that the colour-blind can tell apart, a pattern, a name.

Colours of states are Okabe and Ito's; they are the same on light and dark ground, since dark words stand on them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

Theme = Literal["light", "dark"]

FONT: Final = "system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', 'Liberation Sans', Arial, sans-serif"

COLORS: Final[dict[Theme, dict[str, str]]] = {
    "light": {
        "ground": "#ffffff", "ink": "#1b1f24", "faint": "#57606a", "line": "#8c959f", "box": "#eef1f4",
        "frame": "#1f4e8c", "story": "#9a3412", "fence": "#6b7480", "met": "#00684a", "wrong": "#b3261e",
        "knob": "#6b3fa0", "timer": "#8a4b00",
    },
    "dark": {
        "ground": "#10151b", "ink": "#e6edf3", "faint": "#a3afbb", "line": "#6e7a86", "box": "#1f2730",
        "frame": "#8ab4f8", "story": "#ffa77a", "fence": "#93a0ad", "met": "#5fd6a3", "wrong": "#ff8f86",
        "knob": "#cbb2ff", "timer": "#f2b866",
    },
}  # fmt: skip


class Look(NamedTuple):
    """How a state is drawn: ground, the strokes of its pattern on a tile, its two letters, the colour of its name."""

    color: str
    strokes: str
    letters: str
    tile: int = 8
    ink: str = "#111"


STATES: Final[dict[str, Look]] = {
    "NONE": Look("#ffffff", "M0 4h3", "NO"),
    "INCOMPLETE": Look("#c9ced4", "M4 0v2M4 4v2", "IN"),
    "REACHABLE": Look("#2fb58a", "", "RE"),
    "STALE": Look("#f0e442", "M2 2h1.5M6 6h1.5", "ST"),
    "DELAY": Look("#eaa62e", "M-2 2L2 -2M0 8L8 0M6 10L10 6", "DE"),
    "PROBE": Look("#56b4e9", "M0 1h8M0 5h8", "PR"),
    "FAILED": Look("#e07b39", "M0 0L8 8M0 8L8 0", "FA"),
    "NOARP": Look("#d9a3c1", "M1 0v8M5 0v8", "NA"),
    "PERMANENT": Look("#0072b2", "M4 1v6M1 4h6", "PE", 12, "#fff"),
}

_RULES: Final = """
.ladder{{font:12px {font}}}
.ladder text{{fill:{ink}}}
.ladder .ground{{fill:{ground}}}
.ladder .title{{font-size:17px;font-weight:600}}
.ladder .caption{{fill:{faint};font-size:12px}}
.ladder .meaning{{fill:{faint};font-size:11px}}
.ladder .time{{fill:{faint};font-size:10.5px;text-anchor:end}}
.ladder .life{{stroke:{line};stroke-width:1.5}}
.ladder .host{{fill:{box};stroke:{line}}}
.ladder .name{{font-weight:600;font-size:13px;text-anchor:middle}}
.ladder .about{{fill:{faint};font-size:10.5px;text-anchor:middle}}
.ladder .addr{{font-size:11px}}
.ladder .mid{{text-anchor:middle}}
.ladder .left{{text-anchor:end}}
.ladder .strong{{font-weight:600}}
.ladder .slanted{{font-style:italic}}
.ladder .area{{stroke:#3b434c;stroke-width:.8}}
.ladder .state{{font-size:11px;font-weight:600;text-anchor:middle}}
.ladder .state{{stroke-width:3;stroke-linejoin:round;paint-order:stroke}}
.ladder .letters{{font-size:9.5px}}
.ladder .why{{fill:{faint};font-size:11px}}
.ladder .mixed{{fill:{box};stroke:{line};stroke-dasharray:2 2}}
.ladder .label{{stroke:{ground};stroke-width:3.5;stroke-linejoin:round;paint-order:stroke}}
.ladder .line{{stroke:{frame};stroke-width:1.4;fill:none}}
.ladder .tip{{fill:{frame}}}
.ladder .sent .line,.ladder .flood .line{{stroke:{story};stroke-width:2.2}}
.ladder .flood .line{{stroke-width:4}}
.ladder .sent .tip,.ladder .flood .tip{{fill:{story}}}
.ladder .fence .line{{stroke:{fence};stroke-dasharray:4 3}}
.ladder .fence .tip{{fill:{fence}}}
.ladder .fence text{{fill:{faint}}}
.ladder .leader{{stroke:{line};stroke-dasharray:1 2}}
.ladder .edge{{stroke:{ink};stroke-width:1.6}}
.ladder .sign{{fill:{ground};stroke:{ink};stroke-width:1.5}}
.ladder .met .sign{{stroke:{met};fill:none;stroke-width:2.2}}
.ladder .met text{{fill:{met}}}
.ladder .not-met .sign,.ladder .drop .sign,.ladder .lost .sign{{stroke:{wrong};stroke-width:2.2}}
.ladder .not-met text,.ladder .drop text,.ladder .lost text{{fill:{wrong}}}
.ladder .knob .sign{{stroke:{knob}}}
.ladder .knob text{{fill:{knob}}}
.ladder .command .sign{{stroke:{story}}}
.ladder .command text{{fill:{story}}}
.ladder .tick{{fill:{ground};stroke:{timer};stroke-width:1.6}}
.ladder .hit{{fill:{ink};fill-opacity:0}}
.ladder .event:hover .hit,.ladder .event:focus .hit{{fill-opacity:.08}}
.ladder .event:focus{{outline:none}}
.ladder .event:focus-visible .hit{{stroke:{ink};stroke-width:1.5}}
.ladder .tip.idle{{fill:{ground};stroke:{frame};stroke-width:1.3}}
.ladder .sent .tip.idle{{fill:{ground};stroke:{story}}}
.ladder .zigzag{{fill:none;stroke:{line};stroke-width:1}}
.ladder .cut{{fill:none;stroke:{ground};stroke-width:7}}
.ladder .pause{{fill:{faint};font-size:10.5px;font-style:italic;text-anchor:end}}
.ladder .crease{{fill:{box};stroke:{line};stroke-dasharray:3 3}}
"""


def stylesheet() -> str:
    """The rules for a page that embeds figures, in the colours of `colors`."""
    return colors() + rules(lambda name: f"var(--ladder-{name})")


def colors() -> str:
    """A page's colours as variables `--ladder-NAME`, dark if the reader's system or an ancestor's `data-theme` says so,
    light on paper.
    """
    light, dark = (
        ";".join(f"--ladder-{name}:{value}" for name, value in COLORS[theme].items()) for theme in ("light", "dark")
    )
    return (
        f':root,[data-theme="light"]{{{light}}}\n'
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme]){{{dark}}}}}\n"
        f'[data-theme="dark"]{{{dark}}}\n'
        f"@media print{{:root,:root[data-theme],[data-theme]{{{light}}}}}\n"
    )


def rules(color: Callable[[str], str]) -> str:
    """The stylesheet of figures, with what `color` gives for each name of a colour."""
    names = {name: color(name) for name in COLORS["light"]}
    lines = [_RULES.format(font=FONT, **names).strip()]
    for state, look in STATES.items():
        fill = f"url(#p-{state})" if look.strokes else look.color
        lines.append(f".ladder .{state}{{fill:{fill}}}")
        lines.append(f".ladder text.{state}{{fill:{look.ink};stroke:{look.color}}}")
    return "\n".join(lines) + "\n"


def letters_of(state: str) -> str:
    """What stands for a state where there is no room for its name."""
    return STATES[state if state in STATES else "NONE"].letters


def patterns() -> str:
    """The tiles that stylesheets refer to, as children of <defs>."""
    return "".join(
        f'<pattern id="p-{state}" width="{look.tile}" height="{look.tile}" patternUnits="userSpaceOnUse">'
        f'<rect width="{look.tile}" height="{look.tile}" fill="{look.color}"/>'
        f'<path d="{look.strokes}" stroke="{look.ink}" stroke-opacity=".38" fill="none"/></pattern>'
        for state, look in STATES.items()
        if look.strokes
    )
