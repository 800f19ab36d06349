"""A story that does what stories do, and nothing else."""

from neighlab.topologies import VictimAttacker

from neighlab import ABSENT, EVIL, NUD, ON_LINK, Case, scenario


@scenario(topology=VictimAttacker, cases=[Case(f"{number:02}", number=number) for number in range(12)])
def orderly(lab, victim, attacker, *, number):
    attacker.fence(victim)
    victim.neigh_set(ON_LINK, EVIL)
    victim.expect(ON_LINK, NUD.PERMANENT, lladdr=EVIL)
    victim.neigh_del(ON_LINK)
    victim.expect(ON_LINK, ABSENT)
    lab.expect("number", number, number)
