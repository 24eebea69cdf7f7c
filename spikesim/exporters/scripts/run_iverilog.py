"""Run an exported network in Icarus Verilog and compare with its golden vectors.

    python run_iverilog.py [FOLDER ...]   # default: the folder of this file

Needs NumPy, iverilog and vvp; on Debian and Ubuntu: apt-get install iverilog. golden.py says what
is printed.
"""

import pathlib
import shutil
import sys

from golden import Broken, call, main, need
from program import comparison

TOOLS = ("iverilog", "vvp")


def in_icarus(folder: pathlib.Path, place: pathlib.Path, data: bytes) -> tuple[bytes, str]:
    """Run by the test bench, whose files are those of `place`."""
    (place / "in").write_bytes(data)
    sources = ("test.v", "net.v", "lif.v")
    for name in (*sources, "synapses.hex", "neurons.hex"):
        shutil.copy(folder / name, place)
    command = [TOOLS[0], "-g2005", "-Wall", "-o", "test.vvp", *sources]
    built = call(command, cwd=place, text=True)
    if built.stderr:
        raise Broken(f"iverilog: {built.stderr}")  # no warning is let pass
    done = call([TOOLS[1], "-n", "test.vvp"], cwd=place, text=True)
    return (place / "out").read_bytes(), done.stdout.strip()


if __name__ == "__main__":
    need(TOOLS, "on Debian and Ubuntu: apt-get install iverilog")
    sys.exit(main(comparison(in_icarus)))
