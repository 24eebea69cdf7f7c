"""Where neurons are coupled within the step, their update is cut where a new stage begins.

What one stage leaves for a later one becomes a state. A coupling reads the point at which a stage
is computed, `at.x`, in place of x.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..errors import DescriptionError
from ..ir.expr import Expr, Ref, references, substitute
from ..ir.program import Block, Edges, Field, Neurons, Program, Statement

_STAGES = {"euler": 1, "heun": 2, "rk4": 4}


def stages(program: Program) -> Program:
    """Groups that a coupling within the step joins have `stages`.

    Raises DescriptionError where they are integrated otherwise, or by different methods.
    """
    inner = [e for e in program.couplings if e.continuous[0].each == "stage"]
    names = {v.group for e in inner for v in (e.source, e.target)}
    joined = [n for n in program.neurons if n.name in names]
    methods = {n.method for n in joined}
    if not joined:
        return program
    if len(methods) > 1 or not methods <= _STAGES.keys():
        each = ", ".join(f"{n.name!r}: {n.method}" for n in joined)
        raise DescriptionError(
            "neurons that are coupled within the step (evaluated='stage') are integrated by one "
            f"explicit method, such as 'rk4'; here {each}; give their models the same method, or "
            "use evaluated='step'"
        )
    read = {n.name: _read(n, inner) for n in joined}
    return replace(
        program,
        neurons=tuple(_cut(n, read[n.name]) if n.name in names else n for n in program.neurons),
        couplings=tuple(
            _at_stage(e, read) if e.continuous[0].each == "stage" else e for e in program.couplings
        ),
    )


def _read(group: Neurons, couplings: Iterable[Edges]) -> list[str]:
    """The variables that move within the step and that couplings read."""
    moving = {s.target.removeprefix("next.") for s in group.update if s.target.startswith("next.")}
    names: set[str] = set()
    for e in couplings:
        for side, view in (("pre", e.source), ("post", e.target)):
            if view.group == group.name:
                said = references(e.continuous[0].value)
                names |= {n.removeprefix(f"{side}.") for n in said if n.startswith(f"{side}.")}
    return sorted(names & moving)


def _at_stage(e: Edges, read: dict[str, list[str]]) -> Edges:
    (one,) = e.continuous
    at: dict[str, Expr] = {
        f"{side}.{x}": Ref(f"{side}.at.{x}")
        for side, view in (("pre", e.source), ("post", e.target))
        for x in read[view.group]
    }
    return replace(e, continuous=(replace(one, value=substitute(one.value, at)),))


def _cut(group: Neurons, read: list[str]) -> Neurons:
    blocks: list[list[Statement]] = [[]]
    for s in group.update:
        tag, _, rest = s.target.partition(".")
        begins = s.local and tag == f"k{len(blocks)}" and not rest.startswith("at.")
        if begins or (group.method == "euler" and tag == "next" and len(blocks) == 1):
            blocks.append([])
        blocks[-1].append(s)
    for k, block in enumerate(blocks[:-1]):
        points = (Ref(x) if k == 0 else Ref(f"k{k}.at.{x}") for x in read)
        block += [Statement(f"at.{x}", point) for x, point in zip(read, points, strict=True)]
    kept = _kept(blocks)
    fields = [Field(f"at.{x}", "state", 0.0, meaning="at the point of a stage") for x in read]
    fields += [Field(name, "state", 0.0, meaning="kept from a stage") for name in kept]
    return replace(
        group,
        fields=(*group.fields, *fields),
        update=(),
        stages=tuple(_with_states(block, kept) for block in blocks),
    )


def _kept(blocks: list[list[Statement]]) -> list[str]:
    """The locals that a later block reads."""
    found: dict[str, None] = {}
    for k, block in enumerate(blocks):
        later = [references(s.value) for other in blocks[k + 1 :] for s in other]
        found |= {s.target: None for s in block if s.local and any(s.target in r for r in later)}
    return list(found)


def _with_states(block: list[Statement], kept: list[str]) -> Block:
    return tuple(replace(s, local=False) if s.target in kept else s for s in block)
