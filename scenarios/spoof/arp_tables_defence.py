"""A filter that ties an address to its owner stops spoofing at the victim or bridge, not at the attacker.

NF_ARP_IN lies in arp_rcv, before arp_process learns anything; the bridge's forward hook sees ARP as any other frame,
and so does the family ip6 with advertisements, whose fields have to be picked out as raw bytes. Each rule says: what
claims the owner's address must carry the owner's link-layer address; the owner's own announcement passes. A bridge's
chain stands at the priority "filter" (-200) to be asked: at 0, where others stand, br_netfilter takes IPv6 past it
(br_nf_forward_ip, br_nf_hook_thresh), if somebody has loaded that. An output filter on the attacker is consulted only
for what its kernel sends (arp_xmit): frames of a packet socket go past it. Many believe that iptables filters ARP, and
that a filter in the sender's kernel could contain a malicious program. In practice: hypervisors and container hosts put
such a rule on each guest's port of their bridge (clean-traffic, spoofchk).
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import EVIL, NUD, OTHER, Case, Sabotage, arp, ndp, scenario

OWNER, OWNER_HEX, TRUE = "192.0.2.3", "0x20010db8000000000000000000000003", "00:00:5e:00:53:03"
CLAIM = f"arp saddr ip {OWNER} arp saddr ether != {TRUE}"
CLAIM6 = f"icmpv6 type nd-neighbor-advert @th,64,128 {OWNER_HEX} @th,208,48 != 0x{TRUE.replace(':', '')}"


def nft(family, hook, claim):
    def on(place, verdict):
        chain, needs = f"{family} t filter", f"nf_tables with the family {family}"
        hooked = f"{{ type filter hook {hook} priority filter; }}"
        place.run("nft", f"add table {family} t; add chain {chain} {hooked}", needs=needs)
        place.run("nft", f"add rule {chain} {claim} {verdict}")

    return on


def arptables(place, verdict):
    place.run("arptables", "-L", needs="arp_tables")
    place.run("arptables", "-A", "INPUT", "-s", OWNER, "--source-mac", "!", TRUE, "-j", verdict.upper())


V4, V6 = {"frame": arp.gratuitous}, {"family": "ipv6", "frame": ndp.unsolicited_na}
STOPPED, PASSED = {"seen": [OTHER, TRUE]}, {"seen": [OTHER, EVIL, TRUE]}


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/arp-tables-defence"],
    kernel="arp_rcv, arp_xmit, br_forward, ip6_input",
    cases=[
        Case("victim-nft", where="victim", rule=nft("arp", "input", CLAIM), **V4, **STOPPED),
        Case("victim-arptables", where="victim", rule=arptables, **V4, **STOPPED),
        Case("bridge-nft", where="s1", rule=nft("bridge", "forward", CLAIM), **V4, **STOPPED),
        Case("attacker-nft-useless", where="attacker", rule=nft("arp", "output", CLAIM), **V4, **PASSED,
             sabotage=Sabotage(params={"where": "s1", "rule": nft("bridge", "forward", CLAIM)})),
        Case("ipv6-victim-nft", where="victim", rule=nft("ip6", "input", CLAIM6), **V6, **STOPPED),
        Case("ipv6-bridge-nft", where="s1", rule=nft("bridge", "forward", CLAIM6), **V6, **STOPPED),
    ],
    sabotage=Sabotage(params={"verdict": "accept"}),
)  # fmt: skip
def filter_ties_an_address_to_its_owner(victim, attacker, owner, lab, *, where, rule, frame, seen, verdict="drop"):
    victim.neigh_set(owner.addr, OTHER, state=NUD.STALE)
    rule(lab[where], verdict)

    attacker.send(frame(owner.addr, lladdr=EVIL))
    attacker.fence(victim)
    owner.send(frame(owner.addr, lladdr=owner.lladdr))
    owner.fence(victim)

    lab.expect("link-layer addresses that the entry has had", victim.lladdrs(owner.addr), seen)
