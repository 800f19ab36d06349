"""A prediction is made before the case runs, and what it is compared with is what the kernel does then."""
