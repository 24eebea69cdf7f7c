"""A network of docs/examples in spikesim, as a measured process. See peers/child.py.

`build` is Network.compile, which draws the connections; `compile` is the first step, for which XLA
compiles where it takes part.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "peers"))

from child import Child  # noqa: E402


def example(name: str) -> Any:
    """The module docs/examples/NAME.py."""
    path = HERE.parent / "docs" / "examples" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"example_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # a dataclass looks for its module there
    spec.loader.exec_module(module)
    return module


def load(backend: str) -> None:
    """Import what the first compile would."""
    from spikesim.backends import choose

    chosen, _ = choose(backend)
    if chosen.name == "jax":
        import jax  # noqa: F401


def main() -> None:
    """Build, compile with a first step, then run once for every line that comes in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network")
    parser.add_argument("--values", type=json.loads, default={}, help="JSON: of the network")
    parser.add_argument("--duration", type=float, default=1000, help="ms")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--discard", type=float, default=0, help="ms, not measured, before")
    parser.add_argument("--silent", action="store_true", help="record nothing")
    parser.add_argument("--agreement", action="store_true", help="compare the spikes with NEST's")
    options = parser.parse_args()
    child = Child()
    with child.phase("import"):
        import spikesim
        from spikesim.native import why_missing
        from spikesim.units import ms

        load(options.backend)
        describe = example(options.network).network
    with child.phase("describe"):
        net = describe(**options.values)
        if options.silent:
            net.requests.clear()
    with child.phase("build"):
        model = net.compile(options.backend, precision=options.precision)
    with child.phase("compile"):
        model.run(0.1 * ms)

    def run() -> dict[str, Any]:
        go = model.run
        if options.discard:
            going = model.start()
            going.run(options.discard * ms)
            go = going.run
        start, processor = time.perf_counter(), time.process_time()
        results = go(options.duration * ms)
        took, cpu = time.perf_counter() - start, time.process_time() - processor
        spiking = [p for p in results if "spikes" in results[p].recorded]
        rates = [results[p].spikes.rate() for p in spiking]
        answer = {"run": took, "cpu": cpu, "rates": rates}
        if options.agreement:
            from agreement import compare

            answer["agreement"] = compare(results)
        return answer

    kernels = ", without C++ kernels" if model.backend == "jax" and why_missing() else ""
    child.serve(f"spikesim {spikesim.__version__} ({model.backend}{kernels})", run)


if __name__ == "__main__":
    main()
