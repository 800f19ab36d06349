"""`arping -D` finds a duplicate of an IPv4 address; the kernel that is given the address neither asks nor minds.

arping probes as RFC 5227 has it: a request in the name of 0.0.0.0. Whoever has the address answers (arp_process), and
the exit status is 1. inet_rtm_newaddr does nothing of the kind: the address is usable at once, no frame goes out
unless arp_notify is set, and later no conflict is noticed either; both hosts answer, and the rest of the LAN talks to
whoever was heard last. IPv6 does it in the kernel: the same address there is tentative first, and dadfailed when its
solicitation is answered. Many believe that Linux detects duplicates for IPv4 because ifup complains; that is arping
in a script, or a DHCP client. In practice: addresses set by hand or by a container engine are checked by nobody.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import ON_LINK, Case, Sabotage, Unsupported, scenario

TAKEN = "192.0.2.1"


def arping(host, addr):
    version = host.run("arping", "-V", check=False).stdout
    if "iputils" not in version:
        raise Unsupported("arping -D needs the one of iputils (Debian: iputils-arping)")
    return host.run("arping", "-D", "-c", "1", "-w", "1", "-I", "eth0", addr, check=False).returncode


def kernel(host, addr):
    host.add_addr(f"{addr}/24")
    return 0


@scenario(
    topology=AttackerOnWire,
    proves=["dad/arping"],
    kernel="arp_process, inet_rtm_newaddr",
    cases=[
        Case("arping-taken", ask=arping, addr=TAKEN, verdict=1, probes=1, sabotage=Sabotage(knobs={"arp_ignore": 8})),
        Case("arping-free", ask=arping, addr=ON_LINK, verdict=0, probes=1, sabotage=Sabotage(params={"addr": TAKEN})),
        Case("kernel-taken", ask=kernel, addr=TAKEN, verdict=0, probes=0, sabotage=Sabotage(params={"ask": arping})),
    ],
)
def duplicate_is_found_by_arping_not_by_the_kernel(attacker, victim, lab, *, ask, addr, verdict, probes):
    capture = attacker.capture()

    found = ask(attacker, addr)
    attacker.fence(victim, by="marker")

    lab.expect("verdict", found, verdict)
    capture.expect(probes, "sent", is_probe=True, target=addr, within_ms=0)
    capture.expect(probes, "sent", target=addr, within_ms=0)
