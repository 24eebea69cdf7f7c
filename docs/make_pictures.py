"""A picture of each ready-made neuron for the reference: a step of current, and the rates.

`draw` finds the range by itself: the rheobase among currents of a geometric series, then a step of
1.5 rheobases, and a curve up to 4. make_reference.py calls `write` for each build.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

import spikesim as sp
from spikesim.units import ms, mV, nS, pA

FOLDER = Path(__file__).parent / "reference" / "neurons"
UNITS = {"1": 1, "pA": pA, "mV": mV, "nS": nS}
STEPS = (0.05, 0.01, 0.002)  # ms; the first that the model's method is stable at
LONGEST = 1000.0
COLOUR, GREY = "tab:blue", "0.5"


def drawable() -> list[str]:
    """Names of the neurons that have a state, and a port to drive it."""
    found = []
    for name in dir(sp.neurons):
        kinds = {d.kind for d in getattr(sp.neurons, name).definition.declared.values()}
        if {"state", "port"} <= kinds:
            found.append(name)
    return found


def write() -> None:
    """Draw what is not there yet; a picture is as old as the file of its model, or younger."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in drawable():
        path, model = FOLDER / f"{name}.png", getattr(sp.neurons, name)
        source = Path(str(__import__(model.__module__, fromlist=["x"]).__file__))
        if not path.exists() or path.stat().st_mtime < source.stat().st_mtime:
            draw(name, path)


def draw(name: str, path: Path) -> None:
    """The response to a step and the curve of rates of one model, as a PNG."""
    import matplotlib.pyplot as plt

    model = getattr(sp.neurons, name)
    declared = model.definition.declared
    variable = next(n for n, d in declared.items() if d.kind == "state")
    port = next(n for n, d in declared.items() if d.kind == "port")
    unit = str(declared[port].dimension)
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 2.2), width_ratios=(2, 1),
                                         layout="constrained")  # fmt: skip
    if model.definition.spike is None:
        _rates_of_a_unit(model, variable, left, right)
    else:
        _spikes(model, port, variable, unit, left, right)
    left.set(xlabel="time (ms)", ylabel=_label(variable, str(declared[variable].dimension)))
    right.set_xlabel(_label(port, unit))
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110, bbox_inches="tight")
    plt.close(figure)


def _label(name: str, unit: str) -> str:
    return name if unit == "1" else f"{name} ({unit})"


def _spikes(model: Any, port: str, variable: str, unit: str, left: Any, right: Any) -> None:
    rheobase = _rheobase(model, port, unit)
    strong = 1.5 * rheobase
    rate = _rate(model, port, np.array([strong]), unit)[0]
    length = float(np.clip(8e3 / rate if rate else LONGEST, 40, LONGEST))
    results = _run(model, port, np.array([strong]), unit, 1.4 * length, start=0.2 * length,
                   stop=1.2 * length, record=variable)  # fmt: skip
    trace = results[variable]
    left.plot(trace.t, trace.values[:, 0], color=COLOUR, lw=1)
    top = trace.values.max()
    left.plot(results.spikes.t, np.full(len(results.spikes), top + 0.08 * np.ptp(trace.values)),
              "|", color=GREY)  # fmt: skip
    size = f"{float(f'{strong:.2g}'):g} {unit}"
    left.set_title(f"a step of {size.removesuffix(' 1')}", fontsize=9)
    currents = np.linspace(0, 4 * rheobase, 41)
    right.plot(currents, _rate(model, port, currents, unit), ".-", color=COLOUR, lw=1, ms=3)
    right.set_ylabel("spikes/s")


def _rheobase(model: Any, port: str, unit: str) -> float:
    """The smallest current with spikes, of 12 in each power of ten; of a neuron that fires without
    any, the one that doubles its rate."""
    for power in range(-3, 5):
        currents = 10.0 ** (power + np.arange(12) / 12)
        rates = _rate(model, port, np.array([0.0, *currents]), unit)
        more = rates[1:] > 2 * rates[0]
        if more.any():
            return float(currents[more][0])
    return 1.0


def _rates_of_a_unit(model: Any, variable: str, left: Any, right: Any) -> None:
    port = next(n for n, d in model.definition.declared.items() if d.kind == "port")
    results = _run(model, port, np.array([1.5]), "1", 140.0, start=20.0, stop=90.0, record=variable)
    trace = results[variable]
    left.plot(trace.t, trace.values[:, 0], color=COLOUR, lw=1)
    left.set_title("a step of 1.5", fontsize=9)
    inputs = np.linspace(-4, 4, 41)
    final = _run(model, port, inputs, "1", 200.0).final[variable]
    right.plot(inputs, final, color=COLOUR, lw=1)
    right.set_ylabel(f"{variable} in the end")


def _rate(model: Any, port: str, currents: np.ndarray, unit: str) -> np.ndarray:
    """Spikes/s for each current, in the second half of a second; 0 for what blows up."""
    trains = _run(model, port, currents, unit, LONGEST).spikes.trains()
    late = [t[t > LONGEST / 2] for t in trains]
    return np.array([1e3 / np.diff(t).mean() if len(t) > 2 else 0.0 for t in late])


def _run(
    model: Any, port: str, currents: np.ndarray, unit: str, duration: float, record: str = "",
    start: float = 0.0, stop: float | None = None,
) -> Any:  # fmt: skip
    """A neuron for each current, from `start` to `stop`."""
    for dt in STEPS:
        net = sp.Network(dt=dt * ms, seed=1)
        cells = net.population("cells", len(currents), model())
        end = None if stop is None else stop * ms
        net.stimulate(cells, sp.dc(currents * UNITS[unit], start=start * ms, stop=end), port=port)
        if model.definition.spike is not None:
            net.record(cells, "spikes")
        if record:
            net.record(cells, record, every=0.05 * ms)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return net.run(duration * ms, precision="float64")["cells"]
            except sp.errors.NotFiniteError:
                if dt == STEPS[-1]:
                    raise
    raise AssertionError


if __name__ == "__main__":
    write()
