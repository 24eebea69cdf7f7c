"""Compile an exported network, run it and compare with its golden vectors.

    python run_cc.py [FOLDER ...]         # default: the folder of this file

Needs NumPy and a C compiler, $CC or cc. golden.py says what is printed. run_qemu.py does the same
on a Cortex-M3.
"""

import os
import pathlib
import shlex
import sys

from golden import call, main, need
from program import comparison

COMPILER = shlex.split(os.environ.get("CC", "")) or ["cc"]
FLAGS = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-pedantic"]


def on_host(folder: pathlib.Path, place: pathlib.Path, data: bytes) -> tuple[bytes, str]:
    """Compiled and run here."""
    program, sources = str(place / "check"), [str(folder / "check.c"), str(folder / "net.c")]
    call([*COMPILER, *FLAGS, "-o", program, *sources])
    return call([program], input=data).stdout, ""


if __name__ == "__main__":
    need(COMPILER[:1], "name a C compiler in $CC")
    sys.exit(main(comparison(on_host)))
