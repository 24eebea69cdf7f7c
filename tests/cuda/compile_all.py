"""The CUDA kernels compiled for several GPUs, by NVRTC and by nvcc, and what they need of them.

No GPU is needed. Registers, memory and spills are compared with tests/golden/cuda_resources.txt:
what did not spill may not begin to. Other differences are told. `--update` accepts all.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from networks import NETWORKS

from spikesim.backends.cuda import device
from spikesim.backends.cuda.compile import INCLUDE, KERNELS
from spikesim.backends.cuda.host import HostDevice

GOLDEN = Path(__file__).parents[1] / "golden" / "cuda_resources.txt"
ARCHITECTURES = ("sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120")
COLUMNS = ("registers", "shared", "stack", "spills")


class Keeping(HostDevice):
    """A device that makes synapses on this CPU, but only keeps the code of steps, as for a GPU."""

    text = ""

    def __init__(self, shared: int | None = None):
        super().__init__(shared=shared, lanes=device._LANES)

    def kernel(self, text: str, entry: str, exact: bool, shared: int = 0) -> Any:
        if not entry.startswith("spikesim"):
            return super().kernel(text, entry, exact)
        self.text = text
        return None


class Source(NamedTuple):
    """Code, and whether products may not be fused with sums."""

    name: str
    text: str
    exact: bool


def network_source(name: str, exact: bool, fast: bool) -> Source:
    """The kernel of a network: in single precision, or in double and exact; by the fast path where
    it fits, or the general one."""
    on = Keeping() if fast else Keeping(shared=0)
    before, device.replaced = device.replaced, on
    try:
        NETWORKS[name]().compile("cuda", conformance=exact)
    finally:
        device.replaced = before
    way = "-fast" if "RunFast" in on.text else ""
    return Source(f"{name}{way}{'-exact' * exact}", on.text, exact)


def sources() -> Iterator[Source]:
    """All that is compiled."""
    for name in NETWORKS:
        for exact in (False, True):
            yield network_source(name, exact, False)
            fast = network_source(name, exact, True)
            if "RunFast" in fast.text:
                yield fast
    threads = f"#define SPIKESIM_THREADS {device._LANES}\n"
    yield Source("connect", threads + (KERNELS / "connect.cu").read_text(), True)


# --- compilers -----------------------------------------------------------------------------------


def nvrtc(source: Source, arch: str) -> str:
    """Compile, and give what ptxas says."""
    from cuda.core import Program

    log = io.StringIO()
    options = device.options(arch, source.exact, ptxas_options=["-v"])
    Program(source.text, "c++", options).compile("cubin", logs=log)
    return log.getvalue()


def nvcc(source: Source, arch: str) -> str:
    """The same by nvcc."""
    done = subprocess.run(
        ["nvcc", "-x", "cu", "-std=c++17", "-cubin", f"-arch={arch}", "-ftz=true",
         f"--fmad={str(not source.exact).lower()}", "-Xptxas", "-v", "-o", "/dev/null",
         *(f"-I{path}" for path in INCLUDE), "-"],
        input=source.text, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stderr


def compilers() -> dict[str, Callable[[Source, str], str]]:
    """Those that are here, by name and version."""
    found: dict[str, Callable[[Source, str], str]] = {}
    try:
        import cuda.core  # noqa: F401

        found["nvrtc-" + ".".join(version("nvidia-cuda-nvrtc").split(".")[:2])] = nvrtc
    except ImportError:
        print("NVRTC is not here: pip install 'spikesim[cuda]'")
    if shutil.which("nvcc"):
        said = subprocess.run(["nvcc", "--version"], capture_output=True, text=True, check=True)
        release = re.search(r"release ([\d.]+)", said.stdout)
        found[f"nvcc-{release[1] if release else 'unknown'}"] = nvcc
    else:
        print("nvcc is not here")
    return found


# --- what is compared ----------------------------------------------------------------------------


def resources(log: str) -> dict[str, tuple[int, ...]]:
    """By kernel: registers of a thread; bytes of shared memory, of stack and of spills."""
    found = {}
    for part in log.split("Compiling entry function ")[1:]:

        def number(pattern: str, part: str = part) -> int:
            return sum(int(n) for n in re.findall(pattern, part))

        found[part.split("'")[1]] = (
            number(r"Used (\d+) registers"), number(r"(\d+) bytes smem"),
            number(r"(\d+) bytes stack frame"), number(r"(\d+) bytes spill"),
        )  # fmt: skip
    return found


def read() -> dict[str, tuple[int, ...]]:
    """What is in the golden file: figures by "network kernel compiler architecture"."""
    if not GOLDEN.exists():
        return {}
    lines = [line.split() for line in GOLDEN.read_text().splitlines() if line[:1] != "#"]
    return {" ".join(words[:4]): tuple(map(int, words[4:])) for words in lines}


def line(key: str, figures: tuple[Any, ...], *more: str) -> str:
    """A line of the table."""
    source, kernel, compiler, arch = key.split()
    named = f"{source:19} {kernel:15} {compiler:11} {arch:7}"
    return " ".join([named, *(f"{f:>9}" for f in figures), *more]).rstrip()


def verdict(known: dict[str, tuple[int, ...]], key: str, figures: tuple[int, ...]) -> str:
    """What to say of figures: a fault has an exclamation mark."""
    if key in known:
        if figures[3] > known[key][3]:
            return f"SPILLS! {known[key][3]} bytes before"
        return "" if figures == known[key] else "before: " + " ".join(map(str, known[key]))
    # Another compiler may not spill where none has.
    source, kernel, _, arch = key.split()
    alike = [f for k, f in known.items() if re.fullmatch(rf"{source} {kernel} \S+ {arch}", k)]
    if alike and figures[3] > max(f[3] for f in alike):
        return "SPILLS! no compiler did so much"
    return "new"


def main() -> int:
    """Compile everything and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="accept the figures as they are")
    parser.add_argument("--arch", nargs="+", default=ARCHITECTURES, help="such as sm_90")
    options = parser.parse_args()
    tools, known = compilers(), read()
    skipped = (2 - len(tools)) * len(options.arch) * (2 * len(NETWORKS) + 1)
    passed = failed = 0
    now: dict[str, tuple[int, ...]] = {}
    head = line("#network kernel compiler GPU", COLUMNS)
    print(head, " seconds", flush=True)
    for source in sources():
        for tool, compile_it in tools.items():
            for arch in options.arch:
                start = time.perf_counter()
                try:
                    found = resources(compile_it(source, arch))
                except Exception as fault:  # each compiler has classes of its own
                    print(f"{source.name} {tool} {arch} DOES NOT COMPILE!\n{str(fault)[:3000]}")
                    failed += 1
                    continue
                took = time.perf_counter() - start
                good = bool(found)
                for kernel, figures in found.items():
                    key = f"{source.name} {kernel} {tool} {arch}"
                    said = verdict(known, key, figures)
                    good &= options.update or "!" not in said
                    now[key] = figures
                    print(line(key, figures, f"{took:8.2f}", said), flush=True)
                passed, failed = passed + good, failed + (not good)
    if options.update:
        lines = [line(key, figures) for key, figures in sorted((known | now).items())]
        GOLDEN.write_text("\n".join([head, *lines]) + "\n")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return int(failed > 0 or not passed)


if __name__ == "__main__":
    sys.exit(main())
