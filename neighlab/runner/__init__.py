"""A scenario is a claim about the kernel that could be false; here its cases are found, run and judged."""
