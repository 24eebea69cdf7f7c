"""The command line as a user types it, and what it says when something is wrong."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest

from spikesim import __version__
from spikesim.backends import names
from spikesim.cli import main, script
from spikesim.errors import ParameterError
from spikesim.results import load_results
from spikesim.units import ms

pytest.importorskip("typer", reason="Typer is not installed (extra: cli)")
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SMALL = """
import spikesim as sp
from spikesim.units import ms, pA

net = sp.Network(dt=0.1 * ms, seed=1)
cells = net.population("cells", 20, sp.neurons.Poisson())
silent = net.population("silent", 2, sp.neurons.LIF())
net.record(cells, "spikes")
"""


def call(*arguments: str | Path) -> int | str | None:
    """The exit status, or the message with which it exits."""
    with pytest.raises(SystemExit) as end:
        main([str(one) for one in arguments])
    return end.value.code


@pytest.fixture
def small(tmp_path: Path) -> Path:
    file = tmp_path / "small.py"
    file.write_text(SMALL, "utf-8")
    return file


def test_info_lists_versions_and_every_backend(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("info") == 0
    shown = capsys.readouterr().out
    for word in ("spikesim", "Python", "NumPy", "SciPy", "JAX", "processor", "C++ loops", *names()):
        assert word in shown
    assert shown.count("(the default)") == 1


def test_info_gives_the_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spikesim.backends.cpp.why_missing", lambda: "no compiler was there")
    assert call("info") == 0
    assert "not available: no compiler was there" in capsys.readouterr().out


def test_models_lists_every_room(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("models") == 0
    shown = capsys.readouterr().out
    for word in ("neurons", "LIF", "ExpCurrent", "rules", "FixedIndegree", "stimuli", "Dc"):
        assert word in shown


@pytest.mark.parametrize("name", ["cuba", "microcircuit"])
def test_memory_of_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("memory", EXAMPLES / f"{name}.py", "--backend", "numpy") == 0
    shown = capsys.readouterr().out
    assert "synapses" in shown and "total" in shown and "recordings" not in shown
    call("memory", EXAMPLES / f"{name}.py", "--backend", "numpy", "--duration", "1 s")
    assert "recordings" in capsys.readouterr().out


def test_run(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--duration", "50ms", "--backend", "numpy", "--seed", "3")
    assert call("run", small, *options) == 0
    shown = capsys.readouterr().out
    assert "cells" in shown and "silent" in shown
    assert "50 ms of model time on numpy" in shown


def test_run_of_a_function(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("run", EXAMPLES / "cuba.py", "--duration", "5 ms") == 0
    assert "exc" in capsys.readouterr().out


BAD = {
    "no network": ("x = 1\n", "defines no network"),
    "a fault in the script": ("\nundefined\n", "line 2: NameError: name 'undefined'"),
    "a fault in network()": ("def network():\n    1/0\n", "line 2: ZeroDivisionError"),
    "a script that ends": ("import sys\nsys.exit(3)\n", "line 2: SystemExit: 3"),
    "a module that is missing": ("import nobody_has_it\n", "line 1: ModuleNotFoundError"),
    "text that is no Python": ("x = (\n", "SyntaxError: '(' was never closed"),
    "a network that needs arguments": ("def network(n):\n    pass\n", "missing 1 required"),
    "a fault of the description": (SMALL + "net.record(cells, 'u')\n", "u"),
}


@pytest.mark.parametrize("name", BAD)
def test_faults_are_one_message(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, part = BAD[name]
    monkeypatch.chdir(tmp_path)  # where paths are relative, as most are
    Path("bad.py").write_text(text, "utf-8")
    said = call("run", "bad.py", "--duration", "1 ms")
    assert isinstance(said, str) and said.startswith("error: ") and part in said
    assert "Traceback" not in said and said.endswith("(--debug shows where)")


def test_what_a_run_leaves(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, report = tmp_path / "run.npz", tmp_path / "run.html"
    assert call("run", small, "--duration", "50ms", "--seed", "3", "--out", out,
                "--report", report) == 0  # fmt: skip
    shown = capsys.readouterr().out
    assert f"results: {out}" in shown and f"report: {report}" in shown
    saved = load_results(out)
    assert saved.seed == 3 and saved.duration == 50 and len(saved["cells"].spikes)
    assert "seed 3" in report.read_text("utf-8")


ARGUMENTS = {
    "missing file": (("run", "missing.py"), "there is no file 'missing.py'"),
    "folder": (("run", "."), "there is no file '.'"),
    "no Python": (("run", "small.txt"), "its name should end with .py"),
    "no unit": (("run", "small.py", "--duration", "5"), "expected a number and one of us, ms"),
    "endless": (("run", "small.py", "--duration", "1e99 s"), "after 2147483647 steps"),
    "backend": (("run", "small.py", "--backend", "cp"), "unknown backend 'cp'; did you mean 'cpp'"),
    "seed": (("run", "small.py", "--seed", "-1"), "expected a whole number from 0"),
    "memory of nothing": (("memory", "missing.py"), "there is no file"),
    "memory of nobody": (("memory", "small.py", "--backend", "x"), "unknown backend"),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_bad_arguments(name: str, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(small.parent)
    Path("small.txt").write_text(SMALL, "utf-8")
    arguments, part = ARGUMENTS[name]
    said = call(*arguments)
    assert isinstance(said, str) and said.startswith("error: ") and part in said


@pytest.mark.parametrize("option", ["--out", "--report"])
@pytest.mark.parametrize("place", ["missing/run", "folder", "small.py/run"])
def test_what_cannot_be_written_is_said_before_the_run(
    option: str, place: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (small.parent / "folder").mkdir()
    said = call("run", small, "--duration", "5ms", option, small.parent / place)
    assert isinstance(said, str) and said.startswith("error: can't write")
    assert not capsys.readouterr().out
    assert sorted(p.name for p in small.parent.iterdir()) == ["folder", "small.py"]


@pytest.mark.parametrize(
    "arguments", [("run",), ("nothing",), ("run", "x", "--seed", "x"), ("run", "x", "--speed", "2")]
)
def test_what_typer_refuses(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*arguments) == 2
    assert "Usage: spikesim" in capsys.readouterr().err


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no file"):
        main(["run", str(tmp_path / "missing.py"), "--debug"])


def test_without_typer(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name == "app":
            raise ImportError("No module named 'typer'")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert "pip install 'spikesim[cli]'" in str(call("info"))


@pytest.mark.parametrize("text", ["500 ms", "500ms", "0.5s", "0.5 second", "5e-1 seconds"])
def test_durations(text: str) -> None:
    assert abs(script.duration(text) - 500 * ms) < 1e-9 * ms


@pytest.mark.parametrize("text", ["500", "ms", "1.2.3 ms", "-5 ms", "5 mV", ""])
def test_bad_durations(text: str) -> None:
    with pytest.raises(ParameterError, match="duration is"):
        script.duration(text)


def test_nothing_takes_the_place_of_the_script(small: Path, tmp_path: Path) -> None:
    for options in (["--out", small], ["--report", small], ["--out", "one", "--report", "./one"]):
        assert "named twice" in str(call("run", small, "--duration", "1ms", *options))
    assert small.read_text("utf-8") == SMALL


def test_less_than_a_step(small: Path) -> None:
    assert "at least one step" in str(call("run", small, "--duration", "1e-9ms"))


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--version") in (0, None)
    assert capsys.readouterr().out == f"spikesim {__version__}\n"


def test_memory_of_recordings(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Small sizes in kB; of spikes nobody knows how many there will be."""
    assert call("memory", small, "--duration", "1s") in (0, None)
    out = capsys.readouterr().out
    assert " kB" in out and "Spikes that are recorded come on top, 16 bytes each." in out


FITS = """
import spikesim as sp
from spikesim.units import Hz, ms, mV

net = sp.Network(dt=1 * ms, seed=1, order="nest")
source = net.population("in", 5, sp.poisson(rate=100 * Hz))
cells = net.population("cells", 4, sp.neurons.LIF(t_ref={t_ref} * ms))
net.project(source, cells, sp.all_to_all(), weight=5 * mV)
"""


def test_fit_and_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, page, out = tmp_path / "net.py", tmp_path / "fit.html", tmp_path / "out"
    file.write_text(FITS.format(t_ref=0))
    assert call("fit", file, "--target", "loihi2", "--report", page) == 0
    assert "Loihi 2 (Lava fixed point): fits" in capsys.readouterr().out
    assert page.read_text().startswith("<!doctype html>")
    assert call("export", file, "--target", "loihi2", "-o", out) == 0
    assert {"network.json", "vectors.npz", "run_lava.py", "fit.txt"} <= {
        one.name for one in out.iterdir()
    }
    assert "F1" in capsys.readouterr().out
    assert "is there already" in str(call("export", file, "--target", "loihi2", "-o", out))


def test_fit_tells_what_matters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And `--all` every rule that was looked at."""
    file = tmp_path / "net.py"
    file.write_text(FITS.format(t_ref=2))
    assert call("fit", file, "--target", "loihi2") == 1
    brief = capsys.readouterr().out
    assert call("fit", file, "--target", "loihi2", "--all") == 1
    whole = capsys.readouterr().out
    kept = [line for line in whole.splitlines() if line.startswith("  ok ")]
    assert len(kept) > 3 and "DOES NOT FIT refractory" in brief
    assert brief.splitlines()[-1] == f"  ok           {len(kept)} rules (--all: each of them)"
    assert set(brief.splitlines()[:-1]) == set(whole.splitlines()) - set(kept)


def test_compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The text of match.txt, and nothing is written."""
    file = tmp_path / "net.py"
    file.write_text(FITS.format(t_ref=0))
    options = ("--target", "loihi2", "--duration", "50 ms", "--seed", "2")
    assert call("compare", file, *options) == 0
    text = capsys.readouterr().out
    assert call("export", file, *options, "-o", tmp_path / "out") == 0
    assert (tmp_path / "out" / "match.txt").read_text("utf-8") == text
    assert text.startswith("as a whole    cells: F1 ")
    assert "is for chips" in str(call("compare", file, "--target", "pynn"))
    said = str(call("compare", file, "--target", "loihi2", "--duration", "0.5 ms"))
    assert "expected whole steps of 1 ms" in said


def test_a_run_that_records_nothing(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("run", small, "--duration", "1 ms") == 0
    assert "net.record(" not in capsys.readouterr().out
    small.write_text(SMALL.replace("net.record", "# "), "utf-8")
    assert call("run", small, "--duration", "1 ms") == 0
    assert "net.record(population, 'spikes')" in capsys.readouterr().out


def test_what_does_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.py"
    file.write_text(FITS.format(t_ref=2))
    assert call("fit", file, "--target", "loihi2", "--json") == 1
    assert '"fits": false' in capsys.readouterr().out
    assert "refractory" in str(call("export", file, "--target", "loihi2", "-o", tmp_path / "out"))
    assert [one.name for one in tmp_path.iterdir() if one.suffix != ".py"] == ["__pycache__"] or (
        not (tmp_path / "out").exists()
    )
    assert "did you mean 'loihi2'" in str(call("fit", file, "--target", "loihi"))


JUMPS = """
import spikesim as sp
from spikesim.units import Hz, ms, mV

net = sp.Network(dt=1 * ms, order="nest", seed=1)
source = net.population("in", 5, sp.poisson(rate=120 * Hz))
cells = net.population("cells", 3, sp.neurons.LIF(t_ref=0 * ms))
net.project(source, cells, sp.all_to_all(), weight=2.5 * mV)
"""


def test_verify_without_the_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = tmp_path / "net.py", tmp_path / "out"
    file.write_text(FITS.format(t_ref=0))
    assert call("export", file, "--target", "loihi2", "-o", out, "--duration", "20 ms") == 0
    monkeypatch.delenv("SPIKESIM_LAVA_PYTHON", raising=False)
    monkeypatch.chdir(tmp_path)
    assert call("verify", out, "--with", "lava") == 0
    assert "not run: there is no environment .venv-lava" in capsys.readouterr().out
    assert "has no run_lava.py" in str(call("verify", tmp_path, "--with", "lava"))
    known = "known are: cc, darwin3, dynapcnn, "
    assert known in str(call("verify", out, "--with", "nothing"))


def test_pynn_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "net.py", tmp_path / "out"
    file.write_text(FITS.format(t_ref=0))
    assert call("fit", file, "--target", "spinnaker") == 0
    assert call("export", file, "--target", "pynn", "-o", out, "--duration", "20 ms") == 0
    assert (out / "network.py").is_file() and "PyNN (NEST, Brian2): fits" in capsys.readouterr().out
    assert call("targets") == 0
    assert "SpiNNaker" in capsys.readouterr().out


def test_nir_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("nir", reason="nir is not installed (extra: nir)")
    file, graph = tmp_path / "net.py", tmp_path / "net.nir"
    file.write_text(FITS.format(t_ref=0).replace("LIF(", "LIF(E_L=0*mV, V_th=9*mV, V_reset=-1*mV, ")
                    .replace("* ms))", "* ms), v=0*mV)"))  # fmt: skip
    assert call("export", file, "--target", "nir", "-o", graph) == 0
    assert call("fit", graph, "--target", "loihi2") == 0
    assert call("export", graph, "--target", "loihi2", "-o", tmp_path / "out") == 0
    assert call("targets") == 0
    assert "Norse" in capsys.readouterr().out


def test_a_folder_for_a_reader_of_nir(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("nir", reason="nir is not installed (extra: nir)")
    file, out = tmp_path / "net.py", tmp_path / "out"
    file.write_text(JUMPS)
    assert call("fit", file, "--target", "snntorch") == 0
    assert call("fit", file, "--target", "nir") == 1
    assert call("export", file, "--target", "snntorch", "-o", out, "--duration", "20 ms") == 0
    assert {f.name for f in out.iterdir()} >= {"net.nir", "nir.json", "run_nir.py", "vectors.npz"}
    assert call("export", file, "--target", "snntorch", "-o", tmp_path / "net.nir") == 0
    assert (tmp_path / "net.nir").is_file()
    monkeypatch.delenv("SPIKESIM_NIR_PYTHON", raising=False)
    monkeypatch.chdir(tmp_path)
    assert call("verify", out, "--with", "snntorch") == 0
    assert "not run: there is no environment .venv-nir" in capsys.readouterr().out
