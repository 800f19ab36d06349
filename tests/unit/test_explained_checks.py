"""No explanation of silence goes unproved: each check that the model can name is removed in a scenario."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import neighlab.model.reception
from neighlab.runner.discovery import select

MODEL = Path(neighlab.model.reception.__file__).parent


def checks_of(tree: ast.Module) -> Iterator[str]:
    """The names that a module gives to `Explanation`, as patterns; a name that is computed first is followed."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        given = {
            target.id: node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id == "Explanation":
                yield from _patterns(call.args[0], given)
            elif isinstance(call.func, ast.Name) and call.func.id == "_martian":
                yield from _patterns(call.args[1], given)


def _patterns(name: ast.expr, given: dict[str, ast.expr]) -> Iterator[str]:
    match name:
        case ast.Constant(value=str(text)):
            yield re.escape(text)
        case ast.IfExp(body=one, orelse=other):
            yield from _patterns(one, given)
            yield from _patterns(other, given)
        case ast.JoinedStr(values=parts):
            yield "".join(re.escape(str(one.value)) if isinstance(one, ast.Constant) else ".+" for one in parts)
        case ast.Name(id=name_of) if name_of in given:
            yield from _patterns(given[name_of], given)


def in_the_model() -> set[str]:
    return {one for file in MODEL.glob("*.py") for one in checks_of(ast.parse(file.read_text()))}


def in_the_stories() -> set[str]:
    """What the cases of the stories say that stops their frame: `check`, or `checks` where several do."""
    cases = [case.params for _story, case in select(["why"])]
    return {check for case in cases for check in (case.get("checks") or [case["check"]])}


def test_names_of_checks_are_found_however_they_are_given() -> None:
    source = """
def f(it):
    check = "one" if it else "two"
    other = f"{it}-entry"
    g(Explanation(check, "function"), Explanation(other, "function"), _martian(it, "three", "function"))
"""
    assert set(checks_of(ast.parse(source))) == {"one", "two", "three", ".+\\-entry"}


def test_each_check_of_the_model_is_removed_in_a_story() -> None:
    told, checks = in_the_stories(), in_the_model()
    unproved = [check for check in checks if not any(re.fullmatch(check, one) for one in told)]
    assert len(checks) > 50
    assert not unproved, f"no story in scenarios/why removes {', '.join(sorted(unproved))}"
