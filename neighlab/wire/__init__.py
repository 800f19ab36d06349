"""What goes into a lab's wires and what comes out of them: raw frames, captures, sockets of applications, the fence."""
