"""Every file below is one claim about the kernel; its folder is its subject, its path its name."""
