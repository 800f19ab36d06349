"""conf/all and conf/DEV are combined differently from knob to knob, and not always alike in IPv4 and IPv6."""

from __future__ import annotations

from typing import Final

from neighlab.model.knob_table import INT_MAX, Combine, Knob, Scope, Unit


def _conf(
    family: int, name: str, combine: Combine, maximum: int, default: int, doc: str,
    *, baseline: int | None = None, minimum: int = 0, since: str | None = None, unit: Unit | None = None,
) -> Knob:  # fmt: skip
    written = default if baseline is None else baseline
    guess: Unit = "bool" if (minimum, maximum) == (0, 1) else "enum"
    return Knob(
        name, (family,), Scope.CONF, unit or guess, minimum, maximum, default, written, doc,
        sysctl=name, combine=combine, since=since,
    )  # fmt: skip


# The order is the order of writing: changing conf/all/forwarding rewrites all/accept_redirects (inet_forward_change).
IPV4: Final = (
    _conf(4, "forwarding", "device", 1, 0,
          "The device routes, and proxy ARP needs it (arp_process); writing conf/all sets every device and "
          "conf/default, and all/accept_redirects to the opposite (inet_forward_change)."),
    _conf(4, "accept_local", "or", 1, 0,
          "A packet or ARP request whose source is an own address is accepted (fib_validate_source)."),
    _conf(4, "accept_redirects", "or", 1, 1,
          "ICMP redirects change routes; a device that forwards needs it in conf/all and conf/DEV, any other in one "
          "of them (IN_DEV_RX_REDIRECTS)."),
    _conf(4, "arp_accept", "max", 2, 0,
          "Gratuitous ARP, and unsolicited unicast replies, create entries at 1, and at 2 only for senders in a "
          "subnet of the device (arp_accept). 2 is new in 6.0: before, any value but 0 acts as 1, all OR device."),
    _conf(4, "arp_announce", "max", 16, 0,
          "Which own address a request names as its sender: at 0 the packet's source if it is local, at 1 only if it "
          "shares the target's subnet, at 2 always the device's best; 3 and up act as 0 (arp_solicit)."),
    _conf(4, "arp_evict_nocarrier", "and", 1, 1,
          "Losing the carrier removes all entries of the device but the permanent ones, and those that user space "
          "validates; at 0 they stay (arp_netdev_event).", since="5.16"),
    _conf(4, "arp_filter", "or", 1, 0,
          "A request is answered only if the route back to its sender leaves by the device it came from (arp_filter)."),
    _conf(4, "arp_ignore", "max", 16, 0,
          "Which requests for own addresses are answered: 0 all, 1 for addresses of the device, 2 and from its subnet, "
          "3 all but scope host, 8 none; 4 to 7 and 9 up act as 0 (arp_ignore)."),
    _conf(4, "arp_notify", "max", 1, 0,
          "A device that comes up or changes its lladdr announces each of its addresses once (inetdev_event)."),
    _conf(4, "drop_gratuitous_arp", "or", 1, 0,
          "Frames with equal sender and target addresses are dropped before anything is learned (arp_process)."),
    _conf(4, "drop_unicast_in_l2_multicast", "or", 1, 0,
          "An IPv4 packet to a unicast address in a broadcast or multicast frame is dropped; ARP is untouched "
          "(ip_rcv_finish_core)."),
    _conf(4, "log_martians", "or", 1, 0,
          "Packets with impossible addresses are logged and dropped as before (ip_handle_martian_source)."),
    _conf(4, "medium_id", "device", INT_MAX, 0,
          "Proxy ARP on a device with a medium answers only for what lies behind another medium; a device with 0 "
          "always answers, one with -1 never (arp_fwd_proxy).", minimum=-1, unit="count"),
    _conf(4, "promote_secondaries", "or", 1, 0,
          "Deleting a primary address makes its first secondary the primary instead of deleting them all "
          "(__inet_del_ifa)."),
    _conf(4, "proxy_arp", "or", 1, 0,
          "A forwarding device answers for every address that it routes out of another device (arp_fwd_proxy)."),
    _conf(4, "proxy_arp_pvlan", "or", 1, 0,
          "A forwarding device answers also for addresses routed out of the same device (arp_fwd_pvlan); 5.10 "
          "looks at conf/DEV alone."),
    _conf(4, "route_localnet", "or", 1, 0,
          "127.0.0.0/8 is routed and answered like any other network (arp_process, ip_route_input_slow)."),
    _conf(4, "rp_filter", "max", 2, 0,
          "A request whose sender is not routed back through the device (1), or not at all (2), is not answered "
          "(__fib_validate_source). Distributions turn it on, so the baseline writes 0.", baseline=0),
    _conf(4, "secure_redirects", "or", 1, 1,
          "A redirect must point to a gateway of a default route, as long as shared_media is off (__ip_do_redirect)."),
    _conf(4, "send_redirects", "or", 1, 1,
          "A router tells senders of a shorter way through the same link (ip_rt_send_redirect)."),
    _conf(4, "shared_media", "or", 1, 1,
          "Hosts of different subnets on one link are taken for direct neighbours: redirects to them are sent and "
          "believed (__ip_do_redirect, ip_mkroute_input)."),
    _conf(4, "src_valid_mark", "or", 1, 0,
          "The packet's mark takes part in the route lookup that rp_filter does (fib_validate_source)."),
)  # fmt: skip

# disable_ipv6 comes last: writing 0 over 1 starts address configuration with the knobs as they are (addrconf_notify).
IPV6: Final = (
    _conf(6, "forwarding", "device", 1, 0,
          "The device is a router to its neighbours: the R flag in its advertisements, no router discovery, proxy ND "
          "and accept_untracked_na possible (ndisc_recv_ns, ndisc_recv_na); writing conf/all sets every device, and "
          "conf/all alone decides whether packets are routed (ip6_forward)."),
    _conf(6, "accept_dad", "max", 2, 1,
          "0 skips duplicate address detection, 1 performs it, 2 also disables IPv6 when the link-local address is a "
          "duplicate (addrconf_dad_begin, addrconf_dad_work). The baseline is 0: addresses are usable at once, and "
          "no solicitation of DAD is mistaken for one of the story.", baseline=0),
    _conf(6, "accept_ra", "device", 2, 1,
          "Router advertisements are obeyed by hosts at 1, by routers too at 2 (ipv6_accept_ra). The baseline is 0: "
          "an advertisement can change retrans_time and base_reachable_time (ndisc_router_discovery).", baseline=0),
    _conf(6, "accept_redirects", "device", 1, 1,
          "A host takes ICMPv6 redirects, with the target's lladdr in them, into its neighbour table "
          "(rt6_do_redirect)."),
    _conf(6, "accept_untracked_na", "device", 2, 0,
          "On a forwarding device an advertisement with a target lladdr creates a STALE entry, at 2 only for sources "
          "in a prefix of the device (accept_untracked_na).", since="5.19"),
    _conf(6, "addr_gen_mode", "device", 3, 0,
          "How the link-local address is made: 0 from the lladdr, 1 not at all, 2 and 3 from a secret "
          "(addrconf_addr_gen). The baseline is 0: addresses can be computed from the lladdr.", baseline=0),
    _conf(6, "autoconf", "device", 1, 1,
          "Prefixes of router advertisements become addresses; the link-local address does not depend on it "
          "(addrconf_prefix_rcv). The baseline is 0: a lab's addresses are given, not found.", baseline=0),
    _conf(6, "dad_transmits", "device", INT_MAX, 1,
          "How many solicitations duplicate address detection sends (addrconf_dad_kick). "
          "The baseline is 0, together with accept_dad.", baseline=0, unit="count"),
    _conf(6, "drop_unicast_in_l2_multicast", "device", 1, 0,
          "An IPv6 packet to a unicast address in a broadcast or multicast frame is dropped, neighbour discovery "
          "included (ip6_rcv_core)."),
    _conf(6, "drop_unsolicited_na", "device", 1, 0,
          "Advertisements without the S flag are dropped before anything is learned (ndisc_recv_na)."),
    _conf(6, "enhanced_dad", "or", 1, 1,
          "Solicitations of DAD carry a nonce, so that a looped back one is not taken for a duplicate "
          "(addrconf_dad_kick, ndisc_recv_ns)."),
    _conf(6, "force_tllao", "device", 1, 0,
          "Advertisements carry the target's lladdr also when they answer a unicast solicitation (ndisc_send_na)."),
    _conf(6, "keep_addr_on_down", "or", 1, 0,
          "Global addresses survive an administrative down; the neighbour entries do not (addrconf_ifdown)."),
    _conf(6, "ndisc_evict_nocarrier", "and", 1, 1,
          "Losing the carrier removes all entries of the device but the permanent ones, and those that user space "
          "validates; at 0 they stay (ndisc_netdev_event).", since="5.16"),
    _conf(6, "ndisc_notify", "or", 1, 0,
          "A device that comes up or changes its lladdr sends an unsolicited advertisement for each of its addresses "
          "(ndisc_netdev_event)."),
    _conf(6, "ndisc_tclass", "device", 255, 0,
          "The traffic class of the neighbour discovery packets that are sent (ip6_nd_hdr).", unit="count"),
    _conf(6, "optimistic_dad", "or", 1, 0,
          "Addresses of a host may be used while duplicate address detection runs, without being advertised with the "
          "O flag (ipv6_allow_optimistic_dad). Absent from kernels without CONFIG_IPV6_OPTIMISTIC_DAD."),
    _conf(6, "proxy_ndp", "or", 1, 0,
          "A forwarding device answers solicitations for the addresses in its proxy table (ndisc_recv_ns)."),
    _conf(6, "router_probe_interval", "device", INT_MAX // 1000, 60,
          "An unreachable router that a route with a preference would take is solicited no more often than this "
          "(rt6_probe). Absent from kernels without CONFIG_IPV6_ROUTER_PREF.", unit="s"),
    _conf(6, "router_solicitations", "device", INT_MAX, -1,
          "How many router solicitations a host sends when an interface comes up, at -1 without end "
          "(addrconf_rs_timer). The baseline is 0: a solicitation would create an entry for its sender.",
          baseline=0, minimum=-1, unit="count"),
    _conf(6, "router_solicitation_delay", "device", INT_MAX // 1000, 1,
          "Router solicitations wait this long, and duplicate address detection a random part of it unless the "
          "address is optimistic (addrconf_dad_kick). The baseline is 0: what a story starts begins at once.",
          baseline=0, unit="s"),
    _conf(6, "suppress_frag_ndisc", "device", 1, 1,
          "Neighbour discovery in fragmented packets is dropped (ndisc_suppress_frag_ndisc)."),
    _conf(6, "use_optimistic", "or", 1, 0,
          "Optimistic addresses may be chosen as the source of packets (ipv6_use_optimistic_addr). "
          "Absent from kernels without CONFIG_IPV6_OPTIMISTIC_DAD."),
    _conf(6, "use_tempaddr", "device", 2, 0,
          "Prefixes of router advertisements make temporary addresses too, preferred as the source at 2 "
          "(manage_tempaddrs). Distributions turn it on, so the baseline writes 0.", baseline=0),
    _conf(6, "disable_ipv6", "device", 1, 0,
          "The device has no IPv6 address, sends no neighbour discovery and drops all of IPv6; writing conf/all sets "
          "every device and conf/default (addrconf_disable_change, ip6_rcv_core)."),
)  # fmt: skip
