"""The rules that every program obeys; checked after `build` and after each pass.

A ProgramError is a fault of spikesim or of an importer, never of a user.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..distributions import Distribution
from ..errors import ProgramError
from ..random import stream
from .expr import OPERATIONS, Draw, Expr, Op, references, walk
from .program import (
    PRECISE_OFFSET,
    Block,
    Edges,
    Field,
    Neurons,
    Pairs,
    Pieces,
    Program,
    Rewire,
    Statement,
)

_ALWAYS = frozenset({"t", "dt", "step"})


def verify(program: Program) -> Program:
    """The program itself. Raises ProgramError with all broken rules."""
    faults = list(_faults(program))
    if faults:
        raise ProgramError("the program breaks its rules:\n  " + "\n  ".join(faults))
    return program


def _faults(p: Program) -> Iterable[str]:
    names = [n.name for n in p.neurons] + [e.name for e in _all_edges(p)]
    yield from (f"the name {n!r} is used twice" for n in {n for n in names if names.count(n) > 1})
    groups = {n.name: n for n in p.neurons}
    for n in p.neurons:
        yield from _neurons(n, _more(n, p))
    for e in _all_edges(p):
        yield from _edges(e, groups)
    for i in p.inputs:
        if i.target.group not in groups:
            yield f"input {i.name!r}: no group {i.target.group!r}"
            continue
        group = groups[i.target.group]
        scope = {f.name for f in group.fields} | {f.name for f in i.fields}
        states = {f.name for f in i.fields if f.kind == "state"}
        yield from _block(i.before, scope, states, f"input {i.name!r}")
        yield from _names(i.value, scope, f"input {i.name!r}")
        if i.kind == "arrivals" and i.into not in {port.variable for port in group.ports}:
            yield f"input {i.name!r}: {i.into!r} is no port of {group.name!r}"
    edges = {e.name: e for e in (*p.edges, *p.timed, *p.plastic)} | groups
    for probe in p.synapse_probes:
        of = edges.get(probe.source.group)
        known = {f.name for f in of.fields} if of else set()
        if isinstance(of, Edges):  # a variable that its neurons have
            kept = [f.name for v in (of.source, of.target) for f in groups[v.group].fields]
            known |= {n.removeprefix(f"{of.name}.") for n in kept if n.startswith(f"{of.name}.")}
        if probe.variable not in known:
            yield f"probe {probe.name!r}: no {probe.variable!r} of edges {probe.source.group!r}"
    for probe in p.probes:
        if probe.source.group not in groups:
            yield f"probe {probe.name!r}: no group {probe.source.group!r}"
            continue
        group = groups[probe.source.group]
        wanted = {probe.variable} - {""} | {*probe.variables}
        known = {f.name for f in group.fields} | ({PRECISE_OFFSET} if group.precise else set())
        for name in sorted(wanted - known):
            yield f"probe {probe.name!r}: no variable {name!r}"
        if probe.event and probe.event not in {e.name for e in group.events}:
            yield f"probe {probe.name!r}: no event {probe.event!r}"
        if probe.every < 1:
            yield f"probe {probe.name!r}: every {probe.every} steps"
        if probe.start < 0 or (probe.stop is not None and probe.stop < probe.start):
            yield f"probe {probe.name!r}: from step {probe.start} to {probe.stop}"
    for clock in p.clocks:
        where = f"clock {clock.name!r}"
        if clock.group not in groups:
            yield f"{where}: no group {clock.group!r}"
            continue
        fields = groups[clock.group].fields
        states = {f.name for f in fields if f.kind == "state"}
        scope = {f.name for f in fields} | _more(groups[clock.group], p)
        yield from _block(clock.block, scope, states, where)
        yield from _single(clock.block, {f.name for f in fields if _is_single(f)}, where)
        if clock.every < 1:
            yield f"{where}: every {clock.every} steps"
    for link in p.links:
        where = f"link {link.reader}.{link.name}"
        if link.reader not in groups or link.source.group not in groups:
            yield f"{where}: no such group"
            continue
        reader, source = groups[link.reader], groups[link.source.group]
        if link.variable not in {f.name for f in source.fields}:
            yield f"{where}: {source.name!r} has no {link.variable!r}"
        if len(link.source.indices(source.size)) not in (1, reader.size):
            yield f"{where}: a view of {len(link.source.indices(source.size))} for {reader.size}"
    yield from _streams(p)


def _all_edges(p: Program) -> tuple[Edges, ...]:
    return (*p.edges, *p.couplings, *p.timed, *p.plastic)


def _more(n: Neurons, p: Program) -> set[str]:
    """Names that a group may read besides its fields, until a pass has put something in place."""
    found = {i.name for i in p.inputs if i.target.group == n.name}
    return found | {"not_refractory"} if n.hold else found


def _neurons(n: Neurons, more: set[str]) -> Iterable[str]:
    where = f"neurons {n.name!r}"
    names = [f.name for f in n.fields]
    yield from (f"{where}: two fields {x!r}" for x in {x for x in names if names.count(x) > 1})
    scope = set(names) | more
    states = {f.name for f in n.fields if f.kind in ("state", "arrival")}
    for d in n.equations:
        yield from _names(d.rate, scope, f"{where}, d{d.variable}/dt")
        if d.variable not in states:
            yield f"{where}: d{d.variable}/dt, but {d.variable!r} is no state"
    if n.hold:
        for expr in (n.hold.steps, n.hold.until or n.hold.steps):
            yield from _names(expr, scope, f"{where}, hold")
    for port in n.ports:
        if port.variable not in states:
            yield f"{where}: the port {port.variable!r} is no state"
    shared = {f.name for f in n.fields if _is_single(f)}
    blocks = [("inputs", n.inputs), ("update", n.update), ("arrive", n.arrive)]
    blocks += [(f"stage {k}", b) for k, b in enumerate(n.stages)]
    blocks += n.precise.blocks().items() if n.precise else ()
    for title, block in (("begin", n.begin), *blocks):
        yield from _block(block, scope, states, f"{where}, {title}")
    yield from _single(n.begin, shared, f"{where}, begin")
    for title, block in (*blocks, *((e.name, e.reset) for e in n.events)):
        for s in block:
            if s.target in shared and not s.local:
                yield f"{where}, {title}: {s.target!r} is shared and can't be written here"
    for event in n.events:
        yield from _names(event.condition, scope, f"{where}, {event.name}")
        yield from _block(event.reset, scope, states, f"{where}, {event.name}")


def _edges(e: Edges, groups: dict[str, Neurons]) -> Iterable[str]:
    where = f"edges {e.name!r}"
    missing = [v.group for v in (e.source, e.target) if v.group not in groups]
    if missing:
        yield f"{where}: no group {missing[0]!r}"
        return
    source, target = groups[e.source.group], groups[e.target.group]
    if not e.continuous and e.event not in {event.name for event in source.events}:
        yield f"{where}: {source.name!r} has no event {e.event!r}"
    own = {f.name for f in e.fields}
    scope = (
        own | {f"pre.{f.name}" for f in source.fields} | {f"post.{f.name}" for f in target.fields}
    )
    states = {f.name for f in e.fields if f.kind == "state"}
    blocks = [("pre", e.pre, states)]
    if e.plasticity is not None:
        scope |= {m.name for m in e.plasticity.modulators}
        blocks = [("each step", e.plasticity.each_step, states), ("pre", e.plasticity.pre, states)]
        blocks += [("post", e.plasticity.post, states), ("port", e.pre, states | {"transmit"})]
        yield from _responses(e, groups, where)
        scope = scope | {"transmit"}
        for d in e.plasticity.equations:
            yield from _names(d.rate, scope, f"{where}, d{d.variable}/dt")
    for title, block, writable in blocks:
        yield from _synaptic(block, scope, writable, f"{where}, {title}")
    for summed in e.continuous:
        yield from _names(summed.value, scope, f"{where}, sum")
        if summed.variable not in {f.name for f in target.fields if f.kind == "state"}:
            yield f"{where}: the sum {summed.variable!r} is no state of {target.name!r}"


def _responses(e: Edges, groups: dict[str, Neurons], where: str) -> Iterable[str]:
    """Faults of what synapses, and their neurons, do."""
    assert e.plasticity is not None
    sides = {"pre": groups[e.source.group], "post": groups[e.target.group]}
    own = {f.name for f in e.fields} | {m.name for m in e.plasticity.modulators}
    own |= {f"{side}.{f.name}" for side, group in sides.items() for f in group.fields}
    states = {f.name for f in e.fields if f.kind == "state"}
    for r in e.plasticity.responses:
        title = f"{where}, {r.to} of the {r.at}"
        if r.at == "synapse":
            yield from _synaptic(r.block, own, states, title)
        else:
            fields = sides[r.to].fields
            moving = {f.name for f in fields if f.kind == "state"}
            yield from _block(r.block, {f.name for f in fields}, moving, title)
    for m in e.plasticity.modulators:
        if m.source.group not in groups:
            yield f"{where}: no group {m.source.group!r}"
        elif m.variable not in {f.name for f in groups[m.source.group].fields}:
            yield f"{where}: {m.source.group!r} has no {m.variable!r}"


def _synaptic(block: Block, scope: set[str], states: set[str], where: str) -> Iterable[str]:
    local: set[str] = set()
    for s in block:
        yield from _names(s.value, scope | local, where)
        outside = s.target.startswith(("pre.", "post."))
        if outside and s.how == "=":
            yield (
                f"{where}: sets {s.target!r}; a block of edges may only add to (+=) or raise "
                "(max=) variables of neurons, since their order is not defined"
            )
        if s.local or s.target == "transmit":
            local.add(s.target)
        elif s.target not in (scope if outside else states):
            yield f"{where}: {s.target!r} can't be written"


def _block(block: Block, scope: set[str], states: set[str], where: str) -> Iterable[str]:
    local: set[str] = set()
    for s in block:
        yield from _names(s.value, scope | local, where)
        if s.local:
            local.add(s.target)
        elif s.target not in states:
            yield f"{where}: {s.target!r} is written but is no state"


def _is_single(f: Field) -> bool:
    return f.shared or f.kind in ("derived", "table")


def _single(block: Block, shared: set[str], where: str) -> Iterable[str]:
    """What is shared is set from what is shared alone."""
    for s in block:
        if s.local or s.target not in shared:
            continue
        for name in sorted(references(s.value) - shared - _ALWAYS):
            yield f"{where}: {s.target!r} is shared, but {name!r} is not"


def _names(expr: Expr, scope: set[str], where: str) -> Iterable[str]:
    for name in sorted(references(expr) - scope - _ALWAYS):
        yield f"{where}: unknown name {name!r}"
    for node in walk(expr):
        if isinstance(node, Op) and len(node.args) != OPERATIONS[node.name].arity:
            yield f"{where}: {node.name} with {len(node.args)} arguments"


def streams(p: Program) -> dict[str, int]:
    """Every random stream that something is drawn from: its path and its 32-bit number."""

    def drawn(owner: str, fields: Iterable[Field]) -> list[str]:
        found = []
        for f in fields:
            parts = [v for _, v in f.value.parts] if isinstance(f.value, Pieces) else [f.value]
            found += [f"{owner}.{f.name}"] * any(isinstance(v, Distribution) for v in parts)
            exprs = [v for v in parts if isinstance(v, Expr)]
            found += [draw_path(owner, x) for v in exprs for x in walk(v) if isinstance(x, Draw)]
        return found

    paths = []
    for n in p.neurons:
        paths += drawn(n.name, n.fields)
        for expr in _expressions(n):
            paths += [draw_path(n.name, x) for x in walk(expr) if isinstance(x, Draw)]
    for clock in p.clocks:
        for s in clock.block:
            paths += [draw_path(clock.group, x) for x in walk(s.value) if isinstance(x, Draw)]
    for i in p.inputs:
        for expr in (i.value, *(s.value for s in i.before)):
            paths += [draw_path(i.target.group, x) for x in walk(expr) if isinstance(x, Draw)]
        paths += drawn(i.target.group, i.fields)
    for e in p.plastic:
        assert e.plasticity is not None
        blocks = [e.plasticity.pre, e.plasticity.post, e.plasticity.each_step]
        blocks += [r.block for r in e.plasticity.responses]
        for s in (s for block in blocks for s in block):
            paths += [draw_path(e.name, x) for x in walk(s.value) if isinstance(x, Draw)]
    paths += [rewired(u.edges) for u in p.upkeep if isinstance(u, Rewire)]
    for e in _all_edges(p):
        paths += [] if isinstance(e.pattern, Pairs) else [f"{e.name}.pairs"]
        parts = {"axonal": e.axonal, "dendritic": e.dendritic}
        paths += [f"{e.name}.{w}" for w, part in parts.items() if isinstance(part, Distribution)]
        paths += drawn(e.name, e.fields)
        paths += [released(e)] if e.unreliable else []
    return {path: stream(path) for path in paths}


def released(e: Edges) -> str:
    """The path of the draws that decide which synapses transmit a spike."""
    return f"{e.name}.released"


def rewired(edges: str) -> str:
    """The path of the draws that decide where synapses grow."""
    return f"{edges}.rewired"


def draw_path(group: str, draw: Draw) -> str:
    """The path of a draw of a group."""
    return f"{group}.{draw.stream}"


def _streams(p: Program) -> Iterable[str]:
    number: dict[int, str] = {}
    for path, value in streams(p).items():
        if value in number:
            yield f"{path!r} and {number[value]!r} have the same random stream; rename one"
        number[value] = path


def _expressions(n: Neurons) -> Iterable[Expr]:
    yield from (d.rate for d in n.equations)
    statements: list[Statement] = [*n.begin, *n.inputs, *n.update, *n.arrive]
    for stage in n.stages:
        statements += stage
    for block in n.precise.blocks().values() if n.precise else ():
        statements += block
    for event in n.events:
        yield event.condition
        statements += event.reset
    yield from (s.value for s in statements)
