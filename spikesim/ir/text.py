"""The program as text, for people, golden files and cache keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .expr import OPERATIONS, Const, Draw, Expr, Op, Ref
from .program import (
    Block,
    Edges,
    Field,
    Limits,
    MatrixExponential,
    Neurons,
    NoiseFactor,
    Pairs,
    Pieces,
    Plasticity,
    Program,
    Prologue,
    Statement,
    View,
)


def expression(expr: Expr, above: int = 0) -> str:
    """An expression in the syntax of equations, with no bracket too many."""
    if isinstance(expr, Const):
        text = repr(expr.value)
        return f"({text})" if text.startswith("-") and above > 5 else text
    if isinstance(expr, Ref):
        return expr.name
    if isinstance(expr, Draw):
        inner = "".join(f"{expression(a)}, " for a in expr.args)
        shared = ", shared" if expr.shared else ""
        return f"{expr.distribution}({inner}stream={expr.stream}{shared})"
    op = OPERATIONS[expr.name]
    if expr.name == "where":
        condition, yes, no = (expression(a, 1) for a in expr.args)
        text = f"{yes} if {condition} else {no}"
        return f"({text})" if above > 0 else text
    if not op.symbol:
        return f"{expr.name}({', '.join(expression(a) for a in expr.args)})"
    level = op.precedence
    if op.arity == 1:
        text = f"{op.symbol}{expression(expr.args[0], level)}"
    else:
        left, right = expr.args
        # a + (b + c) keeps its brackets: it is rounded otherwise than a + b + c.
        first = level + 1 if expr.name == "pow" or (op.kind == "bool" and level == 4) else level
        text = f"{expression(left, first)} {op.symbol} {expression(right, level + 1)}"
    return f"({text})" if level < above else text


def statement(one: Statement) -> str:
    """One line of a block."""
    word = "let " if one.local else ""
    return f"{word}{one.target} {one.how} {expression(one.value)}"


def program(p: Program) -> str:
    """The whole program."""
    return "\n".join(_program(p)) + "\n"


def _program(p: Program) -> Iterator[str]:
    yield f"program dt={p.dt!r} ms seed={p.seed}"
    yield f"order {' '.join(p.order)}"
    for n in p.neurons:
        yield ""
        yield from _neurons(n)
    for e in (*p.edges, *p.couplings, *p.timed, *p.plastic):
        yield ""
        yield from _edges(e)
    if p.inputs or p.probes or p.synapse_probes or p.clocks or p.links or p.delivery:
        yield ""
    for i in p.inputs:
        yield f"input {i.name} ({i.kind}) {_view(i.target)}.{i.into} <- {expression(i.value)}"
        yield from _fields(i.fields)
        yield from _block("before", i.before)
    for probe in (*p.probes, *p.synapse_probes):
        what = probe.variable or f"{probe.event} events"
        what += f" with {', '.join(probe.variables)}" if probe.variables else ""
        reduced = f" as {probe.reduce}" if probe.reduce else ""
        window = f" from {probe.start}" if probe.start else ""
        window += "" if probe.stop is None else f" to {probe.stop}"
        where = f"{probe.name} {_view(probe.source)}.{what}"
        yield f"probe {where}{reduced} every {probe.every}{window}"
    for clock in p.clocks:
        when = f"every {clock.every} from {clock.offset}"
        when = when if clock.at is None else f"at {len(clock.at)} steps"
        yield f"clock {clock.name} on {clock.group} {when}"
        yield from _block("do", clock.block)
    for u in p.upkeep:
        values = {k: v for k, v in vars(u).items() if k not in ("edges", "every")}
        given = " ".join(f"{k}={_value(v)}" for k, v in values.items())
        yield f"upkeep of {u.edges} every {u.every}: {type(u).__name__.lower()} {given}"
    for link in p.links:
        yield f"link {link.reader}.{link.name} = {_view(link.source)}.{link.variable}"
    if p.delivery:
        d = p.delivery
        yield (
            f"delivery {d.n_sources} sources {d.synapses} synapses {d.n_slots} slots "
            f"longest delay {d.longest}"
        )


def _neurons(n: Neurons) -> Iterator[str]:
    yield f"neurons {n.name} {n.size}" + (f" ({n.model})" if n.model else "")
    yield from _fields(n.fields)
    for port in n.ports:
        yield f"  port {port.variable} ({port.while_held} while held)"
    if n.hold:
        long = f"{expression(n.hold.steps)} steps"
        long = long if n.hold.until is None else f"while {expression(n.hold.until)}"
        yield f"  hold {long} after {n.hold.event}"
    yield from _prologue(n.prologue)
    if n.equations:
        yield f"  equations ({n.method})"
    for d in n.equations:
        held = "  (held)" if d.held else ""
        yield f"    d{d.variable}/dt = {expression(d.rate)}{held}"
    yield from _block("begin", n.begin)
    yield from _block("inputs", n.inputs)
    yield from _block(f"update ({n.method})", n.update)
    for k, block in enumerate(n.stages):
        yield from _block(f"stage {k}", block)
    yield from _block("arrive", n.arrive)
    for title, block in n.precise.blocks().items() if n.precise else ():
        yield from _block(f"precise {title}", block)
    for event in n.events:
        yield f"  event {event.name} when {expression(event.condition)}"
        yield from (f"    {statement(s)}" for s in event.reset)


def _edges(e: Edges) -> Iterator[str]:
    when = "" if e.continuous else f" on {e.event}"
    yield f"edges {e.name}: {_view(e.source)} -> {_view(e.target)}{when}"
    yield f"  pattern {_value(e.pattern)}"
    yield from _fields(e.fields)
    if not e.continuous:
        yield f"  delay axonal {_value(e.axonal)} dendritic {_value(e.dendritic)}"
    yield from _prologue(e.prologue)
    yield from _block("pre", e.pre)
    if e.plasticity is not None:
        yield from _plasticity(e.plasticity)
    for s in e.continuous:
        pooled = ", the same for all" if e.pooled else ""
        yield f"  each {s.each} post.{s.variable} = sum of {expression(s.value)}{pooled}"


def _plasticity(p: Plasticity) -> Iterator[str]:
    model = f" ({p.model})" if p.model else ""
    yield f"  plasticity{model}, coincidence {p.coincidence}"
    if p.bounds:
        yield f"  weight from {expression(p.bounds[0])} to {expression(p.bounds[1])}"
    for m in p.modulators:
        yield f"  {m.name} = {_view(m.source)}.{m.variable}"
    for d in p.equations:
        driven = "clock" if d.variable in p.clock_driven else "event"
        yield f"  d{d.variable}/dt = {expression(d.rate)} ({driven}-driven)"
    for title, block in (("each step", p.each_step), ("on pre", p.pre), ("on post", p.post)):
        yield from _block(title, block)
    for r in p.responses:
        yield from _block(f"{r.to}, {r.at}", r.block)


def _fields(fields: tuple[Field, ...]) -> Iterator[str]:
    width = max((len(f.name) for f in fields), default=0)
    for f in fields:
        kind = f"{'shared ' if f.shared and f.kind == 'state' else ''}{f.kind}"
        dtype = "" if f.dtype == "float" else f" {f.dtype}"
        unit = "" if str(f.unit) == "1" else f" {f.unit}"
        value = "" if f.value is None else f" = {_value(f.value)}{unit}"
        yield f"  {kind:9} {f.name:{width}}{dtype}{value}".rstrip()


def _prologue(prologue: Prologue) -> Iterator[str]:
    if prologue:
        yield "  prologue"
    for item in prologue:
        if isinstance(item, MatrixExponential):
            yield "    expm of dt times"
            for row in item.matrix:
                yield f"      [{', '.join(expression(x) for x in row)}]"
            names = [n for row in item.names for n in row if n]
            yield f"      gives {', '.join(names)}"
        elif isinstance(item, NoiseFactor):
            yield "    factor of the covariance of a step of"
            for row, noise in zip(item.matrix, item.noise, strict=True):
                told = ", ".join(expression(x) for x in row), ", ".join(map(expression, noise))
                yield f"      [{told[0]}] with noise [{told[1]}]"
            names = [n for row in item.names for n in row if n]
            yield f"      gives {', '.join(names)}"
        elif isinstance(item, Limits):
            yield f"    dt at most {expression(item.period)}, and {item.most} over the radius of"
            for row in item.matrix:
                yield f"      [{', '.join(expression(x) for x in row)}]"
        else:
            yield f"    {statement(item)}"


def _block(title: str, block: Block) -> Iterator[str]:
    if block:
        yield f"  {title}"
    yield from (f"    {statement(s)}" for s in block)


def _view(view: View) -> str:
    if isinstance(view.index, slice):
        if view.index == slice(None):
            return view.group
        bounds = ":".join("" if x is None else str(x) for x in (view.index.start, view.index.stop))
        step = f":{view.index.step}" if view.index.step else ""
        return f"{view.group}[{bounds}{step}]"
    return f"{view.group}[{len(view.index)} listed]"


def _value(value: Any) -> str:
    if isinstance(value, Pairs):
        return f"{len(value)} pairs"
    if isinstance(value, np.ndarray) and value.ndim:
        return f"array{list(value.shape)}"
    if isinstance(value, Const | Ref | Op | Draw):
        return expression(value)
    if isinstance(value, Pieces):
        parts = (f"{_value(v)} of {len(i)}" if i is not None else _value(v) for i, v in value.parts)
        return ", then ".join(parts)
    if isinstance(value, np.generic):
        return repr(value.item())
    return repr(value)
