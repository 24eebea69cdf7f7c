"""What backend="auto" takes, and what it says."""

from __future__ import annotations

from unittest.mock import patch

import pytest

import spikesim as sp
from spikesim.backends import choose
from spikesim.backends.cpp import BACKEND as CPP
from spikesim.backends.cuda import BACKEND as CUDA
from spikesim.backends.cuda import device, host
from spikesim.build import build
from spikesim.units import ms, pA


def network(size, **more):
    net = sp.Network(dt=0.1 * ms)
    cells = net.population("cells", size, sp.neurons.LIF(), **more)
    net.project(cells, cells, sp.one_to_one(), synapse=sp.synapses.ExpCurrent(), weight=1 * pA)
    return net


def chosen(net, missing=""):
    """Where there is a GPU, or `missing` says why not."""
    with (
        patch.object(device, "replaced", None),
        patch.object(device, "why_missing", lambda: missing),
    ):
        backend, why = choose("auto", build(net))
    return backend.name, why


def test_a_gpu_is_taken_where_there_is_one():
    assert chosen(network(5000)) == ("cuda", "")


def test_a_small_network_is_launch_bound():
    name, why = chosen(network(100))
    assert name != "cuda"
    assert "not cuda: launch-bound: a step of 100 neurons with 100 synapses" in why


def test_what_a_gpu_lacks_is_left_to_others():
    assert "precise=True" in chosen(network(5000, precise=True))[1]


def test_without_a_gpu_the_reason_is_told():
    name, why = chosen(network(5000), "no driver")
    assert (name, why) != ("cuda", "") and "not cuda: no driver" in why
    with patch.object(type(CPP), "unavailable", lambda _: "not built"):
        name, why = chosen(network(10), "no driver")
    assert name == "jax" and "not cpp: not built" in why


def test_the_reason_is_in_explain():
    model = network(10).compile()
    assert f"chosen by 'auto': not cuda: {CUDA.unsuited(model.program)}" in model.explain()
    assert "chosen by" not in network(10).compile(model.backend).explain()


@pytest.mark.skipif(bool(host.why_missing()), reason="no C++ compiler")
def test_a_small_network_is_told_to_be_launch_bound_where_cuda_was_asked_for():
    assert "launch-bound" in network(10).compile("cuda").explain()
    assert "launch-bound" not in network(5000).compile("cuda").explain()
