"""The typed program: what a network means, without units, before any backend has seen it.

A Program holds groups of neurons, edges between them, inputs, probes, clocks and links. `build`
makes it, the passes lower it, a backend runs it, an exporter reads it. Everything is frozen; a pass
returns a new one (`dataclasses.replace`).

Time is an integer step. Step n takes the state from t_n to t_{n+1}; a spike found in it is labelled
t_{n+1}. The order inside a step is `Program.order`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ..units import DIMENSIONLESS, Dimension
from .expr import Expr, Kind

# Brian2's order: a delay of zero steps is legal. NEST's delivers before it looks for spikes.
STANDARD_ORDER = (
    "sample",
    "act",
    "inputs",
    "couple",
    "update",
    "threshold",
    "deliver",
    "reset",
)
NEST_ORDER = (
    "sample",
    "act",
    "inputs",
    "couple",
    "update",
    "deliver",
    "threshold",
    "reset",
)


# 2.15/0.1 is 21.4999...: a time this little below the half step still rounds up.
_GRID_SLACK = 1e-9
MOST_STEPS = 2**31 - 1  # of a run; also between samples, or calls of an action
# The state of a group that knows when in its step the last spike was: ms since the step began.
PRECISE_OFFSET = "precise.offset"


def nearest_step(time: Any, dt: float) -> np.ndarray:
    """The step of a time in ms: floor(time/dt + 0.5 + 1e-9), int64."""
    return np.floor(np.asarray(time) / dt + (0.5 + _GRID_SLACK)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Field:
    """A named quantity of a group.

    kind: parameter (a run-time input), state (changes in the run), constant (fixed at compile
    time), derived (from the prologue), table (looked up by index; its shape is its own) or arrival
    (what arrives at a port in a step; zero before).
    value: a number, an array [size], a Distribution (drawn when the network is built), an Expr of
    other fields and draws from the network's seed, Pieces of these, or None (derived). For a state
    it is the initial value.
    shared: one value for the whole group; single: and a run can't give it more. unit and meaning
    are for people. bound: what values of a
    parameter must be, "> 0" or ">= 0"; "" for any. of: the parameter "edges.name" that it is a copy
    of, for use by neurons.
    """

    name: str
    kind: Literal["parameter", "state", "constant", "derived", "table", "arrival"]
    value: Any = None
    dtype: Kind = "float"
    shared: bool = False
    unit: Dimension = DIMENSIONLESS
    meaning: str = ""
    bound: str = ""
    single: bool = False
    of: str = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A condition on the values of parameters, and what to do where they don't meet it."""

    condition: Expr
    hint: str = "give other values"


@dataclass(frozen=True, eq=False)
class Pieces:
    """A value of a field, set piece by piece: (elements, None: all; value), in order."""

    parts: tuple[tuple[np.ndarray | None, Any], ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """`target = value`, `+= value` or `max= value`; local: a temporary of the block."""

    target: str
    value: Expr
    how: Literal["=", "+=", "max="] = "="
    local: bool = False


Block = tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Differential:
    """d(variable)/dt = rate; `held`: stands still in the refractory period."""

    variable: str
    rate: Expr
    held: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Refractoriness: for `steps` steps after `event`, or, where there is `until`, until that is
    false. Meanwhile held variables stand still, and `event` does not happen. period: the time, ms,
    that was rounded to steps."""

    steps: Expr
    event: str = "spike"
    until: Expr | None = None
    period: Expr | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A condition looked at every step, and what happens to the elements that meet it."""

    name: str
    condition: Expr
    reset: Block = ()


@dataclass(frozen=True, slots=True)
class Port:
    """A state variable that arrivals add to; while_held says what becomes of them when held."""

    variable: str
    while_held: Literal["keep", "drop"] = "keep"


@dataclass(frozen=True, slots=True)
class MatrixExponential:
    """Prologue: names[r][c] = expm(dt * matrix)[r, c]; an empty name is not needed."""

    names: tuple[tuple[str, ...], ...]
    matrix: tuple[tuple[Expr, ...], ...]


@dataclass(frozen=True, slots=True)
class NoiseFactor:
    """Prologue: names[r][c] = L[r, c], where L L^T is the covariance that a step adds to x.

    dx/dt = matrix x + noise xi, with independent white noises xi. L is a lower triangle; an empty
    name is not needed.
    """

    names: tuple[tuple[str, ...], ...]
    matrix: tuple[tuple[Expr, ...], ...]
    noise: tuple[tuple[Expr, ...], ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """Prologue: what a precise group asks of a step: it is no longer than the refractory `period`,
    ms, and times the spectral radius of |matrix|, of dx/dt = matrix x, at most `most`, for which
    the series is long enough."""

    matrix: tuple[tuple[Expr, ...], ...]
    period: Expr
    most: float


Prologue = tuple[Statement | MatrixExponential | NoiseFactor | Limits, ...]


@dataclass(frozen=True, slots=True)
class Precise:
    """What a group with spikes between the steps does after its update, neuron by neuron.

    For each moment of the step at which spikes arrive, but its end, in order: `precise.until` is
    set to it, `advance` goes there, or sets `precise.crossing` where the threshold is crossed on
    the way; `cross` then goes there instead, through a spike; `land` lets them arrive. Then all
    advance to the end of the step and cross, `finish` lets arrive what arrives there, and sets
    `precise.crossing` where that crossed the threshold; `cross`. Empty before the passes.
    """

    advance: Block = ()
    cross: Block = ()
    land: Block = ()
    finish: Block = ()

    def blocks(self) -> dict[str, Block]:
        """The blocks by name."""
        return {name: getattr(self, name) for name in ("advance", "cross", "land", "finish")}


@dataclass(frozen=True)
class Neurons:
    """A group of elements with the same code.

    Before the passes the dynamics stand in `equations` (with `method`) and `hold`; after them in
    `update` and the other blocks. begin: what is computed when a step begins, before samples are
    taken. stages: what follows the update, one block after the other; ahead of each but the first,
    couplings within the step are summed. `model` is provenance only. noise: which noise there was
    in the equations, in words. require: conditions that the values of parameters must meet.
    precise: of a group with spikes between the steps.
    """

    name: str
    size: int
    fields: tuple[Field, ...] = ()
    equations: tuple[Differential, ...] = ()
    method: str = "auto"
    hold: Hold | None = None
    ports: tuple[Port, ...] = ()
    events: tuple[Event, ...] = ()
    prologue: Prologue = ()
    begin: Block = ()
    inputs: Block = ()
    update: Block = ()
    stages: tuple[Block, ...] = ()
    arrive: Block = ()
    model: str = ""
    noise: str = ""
    require: tuple[Requirement, ...] = ()
    precise: Precise | None = None

    def field(self, name: str) -> Field:
        """The field of that name; KeyError if there is none."""
        return _by_name(self.fields, name)


@dataclass(frozen=True, eq=False)
class View:
    """Part of a group: all of it, a slice, or an index array."""

    group: str
    index: slice | np.ndarray = field(default_factory=lambda: slice(None))

    def indices(self, size: int) -> np.ndarray:
        """The element numbers in view, int64 [n]."""
        return np.arange(size, dtype=np.int64)[self.index]

    def whole(self, size: int) -> bool:
        """Is the view all of the group, in order?"""
        chosen = self.indices(size)
        return chosen.size == size and bool(np.array_equal(chosen, np.arange(size)))


@dataclass(frozen=True, eq=False)
class Pairs:
    """Explicit connectivity: integer arrays [n_edges] of positions within the two views.

    Sorted by source, then by the order in which the rule made them. row and position are the
    counters of draws for the edge, and empty when all is drawn; given[k] is where an array of
    values that the user handed over holds the value of edge k; None: at k.
    """

    source: np.ndarray
    target: np.ndarray
    row: np.ndarray
    position: np.ndarray
    given: np.ndarray | None

    def __len__(self) -> int:
        return len(self.source)

    @property
    def values(self) -> int:
        """The length of such an array: that of the pairs, or less where some share a value."""
        return len(self) if self.given is None else int(self.given.max(initial=-1)) + 1

    def from_user(self, values: np.ndarray) -> np.ndarray:
        """Values [n_edges] from such an array."""
        return values if self.given is None else values[self.given]

    def to_user(self, values: np.ndarray) -> np.ndarray:
        """Values [n_edges] in the order of such an array."""
        return values if self.given is None else values[np.argsort(self.given)]


@dataclass(frozen=True)
class Summed:
    """Continuous coupling: target variable = sum of value over the target's edges.

    each: step (from the state at its start, and held through it), or stage (anew for each stage of
    an explicit Runge-Kutta method).
    """

    variable: str
    value: Expr
    each: Literal["step", "stage"] = "step"


@dataclass(frozen=True, slots=True)
class Response:
    """What happens to a synapse, or, once for all of its synapses on that side, to a neuron.

    to: pre, when a spike of the source has come down the axon; post, when one of the target has
    come back up the dendrite; step, at every step, before these. at: whose names the block uses.
    """

    to: Literal["step", "pre", "post"]
    at: Literal["synapse", "neuron"]
    block: Block


@dataclass(frozen=True, eq=False)
class Modulator:
    """A variable of one neuron that all synapses of some edges read as `name`."""

    name: str
    source: View
    variable: str


@dataclass(frozen=True, eq=False)
class Plasticity:
    """How synapses change.

    Before the passes: `equations`, of which those of `clock_driven` move every step, the others
    from event to event; `each_step`, `pre` and `post`, in which `transmit` is what is sent to the
    target. coincidence: what of a pre and a post event of one step comes first: "sequential", pre;
    "nest", weights see traces, which have equations, as they were before both. After the passes:
    `responses`, in order; `moved`, the variables that stand still between events, with what they
    have come to when `elapsed` ms went by. bounds: the least and the largest weight.
    """

    equations: tuple[Differential, ...] = ()
    clock_driven: tuple[str, ...] = ()
    method: str = "auto"
    each_step: Block = ()
    pre: Block = ()
    post: Block = ()
    coincidence: Literal["sequential", "nest"] = "sequential"
    bounds: tuple[Expr, Expr] | None = None
    modulators: tuple[Modulator, ...] = ()
    responses: tuple[Response, ...] = ()
    model: str = ""
    moved: Mapping[str, Expr] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Edges:
    """Connections from one view to another.

    pattern is a connectivity rule, or Pairs once realised. What a spike labelled t adds to a port,
    `pre`, arrives at t + axonal + dendritic. `delays` are values in ms before the pass `delays`,
    steps after it: a number, an array [n_edges] or a Distribution. Fields are per edge unless
    shared. order settles ties between edges.

    plasticity: the pre block runs at t + axonal, and what it transmits, `transmit` of `pre`,
    arrives after the dendritic part; the post block runs at t_post + dendritic.

    pooled, of a coupling: every target has the same sum, over one edge from each source, and the
    pattern holds those of the first target.

    Where there is a field `release`, a synapse transmits a spike with that probability: where a
    uniform number from the stream `name.released`, with the counters (step in which the spike was
    found, number of the edge), is below it.
    """

    name: str
    source: View
    target: View
    pattern: Any
    fields: tuple[Field, ...] = ()
    axonal: Any = 0.0
    dendritic: Any = 0.0
    event: str = "spike"
    pre: Block = ()
    continuous: tuple[Summed, ...] = ()
    prologue: Prologue = ()
    order: int = 0
    pooled: bool = False
    plasticity: Plasticity | None = None

    def field(self, name: str) -> Field:
        """The field of that name; KeyError if there is none."""
        return _by_name(self.fields, name)

    @property
    def size(self) -> int:
        """How many there are, of edges that are drawn."""
        return len(self.pattern)

    @property
    def unreliable(self) -> bool:
        """Are spikes transmitted with a probability?"""
        return any(f.name == "release" for f in self.fields)


@dataclass(frozen=True, eq=False)
class Input:
    """Something from outside.

    signal: `value` is put into the field `into` before the update of each step.
    arrivals: `value` is added to the port `into` of the elements in view, as a projection's would.
    before: statements that come first, at the start of each step; they move states among `fields`.
    require: conditions on the values of `fields`. model is provenance only.
    """

    name: str
    kind: Literal["signal", "arrivals"]
    target: View
    into: str
    value: Expr
    fields: tuple[Field, ...] = ()
    before: Block = ()
    require: tuple[Requirement, ...] = ()
    model: str = ""


@dataclass(frozen=True, eq=False)
class Probe:
    """What is recorded: a variable every `every` steps, or an event (`event` = its name).

    variables: of an event, what is kept of the element that had it: their values where the
    condition was looked at, before arrivals that come later in the step, and before the reset.
    reduce = "rate": not each event, but the mean rate of the view in bins of `every` steps. The
    steps from `start` on, before `stop`, are recorded (bins that start there); None: to the end.
    """

    name: str
    source: View
    variable: str = ""
    event: str = ""
    every: int = 1
    reduce: Literal["", "rate"] = ""
    start: int = 0
    stop: int | None = None
    variables: tuple[str, ...] = ()

    @property
    def logged(self) -> bool:
        """Does it want an event other than a spike, or more of a spike than who and when?"""
        return bool(self.event) and (self.event != "spike" or bool(self.variables))


@dataclass(frozen=True)
class Clock:
    """An action on a group every `every` steps, from step `offset` on, or in the steps `at`."""

    name: str
    group: str
    every: int
    block: Block
    offset: int = 0
    at: tuple[int, ...] | None = None


@dataclass(frozen=True, eq=False)
class Link:
    """A variable of one group read by another: reader[i].name is source[index[i]].variable.

    `name` is a state of the reader, set when a step begins. A view of one element is read by all.
    """

    name: str
    reader: str
    source: View
    variable: str


@dataclass(frozen=True, eq=False)
class Unreliable:
    """The synapses that transmit a spike with a probability: their places in Rows, int64 [n],
    their numbers within their edges, and the streams of these, uint32 [n]."""

    place: np.ndarray
    number: np.ndarray
    stream: np.ndarray


@dataclass(frozen=True, eq=False)
class Rows:
    """The synapses of all static edges, by source: what a spike adds, where and when.

    Row s, from row_pointer[s] to row_pointer[s + 1], holds the synapses of source s; their weights
    are those of the edges one after the other, taken in `order`.
    """

    row_pointer: np.ndarray
    slot: np.ndarray
    delay: np.ndarray
    order: np.ndarray
    unreliable: Unreliable | None = None


@dataclass(frozen=True, eq=False)
class Delivery:
    """Where the spikes of static edges come from and go to.

    Sources are the elements of pairs of a group and an event, end to end: first of the spikes of
    all groups, or the first other event that a group has; then of its next, and so on. Events count
    that send something, and spikes. Slots are the elements of all ports, end to
    end. largest_indegree: of each edges. longest: delay in steps. rows is None where
    the backend made a table of its own.
    """

    sources: tuple[tuple[str, str, int], ...]
    slots: tuple[tuple[str, str, int], ...]
    n_sources: int
    n_slots: int
    synapses: int = 0
    longest: int = 0
    largest_indegree: tuple[int, ...] = ()
    rows: Rows | None = None

    def first_source(self, group: str, event: str) -> int:
        """The number of the first source of an event. KeyError if it is none."""
        return {(g, e): start for g, e, start in self.sources}[group, event]


@dataclass(frozen=True, eq=False)
class Upkeep:
    """What is done to all synapses of plastic edges every so many steps, when a step begins."""

    edges: str
    every: int


@dataclass(frozen=True, eq=False)
class Scale(Upkeep):
    """The weights of a target become `total` in sum; one, or [elements of the target view]."""

    total: Any


@dataclass(frozen=True, eq=False)
class Rewire(Upkeep):
    """Of the synapses of a target, `budget` are active: those below `below` are not any more, and
    others become so, drawn at random, with this weight."""

    budget: int
    below: float
    weight: float


@dataclass(frozen=True)
class Program:
    """A whole network. dt in ms; seed draws connectivity and initial values.

    edges carry events; couplings are edges with one continuous sum and nothing else.
    timed: static edges whose spikes arrive at their exact times; delays in steps. plastic: edges
    whose synapses change. upkeep: what is done to these at intervals. synapse_probes: probes of
    fields of edges; their views are of connections, in the order in which users give arrays of
    weights.
    """

    dt: float
    seed: int
    neurons: tuple[Neurons, ...] = ()
    edges: tuple[Edges, ...] = ()
    couplings: tuple[Edges, ...] = ()
    inputs: tuple[Input, ...] = ()
    probes: tuple[Probe, ...] = ()
    clocks: tuple[Clock, ...] = ()
    links: tuple[Link, ...] = ()
    order: tuple[str, ...] = STANDARD_ORDER
    delivery: Delivery | None = None
    synapse_probes: tuple[Probe, ...] = ()
    timed: tuple[Edges, ...] = ()
    plastic: tuple[Edges, ...] = ()
    upkeep: tuple[Upkeep, ...] = ()

    def group(self, name: str) -> Neurons:
        """The neurons of that name; KeyError if there are none."""
        return _by_name(self.neurons, name)

    def owner(self, name: str) -> Neurons | Edges:
        """The neurons, or the plastic edges, of that name; KeyError if there are none."""
        return _by_name(self.owners(), name)

    def owners(self) -> list[Neurons | Edges]:
        """All that has states: neurons and plastic edges."""
        return [*self.neurons, *self.plastic]

    def sampled(self) -> list[Probe]:
        """The probes whose samples the run gives: of variables of neurons and plastic edges."""
        states = {(e.name, f.name) for e in self.plastic for f in e.fields if f.kind == "state"}
        groups = {n.name for n in self.neurons}
        return [p for p in self.probes if p.variable] + [
            p for p in self.synapse_probes
            if p.source.group in groups or (p.source.group, p.variable) in states
        ]  # fmt: skip

    def blocks(self) -> Iterator[tuple[str, Block]]:
        """Every block with the name of its place."""
        for n in self.neurons:
            yield f"{n.name}.begin", n.begin
            yield f"{n.name}.inputs", n.inputs
            yield f"{n.name}.update", n.update
            for k, block in enumerate(n.stages):
                yield f"{n.name}.stage {k}", block
            yield f"{n.name}.arrive", n.arrive
            if n.precise:
                yield from ((f"{n.name}.{k}", b) for k, b in n.precise.blocks().items())
            for event in n.events:
                yield f"{n.name}.{event.name}", event.reset
        for e in (*self.edges, *self.plastic):
            yield f"{e.name}.pre", e.pre
            for r in e.plasticity.responses if e.plasticity else ():
                yield f"{e.name}.{r.to} of the {r.at}", r.block
        for clock in self.clocks:
            yield clock.name, clock.block


def _by_name(items: Any, name: str) -> Any:
    for item in items:
        if item.name == name:
            return item
    raise KeyError(name)
