"""The right answer is among the choices, once, and neither their order nor their number tells which it is."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from neighlab.model.result import Expectation
from neighlab.teach.predict.choices import MOST, choices, chosen
from neighlab.teach.predict.outcomes import Kind, Lens, bounds, lens

OWNER, EVIL = "00:00:5e:00:53:03", "00:00:5e:00:53:66"
ENTRY, ADDRESS = "victim eth0 192.0.2.3", "victim eth0 address 2001:db8::99"


def seen(observed: str, expected: str | None = None, subject: str = ENTRY, passed: bool = True) -> Expectation:
    return Expectation(subject, expected or observed, observed, passed, 0.0)


def of(*rows: Expectation, rivals: tuple[str, ...] = ()) -> Lens:
    return lens(rows, rivals=rivals)


# what is looked at, and what of it is an answer


@pytest.mark.parametrize(
    ("one", "kind", "answer"),
    [
        (seen("STALE"), Kind.ENTRY, "STALE"),
        (seen(f"STALE lladdr {OWNER}", "LEARNED"), Kind.ENTRY, "STALE"),
        (seen(f"STALE lladdr {OWNER}", f"STALE lladdr {OWNER} for 100 ms"), Kind.ENTRY, "STALE"),
        (seen(f"DELAY lladdr {OWNER} > PROBE lladdr {OWNER}", "DELAY > PROBE"), Kind.ENTRY, "DELAY > PROBE"),
        (seen(f"STALE lladdr {OWNER} router", "STALE router"), Kind.ENTRY, "STALE router"),
        (seen(f"STALE lladdr {OWNER} router", "STALE"), Kind.ENTRY, "STALE"),
        (seen("STALE", "STALE no flags"), Kind.ENTRY, "STALE"),
        (seen("ABSENT"), Kind.ENTRY, "ABSENT"),
        (seen("TENTATIVE > DONE", subject=ADDRESS), Kind.ADDRESS, "TENTATIVE > DONE"),
        (seen("3", subject="victim sent frames kind=arp-request"), Kind.NUMBER, "3"),
        (seen("3", "1..11", subject="survivors"), Kind.NUMBER, "1 to 11"),
        (seen("30", "30..30", subject="survivors"), Kind.NUMBER, "30"),
        (seen("12", "1..11", subject="survivors", passed=False), Kind.NUMBER, "12"),
        (seen("True", subject="dump is marked"), Kind.FLAG, "yes"),
        (seen("EINVAL", subject="error"), Kind.ERROR, "EINVAL"),
        (seen("['a', 'b']", subject="kept"), Kind.LIST, "a; b"),
        (seen("[]", subject="kept"), Kind.LIST, "nothing"),
        (seen("[('192.0.2.3', 5)]", subject="left"), Kind.LIST, "192.0.2.3 5"),
        (seen("192.0.2.3", subject="asked in the name of"), Kind.TEXT, "192.0.2.3"),
        (seen("[not, a list", subject="said"), Kind.TEXT, "[not, a list"),
    ],
)
def test_an_expectation_is_of_a_kind_and_its_answer_says_what_the_story_cares_for(
    one: Expectation, kind: Kind, answer: str
) -> None:
    how = of(one)
    assert how.kind is kind
    assert how.answer(one) == answer
    assert how.holds(answer, one)


def test_an_address_belongs_to_the_answer_if_there_could_have_been_another() -> None:
    mine, other = seen(f"STALE lladdr {OWNER}"), seen(f"STALE lladdr {EVIL}")
    assert of(mine, mine).answer(mine) == "STALE"
    assert of(mine, other).answer(mine) == f"STALE lladdr {OWNER}"
    assert of(mine, mine, rivals=(OWNER, EVIL)).answer(mine) == f"STALE lladdr {OWNER}"


def test_the_address_alone_is_the_answer_where_the_state_is_left_open() -> None:
    one, none = seen(f"DELAY lladdr {OWNER}", f"LEARNED lladdr {OWNER}"), seen("ABSENT")
    how = of(one, none)
    assert (how.answer(one), how.answer(none)) == (OWNER, "no entry")


def test_any_state_that_the_story_allows_is_right_if_it_names_the_address() -> None:
    open_state = seen(f"DELAY lladdr {OWNER}", f"STALE|DELAY lladdr {OWNER}")
    how = of(open_state, seen(f"PERMANENT lladdr {EVIL}"))
    assert how.holds(f"STALE lladdr {OWNER}", open_state)
    assert not how.holds(f"REACHABLE lladdr {OWNER}", open_state)
    assert not how.holds(f"STALE lladdr {EVIL}", open_state)


def test_an_error_is_a_choice_beside_no_error() -> None:
    rows = [seen("EINVAL", subject="error"), seen("None", subject="error")]
    assert [of(*rows).answer(one) for one in rows] == ["EINVAL", "no error"]


@pytest.mark.parametrize(
    ("said", "right"),
    [("5", True), ("1 to 11", True), ("more than 4", True), ("4", False), ("6 to 9", False), ("more than 5", False)],
)
def test_a_number_is_said_by_every_range_that_holds_it(said: str, right: bool) -> None:
    one = seen("5", "1..11", subject="survivors")
    assert of(one).holds(said, one) is right


# choices

SAMPLES = [
    (seen("ABSENT"), ["STALE", "STALE"]),
    (seen("STALE"), []),
    (seen("DELAY > PROBE > REACHABLE"), ["DELAY > PROBE > FAILED"]),
    (seen("NONE"), []),
    (seen("FAILED > ABSENT", subject=ADDRESS), []),
    (seen("0", subject="frames"), ["1"]),
    (seen("1", subject="frames"), []),
    (seen("12348", subject="ms"), ["4"]),
    (seen("-1", subject="difference"), []),
    (seen("3", "1..11", subject="survivors"), ["20 to 40"]),
    (seen("0", "0..0", subject="survivors"), ["1 to 99"]),
    (seen("EINVAL", subject="error"), ["no error"]),
    (seen("['a', 'b']", subject="kept"), ["a", "a; c"]),
    (seen("[1, 2]", subject="attempts"), ["3"]),
    (seen("[False, False]", subject="broadcast"), []),
    (seen("[]", subject="announced"), ["192.0.2.1; 192.0.2.100"]),
    (seen("0x2 00:00:5e:00:53:03", subject="SIOCGARP"), ["ENXIO"]),
]


@pytest.mark.parametrize(("one", "others"), SAMPLES)
def test_exactly_one_choice_is_right_whatever_the_seed(one: Expectation, others: list[str]) -> None:
    how = of(one)
    for seed in range(50):
        offered = choices(how, one, others, rivals=[[OWNER], [EVIL]], addrs=["192.0.2.2"], seed=str(seed))
        assert [how.holds(choice, one) for choice in offered].count(True) == 1, offered
        assert len(set(offered)) == len(offered)
        assert 2 < len(offered) <= MOST
        assert all(other in offered for other in others)


def test_the_same_seed_gives_the_same_choices_and_another_seed_others() -> None:
    one = seen("STALE")
    first, again = (choices(of(one), one, [], seed="0 garp/arp_accept#1") for _ in range(2))
    assert first == again
    assert len({choices(of(one), one, [], seed=str(seed)) for seed in range(20)}) > 5


def test_the_place_of_the_right_one_does_not_tell_it() -> None:
    one = seen("STALE")
    places = Counter(choices(of(one), one, ["ABSENT"], seed=str(seed)).index("STALE") for seed in range(500))
    assert sorted(places) == [0, 1, 2, 3, 4]
    assert min(places.values()) > 50


def test_what_most_cases_do_is_offered_before_what_few_do_and_that_before_what_none_does() -> None:
    one = seen("STALE")
    others = ["NOARP", "FAILED", "FAILED", "PROBE", "PROBE", "PROBE", "PERMANENT", "PERMANENT", "NONE"]
    for seed in range(20):
        assert {"STALE", "PROBE", "FAILED", "PERMANENT"} < set(choices(of(one), one, others, seed=str(seed)))


def test_what_the_other_family_does_is_offered_after_what_this_one_does() -> None:
    one, own, strangers = seen("STALE"), ["NOARP", "FAILED", "PROBE"], ["NONE"] * 9 + ["PERMANENT"]
    for seed in range(20):
        offered = choices(of(one), one, own, strangers=strangers, seed=str(seed))
        assert set(offered) == {"STALE", *own, "NONE"}


def test_the_next_states_of_the_machine_are_offered_before_any_other() -> None:
    one = seen("PROBE")
    for seed in range(20):
        assert {"PROBE", "REACHABLE", "FAILED", "STALE", "ABSENT"} == set(choices(of(one), one, [], seed=str(seed)))


def test_the_likely_addresses_are_offered_before_those_of_the_rest_of_the_lab() -> None:
    one, bystander = seen(f"STALE lladdr {OWNER}"), "00:00:5e:00:53:01"
    how = of(one, rivals=(OWNER, EVIL))
    for seed in range(20):
        offered = choices(how, one, [], rivals=[{OWNER, EVIL}, {bystander}], seed=str(seed))
        assert f"STALE lladdr {EVIL}" in offered


def test_numbers_stand_in_their_order_and_near_ones_share_nothing() -> None:
    one = seen("7", "2..19", subject="survivors")
    for seed in range(20):
        offered = choices(of(one), one, ["1"], seed=str(seed))
        ranges = [bounds(choice) for choice in offered]
        assert [low for low, _high in ranges] == sorted(low or 0 for low, _high in ranges)
        assert all(high is not None and low is not None and high < low
                   for (_, high), (low, _) in itertools.pairwise(ranges))  # fmt: skip


def test_true_or_not_has_two_choices_in_one_order() -> None:
    one = seen("False", subject="dump is marked")
    assert choices(of(one), one, ["yes"], seed="1") == ("yes", "no")


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("a", "STALE"),
        ("C", "STALE lladdr 00:00:5e:00:53:66"),
        ("stale", "STALE"),
        (" Reach ", "REACHABLE"),
        ("stale  lladdr", "STALE lladdr 00:00:5e:00:53:66"),
        ("st", None),
        ("d", None),
        ("", None),
        ("1", None),
        ("NOARP", None),
    ],
)
def test_an_answer_is_a_letter_or_words_that_fit_one_choice_only(said: str, choice: str | None) -> None:
    assert chosen(said, ("STALE", "REACHABLE", f"STALE lladdr {EVIL}")) == choice


def test_a_number_is_an_answer_and_never_the_place_of_one() -> None:
    assert chosen("2", ("0", "2", "3")) == "2"
    assert chosen(2, ("0", "2", "3")) == "2"
    assert chosen("1", ("0", "2", "3")) is None
