"""What the user writes: a Network of populations, projections, stimuli and recordings.

Nothing is drawn, checked against each other or allocated here; `build` does that, for all parts at
once, when the network is compiled.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import DescriptionError, UnknownNameError, did_you_mean
from .ir.program import NEST_ORDER, STANDARD_ORDER
from .models.base import NeuronModel, refuse_prefix
from .population import Fixed, Population, PopulationView
from .projection import Projection, Stimulation, SynapseView
from .recording import Request
from .stimuli.base import Source

if TYPE_CHECKING:
    from .model import Model
    from .results import Results

_LONGEST = 200
ORDERS = {"standard": STANDARD_ORDER, "nest": NEST_ORDER}


class Network(Fixed):
    """A network of spiking neurons.

    dt: the time step, a time; 0.1 ms if none is given. seed: draws connectivity and initial values,
    and, unless a run names its own, what is random in the run; 0 to 2^32 - 1. order: of a step's
    phases, "standard" (Brian2's; a delay of 0 is legal) or "nest" (spikes arrive before the
    threshold is looked at, which voltage jumps need to be identical with NEST).
    """

    _words = frozenset(
        {"dt", "seed", "order", "populations", "projections", "stimulations", "requests"}
    )

    def __init__(self, dt: Any = None, seed: int = 0, order: str = "standard"):
        if not isinstance(order, str) or order not in ORDERS:
            raise UnknownNameError(f"unknown order {order!r}; {did_you_mean(order, ORDERS)}")
        self.dt, self.seed, self.order = dt, seed, order
        self.populations: dict[str, Population] = {}
        self.projections: list[Projection] = []
        self.stimulations: list[Stimulation] = []
        self.requests: list[Request] = []

    def population(
        self,
        name: str,
        size: int,
        model: NeuronModel | Source | type,
        *,
        precise: bool = False,
        **initial: Any,
    ) -> Population:
        """Add `size` neurons of a model under a name; keywords are initial values of states.

        precise: spikes lie between the steps, where the threshold is crossed, and spikes that other
        precise populations send arrive at their times. The equations have to be linear with
        constant coefficients, and the precision float64. Of `sp.spike_times`: the times are not
        rounded to steps.
        """
        check_word(name, "a population's name")
        if name in self.populations or name in {p.name for p in self.projections}:
            raise DescriptionError(f"the name {name!r} is taken; choose another")
        if isinstance(model, type) and issubclass(model, NeuronModel):
            model = model()
        if not isinstance(model, NeuronModel | Source):
            raise DescriptionError(
                f"population {name!r}: expected a neuron model such as sp.neurons.LIF(), got "
                f"{model!r}"
            )
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            raise DescriptionError(
                f"population {name!r}: size is {size!r}; expected a whole number of 1 or more"
            )
        if not isinstance(precise, bool | np.bool_):
            raise DescriptionError(
                f"population {name!r}: precise is {precise!r:.40}; expected True or False"
            )
        made = self.populations[name] = Population(name, int(size), model, bool(precise))
        if initial:
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
        release: Any = None,
        plasticity: Any = None,
        event: str = "spike",
        name: str | None = None,
    ) -> Any:
        """Connect `source` to `target` by a rule, such as `sp.fixed_probability(0.1)`.

        source, target: populations or views; with lists, the rule is applied to every pair of
        parts and a list of projections comes back.
        synapse: what an arrival does; by default a jump of the target's `v`. One parametrisation
        of a synapse has one set of states a neuron, however many projections use it.
        weight: in the unit of what the synapse changes; delay: a time. Both are numbers, arrays in
        the rule's order, or distributions. axonal_delay, dendritic_delay: the two parts of a delay,
        in place of it, where that matters. port: which of the target's ports the synapse's output
        goes to, where there are several. release: the probability with which a synapse transmits a
        spike, a number, an array or a distribution; it is drawn for each synapse and spike.
        plasticity: a rule by which weights change, such as `sp.plasticity.STDP(w_max=100*pA)`; it
        needs axonal_delay and dendritic_delay. name: default "source->target".
        """
        options = {
            "synapse": synapse,
            "weight": weight,
            "delay": delay,
            "axonal_delay": axonal_delay,
            "dendritic_delay": dendritic_delay,
            "port": port,
            "release": release,
            "plasticity": plasticity,
            "event": event,
        }
        if not isinstance(source, list | tuple) and not isinstance(target, list | tuple):
            return self._project(source, target, rule, name, "", options)
        prefix = "" if name is None else f"{name}:"
        return [
            self._project(s, t, rule, None, prefix, options)
            for s in _parts(source)
            for t in _parts(target)
        ]

    def _project(
        self, source: Any, target: Any, rule: Any, name: str | None, prefix: str, options: Any
    ) -> Projection:
        source, target = self._view(source, "source"), self._view(target, "target")
        default = f"{prefix}{source.population.name}->{target.population.name}"
        taken = {p.name for p in self.projections} | set(self.populations)
        made = Projection(_free(name, default, taken), source, target, rule, **options)
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
        """Give a stimulus to a population, a view, or a list of them.

        stimulus: a current (`sp.dc`, `sp.step_current`, `sp.timed_array`), which goes into a
        `port`, or trains of spikes (`sp.poisson`), which arrive through a `synapse` with a
        `weight`. name: by which `params` find its values; default the kind of stimulus.
        """
        refuse_prefix(name, "the name of a stimulus")
        for part in _parts(target):
            view = self._view(part, "target")
            taken = {s.name for s in self.stimulations if s.target.population is view.population}
            free = _free(name, _snake(type(stimulus).__name__), taken)
            self.stimulations.append(Stimulation(free, view, stimulus, port, synapse, weight))

    def record(
        self,
        view: Any,
        what: str | Sequence[str],
        every: Any = None,
        *,
        variables: str | Sequence[str] = (),
        start: Any = None,
        stop: Any = None,
    ) -> None:
        """Record "spikes", "rate" or state variables of a population, a view, or a list of them, or
        "weight" of a projection.

        what: one of these words, or a list; a synapse's states are named "synapse.state". every:
        the interval between samples (a time; default each step), or the bin of a rate.
        variables: of spikes, state variables whose values are kept with each: those of the neuron
        that fired, where the threshold was found crossed, before the reset. start, stop: record the
        steps between these times only; default the whole run.
        """
        words = list(what) if isinstance(what, list | tuple) else [what]
        kept = (variables,) if isinstance(variables, str) else variables
        if not isinstance(kept, list | tuple) or not all(isinstance(v, str) for v in kept):
            raise DescriptionError(
                f"record: variables is {variables!r:.60}; expected names of state variables, such "
                'as ["v"]'
            )
        for part in _parts(view):
            for one in words:
                if not isinstance(one, str):
                    raise DescriptionError(
                        f"record: expected 'spikes', 'rate' or a state's name, got {one!r}"
                    )
                recorded = self._recorded(part)
                self.requests.append(Request(recorded, one, every, start, stop, tuple(kept)))

    def compile(self, backend: str = "auto", **options: Any) -> Model:
        """Make the network ready to run: a snapshot, a function of parameters, seed and duration.

        backend: "auto" (the fastest there is on this CPU), "cpp", "jax" or "numpy". Options:
        precision="float32" or "float64"; conformance=True, for the same bits on every backend;
        deterministic=True, for the same results on any number of threads; weights="float16" or
        "float32", to store them so. `spikesim.simulate.compile_network` says what is refused.
        """
        from .simulate import compile_network

        return compile_network(self, backend, **options)

    def run(self, duration: Any, backend: str = "auto", **options: Any) -> Results:
        """Compile and run for `duration` (a time).

        backend: see `compile`. Options are those of `compile` and of `Model.run`: params, seed,
        progress and so on.
        """
        from .simulate import run_network

        return run_network(self, duration, backend, **options)

    def __repr__(self) -> str:
        neurons = sum(p.size for p in self.populations.values())
        return (
            f"Network of {neurons} neurons in {len(self.populations)} populations, "
            f"{len(self.projections)} projections"
        )

    def _recorded(self, view: Any) -> PopulationView | SynapseView:
        """A view of neurons or of connections of this network."""
        if isinstance(view, str):
            view = next((p for p in self.projections if p.name == view), view)
        if isinstance(view, Projection):
            view = view[:]
        if not isinstance(view, SynapseView):
            return self._view(view, "recorded")
        if not any(p is view.projection for p in self.projections):
            raise DescriptionError(f"recorded: {view!r} belongs to another network")
        return view

    def _view(self, view: Any, role: str) -> PopulationView:
        if isinstance(view, str) and view in self.populations:
            return self.populations[view]
        if not isinstance(view, PopulationView):
            raise DescriptionError(
                f"{role}: expected a population or a view of one, got {view!r:.60}; populations "
                f"here: {', '.join(self.populations) or 'none'}"
            )
        if self.populations.get(view.population.name) is not view.population:
            raise DescriptionError(f"{role}: {view!r} belongs to another network")
        return view


def check_word(name: Any, what: str) -> None:
    """Raise DescriptionError unless `name` can be part of a path such as "exc.v"."""
    if not isinstance(name, str) or not name or set(name) & set(".>,#/") or name.split() != [name]:
        raise DescriptionError(f"{what} is a word without spaces or any of . > , # /, got {name!r}")
    if any(unicodedata.category(c).startswith("C") for c in name):
        raise DescriptionError(f"{what} has a character that can't be seen, got {name!a}")
    if len(name.encode(errors="replace")) > _LONGEST:  # it may become the name of a folder
        raise DescriptionError(f"{what} has at most {_LONGEST} bytes, got {name!r:.60}...")
    if name == "delivery":
        raise DescriptionError(f"{what} can't be {name!r}, which has a meaning of its own")


def _free(name: str | None, default: str, taken: set[str]) -> str:
    """The name given, which must be free, or else the default with a number if need be."""
    if name is None:
        return next(n for n in numbered(default) if n not in taken)
    check_word(name.replace("->", "") if isinstance(name, str) else name, "a name")
    if name in taken:
        raise DescriptionError(f"the name {name!r} is taken; choose another")
    return name


def _parts(view: Any) -> list[Any]:
    parts = list(view) if isinstance(view, list | tuple) else [view]
    if not parts:
        raise DescriptionError("expected a population or several, got an empty list")
    return parts


def numbered(name: str) -> Iterator[str]:
    """name, name#2, name#3 ..."""
    yield name
    for k in itertools.count(2):
        yield f"{name}#{k}"


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")
