"""Blocks of statements, compiled to instructions of the machine: each value of each step against
NumPy, bit for bit. Programs are written in the IR, which says more than the equations can."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from spikesim.backends import find
from spikesim.backends.base import Options
from spikesim.backends.cpp import executable
from spikesim.backends.drive import chunks
from spikesim.errors import RunError, UnsupportedError
from spikesim.ir import text
from spikesim.ir.expr import Const, Draw, Expr, Ref, call
from spikesim.ir.program import (
    NEST_ORDER,
    STANDARD_ORDER,
    Event,
    Field,
    Neurons,
    Probe,
    Program,
    Statement,
    View,
)
from spikesim.ir.verify import verify
from spikesim.native import machine, why_missing
from spikesim.passes import SYMBOLIC, lower

pytestmark = pytest.mark.skipif(bool(why_missing()), reason="the C++ part is not built")

CONFORMANCE = Options.of(conformance=True)
SIZE = 70


def fields(size, arrays="abkpFIP", seed=1):
    """States a, b, c of floats, k, m of integers, p, q of truth values, parameters in capitals,
    tables T and U; those in `arrays` have a value an element."""
    rng = np.random.default_rng(seed)
    values = {
        "float": lambda n: rng.uniform(-3, 3, n),
        "int": lambda n: rng.integers(-5, 6, n),
        "bool": lambda n: rng.random(n) < 0.5,
    }
    kinds = {"float": "abcFGH", "int": "kmIJ", "bool": "pqPQ"}
    made = [
        Field(
            name,
            "state" if name.islower() else "parameter",
            values[dtype](size) if name in arrays else values[dtype](1)[0].item(),
            dtype,
        )
        for dtype, names in kinds.items()
        for name in names
    ]
    tables = Field("T", "table", values["float"](9)), Field("U", "table", values["int"](11), "int")
    return (*made, *tables)


def program(update=(), events=(), inputs=(), arrive=(), size=SIZE, order=STANDARD_ORDER, **more):
    """One group, all of whose states and spikes are recorded in every step."""
    of = fields(size, **more)
    probes = [Probe(f.name, View("g"), variable=f.name) for f in of if f.kind == "state"]
    probes += [Probe("spikes", View("g"), event="spike")] * bool(events)
    group = Neurons(
        "g", size, of, events=tuple(events), inputs=tuple(inputs), update=tuple(update),
        arrive=tuple(arrive),
    )  # fmt: skip
    return verify(Program(0.1, 5, (group,), probes=tuple(probes), order=order))


def outcome(p, backend, options=CONFORMANCE, steps=12, seed=9):
    """Everything a run gave, by name."""
    made = find(backend).lower(lower(p, SYMBOLIC), options)
    try:
        running = made.prepare(made.binder.bind(), seed)
        taken = list(chunks(made.program, running, running.start(), 0, steps))
    except RunError as fault:
        return {"fault": np.array(str(fault))}
    found = {name: np.concatenate([t.samples[name] for t in taken]) for name in taken[0].samples}
    if any(probe.event for probe in p.probes):
        pairs = zip(*(t.spikes for t in taken), strict=True)
        columns = (np.concatenate(column).astype(int) for column in pairs)
        found |= dict(zip(("steps of spikes", "who spiked"), columns, strict=True))
    states = [f.name for f in made.program.group("g").fields if f.kind == "state"]
    return found | {f"{name} at the end": taken[-1].state[f"g.{name}"] for name in states}


def bits(x):
    """The bytes of an array, with one NaN for all."""
    return np.where(x != x, np.nan, x).tobytes() if x.dtype.kind == "f" else x.tobytes()


def check(p, **more):
    """NumPy and the machine agree. Returns what came out."""
    meaning, ours = outcome(p, "numpy", **more), outcome(p, "cpp", **more)
    assert meaning.keys() == ours.keys(), (meaning.get("fault"), ours.get("fault"))
    different = [
        name
        for name, x in meaning.items()
        if x.dtype != ours[name].dtype or x.shape != ours[name].shape or bits(x) != bits(ours[name])
    ]
    assert not different
    return meaning


# --- what a block may say ------------------------------------------------------------------------

a, b, c, k, m, p, q = map(Ref, "abckmpq")
F, G, H, I, J, P, Q, T, U = map(Ref, "FGHIJPQTU")
t, step = Ref("t"), Ref("step")


def s(target, value, how="="):
    return Statement(target, value if isinstance(value, Expr) else Const(value), how)


def let(target, value):
    return Statement(target, value, local=True)


def op(name, *args):
    return call(name, *(x if isinstance(x, Expr) else Const(x) for x in args))


def less(x, y):
    return op("lt", x, y)


UNIFORM, NORMAL = Draw("uniform", "u"), Draw("normal", "n")
BLOCKS = {
    "a swap": [let("x", a), s("a", b), s("b", Ref("x"))],
    "a swap that is none": [s("a", b), s("b", a)],
    "round three": [let("x", a), s("a", b), s("b", c), s("c", Ref("x"))],
    "round three, backwards": [let("x", c), s("c", b), s("b", a), s("a", Ref("x"))],
    "two states of one value": [s("a", op("mul", b, G)), s("c", op("mul", b, G))],
    "two states of one value, which read each other": [
        let("x", op("add", a, c)), s("a", Ref("x")), s("c", Ref("x")), s("b", op("sub", a, c)),
    ],
    "another's old value": [let("x", a), s("a", op("mul", a, 0.5)), s("b", Ref("x"))],
    "another's old value, later": [
        let("x", a), s("a", op("mul", b, 0.5)), s("b", op("add", Ref("x"), a)), s("c", Ref("x")),
    ],
    "itself": [s("a", a), s("k", k), s("p", p)],
    "itself, by way of another": [s("b", a), s("a", b)],
    "written twice": [s("a", op("mul", b, 0.5)), s("a", op("add", a, b))],
    "written twice, read between": [s("a", 1.5), s("b", op("add", a, b)), s("a", b)],
    "read after it was written": [s("a", op("mul", a, 0.5)), s("b", op("add", a, F))],
    "added and raised": [s("a", F, "+="), s("b", a, "max="), s("k", 2, "+="), s("m", k, "max=")],
    "added to itself": [s("a", a, "+="), s("k", k, "+="), s("a", op("mul", a, 0.1))],
    "truth added and raised": [s("p", q, "+="), s("q", P, "max="), s("q", Q, "+=")],
    "constants": [s("a", 2.5), s("k", -3), s("p", True), s("b", 7), s("c", False), s("m", True)],
    "parameters": [s("a", G), s("b", F), s("k", J), s("m", I), s("p", Q), s("q", P)],
    "an integer into a float": [s("a", k), s("b", J), s("c", op("add", k, m))],
    "a truth value into a float": [s("a", p), s("b", Q), s("c", less(a, b))],
    "a truth value into an integer": [s("k", p), s("m", less(a, b))],
    "time": [
        s("a", t), s("b", op("mul", t, F)), s("c", step), s("k", step), s("m", op("mul", step, I)),
    ],
    "time, added": [s("a", t, "+="), s("k", step, "max="), s("p", op("gt", step, 5))],
    "a condition for all": [
        s("a", op("where", Q, a, b)), s("b", op("where", less(t, 0.5), F, G)),
        s("c", op("where", Q, G, H)), s("k", op("where", less(step, 4), 1, J)),
        s("p", op("where", Q, p, P)),
    ],
    "a condition that is a number": [
        s("a", op("where", True, a, b)), s("b", op("where", False, a, 2)),
        s("k", op("where", 1, k, m)),
    ],
    "numbers of both types to choose from": [
        s("a", op("where", less(a, 0), 1, 2.5)), s("b", op("where", p, k, F)),
        s("c", op("where", p, q, 0.5)),
    ],
    # What is chosen keeps the type that both have: 0 // 0 is NaN in floats, 0 in integers.
    "the type of what is not chosen": [
        s("p", op("eq", op("floordiv", op("where", True, k, 0.5), op("sub", k, k)), 0)),
        s("q", op("lt", op("mod", op("where", False, t, k), op("mul", k, 0)), 1)),
        s("k", op("sub", k, 1)),
    ],
    "products in sums": [
        s("a", op("add", op("mul", b, F), c)), s("b", op("sub", c, op("mul", a, G))),
        s("c", op("sub", op("mul", G, H), a)),
    ],
    "products in sums, used twice": [
        let("x", op("mul", b, F)), s("a", op("add", Ref("x"), c)), s("c", op("sub", Ref("x"), a)),
        s("b", op("add", Ref("x"), Ref("x"))),
    ],
    "sums of two products": [
        s("a", op("add", op("mul", b, F), op("mul", c, G))),
        s("b", op("sub", op("mul", b, F), op("mul", t, t))),
    ],
    "elementary functions": [
        s("a", op("add", op("exp", op("sin", a)), op("tanh", op("sinh", op("cos", b))))),
        s("b", op("sub", op("exprel", op("min", F, b)), op("expm1", op("tan", op("tanh", a))))),
        s("c", op("mul", op("log", op("cosh", c)), op("log1p", op("abs", op("mul", a, b))))),
        s("k", op("int", op("sqrt", op("abs", op("mul", k, 9.5))))),
        s("p", less(op("pow", F, k), G)),
        s("c", op("pow", op("add", op("abs", a), 0.5), op("clip", b, -2, 2)), "+="),
    ],
    "tables": [
        s("a", op("take", T, op("mod", op("add", step, op("abs", I)), 9))),
        s("b", op("take", T, op("min", step, 8))),
        s("k", op("take", U, op("clip", m, 0, 10))),
        s("c", op("mul", op("take", T, 3), op("take", U, op("min", op("abs", k), 10)))),
    ],
    "integers that overflow": [
        s("k", op("mul", op("add", k, 70000), op("add", I, 50000))),
        s("m", op("int", op("mul", F, 1e10))), s("m", 1, "+="), s("k", op("abs", k)),
    ],
    "integers divided": [
        s("k", op("floordiv", m, I)), s("m", op("mod", op("add", k, step), I)),
        s("a", op("div", k, op("add", op("abs", I), 1))),
    ],
    "truth values as numbers": [
        s("a", op("add", op("mul", p, F), q)), s("b", op("sub", p, F)),
        s("p", op("mul", q, op("add", p, P))), s("k", op("add", op("abs", op("min", p, q)), k)),
    ],
    "logic": [
        s("p", op("and", op("or", p, less(a, F)), op("not", op("eq", k, m)))),
        s("q", op("ne", p, op("ge", k, a))), s("a", op("mul", a, 0.7)),
    ],
    "draws": [
        s("a", op("add", UNIFORM, op("mul", 3.0, NORMAL))), s("b", UNIFORM),
        s("k", Draw("poisson", "x", (Const(2.5),))),
        s("m", Draw("poisson", "y", (op("abs", F),))),
        s("c", op("mul", Draw("poisson", "z", (op("mul", 0.1, step),)), 0.1)),
    ],
    "a count of a mean that is none": [
        s("k", Draw("poisson", "x", (op("sub", F, 1.0),))),
        s("m", Draw("poisson", "y", (op("sub", t, 0.5),))),
        s("a", Draw("poisson", "z", (op("mul", b, 1e9),))),
    ],
    "numbers too small": [
        s("a", op("mul", a, 1e-80)), s("b", op("add", op("mul", a, a), op("mul", b, 1e-60))),
    ],
    "numbers too large for float32": [s("a", op("clip", a, -1e300, 1e300)), s("a", G, "+=")],
    # In floats, but for the sum with nothing: truth values would add up to one.
    "nothing added": [
        s("a", op("add", op("add", p, 0.0), op("sub", q, 0.0))), s("b", op("add", a, 0.0)),
        s("p", op("lt", op("mod", op("add", k, 0.0), op("sub", k, k)), 1)), s("k", 1, "+="),
    ],
    "long": [
        *(let(f"x{j}", op("sin", op("add", Ref(f"x{j - 1}" if j else "a"), F))) for j in range(20)),
        s("a", op("add", Ref("x3"), Ref("x19"))), s("b", op("sub", Ref("x7"), Ref("x2"))),
        s("c", op("where", less(Ref("x5"), Ref("x11")), Ref("x0"), Ref("x19"))),
    ],
}  # fmt: skip
OFTEN = less(Draw("uniform", "often"), Const(0.4))


def placed(name, where):
    """A program with a block in some place."""
    block = tuple(BLOCKS[name])
    if where == "reset":
        return program(events=[Event("spike", OFTEN, block)])
    return program(**{where: block})


@pytest.mark.parametrize("where", ["update", "reset", "arrive", "inputs"])
@pytest.mark.parametrize("name", BLOCKS)
def test_a_block(name, where):
    """Each in each place, in blocks of elements shorter than the group."""
    made = placed(name, where)
    with patch.object(executable, "_BLOCK_BYTES", 128):
        seen = check(made)
    if where == "reset":
        assert len(seen["who spiked"])
    at_rest = [f.name for f in made.neurons[0].fields if f.kind == "state"]
    if name not in ("itself", "itself, by way of another"):
        assert any(len(np.unique(seen[n], axis=0)) > 1 for n in at_rest), "nothing moved"


@pytest.mark.parametrize("where", ["update", "reset"])
@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_in_other_precisions(name, where):
    """The same types as in NumPy, and numbers that differ by rounding only."""
    for precision, tolerance in (("float32", 1e-4), ("float64", 1e-11)):
        made, options = placed(name, where), Options.of(precision)
        meaning, ours = (outcome(made, x, options, steps=4) for x in ("numpy", "cpp"))
        assert meaning.keys() == ours.keys()
        for what, values in meaning.items():
            assert values.dtype == ours[what].dtype, what
            np.testing.assert_allclose(ours[what], values, tolerance, tolerance / 10, err_msg=what)


def test_blocks_one_after_the_other():
    """What inputs, update, conditions, arrive and resets write, the next of them read."""
    events = [
        Event("spike", less(a, op("add", b, UNIFORM)), (s("a", op("add", b, 1)), s("k", 1, "+="))),
        Event("other", op("or", less(a, b), op("gt", k, m)), (s("b", op("mul", a, G)), s("p", Q))),
        Event("third", p, (s("m", op("add", k, 1)), s("p", False), s("b", NORMAL, "+="))),
    ]  # fmt: skip
    for order in (STANDARD_ORDER, NEST_ORDER):
        check(
            program(
                inputs=[s("c", op("mul", t, F))],
                update=[s("a", op("sub", a, op("mul", c, 0.1))), s("b", c, "max=")],
                arrive=[s("a", op("mul", b, 0.01), "+="), s("q", less(a, b))],
                events=events,
                order=order,
            ),
            steps=60,
        )


# --- any block -----------------------------------------------------------------------------------


@dataclass
class Writer:
    """Writes blocks by what `random` says."""

    random: object
    of: tuple
    drawn: int = 0
    local: dict = field(default_factory=lambda: {"float": [], "int": [], "bool": []})

    def names(self, kind):
        known = [f.name for f in self.of if f.dtype == kind and f.kind != "table"]
        return [*known, *self.local[kind]]

    def leaf(self, kind, depth):
        r = self.random
        choice = r.randrange(10)
        if choice < 3:
            sizes = {"float": [0.0, -0.0, 1.0, 0.5, -2.0, 3.7, 1e-3], "int": [0, 1, -1, 2, -7, 100]}
            return Const(r.choice(sizes.get(kind, [True, False])))
        if choice == 3 and kind != "bool":
            return t if kind == "float" else step
        if choice == 4 and kind != "bool":
            self.drawn += 1
            name = f"draw{self.drawn}"
            if kind == "float":
                return Draw(r.choice(["uniform", "normal"]), name)
            mean = (
                self.value("float", depth - 1) if depth > 1 else Const(r.choice([0.0, 0.3, 40.0]))
            )
            return Draw("poisson", name, (mean,))
        if choice == 5 and kind != "bool":
            index = self.value("int", depth - 1) if depth > 1 else step
            table, length = (T, 9) if kind == "float" else (U, 11)
            return op("take", table, op("clip", index, 0, length - 1))
        return Ref(r.choice(self.names(kind)))

    def any(self, depth):
        return self.value(self.random.choice(["float", "float", "int", "bool"]), depth)

    def number(self, depth):
        return self.value(self.random.choice(["float", "float", "int"]), depth)

    def value(self, kind, depth):
        r = self.random
        if depth < 1 or r.randrange(7) == 0:
            return self.leaf(kind, depth)
        same = lambda: self.value(kind, depth - 1)  # noqa: E731
        more, any_, number = depth - 1, self.any, self.number
        choose = lambda *names: r.choice(names)  # noqa: E731
        forms = {
            "bool": [
                lambda: op(choose("and", "or", "add", "mul", "min", "max"), same(), same()),
                lambda: op(choose("not", "abs"), same()),
                lambda: op("where", same(), same(), same()),
                lambda: op(choose("lt", "le", "gt", "ge", "eq", "ne"), any_(more), any_(more)),
            ],
            "int": [
                lambda: op("where", self.value("bool", more), same(), same()),
                lambda: op("int", any_(more)),
                lambda: op(choose("neg", "abs", "sign"), same()),
                lambda: op("clip", same(), same(), same()),
                lambda: op(
                    choose("add", "sub", "mul", "min", "max", "mod", "floordiv"),
                    same(), self.value(choose("int", "int", "bool"), more),
                ),
            ],
            "float": [
                lambda: op("where", self.value("bool", more), same(), any_(more)),
                lambda: op("clip", same(), number(more), number(more)),
                lambda: op(choose("neg", "abs", "sign", "floor", "ceil"), same()),
                lambda: op(choose("exp", "log1p", "sin", "tanh", "sqrt", "exprel"), number(more)),
                lambda: op(choose("div", "pow"), number(more), number(more)),
                lambda: op(choose("mod", "floordiv", "min", "max"), same(), number(more)),
                lambda: op(choose("add", "sub"), op("mul", same(), number(more)), number(more)),
                lambda: op(choose("add", "sub"), number(more), op("mul", same(), number(more))),
                lambda: op(choose("add", "sub"), same(), any_(more)),
            ],
        }  # fmt: skip
        return r.choice(forms[kind])()

    def statement(self):
        r = self.random
        kind = r.choice(["float", "float", "int", "bool"])
        if r.randrange(3) == 0:
            value = self.value(kind, r.randrange(4))
            if not isinstance(value, Const):  # NumPy has no type for it
                name = f"x{sum(map(len, self.local.values()))}"
                self.local[kind].append(name)
                return let(name, value)
        state = r.choice([f.name for f in self.of if f.kind == "state" and f.dtype == kind])
        value = Ref(r.choice(self.names(kind))) if r.randrange(4) == 0 else self.value(kind, 3)
        if kind == "float":
            limited = op("clip", value, -1e3, 1e3)
            value = op("where", op("eq", value, value), limited, 0.25)
        return s(state, value, r.choice(["=", "=", "=", "+=", "max="]))

    def block(self, most):
        self.local = {"float": [], "int": [], "bool": []}
        return [self.statement() for _ in range(self.random.randrange(most + 1))]

    def condition(self):
        self.local = {"float": [], "int": [], "bool": []}
        return self.value("bool", 3) if self.random.randrange(3) else OFTEN


@st.composite
def programs(draw):
    """(program, bytes of a block of elements, threads)"""
    r = draw(st.randoms(use_true_random=True))
    size = r.choice([1, 2, 7, 64, 65, 130])
    arrays = "".join(name for name in "abckmpqFGHIJPQ" if r.randrange(3))
    w = Writer(r, fields(size, arrays, r.randrange(99)))
    blocks = {name: w.block(most) for name, most in (("inputs", 2), ("update", 6), ("arrive", 2))}
    events = [
        Event(name, w.condition(), tuple(w.block(4)))
        for name in ("spike", "another")[: r.randrange(3)]
    ]
    order = r.choice([STANDARD_ORDER, NEST_ORDER])
    made = program(events=events, size=size, order=order, arrays=arrays, **blocks)
    return made, r.choice([64, 256, 4096]), r.randrange(1, 4)


def is_said_by_numpy(p):
    """NumPy refuses a few things outright: numbers divided by a zero in the text, -True."""
    try:
        return outcome(p, "numpy", steps=1)
    except (ZeroDivisionError, TypeError):
        return None


@settings(
    max_examples=120, derandomize=True, deadline=None, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(programs())
def test_any_block(drawn):
    made, block, threads = drawn
    if is_said_by_numpy(made) is None:
        return
    note(text.program(lower(made, SYMBOLIC)))
    with ExitStack() as patched:
        patched.enter_context(patch.object(executable, "_BLOCK_BYTES", block))
        patched.enter_context(patch.object(executable, "_threads", lambda _: threads))
        check(made)


# --- what it refuses -----------------------------------------------------------------------------


def test_an_operation_that_the_machine_lacks(monkeypatch):
    found = machine.loop
    monkeypatch.setattr(machine, "loop", lambda name, *how: found(name, *how) * (name != "mod.d"))
    with pytest.raises(UnsupportedError, match=r"'cpp' has no operation 'mod\.d'"):
        outcome(program(update=[s("a", op("mod", a, F))]), "cpp")
