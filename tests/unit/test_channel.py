"""Messages arrive whole and in order, however the bytes come; what is no message does no harm."""

from __future__ import annotations

import json
import random
import select
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from neighlab.lab import channel

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.mark.parametrize("message", [None, 0, "", "ü€😀\0", [], {"a": [1, 2.5, True]}, "x" * 3_000_000])
def test_a_message_arrives_as_it_was_sent(pair: Pair, message: object) -> None:
    sender = threading.Thread(target=channel.send, args=(pair[0], message))
    sender.start()

    assert channel.receive(pair[1]) == message
    sender.join()


def test_what_json_does_not_know_arrives_as_its_text(pair: Pair) -> None:
    channel.send(pair[0], {"at": 1 + 2j})

    assert channel.receive(pair[1]) == {"at": "(1+2j)"}


@pytest.mark.parametrize("sent", [b"", b"\x01", struct.pack("=I", 5), struct.pack("=I", 5) + b"12"])
def test_an_end_within_a_message_is_an_end(pair: Pair, sent: bytes) -> None:
    pair[0].sendall(sent)
    pair[0].close()

    with pytest.raises(EOFError):
        channel.receive(pair[1])


def test_an_inbox_gives_out_messages_as_they_become_whole(pair: Pair) -> None:
    chance = random.Random(826)
    messages = [[number, "x" * chance.choice([0, 1, 100, 5000])] for number in range(200)]
    plain = [json.dumps(message).encode() for message in messages]
    data = bytearray(b"".join(struct.pack("=I", len(one)) + one for one in plain))
    inbox, got = channel.Inbox(pair[1]), []
    while data:
        size = chance.choice([1, 3, 7, 1000, 9000])
        pair[0].sendall(data[:size])
        del data[:size]
        whole, ended = inbox.read()
        got += whole
        assert not ended

    assert got == messages


def test_an_inbox_tells_the_end_after_the_last_message(pair: Pair) -> None:
    inbox = channel.Inbox(pair[1])
    assert inbox.read() == ([], False)
    channel.send(pair[0], "last")
    pair[0].sendall(b"half")
    pair[0].close()

    assert inbox.read() == (["last"], True)
    assert inbox.read() == ([], True)


def test_a_reset_is_an_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as ours:
        theirs, _ = server.accept()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        inbox = channel.Inbox(ours)
        theirs.close()
        assert select.select([ours], [], [], 60)[0], "the kernel delivers it in its own time"
        assert inbox.read() == ([], True)


@pytest.mark.parametrize("nonsense", [b"x", b"{", b"\xff\xfe", b""])
def test_what_is_no_json_is_told_apart(pair: Pair, nonsense: bytes) -> None:
    pair[0].sendall(struct.pack("=I", len(nonsense)) + nonsense)

    with pytest.raises(channel.Nonsense):
        channel.Inbox(pair[1]).read()
