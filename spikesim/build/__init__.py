"""Network -> Program: the only place that sees what the user wrote and what the IR holds.

    group.py        a population, and what is merged into it, on its way to Neurons
    landing.py      where arrivals land: a variable that jumps, or a synapse model's state
    projections.py  Projection -> Edges
    plasticity.py   Projection whose synapses change -> plastic Edges
    couplings.py    Projection of a synapse that acts continuously -> Edges
    inputs.py       Stimulation -> Input
    initial.py      what neurons start from
    actions.py      Action -> Clock
    probes.py       Request -> Probe
    values.py       what can be told from the values alone: zeros below, negative periods

Every fault of the whole network is gathered and raised together.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import DescriptionError, ParameterError, SpikesimError, raise_all
from ..ir.program import Clock, Edges, Program, Upkeep
from ..ir.verify import verify
from ..models.base import NeuronModel
from ..models.linked import Linked
from ..network import ORDERS, Network
from ..projection import SynapseView
from ..units import TIME, strip
from .actions import clock_of
from .couplings import coupling_of, is_continuous
from .group import Group, clashes, finish, start
from .inputs import input_of
from .plasticity import plastic_of
from .probes import probe_of, synapse_probe_of
from .projections import edges_of
from .upkeep import upkeep_of
from .values import check_input, check_values

DEFAULT_DT = 0.1  # ms


def build(network: Network) -> Program:
    """The program of a network.

    Raises the one fault, or SeveralErrors with all of them: units, values, names, sizes;
    DescriptionError for what is no network.
    """
    if not isinstance(network, Network):
        raise DescriptionError(
            f"got {network!r:.60}; expected a network, sp.Network(...): of a model, a simulation "
            "or results, the one that they were made of"
        )
    faults: list[SpikesimError] = []
    dt, seed = _dt(network, faults), _seed(network, faults)
    if not network.populations:
        faults.append(
            DescriptionError("the network has no population; add one with net.population(...)")
        )
    groups = {name: start(p, dt, seed, faults) for name, p in network.populations.items()}
    least = dt if network.order == "nest" else 0.0
    edges: list[Edges | None] = []
    couplings: list[Edges | None] = []
    plastic: list[Edges | None] = []
    upkeep: list[Upkeep] = []
    for k, p in enumerate(network.projections):
        if p.plasticity is not None:
            learning, mine = upkeep_of(p, plastic_of(p, k, groups, least, faults), dt, faults)
            plastic.append(learning)
            upkeep += mine
            continue
        upkeep_of(p, None, dt, faults)
        if is_continuous(p.synapse):
            coupling, gate = coupling_of(p, k, groups, least, faults)
            couplings.append(coupling)
            edges.append(gate)
        else:
            edges.append(edges_of(p, k, groups, least, faults))
    inputs = [input_of(s, groups, dt, faults) for s in network.stimulations]
    for r in network.requests:
        if not isinstance(r.view, SynapseView):
            group = groups[r.view.population.name]
            group.looked_at += [w for w in (r.what, *r.variables) if w in group.named()]
    faults += _links(network, groups)
    done = [finish(g, dt, _clocks(g, dt, faults)) for g in groups.values()]
    neurons = tuple(n for n, _ in done)
    probes, synapse_probes = [], []
    for k, request in enumerate(network.requests):
        if isinstance(request.view, SynapseView):
            synapse_probes.append(synapse_probe_of(request, k, dt, faults))
        else:
            probes.append(probe_of(request, k, groups, dt, faults))
    found = [one for one in inputs if one]
    faults += clashes(neurons, found)
    for one in neurons:
        check_values(one, faults)
    for stimulus in found:
        check_input(stimulus, faults)
    raise_all("the network", faults)
    return verify(
        Program(
            dt,
            seed,
            neurons,
            tuple(e for e in edges if e),
            tuple(c for c in couplings if c),
            tuple(found),
            tuple(p for p in probes if p),
            tuple(clock for _, clocks in done for clock in clocks),
            tuple(link for g in groups.values() for link in g.links),
            order=ORDERS[network.order],
            synapse_probes=tuple(p for p in synapse_probes if p),
            plastic=tuple(e for e in plastic if e),
            upkeep=tuple(upkeep),
        )
    )


def _clocks(group: Group, dt: float, faults: list[SpikesimError]) -> list[Clock]:
    found = [
        clock_of(action, k, group, dt, faults)
        for k, action in enumerate(group.population.actions, 1)
    ]
    return [replace(c, name=f"{group.name}, {c.name}") for c in found if c]


def _links(network: Network, groups: dict[str, Group]) -> list[SpikesimError]:
    """Faults of links to what is not in this network."""
    return [
        DescriptionError(
            f"population {g.name!r}, {name}: it follows {value.variable.name!r} of a population of "
            "another network"
        )
        for g in groups.values()
        if isinstance(g.population.model, NeuronModel)
        for name, value in g.population.model.values.items()
        if isinstance(value, Linked)
        if network.populations.get(value.variable.view.population.name)
        is not value.variable.view.population
    ]


def _dt(network: Network, faults: list[SpikesimError]) -> float:
    if network.dt is None:
        return DEFAULT_DT
    try:
        dt = strip(network.dt, TIME, "dt of the network")
    except SpikesimError as fault:
        faults.append(fault)
        return DEFAULT_DT
    if np.ndim(dt) or not np.isfinite(dt) or dt <= 0:
        got = f"has shape {np.shape(dt)}" if np.ndim(dt) else f"is {dt:g} ms"
        faults.append(ParameterError(f"dt of the network {got}; expected one time above 0"))
        return DEFAULT_DT
    return float(dt)


def _seed(network: Network, faults: list[SpikesimError]) -> int:
    try:
        return checked_seed(network.seed, "seed of the network")
    except ParameterError as fault:
        faults.append(fault)
        return 0


def checked_seed(seed: Any, subject: str) -> int:
    """A seed as a plain integer. Raises ParameterError."""
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not whole or not 0 <= seed < 2**32:
        raise ParameterError(
            f"{subject} is {seed!r:.40}; expected a whole number from 0 to 2^32 - 1"
        )
    return int(seed)
