"""Plots of results: `raster`, `rate` and `trace`; one file a plot.

Each draws on the Axes it is given, or on a new figure, and returns the Axes, so that
`result.raster().figure.savefig("raster.png")` writes a file. matplotlib is loaded when the first
one is drawn.
"""

from .raster import raster
from .rate import rate
from .trace import trace

__all__ = ["raster", "rate", "trace"]
