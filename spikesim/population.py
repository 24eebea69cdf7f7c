"""Neurons of one model under a name, and views of some of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, overload

import numpy as np

from .errors import DescriptionError, UnknownAttributeError, UnknownNameError, did_you_mean
from .models.base import NeuronModel
from .models.linked import Variable
from .stimuli.base import Source
from .units import bare_array


class Fixed:
    """Refuses attributes that nobody knows, where other simulators let states be assigned."""

    _words: ClassVar[frozenset[str]] = frozenset()

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._words:
            raise UnknownAttributeError(f"{self!r:.60}: {self._hint(name)}")
        super().__setattr__(name, value)

    def _hint(self, name: str) -> str:
        return f"no attribute {name!r} to set; {did_you_mean(name, self._words)}"


class PopulationView(Fixed):
    """Some neurons of a population: `exc[:10]`, `exc[[3, 5]]`, `exc[mask]`, `exc[:10][2]`."""

    _words = frozenset({"population", "index"})

    def __init__(self, population: Population, index: slice | np.ndarray):
        self.population = population
        self.index = index

    @property
    def indices(self) -> np.ndarray:
        """Element numbers within the population, int64 [len(self)]."""
        return np.arange(self.population.size, dtype=np.int64)[self.index]

    def __len__(self) -> int:
        return len(self.indices)

    def initialize(self, **values: Any) -> None:
        """Set what the neurons in view start from: their states, and parameters too.

        A value is a number, an array [neurons in view], a distribution, or text: an expression of
        parameters, other initial values, i, N, rand() and randn(), such as "E_L + 5*mV*rand()".
        What is given last counts. It is drawn by the network's seed.
        """
        self.population.initial.append((self, values))

    def every(self, interval: Any, code: str, *, start: Any = None) -> None:
        """Run code on the neurons in view at an interval (a time), first at `start`, default 0.

        Code is what a reset may be: "v = E_L; n += 1", with rand(), t and i in it. It acts when a
        step begins, after samples are taken; several actions act in the order in which they were
        given.
        """
        self.population.actions.append(Action(self, code, every=interval, start=start))

    def at(self, times: Any, code: str) -> None:
        """Run code on the neurons in view at the given times; see `every`."""
        self.population.actions.append(Action(self, code, at=times))

    @overload
    def __getitem__(self, key: str) -> Variable: ...

    @overload
    def __getitem__(self, key: Any) -> PopulationView: ...

    def __getitem__(self, key: Any) -> PopulationView | Variable:
        """A view of part of this one, by a number, a slice, a list of numbers or a mask; or, by its
        name, a variable, for others to follow with sp.linked."""
        if isinstance(key, str):
            return self._variable(key)
        chosen = _chosen(key, len(self), f"population {self.population.name!r}")
        if self is self.population and isinstance(key, slice):
            return PopulationView(self.population, key)
        return PopulationView(self.population, self.indices[chosen])

    def _variable(self, name: str) -> Variable:
        model = self.population.model
        definition = model.definition if isinstance(model, NeuronModel) else None
        known: dict[str, Any] = {} if definition is None else dict(definition.declared)
        known = {n: d for n, d in known.items() if d.kind != "port"}
        known |= {} if definition is None else {s.name: s for s in definition.steady}
        if name not in known:
            raise UnknownNameError(
                f"population {self.population.name!r} has no variable {name!r}; "
                f"{did_you_mean(name, known)}"
            )
        return Variable(self, name, known[name].dimension, known[name].dtype)

    def _hint(self, name: str) -> str:
        population = self.population
        if not isinstance(population.model, NeuronModel):
            return super()._hint(name)
        title, declared = type(population.model).__name__, population.model.definition.declared
        known = declared.get(name)
        if known is None:
            return f"no state or parameter {name!r}; {did_you_mean(name, declared)}"
        if known.kind == "state":
            return (
                f"states are not assigned; write {population.name}.initialize({name}=...), with "
                f"one value or an array of {population.size}"
            )
        if known.kind == "port":
            return f"{name!r} is a port; what flows into it is given with net.stimulate(...)"
        return (
            f"parameters are not assigned; write {title}({name}=...), with one value or an array "
            f'of {population.size}, or run(..., params={{"{population.name}.{name}": ...}})'
        )

    def __repr__(self) -> str:
        return f"{self.population.name}[{len(self)} of {self.population.size}]"


def _chosen(key: Any, size: int, subject: str) -> np.ndarray:
    """The positions that an index picks out of `size`, each once, at least one."""
    everything = np.arange(size, dtype=np.int64)
    try:
        index = everything[key] if isinstance(key, slice) else bare_array(key)
    except (TypeError, ValueError):
        index = None
    if index is None:
        index = np.empty((0, 0))
    if index.dtype == bool and index.ndim == 1:
        if index.shape != (size,):
            raise DescriptionError(
                f"{subject}: a mask has one value a neuron, {size}, got {len(index)}"
            )
        index = everything[index]
    index = np.atleast_1d(index)
    if index.ndim != 1 or (index.size and not np.issubdtype(index.dtype, np.integer)):
        raise DescriptionError(
            f"{subject}: index with a number, a slice, a list of numbers or a mask, got {key!r}"
        )
    if not index.size:
        raise DescriptionError(f"{subject}: {key!r} picks none of its {size} neurons")
    if index.min() < -size or index.max() >= size:
        worst = index.max() if index.max() >= size else index.min()
        raise DescriptionError(
            f"{subject}: index {worst} is out of range; there are {size} neurons, 0 to {size - 1}"
        )
    chosen = everything[index]
    if len(np.unique(chosen)) != len(chosen):
        raise DescriptionError(f"{subject}: {key!r} holds a neuron twice; a view holds each once")
    return chosen


class Population(PopulationView):
    """A number of neurons of one model; `population[...]` gives a view of some of them.

    See `Network.population`, which makes them.
    """

    _words = frozenset(
        {"name", "size", "model", "precise", "initial", "actions", "population", "index"}
    )

    def __init__(self, name: str, size: int, model: NeuronModel | Source, precise: bool = False):
        self.name = name
        self.size = size
        self.model = model
        self.precise = precise
        self.initial: list[tuple[PopulationView, dict[str, Any]]] = []
        self.actions: list[Action] = []
        super().__init__(self, slice(None))

    def __repr__(self) -> str:
        return f"Population({self.name!r}, {self.size}, {self.model})"


@dataclass(frozen=True, eq=False)
class Action:
    """Code that acts on a view: every `every` (a time) from `start` on, or at the times `at`."""

    view: PopulationView
    code: Any
    every: Any = None
    start: Any = None
    at: Any = None
