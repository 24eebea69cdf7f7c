"""CUBA (Brette et al. 2007) in BrainPy on the CPU, in its default precision, float32.

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
    parser.add_argument("network", choices=("cuba",))
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
        net = cuba(bp, options.neurons)
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
    """The network. What spiked in a step arrives in the next, the shortest there is."""
    exc, p = n * 4 // 5, min(1.0, 80 / n)

    class Cuba(bp.DynSysGroup):
        def __init__(self) -> None:
            super().__init__()
            self.neurons = bp.dyn.LifRef(
                n, V_rest=-49.0, V_th=-50.0, V_reset=-60.0, tau=20.0, tau_ref=5.0,
                V_initializer=bp.init.Uniform(-60.0, -50.0), method="exp_auto",
            )  # fmt: skip
            self.exc = self.projected(exc, 1.62, 5.0)
            self.inh = self.projected(n - exc, -9.0, 10.0)

        def projected(self, size: int, weight: float, tau: float):
            return bp.dyn.HalfProjAlignPostMg(
                comm=bp.dnn.EventCSRLinear(bp.conn.FixedProb(p, pre=size, post=n), weight),
                syn=bp.dyn.Expon.desc(size=n, tau=tau),
                out=bp.dyn.CUBA.desc(),
                post=self.neurons,
            )

        def update(self):
            spikes = self.neurons.spike.value
            self.exc(spikes[:exc])
            self.inh(spikes[exc:])
            self.neurons(0.0)
            return self.neurons.spike.value

    return Cuba()


if __name__ == "__main__":
    main()
