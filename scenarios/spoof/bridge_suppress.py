"""A bridge port can answer for its host, hear no other isolated port, or let nobody in - and each leaves a gap.

The bridge looks into ARP and ND itself. With neigh_suppress (br_do_proxy_suppress_arp) questions for what the bridge's
own table and forwarding entries know are answered by the bridge and not flooded to that port, and gratuitous frames and
probes are not flooded to it either; what is unicast to the host passes. Isolated ports exchange no frame at all with
each other, only with the others. A locked port drops frames from a source that is not tied to it: the Ethernet source,
that is, for nobody compares it with the addresses inside the ARP message. Many believe that port security on the switch
ends spoofing. In practice: suppression spares hosts the broadcasts of an overlay (VXLAN, EVPN) and is no defence;
isolation is one, where hosts need nobody but the router; against the rest, a filter on the port is needed.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import EVIL, NUD, Case, Sabotage, arp, ndp, scenario

TRUE, OWN = "00:00:5e:00:53:03", "00:00:5e:00:53:02"


def gratuitous(victim, owner):
    return arp.gratuitous(owner.addr, lladdr=EVIL, src=OWN)
