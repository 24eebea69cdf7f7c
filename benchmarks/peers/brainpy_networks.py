"""CUBA and COBAHH (Brette et al. 2007) in BrainPy on the CPU, in its default precision, float32.

Spikes come back as a matrix of flags every 1,000 steps and are kept as a list, in the time of a
run. A run goes on where the last one stopped.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from child import Child

CHUNK = 1000


def main() -> None:
    """Build, compile with a first chunk, then run once for every line that comes in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=("cuba", "cobahh"))
    parser.add_argument("--neurons", type=int, default=4000)
    parser.add_argument("--duration", type=float, default=1000, help="ms")
    options = parser.parse_args()
    child = Child()
    with child.phase("import"):
        import brainpy as bp
        import brainpy.math as bm
    with child.phase("build"):
        bm.set_platform("cpu")
        bm.set_dt(0.1)
        bm.random.seed(1)
        net = (cuba if options.network == "cuba" else cobahh)(bp, options.neurons)
    advance = bm.jit(lambda steps: bm.for_loop(net.step_run, steps))
    with child.phase("compile"):
        np.asarray(advance(np.arange(CHUNK)))
    chunks, n = round(options.duration / 0.1) // CHUNK, CHUNK

    def run() -> dict[str, Any]:
        nonlocal n
        found = []
        start, processor = time.perf_counter(), time.process_time()
        for _ in range(chunks):
            step, neuron = np.nonzero(np.asarray(advance(np.arange(n, n + CHUNK))))
            found.append((step + n, neuron))
            n += CHUNK
        took, cpu = time.perf_counter() - start, time.process_time() - processor
        spikes = sum(len(neuron) for _, neuron in found)
        return {
            "run": took,
            "cpu": cpu,
            "rates": [spikes / options.neurons / (chunks * CHUNK * 1e-4)],
        }

    child.serve(f"BrainPy {bp.__version__}", run)


def cuba(bp, n: int):
    """Integrate-and-fire neurons with exponential synaptic input, in mV."""
    neurons = bp.dyn.LifRef(
        n, V_rest=-49.0, V_th=-50.0, V_reset=-60.0, tau=20.0, tau_ref=5.0,
        V_initializer=bp.init.Uniform(-60.0, -50.0), method="exp_auto",
    )  # fmt: skip
    as_is = bp.dyn.CUBA.desc()
    return _balanced(bp, neurons, (1.62, 5.0, as_is), (-9.0, 10.0, as_is))


def cobahh(bp, n: int):
    """Hodgkin-Huxley neurons of Traub and Miles with exponential conductances, on 20,000 um2: 10 nS
    are 0.05 mS/cm2. A spike is where v crosses -20 mV upwards."""
    area = 200.0  # nS of 1 mS/cm2
    neurons = bp.dyn.CondNeuGroup(
        n, C=1.0, V_th=-20.0, V_initializer=bp.init.Normal(-65.0, 5.0),
        IL=bp.dyn.IL(n, E=-60.0, g_max=10 / area),
        INa=bp.dyn.INa_TM1991(n, E=50.0, g_max=20_000 / area, V_sh=-63.0),
        IK=bp.dyn.IK_TM1991(n, E=-90.0, g_max=6_000 / area, V_sh=-63.0),
    )  # fmt: skip
    net = _balanced(bp, neurons, (6 / area, 5.0, bp.dyn.COBA.desc(E=0.0)),
                    (67 / area, 10.0, bp.dyn.COBA.desc(E=-80.0)))  # fmt: skip
    for projected, mean, sd in ((net.exc, 40, 15), (net.inh, 200, 120)):
        projected.syn.g.value = bp.init.Normal(mean / area, sd / area)(n)
    return net


def _balanced(bp, neurons, excitation: tuple, inhibition: tuple):
    """The network; given are weight, time constant and what an input does. What spiked in a step
    arrives in the next, the shortest there is."""
    n = neurons.num
    exc, p = n * 4 // 5, min(1.0, 80 / n)

    class Balanced(bp.DynSysGroup):
        def __init__(self) -> None:
            super().__init__()
            self.neurons = neurons
            self.exc, self.inh = projected(exc, *excitation), projected(n - exc, *inhibition)

        def update(self):
            spikes = self.neurons.spike.value
            self.exc(spikes[:exc])
            self.inh(spikes[exc:])
            self.neurons(0.0)
            return self.neurons.spike.value

    def projected(size: int, weight: float, tau: float, output):
        return bp.dyn.HalfProjAlignPostMg(
            comm=bp.dnn.EventCSRLinear(bp.conn.FixedProb(p, pre=size, post=n), weight),
            syn=bp.dyn.Expon.desc(size=n, tau=tau),
            out=output,
            post=neurons,
        )

    return Balanced()


if __name__ == "__main__":
    main()
