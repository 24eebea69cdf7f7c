"""Gap junctions within the step against NEST's waveform relaxation.

Two fast-spiking cells of Mancilla et al. (2007), NEST's `hh_psc_alpha_gap`, joined by a junction.
NEST iterates each interval of communication and interpolates the partner's potential by a cubic; we
evaluate the current at each stage of rk4. Both converge: the shorter NEST's interval, the less they
differ.
"""

from __future__ import annotations

from functools import partial

import nest_networks
import numpy as np
from comparison import Comparisons, Row, identical

import spikesim as sp
from spikesim.units import ms, mV, nS, pA, pF

DURATION, DT, EVERY = 120.0, 0.002, 0.02
GATES = {"v": "V_m", "m": "Act_m", "h": "Inact_h", "n": "Act_n", "p": "Inact_p"}


def cell() -> sp.NeuronModel:
    """The rates are those of Mancilla et al. 2007, in mV and ms."""
    return sp.neuron(
        """
        u = v/mV
        am = 40*(u - 75.5)/(1 - exp(-(u - 75.5)/13.5))
        bm = 1.2262/exp(u/42.248)
        ah = 0.0035/exp(u/24.186)
        bh = 0.017*(51.25 + u)/(1 - exp(-(51.25 + u)/5.2))
        ap = (u - 95)/(1 - exp(-(u - 95)/11.8))
        bp = 0.025/exp(u/22.222)
        an = 0.014*(u + 44)/(1 - exp(-(u + 44)/2.3))
        bn = 0.0043/exp((u + 44)/34)
        I_Na = g_Na*m**3*h*(v - E_Na)
        I_K = (g_Kv1*n**4 + g_Kv3*p**2)*(v - E_K)
        dv/dt = (I - I_Na - I_K - g_L*(v - E_L))/C
        dm/dt = (am*(1 - m) - bm*m)/ms
        dh/dt = (ah*(1 - h) - bh*h)/ms
        dn/dt = (an*(1 - n) - bn*n)/ms
        dp/dt = (ap*(1 - p) - bp*p)/ms
        """,
        C=40 * pF, g_Na=4500 * nS, g_Kv1=9 * nS, g_Kv3=9000 * nS, g_L=10 * nS,
        E_Na=74 * mV, E_K=-90 * mV, E_L=-70 * mV, I=sp.port(pA), v=sp.state(0 * mV),
        **{gate: sp.state(0.0) for gate in "mhnp"},
    )  # fmt: skip


def nest_pair(step: float) -> dict[str, np.ndarray]:
    """NEST's potentials [2, samples] at a step, where each starts, and the steps of spikes."""
    nest = nest_networks._kernel(step)
    nest.set(use_wfr=True, wfr_comm_interval=step, wfr_tol=1e-9, wfr_max_iterations=50,
             wfr_interpolation_order=3)  # fmt: skip
    cells = nest.Create("hh_psc_alpha_gap", 2, params={"I_e": 100.0})
    cells[0].V_m = -10.0
    start = {ours: np.array(cells.get(theirs)) for ours, theirs in GATES.items()}
    meter = nest.Create("voltmeter", params={"interval": step})
    nest.Connect(meter, cells)
    symmetric = {"rule": "one_to_one", "make_symmetric": True}
    junction = {"synapse_model": "gap_junction", "weight": 0.5}
    nest.Connect(cells[0], cells[1], symmetric, junction)
    nest.Simulate(DURATION)
    events = meter.events
    v = [events["V_m"][events["senders"] == c.global_id] for c in cells]
    return start | {"V": np.array(v), "t": events["times"][events["senders"] == cells[0].global_id]}


def compare(step: float, bound: float) -> Row:
    """Potentials of both cells, and the samples at which they pass 0 mV upwards."""
    theirs = nest_pair(step)
    net = sp.Network(dt=DT * ms)
    start = {n: theirs[n] * (mV if n == "v" else 1.0) for n in GATES}
    cells = net.population("cells", 2, cell(), **start)
    junction = sp.synapses.GapJunction(evaluated="stage")
    rule = sp.symmetric(sp.all_to_all())
    net.project(cells, cells, rule, synapse=junction, weight=0.5 * nS)
    net.stimulate(cells, sp.dc(100 * pA))
    net.record(cells, "v", every=EVERY * ms)
    v = net.run((DURATION + EVERY) * ms, precision="float64")["cells"].v.values
    v = v[np.rint(theirs["t"] / EVERY).astype(int)]
    difference = float(np.abs(v - theirs["V"].T).max())
    passed = [np.nonzero((x[1:] >= 0) & (x[:-1] < 0)) for x in (v, theirs["V"].T)]
    name = f"hh_psc_alpha_gap, NEST at {step} ms"
    return Row(name, len(passed[0][0]), identical(*passed), difference, bound)


def comparisons() -> Comparisons:
    """Two intervals of NEST's."""
    return [(f"gap junctions {s}", partial(compare, s, b)) for s, b in ((0.02, 0.02), (0.1, 5.0))]
