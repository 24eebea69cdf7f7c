"""The language of models against Brian2: the same text, or nearly, handed to both.

Brian2 labels a spike with the start of its step and we with the end, so its steps are shifted by
one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brian2 as b2
import numpy as np
from comparison import Comparisons, Row, identical

import spikesim as sp
from spikesim.units import ms

DT, DURATION = 0.1, 60.0
ROWS = np.array([[0.5, 1.0], [2.0, 3.0], [1.2, 0.7]])

Watched = dict[str, np.ndarray]
Events = tuple[np.ndarray, np.ndarray]


def brian2(
    text: str, n: int, values: dict[str, Any], watched: list[str],
    prepare: Callable[[Any], list[Any]] | None = None, event: str = "spike",
    namespace: dict[str, Any] | None = None, **options: Any,
) -> tuple[Events, Watched]:  # fmt: skip
    """(steps and neurons of an event, samples) of a group in Brian2, in ms and numbers."""
    b2.prefs.codegen.target = "numpy"
    group = b2.NeuronGroup(
        n, text, dt=DT * b2.ms, namespace={"ms": b2.ms} | (namespace or {}), **options
    )
    for name, value in values.items():
        setattr(group, name, value)
    monitor = b2.StateMonitor(group, watched, record=True)
    events = b2.EventMonitor(group, event)
    more = prepare(group) if prepare else []
    b2.Network(group, monitor, events, *more).run(DURATION * b2.ms)
    found = np.round(np.asarray(events.t / b2.ms) / DT).astype(int), np.asarray(events.i)
    return found, {name: np.asarray(getattr(monitor, name)).T for name in watched}


def ours(
    model: sp.NeuronModel, n: int, values: dict[str, Any], watched: list[str],
    prepare: Callable[[Any, Any], Any] | None = None, event: str = "spikes",
) -> tuple[Events, Watched]:  # fmt: skip
    """The same of a population of ours."""
    net = sp.Network(dt=DT * ms)
    cells = net.population("cells", n, model, **values)
    if prepare:
        prepare(net, cells)
    net.record(cells, [*watched, event])
    result = net.run(DURATION * ms, "numpy", precision="float64")["cells"]
    found = np.round(result[event].t / DT).astype(int) - 1, result[event].i
    return found, {name: result[name].values for name in watched}


def row(name: str, mine: tuple[Events, Watched], theirs: tuple[Events, Watched]) -> Row:
    largest = max(np.abs(mine[1][w].astype(float) - theirs[1][w]).max() for w in mine[1])
    same = identical(mine[0], theirs[0])
    return Row(name, len(mine[0][0]), same, float(largest), 1e-9, "")


DRIVES = np.linspace(0.5, 3, 20)


def refractory_while_a_condition_holds() -> Row:
    text = "dv/dt = (3*int(not_refractory) + I - v)/(5*ms) : 1\nI : 1\nn : integer"
    options = {"reset": "n += 1", "refractory": "v > 1", "method": "euler"}
    values = {"I": DRIVES}
    theirs = brian2(text, 20, values, ["v", "n"], threshold="v > 2", **options)
    mine = ours(sp.neuron(text, spike="v > 2", **options), 20, values, ["v", "n"])
    return row("refractory while a condition holds", mine, theirs)


def held_while_a_condition_holds() -> Row:
    text = "dv/dt = (3 + I - v)/(5*ms) : 1 (unless refractory)\ndw/dt = -w/(3*ms) : 1\nI : 1"
    options = {"reset": "v = 0; w += 1", "refractory": "w > 0.5", "method": "euler"}
    values = {"I": DRIVES}
    theirs = brian2(text, 20, values, ["v", "w"], threshold="v > 2", **options)
    mine = ours(sp.neuron(text, spike="v > 2", **options), 20, values, ["v", "w"])
    return row("held while a condition holds", mine, theirs)


def events() -> Row:
    text = "dv/dt = (I - v)/(5*ms) : 1\nI : 1\ncalm : boolean\nn : integer"
    values = {"I": DRIVES}
    watched = ["v", "n", "calm"]

    def act(group: Any) -> list[Any]:
        group.run_on_event("up", "calm = False; n += 1; v -= 0.1")
        group.run_on_event("down", "calm = True")
        return []

    theirs = brian2(
        text, 20, values, watched, threshold="v > 2", reset="v = 0", refractory=2 * b2.ms,
        events={"up": "v > 1.5 and calm", "down": "v < 0.4"}, method="euler", event="up",
        prepare=act,
    )  # fmt: skip
    model = sp.neuron(
        text, spike="v > 2", reset="v = 0", refractory=(2 - DT) * ms, method="euler",
        events={"up": sp.event("v > 1.5 and calm", "calm = False; n += 1; v -= 0.1"),
                "down": sp.event("v < 0.4", "calm = True")},
    )  # fmt: skip
    return row("events", ours(model, 20, values, watched, event="up"), theirs)


def constant_over_dt() -> Row:
    text = (
        "drive = I*(1 + sin(t/(4*ms))) + exp(-v) : 1 (constant over dt)\n"
        "twice = 2*drive : 1\nI : 1\ndv/dt = (twice - v**3)/(5*ms) : 1"
    )
    options = {"reset": "v = 0", "method": "rk4"}
    values, watched = {"I": DRIVES}, ["v", "drive", "twice"]
    theirs = brian2(text, 20, values, watched, threshold="v > 1.2", **options)
    mine = ours(sp.neuron(text, spike="v > 1.2", **options), 20, values, watched)
    return row("constant over dt, in a Runge-Kutta step", mine, theirs)


def actions() -> Row:
    text = "dv/dt = (I - v)/(5*ms) : 1\nI : 1\nn : integer"
    options = {"reset": "v = 0", "method": "euler"}

    def theirs_prepare(group: Any) -> list[Any]:
        group.run_regularly(
            "n = n + 1; v = v*0.5 + 0.1*(i % 3)", dt=3 * b2.ms, when="before_groups"
        )
        group.run_regularly("I += 0.01*n", dt=10 * b2.ms, when="before_groups", order=1)
        return []

    def prepare(net: Any, cells: Any) -> None:
        cells.every(3 * ms, "n = n + 1; v = v*0.5 + 0.1*(i % 3)")
        cells.every(10 * ms, "I += 0.01*n")

    values, watched = {"I": DRIVES}, ["v", "n", "I"]
    theirs = brian2(text, 20, values, watched, theirs_prepare, threshold="v > 1.2", **options)
    model = sp.neuron(text, spike="v > 1.2", **options)
    return row("actions at intervals", ours(model, 20, values, watched, prepare), theirs)


def timed_arrays() -> Row:
    text = "dv/dt = (I*each(t, i % 2) + one(t - 3*ms) - v)/(5*ms) : 1\nI : 1"
    options = {"reset": "v = 0", "method": "euler"}
    values = {"I": DRIVES}
    arrays = {"each": (ROWS, 7.0), "one": (ROWS[:, 0], 11.0)}
    namespace = {n: b2.TimedArray(v, dt=dt * b2.ms) for n, (v, dt) in arrays.items()}
    theirs = brian2(text, 20, values, ["v"], threshold="v > 1", namespace=namespace, **options)
    called = {n: sp.timed_array(v, dt=dt * ms) for n, (v, dt) in arrays.items()}
    mine = ours(sp.neuron(text, spike="v > 1", **options, **called), 20, values, ["v"])
    return row("arrays over time", mine, theirs)


def functions() -> Row:
    terms = [
        "sin(x)", "cos(x)", "tan(x/4)", "sinh(x)", "cosh(x)", "tanh(x)", "arcsin(x/5)",
        "arccos(x/5)", "arctan(x)", "exp(x)", "expm1(x)", "log(x + 9)", "log10(x + 9)",
        "log1p(x + 5)", "sqrt(x + 9)", "exprel(x)", "ceil(x)", "floor(x)", "clip(x, -1, 1)",
        "sign(x)", "int(x)", "abs(x)", "x % 0.7", "x // 0.7", "(x + 9)**1.5",
        "timestep(t, 0.3*ms)", "int(x > 1)",
    ]  # fmt: skip
    lines = "\n".join(f"y{k} = {term} : 1 (constant over dt)" for k, term in enumerate(terms))
    text = f"dx/dt = 0.02*int(t > 1*ms)/ms : 1\n{lines}\ndv/dt = 1/ms : 1"
    watched = [f"y{k}" for k in range(len(terms))]
    options = {"reset": "v = 0", "method": "euler"}
    values = {"x": np.linspace(-3.7, 3.3, 20)}
    theirs = brian2(text, 20, values, watched, threshold="v > 5", **options)
    mine = ours(sp.neuron(text, spike="v > 5", **options), 20, values, watched)
    return row("functions", mine, theirs)


def comparisons() -> Comparisons:
    """A test for each part of the language."""
    parts = (
        refractory_while_a_condition_holds, held_while_a_condition_holds, events, constant_over_dt,
        actions, timed_arrays, functions,
    )  # fmt: skip
    return [(f.__name__.replace("_", " "), f) for f in parts]
