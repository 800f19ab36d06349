"""Every problem neighlab reports is one of four kinds, and each kind has one exit code."""

from __future__ import annotations


class NeighlabError(Exception):
    """Common base: its text is one clear line, fit to be shown to a user as it stands."""

    exit_code = 1


class ExpectationFailed(NeighlabError):
    """The kernel did something else than the scenario claims."""

    exit_code = 1


class ScenarioError(NeighlabError):
    """The scenario, or what the user asked for, is wrong: an unknown name, knob, value or file."""

    exit_code = 2


class EnvironmentProblem(NeighlabError):
    """This machine cannot do it; the text says what would change that."""

    exit_code = 3


class Unsupported(NeighlabError):
    """This kernel or machine lacks what the case needs: the case is skipped, with the reason."""

    exit_code = 4
