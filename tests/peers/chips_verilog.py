"""The RTL of the target verilog in Icarus Verilog, against our integer model: u, v and spikes of
all steps. The chips are those that chips_loihi2.py hands to Lava."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from chips_c99 import quantised, random_chips
from comparison import Comparisons, Row
from folders import compare


def synthesised(name: str) -> Row:
    """Yosys makes logic of an ECP5 of it, flip-flops and block RAM but no latches."""
    if shutil.which("yosys") is None:
        return Row(name, 0, 0, 0.0, 0.0, skipped="there is no yosys")
    with tempfile.TemporaryDirectory() as place:
        quantised(0, Path(place), "verilog")
        command = "read_verilog lif.v net.v; synth_ecp5 -top net; check -assert; stat"
        done = subprocess.run(
            ["yosys", "-p", command], cwd=Path(place) / "0", capture_output=True, text=True
        )
    cells = dict(re.findall(r"^ +(LUT4|TRELLIS_FF|DP16KD|MULT18X18D|\\$.*LATCH\S*) +(\d+)$",
                            done.stdout, re.MULTILINE))  # fmt: skip
    print(f"    {', '.join(f'{n} {kind}' for kind, n in cells.items())}")
    good = not done.returncode and "TRELLIS_FF" in cells and not any("LATCH" in k for k in cells)
    return Row(name, 1, int(good), float(not good), 0.0, "nets")


def comparisons() -> Comparisons:
    """Two hundred chips, and described networks."""
    kinds = [
        (f"random chips {k}-{k + 99}", partial(random_chips, k, name="verilog")) for k in (0, 100)
    ]
    kinds.append(("quantised networks", partial(quantised, 0, name="verilog")))
    rows: Comparisons = [
        (name, partial(compare, name, "iverilog", make))
        for what, make in kinds
        for name in [f"Verilog, Icarus: {what}"]
    ]
    name = "Verilog, Yosys: synthesised for an ECP5"
    return [*rows, (name, partial(synthesised, name))]
