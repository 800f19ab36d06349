"""Whoever listens to neighbour events sees each change of address, also one that was undone before anybody looked.

__neigh_update announces every new link-layer address of an entry as RTM_NEWNEIGH, at the moment it is taken. The
entry itself has no memory: an attacker who poisons it, lets one packet pass and restores it leaves a table that is
right. So a watcher subscribes (RTNLGRP_NEIGH; `ip monitor neigh`) and compares with what it heard last. It hears the
effects on this host alone: what locktime, a static entry or an absent one turn away makes no event, though the attack
was on the wire. Many believe that a look at `ip neigh` now and then is a check. In practice: the events are cheap and
exact for one host, a packet capture (arpwatch) sees attempts on all of a segment; a careful site has both.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import EVIL, NUD, Case, Sabotage, arp, ndp, scenario

TRUE = "00:00:5e:00:53:03"


def gratuitous(victim, owner, lladdr):
    return arp.gratuitous(owner.addr, lladdr=lladdr)


def request_for_us(victim, owner, lladdr):
    return arp.request(victim.addr, sender=owner.addr, lladdr=lladdr)


def unicast_reply(victim, owner, lladdr):
    return arp.reply(owner.addr, lladdr=lladdr, receiver=victim.addr, receiver_lladdr=victim.lladdr)


def advertisement(victim, owner, lladdr):
    return ndp.unsolicited_na(owner.addr, lladdr=lladdr)


CAUGHT, UNHEARD = {"seen": [TRUE, EVIL, TRUE]}, {"seen": [TRUE]}
NO_ATTACK = Sabotage(frames={EVIL: TRUE})


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/detection"],
    kernel="__neigh_update, neigh_update_notify",
    cases=[
        Case("gratuitous", attack=gratuitous, old=NUD.STALE, **CAUGHT, sabotage=NO_ATTACK),
        Case("request-for-us", attack=request_for_us, old=NUD.STALE, **CAUGHT, sabotage=NO_ATTACK),
        Case("ipv6-advertisement", family="ipv6", attack=advertisement, old=NUD.STALE, **CAUGHT, sabotage=NO_ATTACK),
        Case("reply-within-locktime-unheard", attack=unicast_reply, old=NUD.STALE, **UNHEARD,
             sabotage=Sabotage(params={"attack": gratuitous})),
        Case("permanent-unheard", attack=gratuitous, old=NUD.PERMANENT, **UNHEARD,
             sabotage=Sabotage(params={"old": NUD.STALE})),
    ],
)  # fmt: skip
def watcher_sees_a_change_that_was_undone(victim, attacker, owner, lab, *, attack, old, seen):
    victim.conf(locktime_ms=60_000)
    victim.neigh_set(owner.addr, owner.lladdr, state=old)

    attacker.send(attack(victim, owner, EVIL))
    attacker.fence(victim)
    attacker.send(attack(victim, owner, owner.lladdr))
    attacker.fence(victim)

    lab.expect("the table", victim.neigh_get(owner.addr).lladdr, owner.lladdr)
    lab.expect("the watcher", victim.lladdrs(owner.addr), seen)
