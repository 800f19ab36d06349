"""The kernel's tracepoints tell what no socket does: every state of an entry, who changed it, and why a packet died.

These are BPF programs on raw tracepoints, loaded by the machine's real root. Not to be confused with wire.bpf, whose
classic filters any user may put on a socket.
"""
