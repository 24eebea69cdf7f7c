"""The command line as a user types it, and what it says when something is wrong."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest

from spikesim.backends import names
from spikesim.cli import main, script
from spikesim.errors import ParameterError
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
    assert "synapses" in shown and "total" in shown


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
    "a network that needs arguments": ("def network(n):\n    pass\n", "missing 1 required"),
    "a fault of the description": (SMALL + "net.record(cells, 'u')\n", "u"),
}


@pytest.mark.parametrize("name", BAD)
def test_faults_are_one_message(name: str, tmp_path: Path) -> None:
    text, part = BAD[name]
    file = tmp_path / "bad.py"
    file.write_text(text, "utf-8")
    said = call("run", file, "--duration", "1 ms")
    assert isinstance(said, str) and said.startswith("error: ") and part in said
    assert "Traceback" not in said and said.endswith("(--debug shows where)")


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
