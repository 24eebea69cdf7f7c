"""What synapses do becomes responses: to each step, to presynaptic, to postsynaptic spikes.

Three things are decided here, for each variable of a rule:

event-driven: its equation is linear with constant coefficients, in itself alone, and nothing reads
it between events. It moves from one event of its synapse to the next by the exact solution,
x -> x exp(b s) + a s exprel(b s) after a time s, with dx/dt = a + b x. Any other is moved at every
step, as neurons are: before `each_step`, which sees it as it is when the step ends.

of one side: only the pre block (the post block) writes it, from what all synapses of a source (a
target) have in common, as its equation moves it, and at one time, as the delay on that side is one
number. It is then a state of the neuron, stored once, and moves at every step as the neuron does.

in which order: a block is cut into what is done to synapses and what is done to neurons; the first
part comes first, and sees what the second would have put before it. So it is where `coincidence` is
"nest": all else is done before what has an equation is written, so that weights see the traces
before both events.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ..distributions import Distribution
from ..equations.affine import collect
from ..errors import DescriptionError
from ..ir.expr import (
    ZERO,
    Draw,
    Expr,
    Op,
    Ref,
    add,
    is_zero,
    mul,
    references,
    sub,
    substitute,
    walk,
)
from ..ir.program import (
    Block,
    Differential,
    Edges,
    Field,
    Neurons,
    Plasticity,
    Program,
    Response,
    Statement,
)
from .integrate import integrated

Side = Literal["pre", "post"]
SIDES: tuple[Side, Side] = ("pre", "post")
# The step of a synapse's last event, whose state that of event-driven variables is.
LAST = "last_step"
ELAPSED = "elapsed"


def plasticity(program: Program) -> Program:
    """Plastic edges have responses, and nothing else of a rule's text."""
    neurons = {n.name: n for n in program.neurons}
    plastic = []
    for e in program.plastic:
        rule = _Rule(e, program.order.index("deliver") < program.order.index("threshold"))
        plastic.append(rule.lowered(program.dt))
        for side in SIDES:
            group = neurons[rule.group(side)]
            neurons[group.name] = rule.given_to(group, side, program.dt)
    return replace(program, neurons=tuple(neurons.values()), plastic=tuple(plastic))


@dataclass(frozen=True)
class _Decay:
    """dx/dt = slope x + rest, with constant coefficients."""

    slope: Expr
    rest: Expr

    def after(self, x: Expr, time: Expr) -> Expr:
        """x after that time."""
        grown = mul(self.slope, time)
        moved = x if is_zero(self.slope) else mul(x, Op("exp", (grown,)))
        if is_zero(self.rest):
            return moved
        gain = time if is_zero(self.slope) else mul(time, Op("exprel", (grown,)))
        return add(moved, mul(gain, self.rest))


class _Rule:
    """What is decided for the variables of one edges."""

    def __init__(self, e: Edges, found_late: bool):
        assert e.plasticity is not None
        # Before its first event a synapse has moved with the neurons: a step more, where events are
        # those of the step before.
        self.before = -2 if found_late else -1
        self.edges, self.text = e, e.plasticity
        self.constant = {f.name for f in e.fields if f.kind == "parameter"}
        self.decays = {d.variable: form for d in self.text.equations if (form := self._decay(d))}
        self.of: dict[Side, set[str]] = {"pre": self._one_sided("pre", set())}
        self.of["post"] = self._one_sided("post", self.of["pre"])
        moved = self.of["pre"] | self.of["post"]
        # What is read at every step is moved at every step.
        often = [s.value for s in self.text.each_step]
        often += [d.rate for d in self.text.equations if d.variable not in self.decays]
        read = {n for expr in often for n in references(expr)}
        self.lazy = [x for x in self.decays if x not in moved | read]

    def group(self, side: Side) -> str:
        return (self.edges.source if side == "pre" else self.edges.target).group

    def _decay(self, d: Differential) -> _Decay | None:
        form = collect(d.rate, [d.variable])
        if d.variable in self.text.clock_driven or form is None:
            return None
        slope, rest = form[0].get(d.variable, ZERO), form[1]
        fixed = references(slope) | references(rest) <= self.constant
        return _Decay(slope, rest) if fixed and not _draws(d.rate) else None

    # where a variable is stored

    def _one_sided(self, side: Side, others: Collection[str], by_text: bool = False) -> set[str]:
        """The variables that are the same for all synapses of a neuron on that side, and are none
        of `others`. by_text: if all synapses had the same parameters and delays."""
        e, text = self.edges, self.text
        delay = e.axonal if side == "pre" else e.dendritic
        if not by_text and (isinstance(delay, Distribution) or np.ndim(delay)):
            return set()
        mine, other = (text.pre, text.post) if side == "pre" else (text.post, text.pre)
        elsewhere = {s.target for s in (*other, *text.each_step)}
        rates = {d.variable: d.rate for d in text.equations}
        written = {s.target for s in mine} | (rates.keys() - {s.target for s in other})
        found = {
            f.name for f in e.fields
            if f.kind == "state" and f.name in written and (by_text or _is_one(f))
        } - elsewhere - {"weight", *others}  # fmt: skip
        common = {f.name for f in e.fields if f.kind == "parameter" and (by_text or _is_one(f))}
        while True:
            known = found | common | {"dt", "t", "step"}
            exprs = [(s.target, s.value) for s in mine] + [*rates.items()]
            bad = {x for x, v in exprs if x in found and (_draws(v) or _foreign(v, side, known))}
            # Equations that are coupled are solved together, in one place.
            bad |= found & {n for x, v in rates.items() if x not in found for n in references(v)}
            if not bad:
                return found
            found -= bad

    def given_to(self, group: Neurons, side: Side, dt: float) -> Neurons:
        """The neurons with the variables of the synapses on that side, and what these read."""
        e, mine = self.edges, self.of[side]
        block = self.text.pre if side == "pre" else self.text.post
        rates = {d.variable: d.rate for d in self.text.equations if d.variable in mine}
        exprs = [*rates.values(), *(s.value for s in block if s.target in mine)]
        read = {n for expr in exprs for n in references(expr)}
        there = {f.name for f in group.fields}
        fields = []
        for f in e.fields:
            name = f"{e.name}.{f.name}"
            if f.name in mine:
                fields.append(replace(f, name=name))
            elif f.kind == "parameter" and f.name in read and name not in there:
                fields.append(replace(f, name=name, of=name))
        made = replace(group, fields=(*group.fields, *fields))
        if not rates:
            return made
        equations = tuple(
            Differential(f"{e.name}.{x}", self._of_neuron(rate, side)) for x, rate in rates.items()
        )
        moved = replace(made, equations=equations, method=self.text.method)
        return replace(integrated(moved, dt), method=group.method, noise=group.noise)

    def _of_neuron(self, expr: Expr, side: Side) -> Expr:
        """An expression in the names of the neurons on a side."""
        names = self._own(f.name for f in self.edges.fields)
        for n in references(expr):
            if n.startswith(f"{side}."):
                names[n] = Ref(n.removeprefix(f"{side}."))
        return substitute(expr, names)

    def _own(self, names: Iterable[str]) -> dict[str, Expr]:
        """What the names of the edges are called in the neurons that have them."""
        return {n: Ref(f"{self.edges.name}.{n}") for n in names}

    # what happens

    def lowered(self, dt: float) -> Edges:
        """The edges with responses."""
        e, text = self.edges, self.text
        moved = self.of["pre"] | self.of["post"]
        fields = [f for f in e.fields if f.name not in moved]
        if self.lazy:
            about = "step of the last event"
            fields.append(Field(LAST, "state", self.before, "int", meaning=about))
        pseudo = self._clocked(dt)
        fields += [f for f in pseudo.fields if f.kind == "derived"]
        each_step = pseudo.update + text.each_step
        steps = (Response("step", "synapse", self._named(each_step)),) if each_step else ()
        return replace(
            e,
            fields=tuple(fields),
            prologue=e.prologue + pseudo.prologue,
            plasticity=Plasticity(
                coincidence=text.coincidence,
                bounds=text.bounds,
                modulators=text.modulators,
                responses=steps + tuple(r for r in self._responses() if r.block),
                model=text.model,
                moved={x: self.decays[x].after(Ref(x), Ref(ELAPSED)) for x in self.lazy},
            ),
        )

    def _responses(self) -> list[Response]:
        whole = {"pre": self._with_port(), "post": self.text.post}
        parts = {side: _cut(whole[side], self.of[side], self.edges.name) for side in SIDES}
        synaptic: dict[Side, Response] = {
            side: Response(side, "synapse", self._named(self._woken(parts[side][0])))
            for side in SIDES
        }
        neural: dict[Side, Response] = {
            side: Response(side, "neuron", self._in_neuron(parts[side][1], side)) for side in SIDES
        }
        if self.text.coincidence == "sequential":
            return [r for side in SIDES for r in (synaptic[side], neural[side])]
        # What has an equation, and what a neuron keeps wherever it can.
        own = {d.variable for d in self.text.equations}
        own |= self._one_sided("pre", set(), True) | self._one_sided("post", set(), True)
        first, later = [], []
        for side in ("post", "pre"):
            weights, traces = _cut(parts[side][0], own, self.edges.name)
            first.append(Response(side, "synapse", self._named(self._woken(weights))))
            traces = traces if weights else self._woken(traces)
            later.append(Response(side, "synapse", self._named(traces)))
        return [*first, *later, neural["pre"], neural["post"]]

    def _with_port(self) -> Block:
        """The pre block, and what is sent."""
        return (*self.text.pre, *self.edges.pre)

    def _woken(self, block: Block) -> Block:
        """A block of synapses, their event-driven variables brought up to now first."""
        if not self.lazy or not block:
            return block
        elapsed = mul(sub(Ref("step"), Ref(LAST)), Ref("dt"))
        wake = [Statement(ELAPSED, elapsed, local=True)]
        wake += [Statement(x, self.decays[x].after(Ref(x), Ref(ELAPSED))) for x in self.lazy]
        return (*wake, Statement(LAST, Ref("step")), *block)

    def _named(self, block: Block) -> Block:
        """A block of synapses, in which neurons' variables have the names they have there."""
        names: dict[str, Expr] = {
            x: Ref(f"{side}.{self.edges.name}.{x}") for side in SIDES for x in self.of[side]
        }
        return tuple(replace(s, value=substitute(s.value, names)) for s in block)

    def _in_neuron(self, block: Block, side: Side) -> Block:
        """A block of neurons, in their names."""
        return tuple(
            replace(s, target=f"{self.edges.name}.{s.target}", value=self._of_neuron(s.value, side))
            for s in block
        )

    def _clocked(self, dt: float) -> Neurons:
        """The equations that are moved at every step, integrated as if they were of neurons."""
        elsewhere = self.of["pre"] | self.of["post"] | set(self.lazy)
        rates = tuple(d for d in self.text.equations if d.variable not in elsewhere)
        names = {n for d in rates for n in references(d.rate)}
        known = {f.name for f in self.edges.fields} | {"t", "dt", "step"}
        fields = self.edges.fields + tuple(Field(n, "state") for n in sorted(names - known))
        group = Neurons(self.edges.name, 0, fields, rates, self.text.method)
        return integrated(group, dt) if rates else group


def _cut(block: Block, later: Collection[str], name: str) -> tuple[Block, Block]:
    """(what writes no name of `later`, seeing those as the block would have left them; the rest).

    Raises DescriptionError where the rest reads what comes to be written after it.
    """
    first: list[Statement] = []
    rest: list[Statement] = []
    left: dict[str, Expr] = {}
    for k, s in enumerate(block):
        value = substitute(s.value, left)
        if s.target not in later:
            first.append(replace(s, value=value))
            continue
        rest.append(s)
        old = left.get(s.target, Ref(s.target))
        left[s.target] = add(old, value) if s.how == "+=" else value
        after = {other.target for other in block[k:] if other.target not in later}
        if clash := sorted(references(s.value) & after):
            raise DescriptionError(
                f"projection {name!r}: {s.target!r} is set from {clash[0]!r} before that is set "
                "itself; write the line after it"
            )
    return tuple(first), tuple(rest)


def _is_one(f: Field) -> bool:
    """Has it one value for all synapses?"""
    return not np.ndim(f.value) and not isinstance(f.value, Distribution)


def _draws(expr: Expr) -> bool:
    return any(isinstance(node, Draw) for node in walk(expr))


def _foreign(expr: Expr, side: Side, known: set[str]) -> bool:
    """Does it read anything but these names and variables of the neuron on that side?"""
    return any(n not in known and not n.startswith(f"{side}.") for n in references(expr))
