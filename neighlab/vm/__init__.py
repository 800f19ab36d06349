"""Other kernels answer the same questions in a small virtual machine that shares this machine's files, read-only."""
