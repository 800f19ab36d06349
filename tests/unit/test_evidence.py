"""Evidence is plain data: it survives its way out of the sandbox, and tells where each frame went."""

import json

from neighlab.model.evidence import CapturedFrame, Evidence, Interface
from neighlab.model.result import CaseResult

ASK, ANSWER = b"\xff" * 12 + b"\x08\x06ask", b"\x01" * 12 + b"\x08\x06answer"


def frame(host, direction, data=ASK, t_ms=0.0):
    return CapturedFrame(t_ms, host, "eth0", direction, data)


def test_evidence_survives_json():
    evidence = Evidence(
        [Interface("victim", "eth0", "00:00:5e:00:53:01", ("192.0.2.1", "2001:db8::1"), "s1")],
        [frame("victim", "sent", bytes(range(256)), 1.25)],
    )
    result = CaseResult("a/b", "c", "claim", "passed", evidence=evidence)

    again = CaseResult.from_plain(json.loads(json.dumps(result.to_plain())))

    assert again == result


def test_a_result_without_evidence_stays_without():
    result = CaseResult("a/b", "c", "claim", "passed")

    assert CaseResult.from_plain(json.loads(json.dumps(result.to_plain()))).evidence is None


def test_a_broadcast_goes_from_one_to_all_who_received_it():
    frames = [frame("a", "sent"), frame("b", "received"), frame("c", "received"), frame("b", "sent", ANSWER)]

    assert Evidence(frames=frames).deliveries() == [(0, [1, 2]), (3, [])]


def test_the_same_bytes_sent_twice_are_two_frames():
    frames = [frame("a", "sent"), frame("b", "received"), frame("a", "sent"), frame("b", "received")]

    assert Evidence(frames=frames).deliveries() == [(0, [1]), (2, [3])]


def test_what_was_received_from_nobody_belongs_to_no_frame():
    assert Evidence(frames=[frame("b", "received")]).deliveries() == []
