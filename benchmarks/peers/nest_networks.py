"""CUBA, Brunel's network and the microcircuit in NEST.

The networks stay as they are between runs: a run goes on where the last one stopped. `compile` is
the first step, in which NEST prepares its tables.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import Any

import numpy as np
from child import Child


def main() -> None:
    """Build, take one step, then run once for every line that comes in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=("cuba", "brunel", "microcircuit"))
    parser.add_argument("--values", type=json.loads, default={}, help="JSON: of the network")
    parser.add_argument("--duration", type=float, default=1000, help="ms")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    child = Child()
    with child.phase("import"):
        os.environ.setdefault("PYNEST_QUIET", "1")
        import nest
    with child.phase("build"):
        nest.verbosity = nest.VerbosityLevel.ERROR
        nest.resolution = 0.1
        nest.local_num_threads = options.threads
        nest.rng_seed = 1
        build = {"cuba": cuba, "brunel": brunel, "microcircuit": microcircuit}[options.network]
        populations = build(nest, **options.values)
        recorder = nest.Create("spike_recorder")
        for p in populations:
            nest.Connect(p, recorder)
    with child.phase("compile"):
        nest.Simulate(0.1)
    first = [p[0].global_id for p in populations]
    sizes = np.array([len(p) for p in populations])

    def run() -> dict[str, Any]:
        recorder.n_events = 0
        start, processor = time.perf_counter(), time.process_time()
        nest.Simulate(options.duration)
        took, cpu = time.perf_counter() - start, time.process_time() - processor
        of = np.searchsorted(first, np.asarray(recorder.events["senders"]), side="right") - 1
        rates = np.bincount(of, minlength=len(sizes)) / sizes / options.duration * 1e3
        return {"run": took, "cpu": cpu, "rates": rates.tolist()}

    child.serve(f"NEST {nest.__version__}", run)


def cuba(nest, neurons: int) -> list:
    """As in Brette et al. (2007), with currents: 10 pA move v as 1 mV does there. Delays are one
    step, the shortest that NEST has."""
    exc = neurons * 4 // 5
    parameters = {
        "C_m": 200.0, "tau_m": 20.0, "tau_syn_ex": 5.0, "tau_syn_in": 10.0, "E_L": -49.0,
        "V_th": -50.0, "V_reset": -60.0, "t_ref": 5.0, "V_m": nest.random.uniform(-60.0, -50.0),
    }  # fmt: skip
    populations = [nest.Create("iaf_psc_exp", n, parameters) for n in (exc, neurons - exc)]
    rule = {"rule": "pairwise_bernoulli", "p": min(1.0, 80 / neurons)}
    for source, weight in zip(populations, (16.2, -90.0), strict=True):
        for target in populations:
            nest.Connect(source, target, rule, {"weight": weight, "delay": 0.1})
    return populations


def brunel(nest, scale: float, g: float, eta: float) -> list:
    """Brunel (2000), model A; indegrees shrink with `scale`, and weights grow."""
    sizes = round(10_000 * scale), round(2_500 * scale)
    degrees = round(1_000 * scale), round(250 * scale)
    jump = 0.1 / scale
    parameters = {
        "C_m": 1.0, "tau_m": 20.0, "E_L": 0.0, "V_th": 20.0, "V_reset": 10.0, "t_ref": 2.0,
        "V_m": nest.random.uniform(0.0, 20.0),
    }  # fmt: skip
    populations = [nest.Create("iaf_psc_delta", n, parameters) for n in sizes]
    for source, degree, weight in zip(populations, degrees, (jump, -g * jump), strict=True):
        for target in populations:
            nest.Connect(source, target, {"rule": "fixed_indegree", "indegree": degree},
                         {"weight": weight, "delay": 1.5})  # fmt: skip
    rate = eta * 20.0 / (jump * degrees[0] * 20.0) * 1e3 * degrees[0]
    drive = nest.Create("poisson_generator", params={"rate": rate})
    for target in populations:
        nest.Connect(drive, target, "all_to_all", {"weight": jump, "delay": 1.5})
    return populations


def microcircuit(
    nest, sizes, synapses, weights, current, external_rates, external_weight, v_mean, v_sd
) -> list:
    """Potjans and Diesmann (2014), from numbers handed over: pA, mV, spikes/s; rows are targets.

    external_rates: of the Poisson drive, or zeros for none.
    """
    populations = [
        nest.Create("iaf_psc_exp", n, {
            "C_m": 250.0, "tau_m": 10.0, "tau_syn_ex": 0.5, "tau_syn_in": 0.5, "E_L": -65.0,
            "V_th": -50.0, "V_reset": -65.0, "t_ref": 2.0, "I_e": current[k],
            "V_m": nest.random.normal(v_mean[k], v_sd[k]),
        })
        for k, n in enumerate(sizes)
    ]  # fmt: skip
    for t, target in enumerate(populations):
        for s, source in enumerate(populations):
            if not synapses[t][s]:
                continue
            weight, inhibitory = weights[t][s], weights[t][s] < 0
            bounds = {"min": -np.inf, "max": 0.0} if inhibitory else {"min": 0.0, "max": np.inf}
            delay = 0.75 if inhibitory else 1.5
            draws = {
                "weight": nest.math.redraw(nest.random.normal(weight, 0.1 * abs(weight)), **bounds),
                "delay": nest.math.redraw(
                    nest.random.normal(delay, 0.5 * delay), min=0.05, max=np.inf
                ),
            }
            rule = {"rule": "fixed_total_number", "N": synapses[t][s]}
            nest.Connect(source, target, rule, draws)
        if external_rates[t]:
            drive = nest.Create("poisson_generator", params={"rate": external_rates[t]})
            values = {"weight": external_weight, "delay": 1.5}
            nest.Connect(drive, target, "all_to_all", values)
    return populations


if __name__ == "__main__":
    main()
