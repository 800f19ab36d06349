"""The skeleton of an exercise passes its own tests before a line of it has been changed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from neighlab.errors import ScenarioError

_EXERCISE: Final = '''\
"""A host that is told to takes a gratuitous ARP for an address that it does not know."""

from neighlab.topologies import VictimAttacker

from neighlab import EVIL, LEARNED, ON_LINK, arp, exercise


@exercise(topology=VictimAttacker, yours=["victim"], minutes=10)
def NAME(victim):
    victim.conf(arp_accept=0)


@NAME.check(
    "a gratuitous ARP makes the victim learn an address",
    points=2,
    otherwise="The victim still ignores it: a setting of its interface says which messages may make an entry.",
)
def learns(victim, attacker):
    victim.neigh_del(ON_LINK)
    attacker.send(arp.gratuitous(ON_LINK, lladdr=EVIL))
    attacker.fence(victim)
    victim.expect(ON_LINK, LEARNED, lladdr=EVIL, within_ms=0)


@NAME.check(
    "the victim still reaches the attacker",
    points=1,
    kept=True,
    otherwise="The victim does not reach the attacker any more: change one setting, not the interface.",
)
def still_talks(victim, attacker, lab):
    lab.expect("the attacker answers", victim.ping(attacker.addr, within_ms=2000) is not None, True)


@NAME.check(
    "the answer `knob` names what decides it",
    points=1,
    otherwise="That is not what decides it: change one setting at a time, and look what is different.",
)
def knob(answers, lab):
    lab.expect("answer knob", answers.get("knob", ""), "arp_accept")
'''
_SHEET: Final = """\
# Let a host learn from a gratuitous ARP

## Background

What the student has to know before.

## Task

Make the victim take a gratuitous ARP for an address that it does not know. The victim is yours: `victim COMMAND`.

## Questions

- Which setting decides it? `answer knob NAME`

## Hand in

A shell or Python script.
"""
_HINTS: Final = """\
## Where to look

`victim sysctl -a | grep arp_`

## Nearly there (1 point)

`neighlab show arp_accept`
"""
_WALK: Final = """\
# What a student types who follows the sheet, and what is then on the screen: `neighlab exercise walk` tries it.
$ victim sysctl net.ipv4.conf.eth0.arp_accept
  arp_accept = 0
$ check
  still ignores it
$ victim sysctl -w net.ipv4.conf.eth0.arp_accept=1
  arp_accept = 1
$ answer knob arp_accept
$ check
"""
_FILES: Final = {
    "exercise.py": _EXERCISE,
    "sheet.md": _SHEET,
    "hints.md": _HINTS,
    "walk.txt": _WALK,
    "solution.sh": (
        "#!/bin/sh\n# Why this is the solution.\n"
        "victim sysctl -qw net.ipv4.conf.eth0.arp_accept=1\nanswer knob arp_accept\n"
    ),
    "wrong/another_knob.sh": (
        "#!/bin/sh\n# believes: what a host notifies is also what it takes\n# told: still ignores it\n"
        "victim sysctl -qw net.ipv4.conf.eth0.arp_notify=1\nanswer knob arp_notify\n"
    ),
    "wrong/by_hand.sh": (
        "#!/bin/sh\n# believes: an entry that is there by hand has been learned\n# told: still ignores it\n"
        "victim ip neigh replace 192.0.2.99 lladdr 00:00:5e:00:53:66 dev eth0 nud reachable\nanswer knob arp_accept\n"
    ),
    "wrong/new_interface.sh": (
        "#!/bin/sh\n# believes: a new setting counts when the link is down\n# told: does not reach the attacker\n"
        "victim sysctl -qw net.ipv4.conf.eth0.arp_accept=1\nvictim ip link set eth0 down\nanswer knob arp_accept\n"
    ),
    "test_exercise.py": '''\
"""The reference solution earns every point, nothing earns none, and typical mistakes are told what they are."""

from pathlib import Path

from neighlab.teach.authors import examine
from neighlab.teach.folder import load


def test_each_solution_gets_what_it_deserves():
    problems = [f"{name}: {problem}" for name, _attempt, problem in examine(load(Path(__file__).parent)) if problem]
    assert not problems
''',
}


def make(folder: Path) -> list[Path]:
    """Make a new exercise in a folder that is not there yet, or empty; returns its files."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", folder.name):
        raise ScenarioError(f"{folder.name!r}: an exercise's folder is named in small letters, digits and `_`")
    try:
        (folder / "wrong").mkdir(parents=True)
    except FileExistsError:
        raise ScenarioError(f"{folder} is there already") from None
    except OSError as problem:
        raise ScenarioError(f"cannot make {folder}: {problem.strerror}") from None
    for name, text in _FILES.items():
        (folder / name).write_text(
            text.replace("NAME", folder.name) if name == "exercise.py" else text, encoding="utf-8"
        )
    return [folder / name for name in _FILES]
