"""Values without I/O: nothing in this room opens a socket, a file or a namespace."""
