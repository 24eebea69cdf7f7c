"""Compile an exported network, run it and compare with its golden vectors.

    python run_cc.py [FOLDER ...]         # default: the folder of this file

Needs NumPy and a C compiler, $CC or cc. Prints one line of JSON a folder, {"equal": true, ...}, or
the first step, neuron and value that differ; exits with 1 if one differs. run_qemu.py does the same
on a Cortex-M3.
"""

import os
import pathlib
import shlex
import subprocess
import sys

from golden import main

FLAGS = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-pedantic"]


def on_host(folder: pathlib.Path, place: pathlib.Path, data: bytes) -> tuple[bytes, str]:
    """Compiled and run here."""
    program, sources = str(place / "check"), [str(folder / "check.c"), str(folder / "net.c")]
    compiler = shlex.split(os.environ.get("CC", "cc"))
    subprocess.run([*compiler, *FLAGS, "-o", program, *sources], check=True)
    return subprocess.run([program], input=data, capture_output=True, check=True).stdout, ""


if __name__ == "__main__":
    sys.exit(main(on_host))
