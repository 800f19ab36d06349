"""Whatever neighlab tells or asks the kernel passes through this room, and nothing below it opens a socket."""
