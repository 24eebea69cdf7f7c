"""Plots, one file a noun: of results `raster`, `rate`, `trace`, `psth`, `distribution`, and of
recorded weights `weights` and `weight_histogram`; of
connections `matrix` and `delays`; of a network `graph`; of what a chip does to its spikes `causes`
and `differences`.

Each draws on the Axes it is given, or on a new figure, and returns the Axes, so that
`result.raster().figure.savefig("raster.png")` writes a file. matplotlib is loaded when the first
one is drawn.
"""

from .connections import delays, matrix
from .distribution import distribution
from .graph import graph
from .match import causes, differences
from .psth import psth
from .raster import raster
from .rate import rate
from .trace import trace
from .weights import weight_histogram, weights

__all__ = [
    "causes",
    "delays",
    "differences",
    "distribution",
    "graph",
    "matrix",
    "psth",
    "raster",
    "rate",
    "trace",
    "weight_histogram",
    "weights",
]
