"""Keys have names, however their bytes come in, and the terminal is as before in the end."""

from __future__ import annotations

import contextlib
import os
import pty
import termios
from collections.abc import Iterator

import pytest

from neighlab.cli.keyboard import Keyboard, keyboard


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


def test_keys_are_told_apart(ends: tuple[int, int]) -> None:
    keys = Keyboard(ends[0])
    os.write(ends[1], "qé\t \x1b[A\x1bOB\x1b[5~\x1b[6~x".encode())
    assert keys.read() == ["q", "é", "tab", "page-down", "up", "down", "page-up", "page-down", "x"]
    os.close(ends[1])


def test_a_key_that_comes_in_pieces_is_one(ends: tuple[int, int]) -> None:
    keys, got = Keyboard(ends[0]), []
    for piece in ("a\x1b", "[", "5", "~b", "\x1bO", "A"):
        os.write(ends[1], piece.encode())
        got.append(keys.read())
    assert got == [["a"], [], [], ["page-up", "b"], [], ["up"]]
    os.close(ends[1])


def test_at_its_end_it_is_no_keyboard_any_more(ends: tuple[int, int]) -> None:
    keys = Keyboard(ends[0])
    os.close(ends[1])
    assert keys.read() == []
    assert keys.fd is None
    assert keys.read() == []


def test_the_terminal_is_changed_for_a_while_only() -> None:
    main, other = pty.openpty()
    stdin = os.dup(0)
    try:
        os.dup2(other, 0)
        before = termios.tcgetattr(other)
        with contextlib.suppress(KeyboardInterrupt), keyboard() as keys:
            within = termios.tcgetattr(other)
            assert not within[3] & (termios.ECHO | termios.ICANON)
            assert within[3] & termios.ISIG, "Ctrl-C interrupts"
            os.write(main, b"p")
            assert keys.read() == ["p"]
            raise KeyboardInterrupt
        assert termios.tcgetattr(other) == before
    finally:
        os.dup2(stdin, 0)
        for fd in (main, other, stdin):
            os.close(fd)


def test_without_a_terminal_there_is_nothing_to_hear() -> None:
    stdin, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    try:
        os.dup2(nothing, 0)
        with keyboard() as keys:
            assert keys.fd is None
    finally:
        os.dup2(stdin, 0)
        for fd in (stdin, nothing):
            os.close(fd)
