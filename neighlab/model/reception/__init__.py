"""What a host does with an ARP or ND frame that reaches it, check by check in the kernel's order: pure functions."""
