"""C99: what is written compiles, and does what the integers do. `make peer-chips` runs hundreds."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from exporter_networks import loihi2, network

import spikesim as sp
from spikesim import exporters
from spikesim.exporters import artefact, chip
from spikesim.exporters.targets import find
from spikesim.units import Hz, ms, mV

pytestmark = [
    pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning"),
    pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler, cc"),
]


@pytest.mark.parametrize("seed", [1, 2])
def test_an_exported_network_runs_as_c(seed: int, tmp_path: Path) -> None:
    exporters.export(network(seed, "nest"), "c99", tmp_path / "out", 60 * ms)
    verdict = exporters.verify(tmp_path / "out", "cc")
    assert verdict.equal, verdict.text


@pytest.mark.parametrize("flags", ["", "-O3 -fsanitize=undefined,address -fno-sanitize-recover"])
def test_chips_at_the_ends_of_their_ranges(
    flags: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", f"cc {flags}")
    for seed in range(4):  # in 3 the sources have no synapses
        made, given = loihi2(np.random.default_rng(seed))
        written(made, given, tmp_path / f"{seed}")
        verdict = exporters.verify(tmp_path / f"{seed}", "cc")
        assert verdict.equal, verdict.text


def test_a_difference_is_found(tmp_path: Path) -> None:
    made, given = loihi2(np.random.default_rng(0))
    written(made, given, tmp_path / "out")
    source = tmp_path / "out" / "net.c"
    source.write_text(source.read_text().replace("<< 6;", "<< 5;"))
    verdict = exporters.verify(tmp_path / "out", "cc")
    assert verdict.equal is False and "differs first in step" in verdict.text


@pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="there is no QEMU for Arm")
@pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="there is no GCC for Arm")
def test_on_a_cortex_m3(tmp_path: Path) -> None:
    for seed in (0, 5):
        made, given = loihi2(np.random.default_rng(seed))
        written(made, given, tmp_path / f"{seed}")
        verdict = exporters.verify(tmp_path / f"{seed}", "qemu")
        assert verdict.equal, verdict.text
        assert re.search(r"on a Cortex-M3: \d+ bytes of flash", verdict.text)


@pytest.mark.parametrize("target", ["c99", "verilog"])
def test_a_byte_holds_the_spikes_of_a_source(target: str) -> None:
    net = sp.Network(dt=1 * ms, order="nest")
    source = net.population("in", 1, sp.poisson(rate=50 * Hz))
    cells = net.population("cells", 1, sp.neurons.LIF(t_ref=0 * ms))
    net.project(source, cells, sp.all_to_all(), weight=0.01 * mV)
    made = exporters.quantize(net, target)
    states = [made.run({"in": np.array([[n], [0], [0]])}).states["cells"]["u"] for n in (255, 300)]
    assert states[0].any() and np.array_equal(*states)


def test_the_fit_tells_sizes(tmp_path: Path) -> None:
    net = network(1, "nest")
    exporters.export(net, "c99", tmp_path / "out", 60 * ms)
    header = (tmp_path / "out" / "net.h").read_text()
    said = [int(n) for n in re.findall(r"NET_(?:TABLE|STATE)_BYTES (\d+)", header)]
    fit = exporters.fit(net, "c99")
    assert [f.value for f in fit.findings if f.rule in ("flash", "RAM")] == said


@pytest.mark.skipif(shutil.which("c++") is None, reason="there is no C++ compiler, c++")
def test_c_plus_plus_calls_it(tmp_path: Path) -> None:
    written(*loihi2(np.random.default_rng(5)), tmp_path / "out")
    main = '#include "net.h"\nstatic uint8_t in[NET_INPUTS], out[NET_NEURONS];\n'
    main += "int main() { net_reset(); net_step(in, out); return out[0] > 1; }\n"
    (tmp_path / "out" / "main.cpp").write_text(main)
    for command in ("cc -c net.c", "c++ -c main.cpp", "c++ net.o main.o -o main", "./main"):
        subprocess.run(command.split(), cwd=tmp_path / "out", check=True)


def test_sizes_are_those_of_the_object(tmp_path: Path) -> None:
    made, given = loihi2(np.random.default_rng(5))
    written(made, given, tmp_path / "out")
    header = (tmp_path / "out" / "net.h").read_text()
    said = {k: int(v) for k, v in re.findall(r"NET_(TABLE|STATE)_BYTES (\d+)", header)}
    built = tmp_path / "net.o"
    subprocess.run(["cc", "-c", "-o", built, tmp_path / "out" / "net.c"], check=True)
    if shutil.which("size") is None:
        pytest.skip("there is no size, of binutils")
    table = subprocess.run(["size", "-A", built], capture_output=True, text=True, check=True).stdout
    found = dict(re.findall(r"^(\.\w+)\s+(\d+)", table, re.MULTILINE))
    tables = (tmp_path / "out" / "net.c").read_text().count("static const")
    assert said["TABLE"] <= int(found[".rodata"]) <= said["TABLE"] + 32 * tables  # with padding
    assert said["STATE"] <= int(found[".bss"]) <= said["STATE"] + 4 * 32


def written(made: chip.Chip, given: dict[str, np.ndarray], folder: Path, name: str = "c99") -> None:
    """The folder of a chip."""
    target = find(name)
    trace = chip.run(made, target.advance, given)
    folder.mkdir()
    artefact.write_network(made, folder)
    artefact.write_vectors(trace, folder)
    target.write(made, trace, folder)
