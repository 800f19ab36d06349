"""The table's hash grows with the number of entries and never shrinks; a namespace that ends gives its entries back.

neigh_hash_grow doubles the buckets when there are more entries than buckets - whoever made them, exempt or not - and
nothing ever halves them: a kernel that once had many neighbours keeps 8 bytes for each. The entries are another
matter: when a namespace ends, its devices go and neigh_ifdown frees all that they had, PERMANENT ones included. Many
look for a leak when hash_mask stays high, or expect a restart of the containers to change gc_thresh. In practice:
hash_mask in `ip -d ntable` tells the high-water mark since boot, `entries` tells what is there now.
"""

from neighlab.topologies import TwoHosts

from neighlab import Case, Sabotage, scenario

COUNT = 3000
FOR_EVER = 1 << 31
SCRIPT = """
ip link add v0 type veth peer name v1 && ip link set v0 up &&
seq {count} | awk '{{ printf "neigh add 198.18.%d.%d lladdr 00:00:5e:00:53:77 dev v0\\n", $1 / 250, $1 % 250 }}' |
ip -batch -
"""


@scenario(
    topology=TwoHosts,
    needs=("host-table",),
    proves=["gc/hash-grows"],
    kernel="___neigh_create, neigh_hash_grow, neigh_ifdown",
    cases=[Case("3000-entries", count=COUNT)],
    sabotage=Sabotage(params={"count": 30}),
)
def hash_keeps_its_size_and_not_its_entries(victim, lab, table, *, count):
    before = table.stats()

    victim.run("unshare", "--net", "sh", "-c", SCRIPT.format(count=count))

    table.expect(before, allocs=range(COUNT, 2 * COUNT), destroys=range(COUNT, 2 * COUNT), within_ms=10_000)
    lab.expect("entries that remain", table.stats().entries, range(before.entries + COUNT // 10))
    lab.expect("buckets that remain", table.read().config.hash_mask + 1, range(COUNT, FOR_EVER))
