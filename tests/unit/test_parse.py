"""Equations as text: never evaluated, only SpikesimErrors come out, values are Python's."""

import ast
import builtins
import math
import os
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import spikesim as sp
from spikesim.equations.lines import read_block, read_equations
from spikesim.equations.parse import parse, without_units
from spikesim.equations.source import Source
from spikesim.errors import EquationError, SpikesimError
from spikesim.ir import text
from spikesim.ir.expr import OPERATIONS, Const, Draw, Expr, Op, Ref, neg, walk
from spikesim.units import DIMENSIONLESS, VOLTAGE

NAMES = ("a", "b", "v", "tau_m", "α")
SCOPE = dict.fromkeys(NAMES, DIMENSIONLESS)


def read(words, scope=SCOPE, draws=""):
    return parse(Source("test", words), scope, draws)


# --- nothing but errors of ours comes out --------------------------------------------------------

ATTACKS = [
    "__import__('os').system('touch /tmp/owned')",
    "().__class__.__bases__[0].__subclasses__()",
    "(lambda: 1)()",
    "[x for x in (1,)]",
    "{1: 2}",
    "{1, 2}",
    "(yield 1)",
    "await v",
    "v := 3",
    "(v := 3)",
    "f'{v}'",
    "b'v'",
    "'v'",
    "...",
    "None",
    "v.real",
    "v.__class__",
    "v[0]",
    "v[::2]",
    "*v",
    "exp(*v)",
    "exp(**v)",
    "exp(v, out=a)",
    "exp.__call__(v)",
    "(exp)(v)(v)",
    "exp",
    "__builtins__",
    "__name__",
    "open('/etc/passwd')",
    "eval('1')",
    "exec('1')",
    "print(v)",
    "globals()",
    "v @ a",
    "v << 2",
    "~v",
    "v is a",
    "v in a",
    "v if a",
    "1 if else 2",
    "v\n\nimport os",
    "v; a",
    "import os",
    "v = 3",
    "1j",
    "1e999",
    "9" * 400,
    "9" * 5000,
    "1_0 + v.a",
    "take(v, 0)",
    "uniform(stream=a)",
    "\0",
    "v\0",
    "\ud800",
    "v + \ud800",
    "\N{ZERO WIDTH SPACE}v",
    "v\N{NO-BREAK SPACE}+ a + x",
    "v²",
    "\uff56.\uff52eal",
    "#",
    "\\",
    "v \\\n+ q",
    "(" * 300,
    "(" * 90 + "v" + ")" * 90 + ".x",
    "[" * 3000,
    "-" * 9000 + "v",
    "not " * 2000 + "v",
    "~" * 3000,
    "+".join(["v"] * 3000),
    "v**" * 3000 + "v",
    "exp(" * 1500 + "v" + ")" * 1500,
    "v if v > 1 else " * 600 + "v",
    "lambda: " * 1000 + "v",
    "x" * 20_000,
    "v<" * 4000 + "v",
    "",
    "   ",
    "\t\n",
]


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_attacks_are_refused(attack):
    with pytest.raises(SpikesimError):
        read(attack)


PIECES = [
    *NAMES,
    *OPERATIONS,
    *"()[]{}.,:;=<>!+-*/%^&|~@'\"#\\ \n\t\0",
    "**",
    "//",
    "==",
    "1",
    "0.5",
]
PIECES += [
    "1e3",
    "1j",
    "mV",
    "ms",
    "t",
    "dt",
    "rand()",
    "lambda",
    "import",
    "for",
    "in",
    "is",
    "if",
]
PIECES += ["else", "__class__", "__import__", "None", "True", "f'", "exec", "é", "\ud800", "\uff19"]


def only_our_errors(words, read_it):
    try:
        return read_it(words)
    except SpikesimError:
        return None


@settings(max_examples=400, deadline=None)
@given(st.text() | st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
@example("(" * 5000)
def test_any_text_gives_a_tree_or_an_error_of_ours(words):
    for read_it in (
        read,
        lambda words: read(words, draws="x"),
        lambda words: read_equations(words, "test"),
        lambda words: read_block(words, "test"),
    ):
        only_our_errors(words, read_it)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.sampled_from("esrf"))
def test_any_text_in_a_model_gives_a_model_or_an_error_of_ours(words, place):
    texts = {"spike": "v > 1", "reset": "v = 0", "refractory": "1*ms"}
    texts |= {"s": {"spike": words}, "r": {"reset": words}, "f": {"refractory": words}}.get(
        place, {}
    )
    equations = f"dv/dt = {words} : 1" if place == "e" else "dv/dt = -v/ms : 1"
    only_our_errors(words, lambda _: sp.neuron(equations, **texts))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=15).map("".join))
@example("__import__('os')")
@example("exp(v)")
def test_nothing_is_evaluated(words):
    """Text is read by Python's parser alone."""

    def forbidden(*_, **__):
        raise AssertionError("evaluated")

    kept = {name: getattr(builtins, name) for name in ("eval", "exec", "open", "input")}
    system = os.system
    try:
        for name in kept:
            setattr(builtins, name, forbidden)
        os.system = forbidden
        only_our_errors(words, read)
    finally:
        for name, value in kept.items():
            setattr(builtins, name, value)
        os.system = system


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=15).map("".join))
def test_trees_hold_only_what_the_language_has(words):
    typed = only_our_errors(words, read)
    if typed is None:
        return
    for node in walk(typed.expr):
        assert isinstance(node, Const | Ref | Op)
        if isinstance(node, Op):
            assert node.name in OPERATIONS and node.name != "take"
            assert len(node.args) == OPERATIONS[node.name].arity
        if isinstance(node, Ref):
            assert node.name in SCOPE or node.name in ("t", "dt") or node.name.startswith("1 ")
    # What we accept, Python's grammar accepts too, and it holds no attribute and no subscript.
    for node in ast.walk(ast.parse(words.strip(), mode="eval")):
        assert not isinstance(node, ast.Attribute | ast.Subscript | ast.Lambda)


def test_a_refused_name_is_refused_wherever_it_stands():
    for form in ("{}", "exp({})", "a + {}", "-{}", "{} > 1", "1 if {} > 1 else 2", "min(a, {})"):
        with pytest.raises(EquationError, match="unknown name 'nobody'"):
            read(form.format("nobody"))


# --- what is read means what it means in Python --------------------------------------------------

PYTHON = {
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "abs": abs,
    "min": min,
    "max": max,
    "floor": math.floor,
    "ceil": math.ceil,
    "int": int,
    "clip": lambda x, low, high: min(max(x, low), high),
    "where": lambda c, yes, no: yes if c else no,
    "sign": lambda x: math.copysign(1.0, x) if x else 0.0,
    "expm1": math.expm1,
    "log1p": math.log1p,
}
RULES = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "mod": lambda a, b: a % b,
    "floordiv": lambda a, b: a // b,
    "pow": lambda a, b: a**b,
    "neg": lambda a: -a,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "not": lambda a: not a,
    **PYTHON,
}


def value(expr: Expr, names):
    if isinstance(expr, Const):
        return expr.value
    if isinstance(expr, Ref):
        return names[expr.name]
    assert isinstance(expr, Op)
    return RULES[expr.name](*(value(a, names) for a in expr.args))


numbers = st.sampled_from(["1", "2.5", "0.125", "3", "a", "b", "v", "tau_m"])
sums = st.recursive(
    numbers,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" + ", "-", "*", " / ", "**", "%", "//"]), inner).map(
            "".join
        ),
        inner.map("({})".format),
        inner.map("-{}".format),
        inner.map("abs({})".format),
        st.tuples(inner, inner).map(lambda p: f"max({p[0]}, {p[1]})"),
        st.tuples(inner, inner, inner, inner).map(
            lambda p: f"({p[0]} if {p[1]} < {p[2]} else {p[3]})"
        ),
        st.tuples(inner, inner, inner).map(
            lambda p: f"int({p[0]} <= {p[1]} < {p[2]} or not {p[0]} > 1)"
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(sums)
def test_values_are_those_of_python(words):
    names = {"a": 1.5, "b": 0.75, "v": 2.0, "tau_m": 3.25}
    try:
        expected = eval(words, {"__builtins__": {}}, names | PYTHON)
    except (ZeroDivisionError, OverflowError):
        return
    if isinstance(expected, complex):
        return
    tree = read(words).expr
    try:
        got = value(tree, names)
    except OverflowError:
        return
    assert got == expected or (got != got and expected != expected)


def test_subexpressions_and_units_are_put_in():
    model = sp.neuron(
        """
        g = f*2
        dv/dt = (g*10*mV - v)/tau  : volt   # g before f: any order
        f = 3 + h
        h = 0.5
        """,
        tau=20 * sp.units.ms,
    )
    (equation,) = model.definition.equations
    assert value(equation.rate, {"v": 1.0, "tau": 20.0}) == pytest.approx((70 - 1) / 20)


# --- round trip ----------------------------------------------------------------------------------

INFIX = [n for n, op in OPERATIONS.items() if op.symbol and op.arity == 2]
LOGIC, COMPARE = ("and", "or"), ("lt", "le", "gt", "ge", "eq", "ne")
ARITHMETIC = [n for n in INFIX if n not in LOGIC + COMPARE]
CALLS = [n for n, op in OPERATIONS.items() if not op.symbol and n not in ("take", "where")]
constants = st.floats(allow_nan=False, allow_infinity=False) | st.integers(
    -(2**53) + 1, 2**53 - 1
).map(float)
leaves = st.builds(Const, constants) | st.builds(Ref, st.sampled_from(NAMES))


def trees(depth):
    """Trees as the parser makes them: numbers and conditions each in their place."""
    if depth == 0:
        return leaves
    number = trees(depth - 1)
    function = st.sampled_from(CALLS).flatmap(
        lambda name: st.tuples(*[number] * OPERATIONS[name].arity).map(lambda a: Op(name, a))
    )
    return st.one_of(
        leaves,
        st.builds(lambda n, x, y: Op(n, (x, y)), st.sampled_from(ARITHMETIC), number, number),
        number.map(neg),
        function,
        st.builds(lambda c, x, y: Op("where", (c, x, y)), conditions(depth - 1), number, number),
        conditions(depth - 1).map(lambda c: Op("int", (c,))),
    )


def conditions(depth):
    number = trees(depth)
    compared = st.builds(lambda n, x, y: Op(n, (x, y)), st.sampled_from(COMPARE), number, number)
    if depth == 0:
        return compared
    inner = conditions(depth - 1)
    return st.one_of(
        compared,
        st.builds(lambda n, x, y: Op(n, (x, y)), st.sampled_from(LOGIC), inner, inner),
        inner.map(lambda c: Op("not", (c,))),
    )


@settings(max_examples=500, deadline=None)
@given(trees(3))
@example(Op("add", (Ref("a"), Op("add", (Ref("b"), Ref("v"))))))
@example(Op("mul", (Ref("a"), Op("mul", (Ref("b"), Ref("v"))))))
@example(Op("pow", (Op("pow", (Ref("a"), Ref("b"))), Ref("v"))))
@example(Op("pow", (Const(-2.0), Ref("v"))))
@example(neg(Op("pow", (Ref("a"), Const(2.0)))))
@example(Op("sub", (Const(-1.5), Const(-0.0))))
def test_text_of_a_tree_reads_back_as_the_tree(tree):
    written = text.expression(tree)
    again = read(written).expr
    assert again == tree, written
    assert repr(again) == repr(tree)  # 1 == 1.0 and 0.0 == -0.0, but not here


def test_different_trees_have_different_texts():
    a, b, c = Ref("a"), Ref("b"), Ref("v")
    left, right = Op("add", (Op("add", (a, b)), c)), Op("add", (a, Op("add", (b, c))))
    assert text.expression(left) == "a + b + v"
    assert text.expression(right) == "a + (b + v)"  # rounded otherwise, so no cache may mix them


# --- lines ---------------------------------------------------------------------------------------


def test_brian2_style_lines():
    lines = read_equations(
        """
        dv/dt = (E - v)/tau : volt (unless refractory)  # membrane
        dg/dt = -g/tau_g : siemens
        x = 2*y : 1
        """,
        "test",
    )
    assert [(e.name, e.differential, set(e.flags)) for e in lines] == [
        ("v", True, {"unless refractory"}),
        ("g", True, set()),
        ("x", False, set()),
    ]
    assert [str(e.unit) for e in lines] == ["mV", "nS", "1"]
    assert [e.source.line for e in lines] == [2, 3, 4]


def test_a_line_goes_on_inside_brackets():
    (one,) = read_equations("dv/dt = (a +\n  b  # and\n + c)/d", "test")
    assert one.source.text == "(a + b + c)/d"


def test_two_spellings_of_mu_are_one_name():
    micro, mu = "\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}"
    model = sp.neuron(f"d{micro}/dt = -{mu}*k{micro}/ms : 1", **{f"k{micro}": 1.0})
    assert model.definition.equations[0].variable == mu


def test_a_number_with_an_exponent_mentions_no_name():
    model = sp.neuron("e3 = 1e3 + 0.5\ndv/dt = -v*e3/ms : 1")
    assert value(model.definition.equations[0].rate, {"v": 2.0}) == -2 * 1000.5


def test_draws_have_labels_of_their_own():
    tree = read("rand() < a and randn() > poisson(b)", draws="spike").expr
    draws = [n for n in walk(tree) if isinstance(n, Draw)]
    assert [(d.distribution, d.stream) for d in draws] == [
        ("uniform", "spike#1"),
        ("normal", "spike#2"),
        ("poisson", "spike#3"),
    ]


def test_unit_names_stand_for_numbers():
    tree = without_units(read("v/(2*uV) + 1*nA/pA", {"v": VOLTAGE}).expr)
    assert value(tree, {"v": 3.0}) == pytest.approx(3 / 0.002 + 1000)


@pytest.mark.parametrize("letter", sorted(set(string.ascii_letters) - {"i", "t"}))
def test_letters_may_be_names(letter):
    (equation,) = sp.neuron(f"d{letter}/dt = -{letter}/ms : 1").definition.equations
    assert equation.variable == letter


def test_names_for_names_for_names_end():
    doubled = "\n".join(f"x{k} = x{k - 1}*x{k - 1}" for k in range(1, 60))
    with pytest.raises(SpikesimError, match="with its names put in"):
        sp.neuron(f"x0 = v + 1\n{doubled}\ndv/dt = x59/ms : 1")
    nested = "\n".join(f"x{k} = (((x{k - 1} + 1)*2 + 1)*2 + 1)" for k in range(1, 200))
    with pytest.raises(SpikesimError, match="with its names put in"):
        sp.neuron(f"x0 = v + 1\n{nested}\ndv/dt = x199/ms : 1")
