"""The JAX program of a network as a pure function of tensors, for other runtimes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...backends.base import Options
from ...backends.binding import Binder
from ...backends.coupling import joined
from ...backends.jax.coupling import JaxCoupling
from ...backends.plasticity import wired
from ...backends.step import Step
from ...ir.expr import Const, Ref, call
from ...ir.program import Event, Field, Neurons, Program
from ...passes import lower
from .plain import AllSynapses, Plain, floor_divided, modulo

_GIVEN = "given"


@dataclass(frozen=True, eq=False)
class Steps:
    """A network as a function of flat tensors, for `steps` steps a call.

    inputs, outputs: names with shapes and types, in order: the state ("exc.v"), then the number of
    the first step (int32) and the seed (uint32), then spikes by source ("spikes/in", bool [steps,
    size]); out come the state ("next/exc.v") and spikes by population. start: the state at t = 0.
    Called with the state that it returned, and a number of `steps` more, it goes on. It is made of
    XLA's own operations.
    """

    steps: int
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    start: Mapping[str, np.ndarray]
    network: Any

    def run(self, spikes: Mapping[str, np.ndarray], seed: int, steps: int) -> dict[str, np.ndarray]:
        """By JAX, from t = 0, for whole calls: spikes by population, [steps, size], and the state
        at the end, by the names of `outputs`."""
        state, fired = dict(self.start), []
        with jax.enable_x64(True):
            compiled = jax.jit(self.network)
            for n in range(0, steps, self.steps):
                given = [x[n : n + self.steps].astype(bool) for x in spikes.values()]
                out = compiled(*state.values(), np.int32(n), np.uint32(seed), *given)
                found = dict(zip(self.outputs, out, strict=True))
                state = {name: found.pop(f"next/{name}") for name in state}
                fired.append(found)
        both = {name: np.concatenate([one[name] for one in fired]) for name in fired[0]}
        return {f"next/{name}": np.asarray(x) for name, x in state.items()} | both


def sources_of(program: Program) -> dict[str, int]:
    """The populations that spike as they like, by name: their sizes."""
    return {
        g.name: g.size for g in program.neurons if _spikes(g) and not g.equations and not g.ports
    }


def steps_of(program: Program, precision: Any, steps: int) -> Steps:
    """The function of a program, before the passes."""
    sources = sources_of(program)
    lowered = lower(_driven(program, sources))
    step, values = _step(lowered, Options.of(precision, conformance=precision == "float64"))
    delivery = lowered.delivery
    assert delivery is not None
    spiking = {g.name: g.size for g in program.neurons if _spikes(g)}
    cells = {name: size for name, size in spiking.items() if name not in sources}
    places = {
        name: slice(first := delivery.first_source(name, "spike"), first + size)
        for name, size in cells.items()
    }
    with jax.enable_x64(True):
        initial = step.initial(values)
    for name in sources:
        del initial[f"{name}.{_GIVEN}"]
    paths, tree = jax.tree.flatten_with_path(initial)
    leaves = {_name(path): np.asarray(x) for path, x in paths}
    start = {name: x for name, x in leaves.items() if x.size}  # IREE fails at empty tensors

    def one(carry: Any, given: Any) -> tuple[Any, Any]:
        n, seed, state = carry
        now = state | {f"{name}.{_GIVEN}": x for name, x in given.items()}
        if step.begins:
            now = step.begin(values, now, n, seed)
        now, _ = step(values, now, n, seed)
        fired = {name: now["fired"][at] for name, at in places.items()}
        return (n + 1, seed, {name: now[name] for name in state}), fired

    def network(*tensors: Any) -> tuple[Any, ...]:
        n, seed = tensors[len(start) : len(start) + 2]
        known = leaves | dict(zip(start, tensors, strict=False))
        state = jax.tree.unflatten(tree, known.values())
        given = dict(zip(sources, tensors[len(start) + 2 :], strict=True))
        if steps == 1:  # no loop, which not all converters can carry
            carry, fired = one((n, seed, state), {name: x[0] for name, x in given.items()})
            fired = {name: x[None] for name, x in fired.items()}
        else:
            carry, fired = jax.lax.scan(one, (n, seed, state), given, length=steps)
        then = dict(zip(leaves, jax.tree.leaves(carry[2]), strict=True))
        return (*(then[name] for name in start), *(fired[name] for name in cells))

    with jax.enable_x64(True):
        spikes = {n: jax.ShapeDtypeStruct((steps, size), np.bool_) for n, size in spiking.items()}
        state = {name: jax.ShapeDtypeStruct(x.shape, x.dtype) for name, x in start.items()}
        numbers = {
            "step": jax.ShapeDtypeStruct((), np.int32),
            "seed": jax.ShapeDtypeStruct((), np.uint32),
        }
    inputs = state | numbers | {f"spikes/{name}": spikes[name] for name in sources}
    outputs = {f"next/{name}": x for name, x in state.items()}
    outputs |= {f"spikes/{name}": spikes[name] for name in cells}
    return Steps(steps, inputs, outputs, start, network)


def _spikes(group: Neurons) -> bool:
    return any(e.name == "spike" for e in group.events)


def _name(path: Any) -> str:
    """Of a tensor of the state; parts of one have numbers."""
    return "/".join(str(getattr(key, "key", getattr(key, "idx", key))) for key in path)


def _driven(program: Program, sources: Mapping[str, int]) -> Program:
    """The program with sources that spike where they are told to."""
    told = Event("spike", call("ne", Ref(_GIVEN), Const(0)))
    given = Field(_GIVEN, "state", 0, "int")
    groups = tuple(
        Neurons(g.name, g.size, (given,), events=(told,), model="given") if g.name in sources else g
        for g in program.neurons
    )
    return replace(
        program, neurons=groups, probes=(), synapse_probes=(),
        links=tuple(k for k in program.links if k.reader not in sources),
        clocks=tuple(c for c in program.clocks if c.group not in sources),
    )  # fmt: skip


def _step(program: Program, options: Options) -> tuple[Step, dict[str, Any]]:
    """The step of a program that went through the passes; and its values, which are constants."""
    delivery = program.delivery
    assert delivery is not None
    with jax.enable_x64(True):
        values = {
            name: jnp.asarray(v, options.dtype if v.dtype == np.float64 else v.dtype)
            for name, v in Binder(program, options).bind().items()
        }
        couplings = []
        for k, ends in enumerate(joined(program)):
            arrays = {name: jnp.asarray(a) for name, a in JaxCoupling.arrays(k, ends).items()}
            couplings.append(JaxCoupling(k, ends.edges, arrays))
        plastic = [
            w.with_arrays({name: jnp.asarray(a) for name, a in w.arrays().items()})
            for w in wired(program)
        ]
        events, library = AllSynapses(delivery), Plain(options.conformance)
        step = Step(program, library, events, options.dtype, couplings, plastic)
    events.late = step.late
    step.table |= {"mod": modulo, "floordiv": floor_divided}
    return step, values
