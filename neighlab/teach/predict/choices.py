"""A question's choices are what else could have happened, and neither their number nor their order tells the answer.

What other cases of the scenario do comes first, then what is one step away in the state machine, then near values.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from neighlab.model.result import Expectation
from neighlab.teach.predict.outcomes import (
    ADDR_STATES,
    ADDRESS,
    BETWEEN,
    LLADDR,
    NO_ERROR,
    NOTHING,
    STATES,
    WITH_LLADDR,
    Kind,
    Lens,
    bounds,
)

MOST: Final = 5
"""Choices of a question; FLAG has two."""
LETTERS: Final = "abcde"
_FEW: Final = 3

_NEXT: Final[Mapping[str, Sequence[str]]] = {
    "ABSENT": ("INCOMPLETE", "STALE", "REACHABLE"),
    "NONE": ("INCOMPLETE", "ABSENT", "FAILED"),
    "INCOMPLETE": ("REACHABLE", "FAILED", "ABSENT"),
    "REACHABLE": ("STALE", "DELAY", "PROBE"),
    "STALE": ("DELAY", "REACHABLE", "ABSENT"),
    "DELAY": ("PROBE", "REACHABLE", "STALE"),
    "PROBE": ("REACHABLE", "FAILED", "STALE"),
    "FAILED": ("INCOMPLETE", "ABSENT", "PROBE"),
    "PERMANENT": ("STALE", "REACHABLE", "ABSENT"),
    "NOARP": ("PERMANENT", "ABSENT", "STALE"),
}
"""Where an entry may go next, or could be thought to have gone instead (neigh_timer_handler, __neigh_update)."""
_NEXT_ADDR: Final[Mapping[str, Sequence[str]]] = {
    "TENTATIVE": ("DONE", "FAILED", "OPTIMISTIC"),
    "OPTIMISTIC": ("DONE", "TENTATIVE", "FAILED"),
    "DONE": ("TENTATIVE", "FAILED", "ABSENT"),
    "FAILED": ("ABSENT", "TENTATIVE", "DONE"),
    "ABSENT": ("FAILED", "TENTATIVE", "DONE"),
}
_ERRORS: Final = ("EINVAL", "EEXIST", "ENOENT", "EHOSTUNREACH", "ENOBUFS", "EADDRNOTAVAIL", NO_ERROR)


def choices(
    lens: Lens,
    one: Expectation,
    others: Iterable[str],
    *,
    strangers: Iterable[str] = (),
    rivals: Sequence[Iterable[str]] = (),
    addrs: Iterable[str] = (),
    seed: str,
) -> tuple[str, ...]:
    """The choices for one case: the right one, what `others` did (most frequent first), and what was near.

    `strangers` are what cases of the other address family did: less likely than what those of the same one do.
    `rivals` are groups of link-layer addresses that could have been seen, the likely ones first; `addrs` are network
    addresses. The same seed gives the same choices in the same order.
    """
    if lens.kind is Kind.FLAG:
        return ("yes", "no")
    dice = random.Random(seed)
    right = lens.answer(one)
    picked = [right]
    theirs = [answer for group in (others, strangers) for answer, _count in Counter(group).most_common()]
    lladdrs = list(dict.fromkeys(lladdr for group in rivals for lladdr in dice.sample(sorted(group), len(set(group)))))
    near = _near(lens, right, lladdrs, sorted(set(addrs)), theirs, dice)
    for answer in theirs:
        if len(picked) < MOST and answer not in picked and not lens.holds(answer, one):
            picked.append(answer)
    for answer in near:
        if len(picked) == MOST:
            break
        if answer not in picked and not lens.holds(answer, one) and not _overlaps(answer, picked):
            picked.append(answer)
    if lens.kind is Kind.NUMBER:
        most = max((high for answer in picked for high in [bounds(answer)[1]] if high is not None), default=0)
        if len(picked) < _FEW and all(bounds(answer)[1] is not None for answer in picked):
            picked.append(f"more than {most}")
        return tuple(sorted(picked, key=_least))
    dice.shuffle(picked)
    return tuple(picked)


def chosen(answer: str | float, offered: Sequence[str]) -> str | None:
    """The choice that an answer names: by its text, by its letter, or by a beginning that only one of them has.

    Letters and not numbers, for a number may itself be an answer.
    """
    text = " ".join(str(answer).split()).casefold()
    exact = [one for one in offered if one.casefold() == text]
    if exact:
        return exact[0]
    if text in LETTERS[: len(offered)] and len(text) == 1:
        return offered[LETTERS.index(text)]
    begun = [one for one in offered if text and one.casefold().startswith(text)]
    return begun[0] if len(begun) == 1 else None


def _overlaps(answer: str, picked: Sequence[str]) -> bool:
    """Whether a number or range shares a value with one that is there."""
    low, high = bounds(answer)
    if low is None:
        return False
    ranges = [bounds(other) for other in picked]
    return any(
        start is not None and (end is None or low <= end) and (high is None or start <= high) for start, end in ranges
    )


def _least(answer: str) -> int:
    return bounds(answer)[0] or 0


def _near(
    lens: Lens, right: str, rivals: Sequence[str], addrs: Sequence[str], theirs: Sequence[str], dice: random.Random
) -> Iterator[str]:
    match lens.kind:
        case Kind.ENTRY if lens.lladdr == "alone":
            yield from [*rivals[:2], "no entry", *rivals[2:]]
        case Kind.ENTRY:
            yield from _near_entry(right, rivals if lens.lladdr == "matters" else (), dice)
        case Kind.ADDRESS:
            yield from _near_path(right.split(" > "), _NEXT_ADDR, dice)
            yield from dice.sample(ADDR_STATES, len(ADDR_STATES))
        case Kind.NUMBER:
            yield from _near_number(*bounds(right), dice)
        case Kind.ERROR:
            yield from dice.sample(_ERRORS, len(_ERRORS))
        case Kind.LIST:
            yield from _near_list(right, theirs, rivals, addrs, dice)
        case _:
            yield from _near_text(right, rivals, addrs, dice)


def _near_entry(right: str, rivals: Sequence[str], dice: random.Random) -> Iterator[str]:
    states, rest = right.split(" > "), []
    states[-1], *rest = states[-1].split(" ")
    if len(states) > 1:
        paths = _near_path(states, _NEXT, dice)
    else:
        paths = iter(dice.sample(_NEXT.get(right.split(" ")[0], STATES), 3))
    same_state = [" ".join([*right.split(" lladdr ")[:1], "lladdr", one]) for one in reversed(rivals)]
    for path in paths:
        if same_state and states[-1] in WITH_LLADDR:
            yield same_state.pop()
        yield from _with(path, rest, rivals, dice)
    if len(states) == 1:
        for state in ("ABSENT", *dice.sample(STATES[:-1], len(STATES) - 1)):
            yield from _with(state, rest, rivals, dice)


def _with(path: str, rest: Sequence[str], rivals: Sequence[str], dice: random.Random) -> Iterator[str]:
    """The path with what follows the state, if such a state can have a link-layer address."""
    if path.rpartition(" > ")[2] not in WITH_LLADDR:
        yield path
    elif rest:
        yield " ".join([path, *rest])
    else:
        yield f"{path} lladdr {dice.choice(rivals)}" if rivals else path


def _near_path(states: Sequence[str], following: Mapping[str, Sequence[str]], dice: random.Random) -> Iterator[str]:
    """Another end, a step left out, a step too early or too late."""
    found = []
    if len(states) > 1:
        found += [[*states[:-1], other] for other in following.get(states[-2], ())]
        found += [[*states[:place], *states[place + 1 :]] for place in range(1, len(states) - 1)]
        found += [[*states[:-2], states[-1], states[-2]], [following.get(states[0], states)[0], *states[1:]]]
    found += [[*states[:-1], other] for other in following.get(states[-1], ())]
    dice.shuffle(found)
    for path in found:
        if all(one != after for one, after in pairwise(path)):
            yield " > ".join(path)


def _near_number(low: int | None, high: int | None, dice: random.Random) -> Iterator[str]:
    if low is None or high is None:
        return
    if low != high:
        ranges = ([f"1 to {low - 1}"] if low > 2 else ["1"] if low == 2 else []) + ["0"] * (low > 0)
        yield from [*ranges, f"{high + 1} to {2 * high}", f"more than {2 * high}"]
        return
    wide = max(1, abs(low) // 4)
    near = {0, 1, low + 1, low + 2, low + 3 * wide, low - wide, low - 1, 2 * low, low // 2}
    likely = sorted(one for one in near if one >= 0 or low < 0)
    yield from map(str, dice.sample(likely, len(likely)))


def _near_list(
    right: str, theirs: Sequence[str], rivals: Sequence[str], addrs: Sequence[str], dice: random.Random
) -> Iterator[str]:
    """Parts of it, all that any case showed, one more, one instead; another order where the order means something."""
    items = [] if right == NOTHING else right.split(BETWEEN)
    known = [item for answer in [right, *theirs] if answer != NOTHING for item in answer.split(BETWEEN)]
    known = list(dict.fromkeys(known))
    spare = [one for one in _alike(items or known, rivals, addrs) if one not in items]
    found = [items[1:], items[:-1], known, [], *([one] for one in known)]
    found += [[*items, one] for one in spare[:2]] + [[one] for one in spare[:3]]
    if items != sorted(items):
        found.append(items[::-1])
    if items and all(item.isdecimal() for item in items):
        found += [[*items, str(int(items[-1]) + 1)], [str(int(item) + 1) for item in items]]
    if set(known) and set(known) <= {"True", "False"}:
        found += [[word] * max(1, len(items)) for word in ("True", "False")]
    other_ends = [one for one in _replaced(items[-1], rivals, dice) if one not in items] if items else []
    found += [[*items[:-1], other] for other in other_ends]
    dice.shuffle(found)
    for one in found:
        yield BETWEEN.join(one) or NOTHING


def _replaced(item: str, rivals: Sequence[str], dice: random.Random) -> list[str]:
    """The item with another link-layer address, or another state, in it."""
    found = []
    for lladdr in LLADDR.findall(item):
        found += [item.replace(lladdr, one) for one in rivals[:3] if one != lladdr]
    for word in item.split(" "):
        if word in STATES:
            found += [item.replace(word, one) for one in dice.sample(_NEXT[word], 3)]
    return found


def _alike(items: Sequence[str], rivals: Sequence[str], addrs: Sequence[str]) -> Sequence[str]:
    """What could stand in a list of such items."""
    if items and all(LLADDR.fullmatch(item) for item in items):
        return rivals
    if items and all(ADDRESS.fullmatch(item) for item in items):
        version6 = ":" in items[0]
        return [one for one in addrs if (":" in one) is version6]
    return ()


def _near_text(right: str, rivals: Sequence[str], addrs: Sequence[str], dice: random.Random) -> Iterator[str]:
    found = [*_alike([right], rivals, addrs), *_replaced(right, rivals, dice)]
    dice.shuffle(found)
    yield from found
