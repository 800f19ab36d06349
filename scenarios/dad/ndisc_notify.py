"""ndisc_notify announces IPv6 addresses when the link comes up, when the own lladdr changes, and after DAD.

ndisc_netdev_event sends an unsolicited advertisement to all nodes, override flag set, for every address of the device
when its link-layer address changes; addrconf_dad_completed sends one for each address that detection has just found
to be free - the link-local one whenever the link comes up, and, unlike arp_notify, one that is added. An address that
is added without detection (nodad) is not announced. Many believe that IPv6 hosts announce themselves: by default (0)
nobody is told, and neighbours notice by unreachability detection. In practice: 1 lets a moved address be heard of at
once - by those who know it already, for an advertisement creates no entry.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import DAD, ON_LINK6, OTHER, Case, Sabotage, scenario

OWN, LINK_LOCAL = "2001:db8::1", "fe80::200:5eff:fe00:5301"
MUTE, TOLD = Sabotage(knobs={"ndisc_notify": 0}), Sabotage(knobs={"ndisc_notify": 1})


def link_up(victim):
    victim.link(up=False)
    victim.link(up=True)
    victim.expect_addr(LINK_LOCAL, DAD.DONE)


def new_lladdr(victim):
    victim.link(lladdr=OTHER)


def added_with_dad(victim):
    victim.add_addr(f"{ON_LINK6}/64", nodad=False)
    victim.expect_addr(ON_LINK6, DAD.DONE)


def added_without_dad(victim):
    victim.add_addr(f"{ON_LINK6}/64", nodad=True)
    victim.expect_addr(ON_LINK6, DAD.DONE)


@scenario(
    topology=AttackerOnWire,
    proves=["dad/ndisc-notify"],
    kernel="ndisc_netdev_event, ndisc_send_unsol_na, addrconf_dad_completed",
    family="ipv6",
    cases=[
        Case("0-link-up", ndisc_notify=0, event=link_up, addr=LINK_LOCAL, told=0, sabotage=TOLD),
        Case("1-link-up", ndisc_notify=1, event=link_up, addr=LINK_LOCAL, told=1, sabotage=MUTE),
        Case("0-new-lladdr", ndisc_notify=0, event=new_lladdr, addr=OWN, told=0, sabotage=TOLD),
        Case("1-new-lladdr", ndisc_notify=1, event=new_lladdr, addr=OWN, told=1, sabotage=MUTE),
        Case("0-added-with-dad", ndisc_notify=0, event=added_with_dad, addr=ON_LINK6, told=0, sabotage=TOLD),
        Case("1-added-with-dad", ndisc_notify=1, event=added_with_dad, addr=ON_LINK6, told=1, sabotage=MUTE),
        Case(
            "1-added-without-dad", ndisc_notify=1, event=added_without_dad, addr=ON_LINK6, told=0,
            sabotage=Sabotage(params={"event": added_with_dad}),
        ),
    ],
)  # fmt: skip
def ndisc_notify_announces_what_changed(victim, attacker, *, ndisc_notify, event, addr, told):
    victim.conf(ndisc_notify=ndisc_notify, accept_dad=1, dad_transmits=1, retrans_time_ms=50)
    capture = attacker.capture()

    event(victim)
    victim.fence(attacker)

    told_by = {"kind": "na", "target": addr, "dst": "33:33:00:00:00:01", "solicited": False, "override": True}
    capture.expect(told, "received", lladdr=victim.lladdr, **told_by)
