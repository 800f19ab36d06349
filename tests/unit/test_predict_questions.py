"""A question shows what led to it and hides what follows, and it is about what sets a scenario's cases apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from neighlab.model.evidence import Evidence, Interface
from neighlab.model.result import CaseResult, Expectation
from neighlab.model.timeline import Entry
from neighlab.runner.discovery import discover, load, select
from neighlab.runner.registry import Scenario
from neighlab.teach.predict.outcomes import Kind
from neighlab.teach.predict.questions import Question, questions
from neighlab.teach.predict.situation import Step, folded, outcomes, value_text
from neighlab.teach.predict.verdicts import hints, judge

OWNER, EVIL = "00:00:5e:00:53:03", "00:00:5e:00:53:66"
ENTRY = "victim eth0 192.0.2.99"
GARP = "ARP who-has 192.0.2.99 tell 192.0.2.99 (gratuitous)"
STORY = (
    '"""It is so."""\nfrom neighlab import Case, scenario\nfrom neighlab.topologies import VictimAttacker\n'
    '@scenario(topology=VictimAttacker, cases=[Case("1", state=1, wanted=1), Case("2", state=2, wanted=2)])\n'
    "def it_is_so(victim, lab, *, state, wanted):\n    {body}\n"
)


def case(name: str, *told: tuple[str, str, str] | Expectation, number: int = 0) -> CaseResult:
    """A case that passed: `(host, kind, text)` is what the story did, an Expectation is what it then looked at."""
    result = CaseResult("garp/arp_accept", name, "It is so.", "passed", evidence=Evidence())
    for t_ms, one in enumerate(told):
        if isinstance(one, Expectation):
            at = len(result.expectations)
            result.expectations.append(one)
            text = f"{one.subject}: {one.expected} met"
            result.timeline.append(Entry(t_ms, "lab", "story", "expect", text, {"expectation": at}))
        else:
            host, kind, text = one
            source = {"set": "knob", "event": "netlink"}.get(kind, "story")
            result.timeline.append(Entry(t_ms, host, source, kind, text))
    return result


def seen(observed: str, subject: str = ENTRY, expected: str = "") -> Expectation:
    return Expectation(subject, expected or observed, observed, True, 0.0)


def arp_accept() -> Scenario:
    return select(["garp/arp_accept"])[0].scenario


def asked(*columns: Sequence[tuple[str, str, str] | Expectation]) -> list[Question]:
    """The questions about four cases that were told so."""
    names = [one.name for one in arp_accept().cases]
    made, missing = questions(
        arp_accept(), [case(name, *told) for name, told in zip(names, columns, strict=True)], seed=0
    )
    assert not missing
    return made


def told(value: int, *expectations: Expectation) -> list[tuple[str, str, str] | Expectation]:
    return [("victim", "set", f"conf.eth0.arp_accept={value}"), ("attacker", "sent", GARP), *expectations]


def test_the_question_is_about_what_differs_between_the_cases() -> None:
    same, frames = seen("FAILED"), "victim sent frames kind=arp-reply"
    made = asked(*(told(number, seen(str(number % 2), frames), same) for number in range(4)))
    assert {one.lens.kind for one in made} == {Kind.NUMBER}
    assert made[0].text == "How many frames with kind=arp-reply has victim sent then?"


def test_without_a_difference_it_is_about_the_entry() -> None:
    made = asked(*(told(0, seen("STALE"), seen("3", "frames")) for _ in range(4)))
    assert {one.text for one in made} == {"What does the neighbour table of victim then say of 192.0.2.99 (eth0)?"}


def test_what_the_story_has_just_written_is_not_asked_for() -> None:
    states = ("STALE", "REACHABLE", "PERMANENT", "NOARP")
    made = asked(
        *(
            [("victim", "command", f"ip neigh replace 192.0.2.99 lladdr {OWNER} nud {state.lower()}"), seen(state),
             ("victim", "set", "link eth0 up=False"), seen("ABSENT")]
            for state in states
        )
    )  # fmt: skip
    assert {one.index for one in made} == {1}
    assert "victim eth0 192.0.2.99: STALE" in [step.text for step in made[0].situation.steps], "told as it was before"


def test_expectations_are_matched_by_what_they_look_at_where_their_number_differs() -> None:
    extra = seen("DONE", "victim eth0 address 2001:db8::99")
    columns = [told(0, extra, seen("STALE")), *(told(1, seen(state)) for state in ("ABSENT", "FAILED", "STALE"))]
    made = asked(*columns)
    assert [one.index for one in made] == [1, 0, 0, 0]
    assert [one.lens.answer(one.rehearsed) for one in made] == ["STALE", "ABSENT", "FAILED", "STALE"]


def test_a_case_that_has_nothing_in_common_with_the_others_is_asked_about_on_its_own() -> None:
    columns = [told(0, seen("DONE", "victim eth0 address 2001:db8::99")), *(told(1, seen("ABSENT")) for _ in range(3))]
    made = asked(*columns)
    assert [one.lens.kind for one in made] == [Kind.ADDRESS, *[Kind.ENTRY] * 3]
    assert "STALE" not in made[0].choices


def test_a_question_shows_the_acts_before_it_and_neither_the_outcome_nor_what_came_after() -> None:
    later = [("victim", "event", "NEWNEIGH 192.0.2.99 STALE"), seen("STALE"), ("victim", "command", "ip neigh flush")]
    (first, *_rest) = asked(*(told(number, *later) for number in range(4)))
    assert [tuple(step) for step in first.situation.steps] == [
        ("victim", "set", "conf.eth0.arp_accept=0"),
        ("attacker", "sent", GARP),
    ]
    assert first.situation.settings == ("arp_accept=0", "addr=192.0.2.99")


def test_a_case_is_asked_about_by_its_number_for_its_name_may_tell_the_outcome() -> None:
    made = asked(*(told(number, seen("STALE")) for number in range(4)))
    assert [one.id for one in made] == [f"garp/arp_accept#{number}" for number in (1, 2, 3, 4)]


def test_a_case_that_did_not_pass_is_not_asked_about_and_says_why() -> None:
    results = [case(one.name, *told(0, seen("STALE"))) for one in arp_accept().cases]
    results[1].outcome, results[1].reason = "skipped", "Unsupported: since 9.0"
    results[2].outcome, results[2].reason = "failed", "it did not hold"

    made, missing = questions(arp_accept(), results, seed=0)

    assert [one.number for one in made] == [1, 4]
    assert [(one.selected.case.name, one.reason) for one in missing] == [
        ("1-creates-anywhere", "Unsupported: since 9.0"),
        ("2-creates-on-link", "it did not hold"),
    ]


def test_a_scenario_of_which_nothing_passed_has_no_questions() -> None:
    results = [CaseResult("garp/arp_accept", one.name, "", "skipped", "no") for one in arp_accept().cases]
    made, missing = questions(arp_accept(), results, seed=0)
    assert (made, len(missing)) == ([], 4)


def test_addresses_in_choices_are_told_whose_they_are() -> None:
    results = [
        case(one.name, ("attacker", "sent", f"ARP 192.0.2.99 is-at {EVIL}"), seen(f"STALE lladdr {lladdr}"))
        for one, lladdr in zip(arp_accept().cases, (EVIL, OWNER, EVIL, EVIL), strict=True)
    ]
    for one in results:
        one.evidence = Evidence([Interface("owner", "eth0", OWNER, ("192.0.2.99",))])
    (first, *_rest), _missing = questions(arp_accept(), results, seed=0)
    legend = first.legend()
    assert legend[EVIL] == "claimed by attacker"
    assert legend[OWNER] == "owner eth0"


# what a story compares with is hidden


@pytest.mark.parametrize(
    ("body", "hidden"),
    [
        ("victim.expect('a', wanted); victim.conf(x=state)", {"wanted"}),
        ("victim.conf(x=wanted); victim.expect(state, wanted)", {"state"}),
        ("capture = victim.capture(); capture.expect(wanted, 'sent', kind=state)", {"wanted", "state"}),
        ("victim.hold('a', wanted, for_ms=1); state()", {"wanted"}),
        ("victim.expect_miss('a', count=wanted)\n    lab.expect('x', state, 1)", {"wanted", "state"}),
        ("for one, n in zip(victim, wanted): one.expect(n); state()", {"wanted"}),
        ("for one in wanted: victim.send(one); state()", set()),
        ("lab.expect('all', [x for x in wanted if x], state)", {"wanted", "state"}),
        ("state(wanted)", set()),
    ],
)
def test_a_parameter_that_leads_only_into_expectations_is_an_outcome(
    tmp_path: Path, body: str, hidden: set[str]
) -> None:
    file = tmp_path / "story.py"
    file.write_text(STORY.format(body=body))
    (one,) = load(file, "story")
    assert outcomes(one.story) == hidden


def test_no_scenario_of_the_catalogue_shows_what_it_expects() -> None:
    telling = {"outcome", "kept", "lost", "arrived", "marked", "waits", "questions", "received", "announced", "learned"}
    shown = {
        f"{one.name}: {name}"
        for one in discover()
        for name in {name for case in one.cases for name in case.params} - outcomes(one.story)
        if name in telling
    }
    assert shown == set()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (range(1, 12), "1..11"),
        ([1, 2], "1 2"),
        ({}, "none"),
        ({"arp_accept": 1}, "arp_accept=1"),
        (None, "None"),
        (discover, "discover"),
    ],
)
def test_a_setting_is_told_as_a_reader_would_say_it(value: object, text: str) -> None:
    assert value_text(value) == text


def test_steps_that_are_alike_are_told_by_the_first_and_the_last() -> None:
    sent = [Step("victim", "sent", f"UDP to 192.0.2.99, {length} bytes") for length in range(1, 6)]
    other = Step("peer", "set", "link eth0 up=False")
    assert [step.text for step in folded([*sent, other, other])] == [
        "UDP to 192.0.2.99, 1 bytes",
        "... 3 more like it ...",
        "UDP to 192.0.2.99, 5 bytes",
        "link eth0 up=False (2 times)",
    ]


# verdicts


def four() -> list[Question]:
    states = ("ABSENT", "STALE", "STALE", "ABSENT")
    return asked(*(told(value, seen(state)) for value, state in zip((0, 1, 2, 2), states, strict=True)))


def test_a_prediction_is_compared_with_the_run_and_not_with_the_rehearsal() -> None:
    question = four()[0]
    now = case("0-never-creates", *told(0, Expectation(ENTRY, "ABSENT", "STALE", False, 0.0)))
    assert judge(question, "STALE", now, []).right is True
    assert judge(question, "ABSENT", now, []).right is False


def test_where_timing_decides_either_run_is_right() -> None:
    question = asked(*(told(0, seen(f"STALE lladdr {EVIL}", expected="LEARNED")) for _ in range(4)))[0]
    now = case("0-never-creates", *told(0, seen(f"DELAY lladdr {EVIL}", expected="LEARNED")))
    assert [judge(question, said, now, []).right for said in ("STALE", "DELAY", "REACHABLE")] == [True, True, False]


def test_a_wrong_prediction_is_told_which_case_does_so_and_what_differs_least() -> None:
    first, *rest = four()
    now = case("0-never-creates", *told(0, seen("ABSENT")))

    verdict = judge(first, "STALE", now, [first, *rest])

    assert verdict.contrast is not None
    assert verdict.contrast.case == "2-creates-on-link", "the other that does so has another address as well"
    assert verdict.contrast.there == ["victim: conf.eth0.arp_accept=2"]
    assert verdict.contrast.here == ["victim: conf.eth0.arp_accept=0"]
    assert judge(first, "PROBE", now, [first, *rest]).contrast is None


def test_the_reason_is_the_timeline_since_the_last_act() -> None:
    now = case("0-never-creates", *told(0, seen("FAILED", "lab"), ("victim", "event", "NEWNEIGH"), seen("ABSENT")))
    question = asked(*(told(0, seen("FAILED", "lab"), seen(state)) for state in ("ABSENT", "STALE", "STALE", "NONE")))[
        0
    ]
    assert [entry.kind for entry in judge(question, "ABSENT", now, []).timeline] == [
        "sent",
        "expect",
        "event",
        "expect",
    ]


@pytest.mark.parametrize(
    ("said", "right", "reason"),
    [(None, False, "no answer"), ("what?", False, "not one of the choices"), ("absent", True, "")],
)
def test_an_answer_that_is_none_is_wrong_and_says_why(said: str | None, right: bool, reason: str) -> None:
    verdict = judge(four()[0], said, case("0-never-creates", *told(0, seen("ABSENT"))), [])
    assert (verdict.right, verdict.reason) == (right, reason)


def test_a_case_that_came_to_another_end_decides_nothing() -> None:
    broken = CaseResult("garp/arp_accept", "0-never-creates", "", "error", "its process was ended by SIGKILL")
    verdict = judge(four()[0], "ABSENT", broken, [])
    assert (verdict.right, verdict.reason) == (None, "its process was ended by SIGKILL")


def test_hints_explain_the_settings_and_then_make_the_claim() -> None:
    first, second = hints(four()[0])
    assert first.startswith("arp_accept: ")
    assert "arp_process" in first
    assert second == arp_accept().claim
