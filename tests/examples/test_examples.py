"""The examples of the documentation run, small, and give what they are known to give."""

from __future__ import annotations

import importlib.util
import runpy
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SMALL = {
    "adex": ["--neurons", "200", "--duration", "100"],
    "brunel": ["--scale", "0.04", "--duration", "100"],
    "coba": ["--neurons", "400", "--duration", "100"],
    "cobahh": ["--neurons", "200", "--duration", "50"],
    "coba_adex": ["--neurons", "200", "--duration", "50"],
    "cuba": ["--neurons", "400", "--duration", "100"],
    "microcircuit": ["--scale", "0.02", "--duration", "0.1"],
}


def load(name: str) -> ModuleType:
    """An example as a module."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_example_is_listed():
    assert sorted(SMALL) == sorted(p.stem for p in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("name", sorted(SMALL))
def test_example_runs(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    results = load(name).main(SMALL[name])
    assert sum(len(results[p].spikes) for p in results) > 0
    assert capsys.readouterr().out
    if name == "microcircuit":
        assert (tmp_path / "microcircuit.png").stat().st_size > 10_000


def follows_the_solution(made: dict[str, Any]) -> None:
    for (tau, t_ref), rates in zip(made["settings"], made["rates"], strict=True):
        # Spikes fall on steps: the interval is up to 0.1 ms longer, and counted in 1 s.
        solved = made["solution"](made["currents"], tau, t_ref)
        assert np.all(np.abs(rates - solved) <= 1 + solved**2 * 0.1e-3)


def responds_within_ten_ms(made: dict[str, Any]) -> None:
    t, mean = made["around"].t, made["mean"]
    assert 0 <= t[mean.argmax()] < 10 and mean.max() > 3 * mean[t < 0].mean()


def is_on_disk(made: dict[str, Any]) -> None:
    whole, part = made["whole"]["exc"].spikes, made["part"]["exc"].spikes
    in_memory = made["model"].run(2500 * made["ms"])["exc"].spikes
    assert np.array_equal(whole.t, in_memory.t) and np.array_equal(whole.i, in_memory.i)
    assert part.rate() == whole.rate(2000, 2300) > 0


def goes_faster_without_inhibition(made: dict[str, Any]) -> None:
    rates = [run["exc"].spikes.rate() for run in made["futures"].values()]
    assert rates[0] < rates[1] < rates[2]
    assert made["simulation"].t == made["before"].duration < 1000


def fires_more_without_the_block(made: dict[str, Any]) -> None:
    ampa, both, unblocked = (len(train) for train in made["spikes"])
    assert ampa < both < unblocked


HOWTO: dict[str, Callable[[dict[str, Any]], None]] = {
    "fi_curve": follows_the_solution,
    "psth": responds_within_ten_ms,
    "record_to_disk": is_on_disk,
    "stop_and_branch": goes_faster_without_inhibition,
    "two_receptors": fires_more_without_the_block,
}


def test_every_howto_is_listed():
    assert sorted(HOWTO) == sorted(p.stem for p in EXAMPLES.glob("howto/*.py"))


@pytest.mark.parametrize("name", sorted(HOWTO))
def test_howto_runs_and_draws(name, tmp_path, monkeypatch):
    plt = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")
    plt.switch_backend("Agg")
    plt.close("all")
    monkeypatch.setattr(plt, "show", lambda: None)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    HOWTO[name](runpy.run_path(str(EXAMPLES / "howto" / f"{name}.py"), run_name="__main__"))
    assert plt.get_fignums()
    plt.close("all")


# NEST 3.10 with neurons and indegrees at 0.1 under the Poisson drive, 2 s after 100 ms: mean over
# seven seeds, and standard deviation between them (see tests/peers/nest_networks.py).
NEST_MEAN = np.array([0.470, 2.104, 3.963, 5.012, 6.598, 7.792, 0.854, 7.003])
NEST_SD = np.array([0.034, 0.033, 0.043, 0.029, 0.242, 0.058, 0.026, 0.030])


def test_microcircuit_has_the_rates_of_nest():
    microcircuit = load("microcircuit")
    from spikesim.units import ms

    results = microcircuit.network(0.1, seed=3).run(2100 * ms)
    rates = np.array([results[p].spikes.rate(100.0) for p in microcircuit.POPULATIONS])
    bound = 4 * NEST_SD * np.sqrt(1 + 1 / 7)
    assert np.all(np.abs(rates - NEST_MEAN) < bound), rates - NEST_MEAN


def test_microcircuit_weights_and_sizes_at_full_scale():
    """What the paper states: 77,169 neurons, about 0.3 billion synapses, 87.8 pA."""
    microcircuit = load("microcircuit")
    p = microcircuit.parameters(1.0, 1.0, "poisson")
    assert p.sizes.sum() == 77_169
    assert p.synapses.sum() == pytest.approx(0.2989e9, rel=1e-3)
    assert p.external_weight == pytest.approx(87.81, abs=0.01)
    assert np.all(p.current == 0)


def test_microcircuit_says_what_its_table_shows():
    microcircuit = load("microcircuit")
    from spikesim.units import ms

    results = microcircuit.network(0.02).run(120 * ms, "numpy")
    text = microcircuit.table(results, 100.0, 0.1, "poisson")
    assert "Without the first 100 of 120 ms." in text
    assert "neurons with at least 3 spikes" in text and text.endswith("NEST: one seed.")
    assert "one seed" not in microcircuit.table(results, 100.0, 0.02, "poisson")
