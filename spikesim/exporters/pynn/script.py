"""The script `network.py`: a network in PyNN's words, to be read, run and changed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ... import __version__
from .machine import Machine
from .network import Population, PyNetwork

_HEAD = '''\
"""A network for {title}.

    python network.py {usage}

Written by spikesim {version}. Units are PyNN's: ms, mV, nF, nA, uS. Sources replay the spikes of
vectors.npz; with --draw, Poisson sources draw new ones. The spikes of all populations go to
spikes.npz: of each, neurons "NAME/i" and times "NAME/t", in ms.
"""

import importlib
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).parent
MODULES = {modules!r}
OPTIONS = {options!r}  # of setup
DT, STEPS = {dt!r}, {steps}  # ms; as many steps as vectors.npz has
SPEED = {speed!r}  # of the machine, in ms of the network a ms
data = dict(np.load(HERE / "network.npz"))
vectors = dict(np.load(HERE / "vectors.npz"))


def build(simulator, draw=False):
    """The simulator, set up, and its populations by name."""
    sim = importlib.import_module(MODULES[simulator])
    sim.setup(timestep=DT / SPEED, min_delay=DT / SPEED, **OPTIONS.get(simulator, {{}}))
{prepare}    populations = {{}}

    def connect(pre, post, receptor, key):
        """A list of connections: neuron, neuron, weight, delay."""
        words = "pre", "post", "weight", "delay"
        columns = [data[f"{{key}}/{{word}}"].tolist() for word in words]
        sim.Projection(
            populations[pre], populations[post], sim.FromListConnector(list(zip(*columns))),
            {synapses}.StaticSynapse(), receptor_type=receptor,
        )

'''
_TAIL = '''
    for population in populations.values():
        population.record("spikes")
    return sim, populations


def source(cells, name, size, draw, rate=None):
    """Sources that replay their spikes; or draw new ones, at `rate`, in Hz."""
    if draw and rate is not None:
        return cells.SpikeSourcePoisson(rate=np.multiply(rate, SPEED), start=0.0, duration=1e9)
    trains = [[(s + 1) * DT / SPEED for s in np.flatnonzero(vectors["spikes/" + name][:, i])]
              for i in range(size)]
    return cells.SpikeSourceArray(spike_times=trains)


def run(simulator, draw=False):
    """Run; (neurons, times in ms) of the spikes, by population."""
    sim, populations = build(simulator, draw)
    sim.run(STEPS * DT / SPEED)
    spikes = {}
    for name, population in populations.items():
        trains = [np.asarray(t) for t in population.get_data("spikes").segments[0].spiketrains]
        neurons = np.repeat(np.arange(len(trains)), [len(t) for t in trains])
        spikes[name] = neurons, np.concatenate([np.zeros(0), *trains]) * SPEED
    sim.end()
    return spikes


if __name__ == "__main__":
    chosen = [word for word in sys.argv[1:] if word in MODULES]
    if not chosen:
        sys.exit("say which: " + ", ".join(MODULES))
    try:
        found = run(chosen[0], "--draw" in sys.argv)
    except ModuleNotFoundError as fault:
        sys.exit(f"{fault}; this needs PyNN (pip install pyNN) and {chosen[0]} itself")
    arrays = {}
    for name, (neurons, times) in found.items():
        arrays[name + "/i"], arrays[name + "/t"] = neurons, times
        print(f"{name}: {len(times)} spikes of {len(np.unique(neurons))} neurons")
    np.savez_compressed(HERE / "spikes.npz", **arrays)
'''


def arrays_of(net: PyNetwork) -> dict[str, np.ndarray]:
    """What network.npz holds: lists of connections, and values that differ within a population."""
    arrays: dict[str, np.ndarray] = {}
    for one in net.populations:
        for word, value in {**one.parameters, **one.start}.items():
            if not _uniform(value):
                arrays[f"{one.name}/{word}"] = value
    for k, p in enumerate(net.projections):
        delay = np.array([float(f"{d:.12g}") for d in p.delay * net.dt])
        columns = {"pre": p.pre, "post": p.post, "weight": p.weight, "delay": delay}
        arrays |= {f"connections {k}/{word}": value for word, value in columns.items()}
    return arrays


def emit(net: PyNetwork, machine: Machine, steps: int) -> str:
    """The text of network.py, for `steps` steps."""
    longest = max((int(p.delay.max()) for p in net.projections), default=1)
    options = machine.options(longest * net.dt)
    head = _HEAD.format(
        title=machine.title, usage="|".join(machine.modules), version=__version__, dt=net.dt,
        steps=steps, modules=dict(machine.modules), options=options, speed=machine.speed,
        synapses=f"sim{machine.synapses}", prepare="".join(f"{x}\n" for x in machine.prepare()),
    )  # fmt: skip
    return head + "\n".join(_body(net, machine)) + "\n" + _TAIL


def _body(net: PyNetwork, machine: Machine) -> Iterator[str]:
    cells = f"sim{machine.cells}"
    for name, size in net.sources.items():
        rate = ""
        if name in net.rates:
            hertz = 1000 * net.rates[name]
            rate = f", rate={_number(hertz)}" if _uniform(hertz) else f", rate={hertz.tolist()}"
        yield f"    cells = source({cells}, {name!r}, {size}, draw{rate})"
        yield f"    populations[{name!r}] = sim.Population({size}, cells, label={name!r})"
    for one in net.populations:
        yield ""
        yield f"    cells = {cells}.{one.celltype}("
        for word in sorted(one.parameters):
            yield f"        {word}={_value(one, word, one.parameters[word])},"
        yield "    )"
        made = f"sim.Population({one.size}, cells, label={one.name!r})"
        yield f"    populations[{one.name!r}] = {made}"
        yield from machine.starting(one, {w: _value(one, w, v) for w, v in one.start.items()})
    yield ""
    for k, p in enumerate(net.projections):
        key = f"connections {k}"
        yield f"    connect({p.source!r}, {p.target!r}, {p.receptor!r}, {key!r})"


def _uniform(value: np.ndarray) -> bool:
    return bool((value == value[0]).all())


def _number(value: np.ndarray) -> str:
    return repr(float(value[0]))


def _value(one: Population, word: str, value: np.ndarray) -> str:
    return _number(value) if _uniform(value) else f'data["{one.name}/{word}"]'
