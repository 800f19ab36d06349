"""A kernel test leaves the machine as it found it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import machine
import pytest
import sandboxed

from neighlab.model import arp

collect_ignore = ["unruly.py"]
"""Scenarios that misbehave on purpose; pytest would run them, as it does every file that holds scenarios."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what wants to be alone: before each of these, all processes wait until the last has come to the end
    of its test, and later that may be a long one. What takes longest is next, or all would wait for it in the end.
    """
    early = ("alone", "long")
    items.sort(key=lambda one: next((at for at, mark in enumerate(early) if one.get_closest_marker(mark)), len(early)))


@pytest.fixture(scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where scapy may write down what it has read in /etc, as it does with everybody who imports it."""
    arp.layers()
    return tmp_path_factory.mktemp("caches")


@pytest.fixture(autouse=True)
def turn(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test marked `alone`, as it fills or bounds what the whole machine shares, runs while no other does."""
    with machine.turn(alone=request.node.get_closest_marker("alone") is not None):
        yield


@pytest.fixture
def nothing_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caches: Path) -> Iterator[None]:
    """Compare processes, namespaces, mounts, links, files, knobs and our own descriptors before and after.

    The kernel takes namespaces down in a work queue, so a difference counts only if it stays.
    """
    sandboxed.adopt_orphans()
    for name in ("HOME", "TMPDIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(caches))
    before = snapshot(tmp_path)
    yield
    if not sandboxed.wait_until(lambda: snapshot(tmp_path) == before):
        after = snapshot(tmp_path)
        pytest.fail(
            "\n".join(
                f"{what}: left {sorted(after[what] - before[what])}, gone {sorted(before[what] - after[what])}"
                for what in before
                if before[what] != after[what]
            )
        )


def snapshot(tmp_path: Path) -> dict[str, set[str]]:
    """Describe what a lab could leave behind; what others do on this machine meanwhile is not in it."""
    sandboxed.reap_orphans()
    ours = list(sandboxed.descendants(os.getpid()))
    return {
        "processes": {f"{pid} {_text(f'/proc/{pid}/comm')}" for pid in ours},
        "network namespaces": {_link(f"/proc/{pid}/ns/net") for pid in ours} | machine.names("/run/netns"),
        "mounts": set(Path("/proc/self/mountinfo").read_text().splitlines()),
        "links": {name for _, name in socket.if_nameindex()},
        "files": {file for name in ("HOME", "TMPDIR") for file in _files(tmp_path / name)}
        | {name for name in machine.names("/tmp") if "mininet" in name},
        "knobs": {f"{knob}={value}" for knob, value in machine.host_knobs()},
        "descriptors": {
            f"{fd} {where}" for fd in os.listdir("/proc/self/fd") if (where := _link(f"/proc/self/fd/{fd}"))
        },
    }


def _files(directory: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(directory):  # passes over what goes meanwhile
        yield from (os.path.join(folder, name) for name in folders + files)


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _text(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
