"""What the language of models has, on every backend: the same bits, and what the text says."""

from __future__ import annotations

import numpy as np
import pytest

import spikesim as sp
from spikesim.backends import find, names
from spikesim.errors import SpikesimError
from spikesim.units import ms, mV

BACKENDS = [name for name in names() if not find(name).unavailable()]
DT = 0.25


def everywhere(net, duration, **options):
    """Results of a network on NumPy, after they were seen to be the same on all backends, and the
    same for a run that is stored, taken further, and taken up again."""
    results = {}
    for backend in BACKENDS:
        model = net.compile(backend, conformance=True)
        results[backend] = whole = model.run(duration * ms, **options)
        going = model.start(**options)
        going.run(duration / 2 * ms)
        moment = going.store()
        going.run(duration / 4 * ms)
        going.restore(moment)
        last = going.run(duration / 2 * ms)
        for p in whole:
            for name, value in whole[p].final.items():
                assert np.array_equal(value, last[p].final[name]), (backend, p, name)
    meaning = results["numpy"]
    for backend, other in results.items():
        for p in meaning:
            assert meaning[p].recorded.keys() == other[p].recorded.keys()
            for what, ours in meaning[p].recorded.items():
                theirs = other[p].recorded[what]
                for column in ("t", "i", "values"):
                    if hasattr(ours, column):
                        a, b = getattr(ours, column), getattr(theirs, column)
                        assert a.dtype == b.dtype and np.array_equal(a, b), (backend, p, what)
            for name, value in meaning[p].final.items():
                assert np.array_equal(value, other[p].final[name]), (backend, p, name)
    for backend in BACKENDS:
        single = net.run(duration * ms, backend, **options)
        for p in meaning:
            for name, value in meaning[p].final.items():
                if value.dtype == np.float64:
                    assert single[p].final[name].dtype == np.float32, (backend, p, name)
    return meaning


def one(model, size=3, **initial):
    """A network of one population, `cells`."""
    net = sp.Network(dt=DT * ms, seed=3)
    return net, net.population("cells", size, model, **initial)


# --- kinds ---------------------------------------------------------------------------------------


def test_integers_and_booleans_are_states_like_others():
    net, cells = one(
        sp.neuron(
            """
            dv/dt = slope : mV
            spikes_left : integer
            n : integer
            late : boolean
            odd : boolean
            """,
            slope=[1, 2, 4] * mV / ms,
            limit=sp.parameter(2, dtype=int),
            spike="v >= 4*mV and not late",
            reset="""
            v = 0*mV
            n += 1
            odd = n % 2 == 1
            spikes_left = limit - n
            late = n >= limit or t > 100*ms
            """,
        )
    )
    net.record(cells, ["spikes", "n", "late", "odd"])
    final = everywhere(net, 16)["cells"]
    assert final.final["n"].tolist() == [2, 2, 2] and final.final["n"].dtype == np.int32
    assert final.final["late"].tolist() == [True] * 3 and final.final["late"].dtype == bool
    assert final.final["spikes_left"].tolist() == [0, 0, 0]
    n, odd = final["n"].values, final["odd"].values
    assert np.array_equal(odd, n % 2 == 1)
    assert final.spikes.t[final.spikes.i == 0].tolist() == [4, 8]


def test_whole_numbers_wrap_nowhere_but_where_they_are_kept():
    model = sp.neuron(
        "dv/dt = 1*mV/ms : mV\nn : integer\nx : 1\ny : 1",
        spike="v > 2*mV",
        reset="n = 100000 + n; x = n*100000.5; y = n**2; v = 0*mV",
    )
    net, _ = one(model, 1)
    final = everywhere(net, 2.5)["cells"].final
    assert final["n"] == 100000 and final["x"] == 100000 * 100000.5 and final["y"] == 1e10


def test_values_of_kinds_are_checked():
    model = sp.neuron(
        "dv/dt = v_inf/tau : mV\nn : integer\nb : boolean",
        v_inf=1 * mV, tau=1 * ms, k=sp.parameter(3, dtype=int), on=True,
        spike="on and v > k*mV", reset="n += k; b = True",
    )  # fmt: skip
    net, cells = one(model)
    net.run(1 * ms, params={"cells.k": 2, "cells.on": [True, False, True], "cells.n": 4})
    for params in ({"cells.k": 2.5}, {"cells.on": 1}, {"cells.n": 3e9}, {"cells.n": 1 * mV}):
        with pytest.raises(SpikesimError):
            net.run(1 * ms, params=params)
    cells.initialize(n=[1, 2, 3], b=[True, False, True])
    assert net.run(0.25 * ms)["cells"].final["b"].tolist() == [True, False, True]
    cells.initialize(n=[1, 2, 2.5], b=0)
    with pytest.raises(SpikesimError, match=r"got 2\.5, expected a whole number") as caught:
        net.run(1 * ms)
    assert "b: got 0, expected True or False" in str(caught.value)


def test_a_line_of_its_own_declares_a_parameter_or_what_blocks_set():
    model = sp.neuron(
        "dv/dt = (I - v)/tau : 1\nI : 1\ntau : ms\ncount : integer",
        spike="v > 1",
        reset="count += 1",
    )
    kinds = {name: d.kind for name, d in model.definition.declared.items()}
    assert kinds == {"v": "state", "I": "parameter", "tau": "parameter", "count": "state"}
    net, _ = one(model)
    with pytest.raises(SpikesimError, match="needs a value for 'I'"):
        net.compile("numpy")
