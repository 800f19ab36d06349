"""arp_notify announces each IPv4 address on link up and on a change of lladdr, but not one that is added.

inetdev_event hears of an interface that was brought up and of one that changed its link-layer address, and sends one
gratuitous request for each address of the interface, secondary ones included. `all` or the interface is enough (the
greater number decides). Nothing else announces: neither an address that is added (inet_insert_ifa sends no frame) nor
a cable that is plugged in again. Many believe that Linux sends a gratuitous ARP for each new address; it is who
calls `ip` that does (arping -U, keepalived). In practice: an address moved with `ip addr add` moves nothing
until somebody announces it; after link up the frame leaves at once, and a switch port not yet forwarding loses it.
"""

from neighlab.topologies import VictimAttacker

from neighlab import ON_LINK, OTHER, Case, Sabotage, scenario

PRIMARY, SECONDARY = "192.0.2.1", "192.0.2.100"
MUTE, TOLD = Sabotage(knobs={"arp_notify": 0}), Sabotage(knobs={"arp_notify": 1})


def link_up(victim):
    victim.link(up=False)
    victim.link(up=True)


def new_lladdr(victim):
    victim.link(lladdr=OTHER)


def added(victim):
    victim.add_addr(f"{ON_LINK}/24")


def plugged(victim):
    victim.unplug()
    victim.plug()


ONLY_UP = Sabotage(params={"event": link_up})


@scenario(
    topology=VictimAttacker,
    proves=["arp/arp-notify"],
    kernel="inetdev_event, inetdev_send_gratuitous_arp",
    cases=[
        Case("0-link-up", device=0, event=link_up, told=[], sabotage=TOLD),
        Case("1-link-up", device=1, event=link_up, told=[PRIMARY, SECONDARY], sabotage=MUTE),
        Case("0-new-lladdr", device=0, event=new_lladdr, told=[], sabotage=TOLD),
        Case("1-new-lladdr", device=1, event=new_lladdr, told=[PRIMARY, SECONDARY], sabotage=MUTE),
        Case("all-1-link-up", everywhere=1, device=0, event=link_up, told=[PRIMARY, SECONDARY], sabotage=MUTE),
        Case("1-address-added", device=1, event=added, told=[], sabotage=ONLY_UP),
        Case("1-plugged", device=1, event=plugged, told=[], sabotage=ONLY_UP),
    ],
)
def arp_notify_announces_on_up_and_lladdr(victim, attacker, lab, *, device, event, told, everywhere=0):
    victim.add_addr(f"{SECONDARY}/24")
    victim.conf(dev="all", arp_notify=everywhere)
    victim.conf(arp_notify=device)
    capture = victim.capture()

    event(victim)
    victim.fence(attacker, by="marker")

    announced = capture.frames(kind="arp-request", is_gratuitous=True, is_broadcast=True, lladdr=victim.lladdr)
    lab.expect("announced", [seen.parsed.target for seen in announced], told)
