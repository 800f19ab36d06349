"""`--report`: one page of the whole run; what cannot be written is named before anything runs, and no page is half."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from neighlab import __version__
from neighlab.cli.files import writable_folder, write_whole
from neighlab.errors import ScenarioError
from neighlab.kernel.features import kernel_release
from neighlab.model.result import CaseResult, RunResult
from neighlab.runner.discovery import Selected
from neighlab.runner.execute import Options

PAGE: Final = "index.html"


class Report:
    """Draws each case as it ends, so that its frames can be let go, and writes the page when all have ended.

    It hears of a case before others do: where nobody asked for `explain`, the word that there was nothing to explain is
    taken from the timeline.
    """

    def __init__(self, folder: Path, selection: Sequence[Selected], options: Options, *, explain: bool = False) -> None:
        self._file = writable_folder(folder) / PAGE
        if self._file.is_dir():
            raise ScenarioError(f"cannot write {self._file}: it is a folder")
        self._selection = selection
        self._explain = explain
        self._again = _again(options)
        self._bodies: dict[tuple[str, int], str] = {}

    def started(self, name: str) -> None:
        """Nothing is drawn before there is a result."""

    def finished(self, result: CaseResult) -> None:
        """Draw the case, while its frames are here."""
        from neighlab.report.html_case import body, packed

        if not self._explain:
            result.timeline = [one for one in result.timeline if one.kind != "explain"]
        html = body(result, kernel=kernel_release(), ident=f"c{len(self._bodies)}", again=self._again)
        self._bodies[result.name, result.repetition] = packed(html)

    def write(self, run: RunResult) -> str:
        """Write the page, in the place of an older one, and say where it is."""
        from neighlab.cli.show import drawing
        from neighlab.report.html import Story, page

        stories = {
            one.scenario.name: Story(one.scenario.lesson, one.scenario.kernel, drawing(one.scenario.topology))
            for one in {one.scenario.name: one for one in self._selection}.values()
        }
        text = page(run, self._bodies, stories, version=__version__)
        write_whole(self._file, text.encode())
        return f"report in {self._file}"


def _again(options: Options) -> list[str]:
    """The options that a case needs to be run in the same way once more."""
    from neighlab.vm.protocol import setting_text

    words = [word for one in options.settings for word in ("--set", setting_text(one))]
    if options.time_scale != 1:
        words += ["--time-scale", f"{options.time_scale:g}"]
    return words + ["--sabotage"] * options.sabotage + ["--host-table"] * options.host_table
