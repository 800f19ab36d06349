"""A case drawn as a ladder shows each frame and each transition once, from top to bottom in the order of their time."""

from neighlab.report.ladder.drawing import definitions, legend, svg
from neighlab.report.ladder.figure import Figure
from neighlab.report.ladder.layout import figure_of
from neighlab.report.ladder.poster import poster
from neighlab.report.ladder.theme import stylesheet

__all__ = ["Figure", "definitions", "figure_of", "legend", "poster", "stylesheet", "svg"]
