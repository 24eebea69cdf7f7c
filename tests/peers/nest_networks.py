"""Networks run in NEST from arrays handed over: what NEST did, for others to be compared with.

This module knows nothing of the simulator under test. It needs NEST (3.10 is what it was
written against) and NumPy, and keeps nothing between calls: every function resets NEST's kernel
before it builds. ``run(network, **inputs)`` calls one by its name, and

    python nest_networks.py NETWORK inputs.npz outputs.npz

does the same from a file to a file. In a file a scalar is an array without dimensions, and the
entry ``C_m`` of the argument ``parameters`` is the array called ``parameters.C_m``.

**Units**: ms, mV, pA, pF, spikes/s, as in NEST. Times handed over and handed back are integer
steps; neurons are numbered from 0.

**Labels.** Step k takes the state from t_k to t_{k+1}. A spike found in it is labelled k + 1, the
end of the step. Traces are logged at the end of the step as well, after threshold and reset: the
row labelled k is the state at t_k, the first row is labelled 1 (the initial state has no row) and
the last is labelled ``duration_steps``.

**Order in step k**, from t_k to t_{k+1}:

1. a neuron not held by refractoriness has V advanced exactly, with the synaptic currents as they
   were at t_k; a held neuron keeps V_reset and has one held step less;
2. the synaptic currents decay;
3. what arrives with label k + 1 is added: to the current (``iaf_psc_exp``, by the sign of the
   weight to the excitatory or the inhibitory one; V feels it from the next step on), or to V
   (``iaf_psc_delta``, dropped while the neuron is held unless ``refractory_input`` is set);
4. V >= V_th: the neuron spikes, V becomes V_reset and is held for round(t_ref/dt) steps.

A spike labelled k arrives with label k + delay, and a delay has at least one step.

**Input** is handed over by arrival: an input with ``input_time_steps`` k acts as a spike that
arrives with label k. It comes from a spike generator one step before, and NEST's generators are
silent at t = 0, so that the first possible arrival is 2. Several inputs of one neuron in one step
are delivered one by one, in the order handed over.

**Rounding.** NEST adds what arrives in one step in its own order of delivery, and advances
V - E_L, not V: traces agree with a restatement to some 1e-14 relative, not bit for bit.
"""

import os
import sys
from typing import Any

import numpy as np

_POPULATIONS = ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")


def model_network(
    model,
    n,
    source,
    target,
    weight,
    delay_steps,
    input_neuron,
    input_time_steps,
    input_weight,
    parameters,
    v_initial_mV,
    duration_steps,
    dt_ms,
    record_v_of,
    receptor=None,
    input_receptor=None,
) -> dict[str, np.ndarray]:
    """Runs `n` neurons of a NEST model.

    **Arguments:**

    - `source`, `target`: the neurons of each connection; a pair may occur several times.
    - `weight`, `delay_steps`: of each connection, or one number for all.
    - `input_neuron`, `input_time_steps`, `input_weight`: one entry for each input spike, in
      any order; the time is the label of its arrival, at least 2.
    - `parameters`: NEST's names to values, each one number, an array with one for each neuron,
      or a tuple for a parameter that is a list.
    - `v_initial_mV`: one number, or one for each neuron.
    - `record_v_of`: the neurons whose V_m is logged at every step.

    **Returns:** `times_steps` and `senders` of all spikes, sorted by time, then neuron; `v` as
    [time, neuron], columns in the order of `record_v_of`; `v_steps`, the label of each row.

    Weights are in pA, mV or nS, as the model takes them. `receptor` is the receptor type of each
    connection, `input_receptor` that of all input. `v_initial_mV` is None for a model without a
    membrane potential.
    """
    return _network(
        str(model),
        n,
        (source, target, weight, delay_steps),
        (input_neuron, input_time_steps, input_weight),
        parameters,
        v_initial_mV,
        duration_steps,
        dt_ms,
        record_v_of,
        receptor,
        input_receptor,
    )


def uncoupled(
    model, n, input_neuron, input_time_steps, input_weight, parameters, v_initial_mV,
    duration_steps, dt_ms,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Runs `n` neurons of any `model` without connections; arguments and results as above.

    `input_weight` is in nS or pA, as the model takes it; V_m of all neurons is logged.
    """
    none = np.empty(0, np.int64)
    return model_network(
        model, n, none, none, 1.0, 1, input_neuron, input_time_steps, input_weight, parameters,
        v_initial_mV, duration_steps, dt_ms, np.arange(int(n)),
    )  # fmt: skip


def rate_unit(
    model, parameters, weight, amplitude_times_ms, amplitudes, duration_steps, dt_ms
) -> dict[str, np.ndarray]:
    """Runs one rate unit under a step_rate_generator, whose rates reach it 1 ms later
    (wfr_comm_interval), by weight.

    **Returns:** `r`, the rate at every step, and `steps`, the label of each.
    """
    nest = _kernel(float(dt_ms))
    unit = nest.Create(str(model), params=parameters)
    drive = {"amplitude_times": amplitude_times_ms, "amplitude_values": amplitudes}
    source = nest.Create("step_rate_generator", params=drive)
    synapse = {"synapse_model": "rate_connection_delayed", "delay": dt_ms, "weight": weight}
    nest.Connect(source, unit, "all_to_all", synapse)
    meter = nest.Create("multimeter", params={"record_from": ["rate"], "interval": dt_ms})
    nest.Connect(meter, unit)
    nest.Simulate(int(duration_steps) * dt_ms)
    log = meter.events
    steps = np.round(np.asarray(log["times"]) / dt_ms).astype(np.int64)
    return {"r": np.asarray(log["rate"]), "steps": steps}


def microcircuit(
    n_scaling, k_scaling, seed, duration_ms, discard_ms, threads=1
) -> dict[str, np.ndarray]:
    """Runs the cortical microcircuit of Potjans and Diesmann (2014) under Poisson drive.

    Neurons are scaled by `n_scaling` and indegrees by `k_scaling`; weights grow by
    1/sqrt(k_scaling), and a constant current makes up for the mean input that is lost, so that
    full scale is `n_scaling` = `k_scaling` = 1 (77,169 neurons, 0.3 billion synapses). Initial
    potentials are the optimised ones of the reference implementation. The step is 0.1 ms; delays
    are drawn again while they are below half a step, so that on the grid none is below one.

    Spikes with labels in (discard_ms, discard_ms + duration_ms] count.

    **Returns:** by population, in the order of `populations`: `sizes`, `rates` (mean, spikes/s)
    and `cv` (mean coefficient of variation of the interspike intervals); and for each population,
    here L4E, the distributions these are the means of: `L4E_rate` of every neuron, `L4E_cv` of
    the neurons with at least three spikes.
    """
    dt = 0.1
    sizes_full = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
    indegree_external = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
    rate_full = np.array([0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829])
    v_mean = np.array([-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43])
    v_sd = np.array([5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48])
    probability = np.array(  # row: target, column: source
        [
            [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
            [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
            [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
            [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
            [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
            [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
            [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
            [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
        ]
    )
    capacitance, tau_m, tau_syn = 250.0, 10.0, 0.5
    rate_external = 8.0
    inhibitory = np.arange(8) % 2 == 1

    pairs_full = np.outer(sizes_full, sizes_full).astype(float)
    synapses_full = np.round(np.log1p(-probability) / np.log1p(-1 / pairs_full))
    sizes = np.round(sizes_full * n_scaling).astype(int)
    synapses = np.round(synapses_full * n_scaling * k_scaling).astype(int)

    ratio = tau_m / tau_syn
    peak = ratio ** (-tau_m / (tau_m - tau_syn)) - ratio ** (-tau_syn / (tau_m - tau_syn))
    pA_of_mV = 1 / (tau_m * tau_syn / (capacitance * (tau_syn - tau_m)) * peak)
    external_full = 0.15 * pA_of_mV
    weight_full = np.tile(np.where(inhibitory, -4 * external_full, external_full), (8, 1))
    weight_full[0, 2] *= 2  # L4E to L23E
    weight = weight_full / np.sqrt(k_scaling)

    recurrent = (weight_full * synapses_full / sizes_full[:, None]) @ rate_full
    external = external_full * indegree_external * rate_external
    current = 1e-3 * tau_syn * (1 - np.sqrt(k_scaling)) * (recurrent + external)

    nest = _kernel(dt, threads)
    nest.rng_seed = int(seed)
    neurons = [
        nest.Create(
            "iaf_psc_exp",
            int(sizes[p]),
            params={
                "C_m": capacitance,
                "tau_m": tau_m,
                "tau_syn_ex": tau_syn,
                "tau_syn_in": tau_syn,
                "E_L": -65.0,
                "V_reset": -65.0,
                "V_th": -50.0,
                "t_ref": 2.0,
                "I_e": float(current[p]),
                "V_m": nest.random.normal(float(v_mean[p]), float(v_sd[p])),
            },
        )
        for p in range(8)
    ]
    for t in range(8):
        for s in range(8):
            if synapses[t, s] == 0:
                continue
            mean = float(weight[t, s])
            sign = {"max": 0.0} if inhibitory[s] else {"min": 0.0}
            delay = 0.75 if inhibitory[s] else 1.5
            nest.Connect(
                neurons[s],
                neurons[t],
                {"rule": "fixed_total_number", "N": int(synapses[t, s])},
                {
                    "weight": nest.math.redraw(
                        nest.random.normal(mean, 0.1 * abs(mean)),
                        **{"min": -np.inf, "max": np.inf, **sign},
                    ),
                    "delay": nest.math.redraw(
                        nest.random.normal(delay, 0.5 * delay), min=0.5 * dt, max=np.inf
                    ),
                },
            )
    recorder = nest.Create("spike_recorder", params={"start": float(discard_ms)})
    for p in range(8):
        drive = nest.Create(
            "poisson_generator",
            params={"rate": float(rate_external * indegree_external[p] * k_scaling)},
        )
        nest.Connect(
            drive,
            neurons[p],
            "all_to_all",
            {"weight": float(external_full / np.sqrt(k_scaling)), "delay": 1.5},
        )
        nest.Connect(neurons[p], recorder)
    nest.Simulate(float(discard_ms) + float(duration_ms))

    events = recorder.events
    senders = np.asarray(events["senders"], dtype=np.int64) - neurons[0][0].global_id
    steps = np.round(np.asarray(events["times"]) / dt).astype(np.int64)
    order = np.lexsort((steps, senders))
    count, cv = _interval_cv(senders[order], steps[order], int(sizes.sum()))
    rate = count / (float(duration_ms) * 1e-3)
    out: dict[str, np.ndarray] = {"populations": np.array(_POPULATIONS), "sizes": sizes}
    bounds = np.cumsum(sizes)[:-1]
    for name, r, c, m in zip(
        _POPULATIONS,
        np.split(rate, bounds),
        np.split(cv, bounds),
        np.split(count, bounds),
        strict=True,
    ):
        out[f"{name}_rate"] = r
        out[f"{name}_cv"] = c[m >= 3]
    out["rates"] = np.array([out[f"{name}_rate"].mean() for name in _POPULATIONS])
    out["cv"] = np.array(
        [out[f"{name}_cv"].mean() if out[f"{name}_cv"].size else np.nan for name in _POPULATIONS]
    )
    return out


def run(network, **inputs) -> dict[str, np.ndarray]:
    """Runs the network called `network`: model_network, uncoupled, rate_unit or microcircuit."""
    known = (model_network, uncoupled, rate_unit, microcircuit)
    networks = {f.__name__: f for f in known}
    if network not in networks:
        raise ValueError(f"There is no network {network!r} here; there are {sorted(networks)}.")
    return networks[network](**inputs)


def _kernel(dt_ms: float, threads: int = 1) -> Any:
    """NEST with a fresh kernel. Importing it prints a banner unless the environment forbids it."""
    os.environ.setdefault("PYNEST_QUIET", "1")
    import nest

    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.resolution = float(dt_ms)
    nest.local_num_threads = int(threads)
    return nest


def _network(
    model,
    n,
    connections,
    inputs,
    parameters,
    v_initial_mV,
    duration_steps,
    dt_ms,
    record_v_of,
    receptor=None,
    input_receptor=None,
) -> dict[str, np.ndarray]:
    n, duration_steps, dt_ms = int(n), int(duration_steps), float(dt_ms)
    nest = _kernel(dt_ms)
    each = {k: v for k, v in parameters.items() if isinstance(v, np.ndarray) and v.ndim}
    shared = {k: v for k, v in parameters.items() if k not in each}
    nest.SetDefaults(model, {k: v if isinstance(v, tuple) else np.asarray(v).item()
                             for k, v in shared.items()})  # fmt: skip
    neurons = nest.Create(model, n)
    first = neurons[0].global_id
    # V_m comes last: NEST keeps it relative to E_L, so that setting E_L moves it.
    if v_initial_mV is not None:
        each |= {"V_m": np.broadcast_to(v_initial_mV, n)}
    for name, value in each.items():
        neurons.set({name: value.tolist()})

    source, target, weight, delay_steps = connections
    source = np.asarray(source, dtype=np.int64)
    target = np.asarray(target, dtype=np.int64)
    delay_steps = np.broadcast_to(np.asarray(delay_steps), source.shape)
    _check_neurons("source", source, n)
    _check_neurons("target", target, n)
    if source.size and delay_steps.min() < 1:
        raise ValueError(f"A delay has at least one step in NEST; got {delay_steps.min()}.")
    _connect(nest, source + first, target + first, weight, delay_steps * dt_ms, receptor)
    _drive(nest, first, n, inputs, dt_ms, input_receptor)

    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    record_v_of = np.asarray(record_v_of, dtype=np.int64).reshape(-1)
    _check_neurons("record_v_of", record_v_of, n)
    watched, column = np.unique(record_v_of, return_inverse=True)
    if watched.size:
        meter = nest.Create("multimeter", params={"record_from": ["V_m"], "interval": dt_ms})
        nest.Connect(meter, nest.NodeCollection((watched + first).tolist()))

    # A multimeter gets the rows of a slice (min_delay) only in the next: run one more, and cut.
    nest.Simulate(duration_steps * dt_ms)
    nest.Simulate(nest.min_delay)

    events = recorder.events
    times = np.round(np.asarray(events["times"]) / dt_ms).astype(np.int64)
    senders = np.asarray(events["senders"], dtype=np.int64) - first
    order = np.lexsort((senders, times))
    order = order[times[order] <= duration_steps]
    v = np.empty((duration_steps, watched.size))
    if watched.size:
        log = meter.events
        row = np.round(np.asarray(log["times"]) / dt_ms).astype(np.int64) - 1
        rank = np.searchsorted(watched, np.asarray(log["senders"], dtype=np.int64) - first)
        kept = row < duration_steps
        if np.count_nonzero(kept) != v.size:
            raise RuntimeError(f"NEST logged {np.count_nonzero(kept)} potentials, not {v.size}.")
        v[row[kept], rank[kept]] = np.asarray(log["V_m"])[kept]
    return {
        "times_steps": times[order],
        "senders": senders[order],
        "v": v[:, column],
        "v_steps": np.arange(1, duration_steps + 1),
    }


def _connect(nest, source, target, weight, delay_ms, receptor=None) -> None:
    """Connects node ids pair by pair. Ids as arrays may repeat; a NodeCollection may not."""
    if source.size == 0:
        return
    synapse = {
        "synapse_model": "static_synapse",
        "weight": np.broadcast_to(np.asarray(weight, dtype=float), source.shape).copy(),
        "delay": np.broadcast_to(np.asarray(delay_ms, dtype=float), source.shape).copy(),
    }
    if receptor is not None:
        synapse["receptor_type"] = np.broadcast_to(receptor, source.shape).copy()
    nest.Connect(source, target, "one_to_one", synapse)


def _drive(nest, first, n, inputs, dt_ms, receptor=None) -> None:
    """One spike generator for each neuron with input, weights on the spikes, delay one step."""
    neuron = np.asarray(inputs[0], dtype=np.int64).reshape(-1)
    if neuron.size == 0:
        return
    arrival = np.broadcast_to(np.asarray(inputs[1], dtype=np.int64), neuron.shape)
    weight = np.broadcast_to(np.asarray(inputs[2], dtype=float), neuron.shape)
    _check_neurons("input_neuron", neuron, n)
    if arrival.min() < 2:
        raise ValueError(
            f"The first step in which input can arrive in NEST is 2; got {arrival.min()}: "
            "a generator emits at step 1 at the earliest, and its delay is one step."
        )
    order = np.lexsort((arrival, neuron))  # stable: ties stay as handed over
    driven, start = np.unique(neuron[order], return_index=True)
    trains = zip(
        np.split((arrival[order] - 1) * dt_ms, start[1:]),
        np.split(weight[order], start[1:]),
        strict=True,
    )
    generators = nest.Create("spike_generator", len(driven))
    # Times are rounded to the grid: a multiple of dt in floating point is not always on it.
    generators.set(
        [{"spike_times": np.round(t, 9).tolist(), "spike_weights": w.tolist()} for t, w in trains]
    )
    ids = generators[0].global_id + np.arange(len(driven))
    _connect(nest, ids, driven + first, 1.0, dt_ms, receptor)


def _check_neurons(name: str, index: np.ndarray, n: int) -> None:
    if index.size and (index.min() < 0 or index.max() >= n):
        raise ValueError(
            f"{name} must hold neurons from 0 to {n - 1}; got {index.min()} to {index.max()}."
        )


def _interval_cv(senders, steps, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts and CV of intervals of n neurons, from spikes sorted by neuron, then time."""
    count = np.bincount(senders, minlength=n)
    same = senders[1:] == senders[:-1]
    owner = senders[1:][same]
    interval = np.diff(steps)[same].astype(float)
    intervals = np.maximum(count - 1, 1)
    mean = np.bincount(owner, interval, minlength=n) / intervals
    square = np.bincount(owner, (interval - mean[owner]) ** 2, minlength=n) / intervals
    with np.errstate(invalid="ignore"):
        return count, np.sqrt(square) / mean


def _main(network: str, inputs: str, outputs: str) -> None:
    arguments: dict[str, Any] = {}
    with np.load(inputs) as arrays:
        for key in arrays.files:
            value = arrays[key]
            value = value.item() if value.ndim == 0 else value
            if "." in key:
                argument, name = key.split(".", 1)
                arguments.setdefault(argument, {})[name] = value
            else:
                arguments[key] = value
    np.savez(outputs, **run(network, **arguments))


if __name__ == "__main__":
    _main(*sys.argv[1:])
