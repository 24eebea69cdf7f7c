"""Run an exported network in Icarus Verilog and compare with its golden vectors.

    python run_iverilog.py [FOLDER ...]   # default: the folder of this file

Needs NumPy, iverilog and vvp; on Debian and Ubuntu: apt-get install iverilog. Prints what run_cc.py
prints of a network in C.
"""

import pathlib
import shutil
import subprocess
import sys

from golden import main

TOOLS = ("iverilog", "vvp")


def in_icarus(folder: pathlib.Path, place: pathlib.Path, data: bytes) -> tuple[bytes, str]:
    """Run by the test bench, whose files are those of `place`."""
    (place / "in").write_bytes(data)
    sources = ("test.v", "net.v", "lif.v")
    for name in (*sources, "synapses.hex", "neurons.hex"):
        shutil.copy(folder / name, place)
    command = [TOOLS[0], "-g2005", "-Wall", "-o", "test.vvp", *sources]
    built = subprocess.run(command, cwd=place, stderr=subprocess.PIPE, text=True)
    if built.returncode or built.stderr:
        raise ValueError(f"iverilog: {built.stderr}")  # no warning is let pass
    done = subprocess.run(
        [TOOLS[1], "-n", "test.vvp"], cwd=place, capture_output=True, text=True, check=True
    )
    return (place / "out").read_bytes(), done.stdout.strip()


if __name__ == "__main__":
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        sys.exit(f"{', '.join(missing)} not found; on Debian and Ubuntu: apt-get install iverilog")
    sys.exit(main(in_icarus))
