"""pytest and `neighlab run` share one result: here it only gets pytest's words for passed, failed and skipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from neighlab.errors import NeighlabError
from neighlab.kernel.features import kernel_release
from neighlab.model.result import CaseResult
from neighlab.report.text import failure_block
from neighlab.runner import discovery
from neighlab.runner.discovery import Selected
from neighlab.runner.execute import Options
from neighlab.runner.pool import Runner
from neighlab.runner.table_keeper import GuardKeeper


class NotPassed(Exception):
    """Carries a result through pytest to the item that turns it into a report."""

    def __init__(self, result: CaseResult) -> None:
        super().__init__(result.reason)
        self.result = result


class Block(str):
    """A failure as the text report shows it, with the one line of it that pytest's summary and JUnit file show."""

    reprcrash: SimpleNamespace

    @classmethod
    def of(cls, text: str, message: str) -> Block:
        """A text and the line that stands for it."""
        block = cls(text)
        block.reprcrash = SimpleNamespace(message=message)
        return block


class ScenarioModule(pytest.Module):
    """A file with scenarios; with tests too, if pytest would look for tests in it."""

    with_tests = False

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """Yield an item for each case, in the order of the file."""
        try:
            here = Path.cwd()
            file = self.path.relative_to(here) if self.path.is_relative_to(here) else self.path
            scenarios = discovery.in_file(file)
        except NeighlabError as problem:
            raise self.CollectError(str(problem)) from None
        for one in scenarios:
            for case in one.cases:
                item = CaseItem.from_parent(self, name=f"{one.story.__name__}[{case.name}]")
                item.selected = Selected(one, case)
                yield item
        names = scenarios[0].story.__globals__
        # a file without tests is not imported a second time: two scenario files may have one base name
        if self.with_tests and any(self.funcnamefilter(name) or self.classnamefilter(name) for name in names):
            yield from super().collect()


class CaseItem(pytest.Item):
    """One case of a scenario."""

    selected: Selected

    def runtest(self) -> None:
        """Run the case as `neighlab run` would; anything but a pass is raised."""
        options = Options(
            time_scale=self.config.getoption("--neighlab-time-scale"),
            host_table=self.config.getoption("--neighlab-host-table"),
        )
        run = Runner(options, table=GuardKeeper if options.host_table else None).run([self.selected])
        if run.interrupted:
            raise KeyboardInterrupt
        (result,) = run.cases
        self.user_properties += [("claim", result.claim), ("kernel", run.kernel), ("outcome", result.outcome)]
        if result.outcome == "skipped":
            # the one way to skip that names the story's place in the summary, not this one
            raise pytest.skip.Exception(result.reason, _use_item_location=True)
        if result.outcome != "passed":
            raise NotPassed(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The failure as the text report has it; of any other problem that is neighlab's the one line."""
        match excinfo.value:
            case NotPassed(result=result):
                block = failure_block(result, kernel=kernel_release(), verbose=self.config.get_verbosity())
                if result.outcome == "error":
                    block = f"{result.reason}\n{block}"
                return Block.of(block.rstrip("\n"), result.reason)
            case NeighlabError() as problem:
                return Block.of(f"neighlab: {problem}", str(problem))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where the story begins."""
        return self.path, self.selected.scenario.line - 1, self.name
