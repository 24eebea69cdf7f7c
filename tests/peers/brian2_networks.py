"""Networks run in Brian2 from arrays handed over: what Brian2 did, for others to be compared with.

This module knows nothing of the simulator under test. It needs Brian2 (2.9.0 is what it was
written against, which wants numpy<2.4), and keeps nothing between calls: every function has its
own clock and Network, names all of its constants itself, and puts the preference for the code
generation target back. ``run(network, **inputs)`` calls one by its name, and

    python brian2_networks.py NETWORK inputs.npz outputs.npz

does the same from a file to a file. In a file a scalar is an array without dimensions, and an
optional argument that is absent keeps its default.

The networks are benchmarks 1 to 3 of Brette et al. (2007, J. Comput. Neurosci. 23:349): COBA
(benchmark 1), CUBA (benchmark 2), COBAHH (benchmark 3), with the connectivity and the initial
values handed over.

**Units**: ms, mV, nS. Neurons are numbered from 0, excitatory ones first; *all* indices, also
those of inhibitory sources, count from the start of the whole population.

**Labels.** Step k takes the state from t_k to t_{k+1}. A spike found in it is labelled k, the
*start* of the step: Brian2's own label. Traces are sampled at the start of the step, before the
update: the row labelled k is the state at t_k, the first row is the initial state, the last is
labelled ``n_steps - 1``. The state after the last step is handed back apart, for all neurons.

**Order in step k**, from t_k to t_{k+1}:

1. sample;
2. a neuron is refractory while k - (step of its last spike) < refractory/dt (50 steps of 0.1 ms,
   30 in COBAHH), that is for one step fewer than where that many steps after the spike are held;
   all variables are advanced, except that v is held in a refractory neuron of CUBA and COBA (in
   COBAHH it runs on, and refractoriness only keeps the neuron from spiking again);
3. v > threshold (strictly) in a neuron that is not refractory: a spike, labelled k;
4. arrivals, of excitatory then of inhibitory synapses: a spike labelled k with a delay of d steps
   is added to ge or gi in step k + d, and is seen by v from step k + d + 1 on. Without delays
   (d = 0) it is added in the very step of the spike;
5. reset (CUBA and COBA).

A delay handed over in ms is held in seconds and rounded to the nearest step. What half a step
becomes depends on rounding errors and on which of its two spike queues Brian2 uses, so stay away
from halves: to hand over d steps, hand over d * dt_ms.

**Integration.** CUBA: exact. COBA and COBAHH: exponential Euler, each variable as its own linear
equation with everything else frozen at t_k.
"""

import sys
from typing import Any

import numpy as np


def cuba(
    n_exc,
    n_inh,
    source_exc,
    target_exc,
    source_inh,
    target_inh,
    v_initial_mV,
    duration_ms,
    delay_exc_ms=None,
    delay_inh_ms=None,
    ge_initial_mV=0.0,
    gi_initial_mV=0.0,
    dt_ms=0.1,
    n_recorded=10,
    codegen="numpy",
) -> dict[str, np.ndarray]:
    """Runs CUBA: integrate-and-fire neurons with exponential synaptic currents, in mV.

    tau_m 20, tau_e 5, tau_i 10, refractory 5 ms; threshold -50, reset -60, rest -49 mV; weights
    60 * 0.27 / 10 = 1.62 and -20 * 4.5 / 10 = -9 mV.

    **Arguments:**

    - `source_exc`, `target_exc`, `source_inh`, `target_inh`: the neurons of each connection.
    - `v_initial_mV`, `ge_initial_mV`, `gi_initial_mV`: one number, or one for each neuron.
    - `delay_exc_ms`, `delay_inh_ms`: one number, one for each connection, or None for none.
    - `n_recorded`: v is recorded of this many neurons, the first ones.
    - `codegen`: Brian2's code generation target, "numpy" or "cython".

    **Returns:** `times_steps` and `neurons` of all spikes, sorted by time, then neuron; `v` in mV
    as [time, neuron]; `v_steps`, the label of each row; `v_final`, `ge_final`, `gi_final` of all
    neurons after the last step, in the units of the arguments.
    """
    from brian2 import ms, mV

    return _run(
        """
        dv/dt = (ge + gi - (v - El)) / taum : volt (unless refractory)
        dge/dt = -ge / taue : volt
        dgi/dt = -gi / taui : volt
        """,
        {
            "taum": 20 * ms,
            "taue": 5 * ms,
            "taui": 10 * ms,
            "Vt": -50 * mV,
            "Vr": -60 * mV,
            "El": -49 * mV,
            "we": (60 * 0.27 / 10) * mV,
            "wi": (-20 * 4.5 / 10) * mV,
        },
        {"threshold": "v > Vt", "reset": "v = Vr", "refractory": 5 * ms, "method": "exact"},
        n_exc + n_inh,
        (source_exc, target_exc, delay_exc_ms),
        (source_inh, target_inh, delay_inh_ms),
        {"v": (v_initial_mV, mV), "ge": (ge_initial_mV, mV), "gi": (gi_initial_mV, mV)},
        duration_ms,
        dt_ms,
        n_recorded,
        codegen,
    )


def coba(
    n_exc,
    n_inh,
    source_exc,
    target_exc,
    source_inh,
    target_inh,
    v_initial_mV,
    duration_ms,
    delay_exc_ms=None,
    delay_inh_ms=None,
    ge_initial=0.0,
    gi_initial=0.0,
    dt_ms=0.1,
    n_recorded=10,
    codegen="numpy",
) -> dict[str, np.ndarray]:
    """Runs COBA: integrate-and-fire neurons with exponential synaptic conductances.

    Conductances are in units of the leak. tau_m 20, tau_e 5, tau_i 10, refractory 5 ms; threshold
    -50, reset and rest -60 mV; reversal potentials 0 and -80 mV; weights 6/10 and 67/10.
    Arguments and results are those of `cuba`, but for the unit of ge and gi.
    """
    from brian2 import ms, mV

    return _run(
        """
        dv/dt = (ge * (Ee - v) + gi * (Ei - v) - (v - El)) / taum : volt (unless refractory)
        dge/dt = -ge / taue : 1
        dgi/dt = -gi / taui : 1
        """,
        {
            "taum": 20 * ms,
            "taue": 5 * ms,
            "taui": 10 * ms,
            "Vt": -50 * mV,
            "Vr": -60 * mV,
            "El": -60 * mV,
            "Ee": 0 * mV,
            "Ei": -80 * mV,
            "we": 6 / 10,
            "wi": 67 / 10,
        },
        {
            "threshold": "v > Vt",
            "reset": "v = Vr",
            "refractory": 5 * ms,
            "method": "exponential_euler",
        },
        n_exc + n_inh,
        (source_exc, target_exc, delay_exc_ms),
        (source_inh, target_inh, delay_inh_ms),
        {"v": (v_initial_mV, mV), "ge": (ge_initial, 1), "gi": (gi_initial, 1)},
        duration_ms,
        dt_ms,
        n_recorded,
        codegen,
    )


def cobahh(
    n_exc,
    n_inh,
    source_exc,
    target_exc,
    source_inh,
    target_inh,
    v_initial_mV,
    ge_initial_nS,
    gi_initial_nS,
    duration_ms,
    delay_exc_ms=None,
    delay_inh_ms=None,
    dt_ms=0.1,
    n_recorded=10,
    codegen="numpy",
) -> dict[str, np.ndarray]:
    """Runs COBAHH: Hodgkin-Huxley neurons (Traub and Miles) with exponential conductances.

    Area 20000 um2; 1 uF/cm2; leak 5e-5 S/cm2 at -60 mV; sodium 100 mS/cm2 at 50 mV, potassium
    30 mS/cm2 at -90 mV, V_T -63 mV; tau_e 5, tau_i 10 ms; reversal potentials 0 and -80 mV;
    weights 6 and 67 nS. A spike is v > -20 mV, at most one in 3 ms, without reset. The removable
    singularities of the rates are written with exprel(x) = (exp(x) - 1)/x. Gates start at 0.
    Arguments and results are those of `cuba`, with ge and gi in nS, and `m_final`, `h_final`,
    `n_final`.
    """
    from brian2 import cm, mS, ms, mV, nS, siemens, uF, um

    area = 20000 * um**2
    return _run(
        """
        dv/dt = (gl * (El - v) + ge * (Ee - v) + gi * (Ei - v) - g_na * (m*m*m) * h * (v - ENa)
                 - g_kd * (n*n*n*n) * (v - EK)) / Cm : volt
        dm/dt = alpha_m * (1 - m) - beta_m * m : 1
        dn/dt = alpha_n * (1 - n) - beta_n * n : 1
        dh/dt = alpha_h * (1 - h) - beta_h * h : 1
        dge/dt = -ge * (1. / taue) : siemens
        dgi/dt = -gi * (1. / taui) : siemens
        alpha_m = 0.32 * (mV**-1) * 4*mV / exprel((13*mV - v + VT) / (4*mV)) / ms : Hz
        beta_m = 0.28 * (mV**-1) * 5*mV / exprel((v - VT - 40*mV) / (5*mV)) / ms : Hz
        alpha_h = 0.128 * exp((17*mV - v + VT) / (18*mV)) / ms : Hz
        beta_h = 4. / (1 + exp((40*mV - v + VT) / (5*mV))) / ms : Hz
        alpha_n = 0.032 * (mV**-1) * 5*mV / exprel((15*mV - v + VT) / (5*mV)) / ms : Hz
        beta_n = .5 * exp((10*mV - v + VT) / (40*mV)) / ms : Hz
        """,
        {
            "Cm": (1 * uF * cm**-2) * area,
            "gl": (5e-5 * siemens * cm**-2) * area,
            "g_na": (100 * mS * cm**-2) * area,
            "g_kd": (30 * mS * cm**-2) * area,
            "El": -60 * mV,
            "EK": -90 * mV,
            "ENa": 50 * mV,
            "VT": -63 * mV,
            "taue": 5 * ms,
            "taui": 10 * ms,
            "Ee": 0 * mV,
            "Ei": -80 * mV,
            "we": 6 * nS,
            "wi": 67 * nS,
        },
        {"threshold": "v > -20*mV", "refractory": 3 * ms, "method": "exponential_euler"},
        n_exc + n_inh,
        (source_exc, target_exc, delay_exc_ms),
        (source_inh, target_inh, delay_inh_ms),
        {
            "v": (v_initial_mV, mV),
            "ge": (ge_initial_nS, nS),
            "gi": (gi_initial_nS, nS),
            "m": (0.0, 1),
            "h": (0.0, 1),
            "n": (0.0, 1),
        },
        duration_ms,
        dt_ms,
        n_recorded,
        codegen,
    )


def run(network, **inputs) -> dict[str, np.ndarray]:
    """Runs the network called `network`: cuba, coba or cobahh."""
    networks = {f.__name__: f for f in (cuba, coba, cobahh)}
    if network not in networks:
        raise ValueError(f"There is no network {network!r} here; there are {sorted(networks)}.")
    return networks[network](**inputs)


def _run(
    equations,
    constants,
    options,
    n,
    excitatory,
    inhibitory,
    initial,
    duration_ms,
    dt_ms,
    n_recorded,
    codegen,
) -> dict[str, np.ndarray]:
    """Runs n neurons; initial maps each variable to its value and the unit of it."""
    from brian2 import Clock, Network, NeuronGroup, SpikeMonitor, StateMonitor, ms, mV, prefs

    n, n_steps = int(n), round(float(duration_ms) / float(dt_ms))
    target_before = prefs.codegen.target
    prefs.codegen.target = str(codegen)
    try:
        clock = Clock(dt=float(dt_ms) * ms)
        group = NeuronGroup(n, equations, namespace=constants, clock=clock, **options)
        for name, (value, unit) in initial.items():
            setattr(group, name, np.asarray(value, dtype=float) * unit)
        spikes = SpikeMonitor(group)
        trace = StateMonitor(group, "v", record=np.arange(min(int(n_recorded), n)), clock=clock)
        network = Network(group, spikes, trace)
        # The names settle the order of the two within a step: Brian2 goes by name.
        for name, effect, connections in (
            ("arrivals_1_excitatory", "ge += we", excitatory),
            ("arrivals_2_inhibitory", "gi += wi", inhibitory),
        ):
            synapses = _synapses(group, constants, clock, name, effect, connections)
            if synapses is not None:
                network.add(synapses)
        network.run(n_steps * float(dt_ms) * ms, namespace={})

        times = np.round(np.asarray(spikes.t / clock.dt)).astype(np.int64)
        neurons = np.asarray(spikes.i, dtype=np.int64)
        order = np.lexsort((neurons, times))
        out = {
            "times_steps": times[order],
            "neurons": neurons[order],
            "v": np.asarray(trace.v / mV).T.copy(),
            "v_steps": np.round(np.asarray(trace.t / clock.dt)).astype(np.int64),
        }
        for name, (_, unit) in initial.items():
            out[f"{name}_final"] = np.array(getattr(group, name)[:] / unit)
    finally:
        prefs.codegen.target = target_before
    if len(out["v_steps"]) != n_steps:
        raise RuntimeError(f"Brian2 ran {len(out['v_steps'])} steps, not {n_steps}.")
    return out


def _synapses(group, constants, clock, name, effect, connections) -> Any:
    """Synapses connected pair by pair, or None where there is no pair (Brian2 refuses to run)."""
    from brian2 import Synapses, ms

    source, target, delay = connections
    source = np.asarray(source, dtype=np.int64).reshape(-1)
    target = np.asarray(target, dtype=np.int64).reshape(-1)
    if source.size == 0:
        return None
    synapses = Synapses(
        group, group, on_pre=effect, namespace=constants, clock=clock, name=name + "*"
    )
    synapses.connect(i=source, j=target)
    if delay is not None:
        delay = np.broadcast_to(np.asarray(delay, dtype=float), source.shape)
        # Brian2 keeps synapses in the order of the arrays: check, as delays go by position.
        if not (np.array_equal(synapses.i, source) and np.array_equal(synapses.j, target)):
            raise RuntimeError("Brian2 stored the synapses in another order than handed over.")
        synapses.delay = delay * ms
    return synapses


def _main(network: str, inputs: str, outputs: str) -> None:
    with np.load(inputs) as arrays:
        arguments = {key: arrays[key] for key in arrays.files}
    arguments = {k: v.item() if v.ndim == 0 else v for k, v in arguments.items()}
    np.savez(outputs, **run(network, **arguments))


if __name__ == "__main__":
    _main(*sys.argv[1:])
