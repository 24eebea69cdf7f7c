"""What the user writes: a Network of populations, projections, stimuli and recordings.

Nothing is drawn, checked against each other or allocated here; `build` does that, for all parts at
once, when the network is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import DescriptionError, UnknownNameError, did_you_mean
from .ir.program import NEST_ORDER, STANDARD_ORDER
from .models.base import NeuronModel
from .recording import Request
from .stimuli.base import Source

if TYPE_CHECKING:
    from .results import Results
    from .simulate import Model

ORDERS = {"standard": STANDARD_ORDER, "nest": NEST_ORDER}


class PopulationView:
    """Some neurons of a population: `exc[:10]`, `exc[[3, 5]]`, `exc[mask]`."""

    def __init__(self, population: Population, index: slice | np.ndarray):
        self.population = population
        self.index = index

    @property
    def indices(self) -> np.ndarray:
        """Element numbers within the population, int64 [len(self)]."""
        return np.arange(self.population.size, dtype=np.int64)[self.index]

    def __len__(self) -> int:
        return len(self.indices)

    def __repr__(self) -> str:
        return f"{self.population.name}[{len(self)} of {self.population.size}]"


class Population(PopulationView):
    """A number of neurons of one model; `population[...]` gives a view of some of them."""

    def __init__(self, name: str, size: int, model: NeuronModel | Source):
        self.name = name
        self.size = size
        self.model = model
        self.initial: dict[str, Any] = {}
        super().__init__(self, slice(None))

    def __getitem__(self, key: Any) -> PopulationView:
        if isinstance(key, int | np.integer):
            if not -self.size <= key < self.size:
                raise DescriptionError(
                    f"population {self.name!r}: index {key} is out of range; it has {self.size} "
                    "neurons"
                )
            key = [int(key) % self.size]
        if isinstance(key, slice):
            return PopulationView(self, key)
        chosen = np.asarray(key)
        if chosen.dtype == bool:
            if chosen.shape != (self.size,):
                raise DescriptionError(
                    f"population {self.name!r}: a mask has one value a neuron, {self.size}, got "
                    f"shape {chosen.shape}"
                )
            chosen = np.flatnonzero(chosen)
        if chosen.ndim != 1 or (chosen.size and not np.issubdtype(chosen.dtype, np.integer)):
            raise DescriptionError(
                f"population {self.name!r}: index with a number, a slice, a list of numbers or a "
                f"mask, got {key!r}"
            )
        if chosen.size and (chosen.min() < 0 or chosen.max() >= self.size):
            worst = chosen.max() if chosen.max() >= self.size else chosen.min()
            raise DescriptionError(
                f"population {self.name!r}: index {worst} is out of range; it has {self.size} "
                f"neurons, 0 to {self.size - 1}"
            )
        if len(np.unique(chosen)) != len(chosen):
            raise DescriptionError(f"population {self.name!r}: a view holds each neuron once")
        return PopulationView(self, chosen.astype(np.int64))

    def initialize(self, **values: Any) -> None:
        """Set initial values of state variables: numbers, arrays [size] or distributions."""
        self.initial |= values

    def __repr__(self) -> str:
        return f"Population({self.name!r}, {self.size}, {self.model})"


class Projection:
    """Connections from one view to another, by a rule."""

    def __init__(
        self,
        name: str,
        source: PopulationView,
        target: PopulationView,
        rule: Any,
        *,
        synapse: Any,
        weight: Any,
        delay: Any,
        axonal_delay: Any,
        dendritic_delay: Any,
        port: str | None,
    ):
        self.name, self.source, self.target, self.rule = name, source, target, rule
        self.synapse, self.weight, self.port = synapse, weight, port
        self.delay, self.axonal_delay, self.dendritic_delay = delay, axonal_delay, dendritic_delay

    def __repr__(self) -> str:
        return f"Projection({self.name!r}, {self.rule})"


class Stimulation:
    """A stimulus given to a view."""

    def __init__(
        self,
        name: str,
        target: PopulationView,
        stimulus: Any,
        port: str | None,
        synapse: Any,
        weight: Any,
    ):
        self.name, self.target, self.stimulus = name, target, stimulus
        self.port, self.synapse, self.weight = port, synapse, weight


class Network:
    """A network of spiking neurons.

    dt: the time step, a time. seed: draws connectivity and initial values, and, unless a run names
    its own, what is random in the run; 0 to 2^32 - 1. order: of a step's phases, "standard"
    (Brian2's; a delay of 0 is legal) or "nest" (spikes arrive before the threshold is looked at,
    which voltage jumps need to be identical with NEST).
    """

    def __init__(self, dt: Any = None, seed: int = 0, order: str = "standard"):
        if order not in ORDERS:
            raise UnknownNameError(f"unknown order {order!r}; {did_you_mean(order, ORDERS)}")
        self.dt, self.seed, self.order = dt, seed, order
        self.populations: dict[str, Population] = {}
        self.projections: list[Projection] = []
        self.stimulations: list[Stimulation] = []
        self.requests: list[Request] = []

    def population(
        self, name: str, size: int, model: NeuronModel | Source | type, **initial: Any
    ) -> Population:
        """Add `size` neurons of a model under a name; keywords are initial values of states."""
        if isinstance(model, type) and issubclass(model, NeuronModel):
            model = model()
        if not isinstance(model, NeuronModel | Source):
            raise DescriptionError(
                f"population {name!r}: expected a neuron model such as sp.neurons.LIF(), got {model!r}"
            )
        if not isinstance(name, str) or not name or set(name) & set(" .>,#"):
            raise DescriptionError(f"a population's name is a word, got {name!r}")
        if name in self.populations:
            raise DescriptionError(f"two populations are called {name!r}; rename one")
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            raise DescriptionError(f"population {name!r}: size is {size!r}; expected 1 or more")
        made = self.populations[name] = Population(name, int(size), model)
        made.initialize(**initial)
        return made

    def project(
        self,
        source: Any,
        target: Any,
        rule: Any,
        *,
        synapse: Any = None,
        weight: Any = None,
        delay: Any = None,
        axonal_delay: Any = None,
        dendritic_delay: Any = None,
        port: str | None = None,
        name: str | None = None,
    ) -> Any:
        """Connect `source` to `target` by a rule, such as `sp.fixed_probability(0.1)`.

        source, target: populations or views; with lists, the rule is applied to every pair of
        parts and a list of projections comes back.
        synapse: what an arrival does; by default a jump of the target's `v`. One parametrisation
        of a synapse has one set of states a neuron, however many projections use it.
        weight: in the unit of what the synapse changes; delay: a time. Both are numbers, arrays in
        the rule's order, or distributions. Where it matters, a delay is given as its axonal and its
        dendritic part instead. port: which of the target's ports the synapse's output goes to,
        where there are several.
        """
        if isinstance(source, list | tuple) or isinstance(target, list | tuple):
            return [
                self.project(
                    s,
                    t,
                    rule,
                    synapse=synapse,
                    weight=weight,
                    delay=delay,
                    axonal_delay=axonal_delay,
                    dendritic_delay=dendritic_delay,
                    port=port,
                    name=name and f"{name}:{s.population.name}->{t.population.name}",
                )
                for s in _parts(source)
                for t in _parts(target)
            ]
        source, target = self._view(source, "source"), self._view(target, "target")
        name = self._free_name(name or f"{source.population.name}->{target.population.name}")
        made = Projection(
            name,
            source,
            target,
            rule,
            synapse=synapse,
            weight=weight,
            delay=delay,
            axonal_delay=axonal_delay,
            dendritic_delay=dendritic_delay,
            port=port,
        )
        self.projections.append(made)
        return made

    def stimulate(
        self,
        target: Any,
        stimulus: Any,
        *,
        port: str | None = None,
        synapse: Any = None,
        weight: Any = None,
        name: str | None = None,
    ) -> None:
        """Give a stimulus to a view: a current (`sp.dc`, `sp.step_current`, `sp.timed_array`) into
        a port, or trains of spikes (`sp.poisson`) through a synapse with a weight."""
        for part in _parts(target):
            view = self._view(part, "target")
            taken = {s.name for s in self.stimulations if s.target.population is view.population}
            base = name or _snake(type(stimulus).__name__)
            free = next(n for n in _numbered(base) if n not in taken)
            self.stimulations.append(Stimulation(free, view, stimulus, port, synapse, weight))

    def record(self, view: Any, what: str | Sequence[str], every: Any = None) -> None:
        """Record "spikes", "rate" or state variables of a view.

        every: the interval between samples (a time; default each step), or the bin of a rate.
        """
        for part in _parts(view):
            for one in [what] if isinstance(what, str) else what:
                self.requests.append(Request(self._view(part, "recorded"), one, every))

    def compile(self, backend: str = "auto", **options: Any) -> Model:
        """Make the network ready to run; see `spikesim.simulate.compile_network`."""
        from .simulate import compile_network

        return compile_network(self, backend, **options)

    def run(self, duration: Any, backend: str = "auto", **options: Any) -> Results:
        """Compile and run for `duration` (a time)."""
        from .simulate import run_network

        return run_network(self, duration, backend, **options)

    def _view(self, view: Any, role: str) -> PopulationView:
        if not isinstance(view, PopulationView):
            raise DescriptionError(
                f"{role}: expected a population or a view of one, got {view!r}; populations here: "
                f"{', '.join(self.populations) or 'none'}"
            )
        if self.populations.get(view.population.name) is not view.population:
            raise DescriptionError(f"{role}: {view!r} belongs to another network")
        return view

    def _free_name(self, name: str) -> str:
        taken = {p.name for p in self.projections} | set(self.populations)
        return next(n for n in _numbered(name) if n not in taken)


def _parts(view: Any) -> list[Any]:
    return list(view) if isinstance(view, list | tuple) else [view]


def _numbered(name: str) -> Iterator[str]:
    yield name
    k = 2
    while True:
        yield f"{name}#{k}"
        k += 1


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")
