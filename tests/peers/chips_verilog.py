"""The RTL of the target verilog in Icarus Verilog, against our integer model: u, v and spikes of
all steps. The chips are those that chips_loihi2.py hands to Lava."""

from __future__ import annotations

from functools import partial

from chips_c99 import compare, quantised, random_chips
from comparison import Comparisons

ICARUS = "run_iverilog.py", ("iverilog", "vvp")


def comparisons() -> Comparisons:
    """Two hundred chips, and described networks."""
    kinds = [
        (f"Verilog, Icarus: random chips {k}-{k + 99}", partial(random_chips, name="verilog"), k)
        for k in (0, 100)
    ]
    kinds.append(("Verilog, Icarus: quantised networks", partial(quantised, name="verilog"), 0))
    return [(name, partial(compare, name, make, k, *ICARUS)) for name, make, k in kinds]
