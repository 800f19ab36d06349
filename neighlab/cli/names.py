"""A topology is named as its class is, or as a file of the user's with the class behind a colon."""

from __future__ import annotations

import difflib
import importlib.util
from pathlib import Path
from typing import Any

from neighlab.errors import NeighlabError, ScenarioError
from neighlab.runner.discovery import one_line


def topology_named(name: str) -> Any:
    """A bundled topology by its name (`VictimAttacker`, `HostsOnBridge(n=20)`), or None."""
    from neighlab import topologies

    head, _, arguments = name.partition("(")
    match = next((one for one in topologies.WHERE if one.lower() == head.lower()), None)
    if match is None:
        close = difflib.get_close_matches(head, topologies.WHERE, n=1, cutoff=0.75)
        if close:
            raise ScenarioError(f"no topology {head!r}: did you mean {close[0]}?")
        return None
    topology = getattr(topologies, match)
    params: dict[str, Any] = {}
    for part in filter(None, arguments.rstrip(")").split(",")):
        key, equals, value = (word.strip() for word in part.partition("="))
        if not equals or not key.isidentifier():
            raise ScenarioError(f"{name}: parameters are written {match}(n=20)")
        params[key] = int(value) if value.lstrip("-").isdigit() else value.strip("'\"")
    return topology(**params) if params else topology


def file_named(text: str) -> tuple[Path, str]:
    """A file and what is wanted of it: `my.py:NAME`, or `my.py` and nothing."""
    path, colon, wanted = text.rpartition(":")
    return (Path(path), wanted) if colon and path.endswith(".py") else (Path(text), "")


def topology_in_file(text: str) -> Any:
    """The Topo class of a user's file: `my.py`, or `my.py:MyTopo` when it holds several."""
    file, wanted = file_named(text)
    if not file.is_file():
        raise ScenarioError(f"no such topology file: {file}")
    spec = importlib.util.spec_from_file_location("neighlab_user_topology", file)
    if spec is None or spec.loader is None:
        raise ScenarioError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except NeighlabError as problem:
        raise ScenarioError(f"{file}: {problem}") from problem
    except SyntaxError as problem:
        raise ScenarioError(f"{problem.filename or file}:{problem.lineno}: syntax error: {problem.msg}") from None
    except (Exception, SystemExit) as problem:
        raise ScenarioError(f"{file}: cannot be loaded: {one_line(problem)}") from problem
    from mininet.topo import Topo

    found = {
        name: one for name, one in vars(module).items()
        if isinstance(one, type) and issubclass(one, Topo) and one.__module__ == module.__name__
    }  # fmt: skip
    found.update({key: one for key, one in getattr(module, "topos", {}).items() if callable(one)})
    if wanted:
        if wanted not in found:
            close = difflib.get_close_matches(wanted, found, n=1)
            raise ScenarioError(f"{file} has no topology {wanted!r}" + (f": did you mean {close[0]}?" if close else ""))
        return found[wanted]
    distinct = list(dict.fromkeys(found.values()))
    if len(distinct) != 1:
        names = ", ".join(found) or "none"
        raise ScenarioError(f"{file} holds {len(distinct)} topologies ({names}): name one, as in {file}:NAME")
    return distinct[0]
