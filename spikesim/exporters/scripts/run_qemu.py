"""Compile an exported network for a Cortex-M3, run it in QEMU and compare with its golden vectors.

    python run_qemu.py [FOLDER ...]       # default: the folder of this file

Needs NumPy, arm-none-eabi-gcc with newlib, and qemu-system-arm; on Debian and Ubuntu: apt-get
install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm. golden.py says what is printed.
"""

import pathlib
import subprocess
import sys

from golden import call, main, need
from program import comparison
from run_cc import FLAGS

ARM = ["-mcpu=cortex-m3", "-mthumb", "--specs=rdimon.specs", "-DFILES"]
MACHINE = ["-machine", "mps2-an385", "-display", "none", "-serial", "none", "-monitor", "none"]
TOOLS = ("arm-none-eabi-gcc", "arm-none-eabi-size", "qemu-system-arm")


def on_cortex_m3(folder: pathlib.Path, place: pathlib.Path, data: bytes) -> tuple[bytes, str]:
    """Compiled for Arm's MPS2 board, whose files are those of `place`."""
    (place / "in").write_bytes(data)
    sources = [str(folder / name) for name in ("cortex_m3.c", "check.c", "net.c")]
    link = ["-T", str(folder / "cortex_m3.ld"), "-nostartfiles"]
    call([TOOLS[0], *ARM, *FLAGS, *link, "-o", "check.elf", *sources], cwd=place)
    call([TOOLS[0], *ARM, *FLAGS, "-c", sources[-1], "-o", "net.o"], cwd=place)
    sizes = call([TOOLS[1], "net.o"], cwd=place, text=True)
    text, initialised, zero = sizes.stdout.splitlines()[1].split()[:3]
    files = ["-semihosting-config", "enable=on,target=native"]
    call([TOOLS[2], *MACHINE, *files, "-kernel", "check.elf"], cwd=place, stdin=subprocess.DEVNULL)
    told = f"on a Cortex-M3: {text} bytes of flash, {int(initialised) + int(zero)} bytes of RAM"
    return (place / "out").read_bytes(), told


if __name__ == "__main__":
    packages = "gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"
    need(TOOLS, f"on Debian and Ubuntu: apt-get install {packages}")
    sys.exit(main(comparison(on_cortex_m3)))
