"""Connections from one view to another, views of some of them, and stimuli given to a view."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import DescriptionError
from .population import Fixed, PopulationView
from .units import bare_array


class Projection(Fixed):
    """Connections from one view to another, by a rule. See `Network.project`, which makes them."""

    _words = frozenset(
        {
            *("name", "source", "target", "rule", "synapse", "weight", "port", "event"),
            *("delay", "axonal_delay", "dendritic_delay", "release", "plasticity", "upkeep"),
        }
    )

    def __init__(
        self,
        name: str,
        source: PopulationView,
        target: PopulationView,
        rule: Any,
        *,
        synapse: Any,
        weight: Any,
        delay: Any,
        axonal_delay: Any,
        dendritic_delay: Any,
        port: str | None,
        release: Any = None,
        event: str = "spike",
        plasticity: Any = None,
    ):
        self.release, self.plasticity = release, plasticity
        self.name, self.source, self.target, self.rule = name, source, target, rule
        self.synapse, self.weight, self.port, self.event = synapse, weight, port, event
        self.delay, self.axonal_delay, self.dendritic_delay = delay, axonal_delay, dendritic_delay
        self.upkeep: list[tuple[Any, Any]] = []  # what is done at which intervals

    def every(self, interval: Any, what: Any) -> None:
        """At an interval (a time), do something to all synapses together, which have a plasticity:
        `sp.plasticity.Scaling(...)` or `sp.plasticity.Rewiring(...)`.

        It acts when a step begins, for the first time after one interval, before samples are taken.
        """
        self.upkeep.append((interval, what))

    def __getitem__(self, key: Any) -> SynapseView:
        """Some of the connections, to record their weights: a slice, or their numbers in the order
        of `model.connections(...)`, or a mask in that order."""
        return SynapseView(self, key)

    def __repr__(self) -> str:
        return f"Projection({self.name!r}, {self.rule})"


class SynapseView:
    """Some connections of a projection: `projection[:100]`, `projection[[3, 5]]`.

    How many there are is known when they are drawn: what is out of range is told at compile time.
    """

    def __init__(self, projection: Projection, key: Any):
        if isinstance(key, tuple):
            raise DescriptionError(
                f"projection {projection.name!r}: {key!r:.60} is no number of a connection; look "
                "up by source and target which are wanted: made = net.compile().connections("
                f"{projection.name!r}), then projection[np.flatnonzero(made.target == 3)]"
            )
        bare = None if isinstance(key, slice) else bare_array(key)
        index = key if bare is None else np.atleast_1d(bare)
        if not isinstance(index, slice) and (
            not isinstance(index, np.ndarray) or index.ndim != 1 or index.dtype.kind not in "iub"
        ):
            raise DescriptionError(
                f"projection {projection.name!r}: index with a number, a slice, a list of numbers "
                f"of connections or a mask, got {key!r:.60}"
            )
        self.projection, self.index = projection, index

    def __repr__(self) -> str:
        return f"part of {self.projection!r}"


class Stimulation:
    """A stimulus given to a view."""

    def __init__(
        self,
        name: str,
        target: PopulationView,
        stimulus: Any,
        port: str | None,
        synapse: Any,
        weight: Any,
    ):
        self.name, self.target, self.stimulus = name, target, stimulus
        self.port, self.synapse, self.weight = port, synapse, weight
