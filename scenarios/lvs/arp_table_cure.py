"""An ARP filter table on the real servers hides the VIP as arp_ignore and arp_announce do, in two rules.

NF_ARP_IN and NF_ARP_OUT are hooks of arp_rcv and arp_xmit. One rule drops the questions for the VIP; the other writes
the server's own address over the VIP in what the kernel asks itself. Dropping there instead of rewriting is tempting
and wrong: without a question there is no answer, and the server cannot reach the client at all. arptables came before
the two knobs; nft has the same hooks in its family `arp`. A filter also guards what no knob does: it can tell senders
apart. Many believe that iptables sees ARP. In practice: where the knobs belong to somebody else (a container's host),
a rule does it.
"""

from neighlab.topologies import DirectRouting

from neighlab import LEARNED, NUD, Case, Sabotage, scenario

VIP, OWN = "192.0.2.100", "192.0.2.11"
IN, OUT = "{ type filter hook input priority 0; }", "{ type filter hook output priority 0; }"


def arptables(server, verdict, rewrite):
    change = ["mangle", "--mangle-ip-s", server.addr] if rewrite else ["DROP"]
    server.run("arptables", "-L", needs="arp_tables")
    server.run("arptables", "-A", "INPUT", "-d", VIP, "-j", verdict.upper())
    server.run("arptables", "-A", "OUTPUT", "-s", VIP, "-j", *change)


def nft(server, verdict, rewrite):
    change = f"arp saddr ip set {server.addr}" if rewrite else "drop"
    server.run("nft", f"add table arp lvs; add chain arp lvs in {IN}", needs="nf_tables with the family arp")
    server.run("nft", f"add rule arp lvs in arp daddr ip {VIP} {verdict}")
    server.run("nft", f"add chain arp lvs out {OUT}; add rule arp lvs out arp saddr ip {VIP} {change}")


@scenario(
    topology=DirectRouting,
    proves=["lvs/arp-table-cure"],
    kernel="arp_rcv, arp_xmit",
    cases=[
        Case("arptables-rewrite", cure=arptables, rewrite=True, asks=[OWN], outcome=LEARNED),
        Case("nft-rewrite", cure=nft, rewrite=True, asks=[OWN], outcome=LEARNED),
        Case("arptables-drop-isolates", cure=arptables, rewrite=False, asks=[], outcome=NUD.FAILED),
        Case("nft-drop-isolates", cure=nft, rewrite=False, asks=[], outcome=NUD.FAILED),
    ],
    sabotage=Sabotage(params={"verdict": "accept"}),
)
def filter_on_the_real_servers_hides_the_shared_address(
    client, director, real1, real2, real3, lab, *, cure, rewrite, asks, outcome, verdict="drop"
):
    director.add_addr(f"{VIP}/32")
    for server in (real1, real2, real3):
        server.conf(retrans_time_ms=50)
        server.add_addr(f"{VIP}/32", dev="lo")
        cure(server, verdict, rewrite)
    capture = client.capture()

    client.udp(VIP).send()
    for server in (director, real1, real2, real3):
        client.fence(server, by="marker")
    real1.udp(client.addr, source=VIP).send()
    real1.expect(client.addr, outcome, within_ms=1000)

    capture.expect(1, "received", kind="arp-reply", sender=VIP, within_ms=0)
    questions = capture.frames("received", kind="arp-request", lladdr=real1.lladdr)
    lab.expect("it asks in the name of", [seen.parsed.sender for seen in questions], asks)
    client.expect(VIP, LEARNED, lladdr=director.lladdr)
