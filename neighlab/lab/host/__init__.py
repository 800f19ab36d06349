"""A host is what a story talks about: it has settings, sends, is expected to know its neighbours, and runs programs."""

from __future__ import annotations

from neighlab.lab.host.applications import Applications
from neighlab.lab.host.bulk import Bulk
from neighlab.lab.host.neighbours import Neighbours
from neighlab.lab.host.reception import Reception
from neighlab.lab.host.settings import Settings
from neighlab.lab.host.traced import Traced
from neighlab.lab.host.wire import Wire


class Host(Settings, Wire, Applications, Neighbours, Traced, Reception, Bulk):
    """One host of a lab. `dev` in every verb is an interface name; without it the first interface is meant."""
