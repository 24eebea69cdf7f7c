"""A NIR graph becomes a Network.

Spiking nodes become populations; the linear nodes between two of them (Linear, Affine, Scale,
Conv2d, SumPool2d, AvgPool2d, Flatten, Delay) are multiplied into one projection. A bias becomes a
constant current. Graphs in graphs are unfolded. Names stay, but for what names of populations can't
hold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array, eye_array

from ...connectivity import Explicit
from ...errors import DescriptionError, SpikesimError, raise_all
from ...models.base import NeuronModel
from ...models.declaration import parameter, state
from ...models.synapses.delta import Delta
from ...network import Network
from ...stimuli.base import Source
from ...stimuli.spike_times import SpikeTimes
from ...units import TIME, ms, second, strip
from .files import distinct, load
from .flat import flat
from .linear import LINEAR, MOST_NEURONS, matrix_of

_SPIKING = ("LIF", "IF", "CubaLIF")
_PARAMETERS = ("tau", "tau_mem", "tau_syn", "r", "v_leak", "v_threshold", "v_reset", "w_in")
_MOST_WAYS = 20_000


class NirLIF(NeuronModel):
    """NIR's LIF, in bare numbers; arrivals move `v`."""

    tau = parameter(10 * ms, "membrane time constant", bound="> 0")
    r = parameter(1.0, "resistance")
    v_leak = parameter(0.0, "what v decays to")
    v_threshold = parameter(1.0, "threshold")
    v_reset = parameter(0.0, "value after a spike, or what it takes off")
    bias = parameter(0.0, "constant input")
    v = state(0.0, "membrane potential")
    equations = "dv/dt = (v_leak - v + r*bias)/tau"
    spike = "v > v_threshold"
    reset = "v = v_reset"


class NirIF(NeuronModel):
    """NIR's IF, in bare numbers; arrivals move `v`."""

    r = parameter(1.0, "resistance")
    unit = parameter(1 * second, "NIR's unit of time", bound="> 0")
    v_threshold = parameter(1.0, "threshold")
    v_reset = parameter(0.0, "value after a spike, or what it takes off")
    bias = parameter(0.0, "constant input")
    v = state(0.0, "membrane potential")
    equations = "dv/dt = r*bias/unit"
    spike = "v > v_threshold"
    reset = "v = v_reset"


class NirCubaLIF(NeuronModel):
    """NIR's CubaLIF, in bare numbers; arrivals move the current `i_syn`."""

    tau_mem = parameter(10 * ms, "membrane time constant", bound="> 0")
    tau_syn = parameter(5 * ms, "synaptic time constant", bound="> 0")
    r = parameter(1.0, "resistance")
    v_leak = parameter(0.0, "what v decays to")
    v_threshold = parameter(1.0, "threshold")
    v_reset = parameter(0.0, "value after a spike, or what it takes off")
    bias = parameter(0.0, "constant input to the current")
    i_syn = state(0.0, "synaptic current, less what the bias ends at")
    v = state(0.0, "membrane potential")
    equations = """
    di_syn/dt = -i_syn/tau_syn
    dv/dt = (v_leak - v + r*(i_syn + bias))/tau_mem
    """
    spike = "v > v_threshold"
    reset = "v = v_reset"


_MODELS = {"LIF": NirLIF, "IF": NirIF, "CubaLIF": NirCubaLIF}


def _models(reset: str, method: str) -> dict[str, type[NeuronModel]]:
    """The models, with another reset or method where they are asked for."""
    body = {"reset": "v -= v_threshold"} if reset == "subtract" else {}
    body |= {"method": method} if method != "exact" else {}
    if not body:
        return dict(_MODELS)
    name = ("Subtract" if reset == "subtract" else "") + ("Euler" if method == "euler" else "")
    return {
        kind: type(
            f"{model.__name__}{name}", (model,),
            {**body, "__doc__": model.__doc__, "__module__": __name__},
        )
        for kind, model in _MODELS.items()
    }  # fmt: skip


@dataclass(frozen=True)
class _Path:
    """From a spiking node or an input: the matrix so far, the bias, the delay [size], in NIR's
    unit of time."""

    source: str
    matrix: Any
    bias: np.ndarray
    delay: np.ndarray
    shape: tuple[int, ...]


def read_nir(
    path: Any,
    *,
    dt: Any = None,
    unit: Any = None,
    reset: str = "value",
    method: str = "exact",
    inputs: Mapping[str, Source] | Source | None = None,
) -> Network:
    """The network of a NIR file, of any tool.

    dt: the time step, of which a spike's pulse has the length; default 0.1 ms, as in the NIR paper.
    unit: what NIR's time constants are in, default a second; `unit=dt` for graphs whose unit is the
    step, such as those of sinabs. reset: "value" (v_reset), or "subtract" (the threshold is taken
    off: NIR can't say so, some writers mean it). method: "exact", the solution of the equations, or
    "euler", forward Euler as Norse, snnTorch and Lava have it. inputs: spike sources for Input
    nodes, by name, or one for all; default none that spike: give trains with
    `simulation.set_spikes`.

    Voltages are bare numbers, as NIR has them. A spike acts one step after it was found, and later
    by the Delay nodes on its way. Raises
    FileError for a file that holds no sound graph, DescriptionError, all faults together, for
    nodes and values that a Network can't say.
    """
    step = strip(0.1 * ms if dt is None else dt, TIME, "dt")
    length = strip(1 * second if unit is None else unit, TIME, "unit")
    if reset not in ("value", "subtract"):
        raise DescriptionError(f"reset is {reset!r:.40}; expected 'value' or 'subtract'")
    if method not in ("exact", "euler"):
        raise DescriptionError(f"method is {method!r:.40}; expected 'exact' or 'euler'")
    with np.errstate(all="ignore"):  # values that are no numbers are told by name
        graph = load(path)
        if isinstance(inputs, Source):
            ends = [n for n, node in graph.nodes.items() if type(node).__name__ == "Input"]
            inputs = dict.fromkeys(ends, inputs)
        return _Reader(
            graph, float(step), float(length), _models(reset, method), dict(inputs or {})
        ).network()


class _Reader:
    def __init__(
        self,
        graph: Any,
        dt: float,
        unit: float,
        models: dict[str, type[NeuronModel]],
        inputs: dict[str, Source],
    ):
        self.dt, self.unit, self.inputs = dt, unit, inputs
        self.models = models
        self.faults: list[SpikesimError] = []
        self.ways = 0
        self.nodes, edges = flat(graph)
        self.kinds = {name: type(node).__name__ for name, node in self.nodes.items()}
        self.after: dict[str, list[str]] = {name: [] for name in self.nodes}
        for a, b in edges:
            if a in self.after and b in self.after:
                self.after[a].append(b)
            else:
                self._fault(f"edge {a!r} -> {b!r}: there is no such node")

    def _fault(self, text: str) -> None:
        self.faults.append(DescriptionError(text))

    def network(self) -> Network:
        known = {*_SPIKING, *LINEAR, "Input", "Output", "Port"}
        for name, kind in self.kinds.items():
            if kind not in known:
                self._fault(
                    f"node {name!r} is a {kind}; a network of spiking neurons has "
                    f"{', '.join(sorted(known - {'Port'}))}"
                )
        for name in self.inputs.keys() - {n for n, k in self.kinds.items() if k == "Input"}:
            self._fault(f"inputs: there is no Input node {name!r}")
        kinds = {k for k in self.kinds.values() if k in _SPIKING}
        if "CubaLIF" in kinds and len(kinds) > 1:
            self._fault(
                "CubaLIF nodes beside others that spikes move at once: no order of a step has both "
                "arrive in time; give the others a current too, or split the graph"
            )
        self._check_values()
        raise_all("the NIR graph", self.faults)
        arrived: dict[str, list[_Path]] = {n: [] for n, k in self.kinds.items() if k in _SPIKING}
        for name, kind in self.kinds.items():
            if kind in (*_SPIKING, "Input"):
                self._follow(name, self._start(name), arrived)
        raise_all("the NIR graph", self.faults)
        return self._made(arrived)

    def _check_values(self) -> None:
        for name, node in self.nodes.items():
            for word, value in vars(node).items():
                array = np.asarray(value) if isinstance(value, np.ndarray | float | int) else None
                if array is None:
                    continue
                if array.dtype.kind not in "iufb":
                    self._fault(f"node {name!r}: {word} holds {array.dtype}, expected numbers")
                elif array.dtype.kind == "f" and not np.isfinite(array).all():
                    self._fault(f"node {name!r}: {word} has values that are not finite")
                elif word in ("tau", "tau_mem", "tau_syn") and (array <= 0).any():
                    self._fault(f"node {name!r}: {word} has values that are not above 0")
            if self.kinds[name] in (*_SPIKING, "Input"):
                self._check_shape(name)

    def _check_shape(self, name: str) -> None:
        shape = np.asarray(self._given(name))
        sound = shape.dtype.kind in "iuf" and shape.ndim <= 1 and (shape >= 1).all()
        if not sound or not np.isfinite(shape).all() or (shape != np.floor(shape)).any():
            self._fault(f"node {name!r}: its shape is {shape.tolist()!r:.60}; expected counts")
            return
        if math.prod(int(n) for n in np.ravel(shape)) > MOST_NEURONS:
            self._fault(
                f"node {name!r}: its shape {shape.tolist()} has over {MOST_NEURONS} neurons"
            )
        for word in _PARAMETERS if self.kinds[name] in _SPIKING else ():
            value = np.asarray(getattr(self.nodes[name], word, 0.0))
            if value.size not in (1, math.prod(int(n) for n in np.ravel(shape))):
                self._fault(f"node {name!r}: {value.size} values of {word}, expected its shape's")

    def _given(self, name: str) -> Any:
        """The shape of a spiking node or an input, as it is written."""
        node = self.nodes[name]
        return (
            node.output_type["output"]
            if self.kinds[name] == "Input"
            else np.shape(node.v_threshold)
        )

    def _start(self, name: str) -> _Path:
        shape = tuple(int(n) for n in np.atleast_1d(self._given(name)))
        size = int(np.prod(shape))
        return _Path(name, eye_array(size, format="csr"), np.zeros(size), np.zeros(size), shape)

    def _follow(self, name: str, path: _Path, arrived: dict[str, list[_Path]]) -> None:
        """Go along the edges, through linear nodes, up to the next spiking ones."""
        todo: list[tuple[str, _Path, tuple[str, ...]]] = [(name, path, ())]
        while todo:
            here, path, seen = todo.pop()
            for other in reversed(self.after[here]):
                kind = self.kinds[other]
                self.ways += 1
                if self.ways > _MOST_WAYS:
                    raise DescriptionError(
                        f"the NIR graph: over {_MOST_WAYS} ways through its linear nodes"
                    )
                if kind in _SPIKING:
                    arrived[other].append(path)
                elif (kind in LINEAR or kind == "Port") and other in seen:
                    self._fault(f"a cycle of linear nodes through {other!r} has no neuron in it")
                elif kind in LINEAR or kind == "Port":
                    try:
                        went = path if kind == "Port" else self._through(other, path)
                    except ValueError as fault:
                        self._fault(f"node {other!r} after {here!r}: {fault}")
                        continue
                    todo.append((other, went, (*seen, other)))

    def _through(self, name: str, path: _Path) -> _Path:
        node, kind = self.nodes[name], self.kinds[name]
        if kind == "Delay":
            late = np.broadcast_to(np.ravel(node.delay), path.delay.shape)
            if (late < 0).any() or (path.delay.any() and path.matrix.shape[0] != len(late)):
                raise ValueError("delays below 0")
            return replace(path, delay=path.delay + late)
        matrix, bias, shape = matrix_of(node, kind, path.shape)
        if path.delay.any():
            # A delay before weights belongs to the sources, one to each row.
            varied = np.unique(path.delay)
            if len(varied) > 1:
                raise ValueError("delays that differ between elements come before weights")
            delay = np.full(matrix.shape[0], varied[0])
        else:
            delay = np.zeros(matrix.shape[0])
        return _Path(
            path.source, csr_array(matrix @ path.matrix), matrix @ path.bias + bias, delay, shape
        )

    def _made(self, arrived: dict[str, list[_Path]]) -> Network:
        order = "standard" if "CubaLIF" in self.kinds.values() else "nest"
        net = Network(dt=self.dt * ms, order=order)
        names = distinct(self.kinds, r"[.>,#/\s-]+")
        for name, kind in self.kinds.items():
            if kind == "Input":
                size = self._start(name).matrix.shape[0]
                source = self.inputs.get(name) or SpikeTimes(np.empty(0) * ms, np.empty(0, int))
                net.population(names[name], size, source)
        for name, paths in arrived.items():
            self._population(net, names[name], name, paths)
        raise_all("the NIR graph", self.faults)
        for name, paths in arrived.items():
            for path in paths:
                self._projection(net, names, name, path)
        return net

    def _population(self, net: Network, name: str, node_name: str, paths: list[_Path]) -> None:
        node, kind = self.nodes[node_name], self.kinds[node_name]
        size = int(np.prod(np.shape(node.v_threshold)))
        bias = np.zeros(size)
        for path in paths:
            if len(path.bias) != size:
                self._fault(
                    f"{path.source!r} gives {len(path.bias)} values to {size} of {node_name!r}"
                )
                return
            bias = bias + path.bias
        values: dict[str, Any] = {
            w: _one(getattr(node, w)) for w in ("r", "v_threshold", "v_reset", "v_leak")
            if hasattr(node, w)
        }  # fmt: skip
        for word in ("tau", "tau_mem", "tau_syn"):
            if hasattr(node, word):
                values[word] = _one(getattr(node, word)) * self.unit * ms
        values["bias"] = _one(bias * (np.ravel(node.w_in) if kind == "CubaLIF" else 1.0))
        if kind == "IF":
            values["unit"] = self.unit * ms
        # What the bias adds to the current builds up from 0.
        initial = {"i_syn": _one(-np.ravel(values["bias"]))} if kind == "CubaLIF" else {}
        net.population(name, size, self.models[kind](**values), **initial)

    def _projection(self, net: Network, names: dict[str, str], name: str, path: _Path) -> None:
        node, kind = self.nodes[name], self.kinds[name]
        entries = path.matrix.tocoo()
        if not entries.nnz:
            return
        order = np.lexsort(entries.coords)  # by source, then target
        pre, post, weight = entries.coords[1][order], entries.coords[0][order], entries.data[order]
        step = self.dt / self.unit  # in NIR's unit of time
        if kind == "LIF":
            gain, variable = np.ravel(node.r) * step / np.ravel(node.tau), "v"
        elif kind == "IF":
            gain, variable = np.ravel(node.r) * step, "v"
        else:
            gain, variable = np.ravel(node.w_in) * step / np.ravel(node.tau_syn), "i_syn"
        # A jump of v lies before the threshold of the step after; a current's acts in that step.
        first = self.dt if variable == "v" else 0.0
        net.project(
            net.populations[names[path.source]], net.populations[names[name]],
            Explicit(pre.astype(np.int64), post.astype(np.int64)), synapse=Delta(variable),
            weight=weight * np.broadcast_to(gain, (path.matrix.shape[0],))[post],
            delay=_one(path.delay[post] * self.unit + first) * ms,
        )  # fmt: skip


def _one(values: Any) -> Any:
    """One number where all are the same, but for what conversions of units do to the last digit."""
    values = np.ravel(np.asarray(values, np.float64))
    if not len(values) or np.ptp(values) > 4 * np.spacing(np.abs(values).max()):
        return values
    return float(values[0])
