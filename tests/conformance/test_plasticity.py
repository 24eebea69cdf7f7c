"""Plastic synapses: the same bits from NumPy, C++ on any number of threads, JAX, and the CUDA
kernels, on the host."""

from __future__ import annotations

from contextlib import nullcontext
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import spikesim as sp
from spikesim.backends.cpp import executable as cpp_backend
from spikesim.backends.cuda import host
from spikesim.units import Hz, ms, mV, pA

pytestmark = pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning")

TERMS = ("y", "x*y", "0.3*z", "exp(-x)", "weight/w", "pre.v/mV", "post.v/mV", "0.1", "rand()",
         "0.1*poisson(1.5)", "0.1*poisson(0.5 + y*y)", "0.1*randn()",
         "sin(t/(9*ms))", "cos(level/mV + t/(3*ms))*exp(sin(level/mV)) + level/mV/70")  # fmt: skip
LINES = ("x += 1", "y += 1", "z += {0}", "x = 1", "z = 0.5*z + {0}", "weight += 0.01*w*({0})",
         "weight -= 0.02*w*({0})", "weight *= 0.99")  # fmt: skip
EQUATIONS = ("dx/dt = -x/(15*ms)", "dx/dt = (0.2 - x)/(30*ms)", "dx/dt = -x*x/(9*ms)",
             "dx/dt = -x/(15*ms) (clock-driven)", "dx/dt = (post.v/mV/70 - x)/(9*ms)")  # fmt: skip


@st.composite
def rules(draw):
    def block(places):
        lines = draw(st.lists(st.sampled_from(LINES), max_size=4))
        text = [line.format(draw(st.sampled_from(TERMS))) for line in lines]
        if places and draw(st.booleans()):
            text.insert(draw(st.integers(0, len(text))), "transmit(weight*0.5*(1 + y))")
        return "; ".join(text)

    body = {
        "w": sp.parameter(100 * pA),
        "x": sp.state(0.0),
        "y": sp.state(0.1),
        "z": sp.state(0.2),
        "equations": draw(st.sampled_from(EQUATIONS)) + "\ndy/dt = -y/(21*ms)",
        "on_pre": block(True),
        "on_post": block(False),
        "each_step": draw(st.sampled_from(("", "", "z *= 0.99", "weight += 0.001*w*z*x"))),
        "reads": {"v": mV},
        "modulators": {"level": mV},
        "weight_unit": pA,
        "bounds": ("0*w", "2*w"),
    }
    if not any(x in body[place] for place in ("on_pre", "on_post", "each_step")
               for x in ("weight +", "weight -", "weight *", "transmit")):  # fmt: skip
        body["on_post"] = "; ".join(
            filter(None, (body["on_post"], "weight += 0.01*w*x"))
        )  # or nothing would reach the target
    body["coincidence"] = draw(st.sampled_from(("sequential", "sequential", "nest")))
    return type("Rule", (sp.PlasticityModel,), body)


@st.composite
def networks(draw):
    order = draw(st.sampled_from(("standard", "nest")))
    net = sp.Network(dt=0.1 * ms, seed=draw(st.integers(0, 99)), order=order)
    n = draw(st.integers(1, 9))
    cell = sp.neurons.LIF(V_th=-65 * mV, t_ref=1 * ms)
    groups = [net.population("a", n, cell), net.population("b", draw(st.integers(1, 9)), cell)]
    net.stimulate(groups, sp.poisson(4000 * Hz), synapse=sp.synapses.ExpCurrent(), weight=60 * pA)
    least = 0.1 if order == "nest" else 0.0
    for source, target in draw(
        st.lists(st.sampled_from([(0, 0), (0, 1), (1, 0)]), min_size=1, max_size=2)
    ):

        def delay(low):
            return draw(st.sampled_from((low * ms, 1.3 * ms, sp.uniform(low * ms, 0.9 * ms))))

        net.project(
            groups[source], groups[target], sp.fixed_probability(0.7),
            synapse=sp.synapses.ExpCurrent(), weight=sp.uniform(20 * pA, 150 * pA),
            plasticity=draw(rules())(level=groups[0][:1]["v"]), axonal_delay=delay(0.0),
            dendritic_delay=delay(least),
        )  # fmt: skip
    net.record(groups, ["spikes", "v"])
    return net


def outcome(net, backend, seed):
    try:
        model = net.compile(backend, conformance=True)
        results = model.run(15 * ms, seed=seed)
    except sp.SpikesimError as fault:
        return {"fault": np.array(type(fault).__name__)}
    found = {"spikes": np.r_[results["a"].spikes.t, results["b"].spikes.t],
             "v": np.c_[results["a"].v.values, results["b"].v.values]}  # fmt: skip
    for name, projection in results.projections.items():
        found |= {f"{name}.{what}": values for what, values in projection.final.items()}
    return found


def check(examples, backends):
    learned = []

    @settings(max_examples=examples, derandomize=True, database=None, deadline=None,
              phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(networks(), st.integers(0, 99))
    def same(net, seed):
        first = outcome(net, "numpy", seed)
        for name in backends:
            with patch.object(cpp_backend, "_threads", lambda _: 1 + seed % 3):
                with host.instead(1 + seed % 3) if name == "cuda" else nullcontext():
                    second = outcome(net, name, seed)
            assert first.keys() == second.keys()
            for what, values in first.items():
                same_nan = values.dtype.kind == "f"
                assert np.array_equal(values, second[what], equal_nan=same_nan), (name, what)
        learned.append(len(first.get("spikes", ())))

    same()
    assert sum(n > 10 for n in learned) > 0.5 * examples


def test_random_rules_in_cpp():
    check(30, ["cpp"])


def test_random_rules_in_jax():
    pytest.importorskip("jax")
    check(4, ["jax"])


@pytest.mark.skipif(bool(host.why_missing()), reason="no C++ compiler")
def test_random_rules_in_cuda():
    check(5, ["cuda"])


@pytest.mark.slow
def test_many_random_rules():
    check(400, ["cpp"])
    check(30, ["jax"])
    check(60, ["cuda"])
