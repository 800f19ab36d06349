"""A program that wants to leave its groups before it works goes on in a lab, where no user can leave any.

    python -m neighlab.lab.groupless PROGRAM [ARG]...

An ordinary user's namespace has one user and one group, and setgroups() is forbidden in it (user_namespaces(7)):
Debian's tcpdump takes that for a failure, also when it need not become anybody else (`-Z root`). Nothing is gained by
pretending: whoever runs it keeps what he has.
"""

from __future__ import annotations

import os
import sys

from neighlab.kernel import seccomp


def main(argv: list[str]) -> None:
    """Become the program, which then finds setgroups() to succeed."""
    seccomp.install(seccomp.groupless(os.uname().machine))
    os.execv(argv[0], argv)


if __name__ == "__main__":
    main(sys.argv[1:])
