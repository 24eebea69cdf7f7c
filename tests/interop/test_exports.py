"""Results in Neo, NWB, xarray and pandas: the same numbers, in units that those libraries know."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spikesim as sp
from spikesim.errors import FileError
from spikesim.results import PopulationResult, Results, Spikes, Trace
from spikesim.units import in_si, ms, pA


@pytest.fixture(scope="module")
def run() -> Results:
    net = sp.Network(dt=0.1 * ms, seed=4)
    exc = net.population("exc", 4, sp.neurons.LIF())
    inh = net.population("inh", 2, sp.neurons.LIF())
    net.stimulate(exc, sp.dc([450, 600, 0, 900] * pA))
    net.record([exc[::-1], inh], "spikes")
    net.record(exc[[3, 1]], "v")
    net.record(exc, "v", every=1 * ms)
    net.record(exc, "rate", every=5 * ms)
    return net.run(40 * ms, "numpy")


def odd(unit: str) -> Results:
    trace = Trace(np.arange(3.0), np.ones((3, 2)), unit, np.arange(2))
    return Results({"p": PopulationResult("p", {"x": trace})}, 3.0, 1.0, 1, "numpy")


@pytest.mark.parametrize(("unit", "factor", "si"), [
    ("mV", 1e-3, "V"), ("pA", 1e-12, "A"), ("1/ms", 1e3, "1/s"), ("mV/ms", 1.0, "V/s"),
    ("um^2", 1e-12, "m^2"), ("GOhm", 1e9, "Ohm"), ("mV ms^-2", 1e3, "V s^-2"), ("1", 1.0, "1"),
    ("mV^1/2", 10**-1.5, "V^1/2"), ("spikes/s", 1.0, "spikes/s"), ("mM", 1e-3, "M"),
    ("K", 1.0, "K"),
])  # fmt: skip
def test_units_in_si(unit: str, factor: float, si: str) -> None:
    assert in_si(unit) == (pytest.approx(factor, rel=1e-15), si)


def test_pandas(run: Results) -> None:
    pytest.importorskip("pandas")
    frames = run.to_pandas()
    traces = ["exc.v", "exc.v#2", "exc.rate"]
    assert list(frames) == ["spikes", *traces, "exc.final", "inh.final"]
    final = frames["exc.final"]
    assert list(final) == list(run["exc"].final) and final.index.name == "neuron"
    np.testing.assert_array_equal(final["v"], run["exc"].final["v"])
    spikes = frames["spikes"]
    assert list(spikes) == ["t", "population", "neuron"]
    np.testing.assert_array_equal(spikes["t"], run["exc"].spikes.t)  # inh is silent
    np.testing.assert_array_equal(spikes["neuron"], run["exc"].spikes.i)
    assert set(spikes["population"]) == {"exc"}
    assert list(spikes["population"].cat.categories) == ["exc", "inh"]
    v = frames["exc.v"]
    assert v.attrs["unit"] == "mV" and list(v.columns) == [3, 1] and v.index.name == "t"
    np.testing.assert_array_equal(v[1], run["exc"].v.values[:, 1])
    assert list(frames["exc.rate"].columns) == ["rate"]
    assert run["exc"].v.to_pandas().equals(v)
    assert list(run["exc"].spikes.to_pandas()) == ["t", "neuron"]


def test_xarray(run: Results) -> None:
    xarray = pytest.importorskip("xarray")
    tree = run.to_xarray()
    assert isinstance(tree, xarray.DataTree) and list(tree.children) == ["exc", "inh"]
    assert tree.attrs["seed"] == 4 and tree.attrs["dt"] == 0.1
    exc = tree["exc"]
    assert exc["v"].dims == ("t", "neuron") and exc["v"].attrs["units"] == "mV"
    assert exc["t"].attrs["units"] == "ms"
    np.testing.assert_array_equal(exc["v"].sel(neuron=1), run["exc"].v.values[:, 1])
    assert exc["v#2"].dims == ("t_v#2", "neuron_v#2") and exc["rate"].dims == ("t_rate",)
    np.testing.assert_array_equal(exc["spike_t"], run["exc"].spikes.t)
    np.testing.assert_array_equal(exc["spike_neuron"], run["exc"].spikes.i)
    assert list(exc["spike_recorded"].values) == [3, 2, 1, 0]
    np.testing.assert_array_equal(exc["final_v"], run["exc"].final["v"])
    assert tree["inh"]["final_v"].shape == (2,)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_neo(run: Results) -> None:
    pytest.importorskip("neo")
    block = run.to_neo()
    (segment,) = block.segments
    assert block.annotations["seed"] == 4
    trains = segment.spiketrains
    assert [(t.annotations["population"], t.annotations["neuron"]) for t in trains] == [
        ("exc", 3), ("exc", 2), ("exc", 1), ("exc", 0), ("inh", 0), ("inh", 1)
    ]  # fmt: skip
    for train, ours in zip(trains, run["exc"].spikes.trains(), strict=False):
        np.testing.assert_allclose(train.rescale("s").magnitude, ours / 1000)
        assert float(train.t_stop.rescale("ms")) == 40
    v, sparse, rate = segment.analogsignals
    assert v.name == "exc.v" and float(v.sampling_rate.rescale("Hz")) == pytest.approx(10_000)
    assert list(v.array_annotations["neuron"]) == [3, 1]
    np.testing.assert_allclose(v.rescale("V").magnitude, run["exc"].v.values / 1000, rtol=1e-6)
    assert sparse.shape == (40, 4) and float(sparse.sampling_period.rescale("ms")) == 1
    assert rate.shape == (8, 1) and float(rate.units.rescale("Hz")) == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("unit", "one_is"), [
    ("GOhm", (1e9, "ohm")), ("fC", (1e-15, "C")), ("mV ms^-2", (1e3, "V/s**2")), ("mM", (1, "mM")),
    ("1", (1, "dimensionless")), ("um^2", (1e-12, "m**2")), ("apple", (1, "dimensionless")),
])  # fmt: skip
def test_units_in_neo(unit: str, one_is: tuple[float, str]) -> None:
    pytest.importorskip("neo")
    (signal,) = odd(unit).to_neo().segments[0].analogsignals
    np.testing.assert_allclose(signal.rescale(one_is[1]).magnitude, one_is[0], rtol=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_nwb(run: Results, tmp_path: Path) -> None:
    pynwb = pytest.importorskip("pynwb")
    path = tmp_path / "run.nwb"
    made = run.to_nwb(path, experimenter="A. Person")
    assert [one.name for one in tmp_path.iterdir()] == ["run.nwb"]
    assert made.experimenter == ("A. Person",) and not pynwb.validate(path=str(path))
    with pynwb.NWBHDF5IO(str(path), "r") as file:
        read = file.read()
        table = read.units.to_dataframe()
        assert list(table["population"]) == ["exc"] * 4 + ["inh"] * 2
        assert list(table["neuron"]) == [3, 2, 1, 0, 0, 1]
        trains = run["exc"].spikes.trains() + run["inh"].spikes.trains()
        for seconds, ours in zip(table["spike_times"], trains, strict=True):
            np.testing.assert_allclose(seconds, ours / 1000)
        v = read.acquisition["exc.v"]
        assert v.unit == "V" and v.rate == pytest.approx(10_000)
        np.testing.assert_allclose(v.data[:] * v.conversion, run["exc"].v.values / 1000)
        assert "columns are neurons 3, 1" in v.description and "seed 4" in read.notes
        assert read.acquisition["exc.rate"].unit == "spikes/s"
    inspector = pytest.importorskip("nwbinspector")
    found = inspector.inspect_nwbfile(nwbfile_path=str(path))
    assert not [m.message for m in found if m.importance.name in ("CRITICAL", "ERROR")]


@pytest.mark.filterwarnings("ignore")
def test_nwb_replaces_nothing_without_being_asked(run: Results, tmp_path: Path) -> None:
    pytest.importorskip("pynwb")
    path = tmp_path / "run.nwb"
    path.write_text("what somebody has worked on")
    with pytest.raises(FileError, match=r"run.nwb exists; choose another name, or overwrite=True"):
        run.to_nwb(path)
    assert path.read_text() == "what somebody has worked on"
    run.to_nwb(path, overwrite=True)
    assert path.read_bytes()[1:4] == b"HDF"


@pytest.mark.filterwarnings("ignore")
def test_nwb_of_little(tmp_path: Path) -> None:
    pynwb = pytest.importorskip("pynwb")
    silent = Spikes(np.empty(0), np.empty(0, np.int64), np.arange(3), 10.0)
    one = Trace(np.zeros(1), np.ones((1, 3)), "mV", np.arange(3))
    little = Results(
        {"p": PopulationResult("p", {"spikes": silent, "v": one})}, 10, 0.1, 1, "numpy"
    )
    nothing = Results({"p": PopulationResult("p")}, 10, 0.1, 1, "numpy")
    for k, results in enumerate((little, nothing)):
        results.to_nwb(tmp_path / f"{k}.nwb")
        assert not pynwb.validate(path=str(tmp_path / f"{k}.nwb"))
    with pytest.raises(FileError, match=r"can't write .*No such file or directory"):
        little.to_nwb(tmp_path / "no" / "run.nwb")
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("library", ["pandas", "xarray", "neo"])
def test_nothing_recorded(library: str) -> None:
    pytest.importorskip(library)
    getattr(Results({"p": PopulationResult("p")}, 10, 0.1, 1, "numpy"), f"to_{library}")()


@pytest.mark.parametrize(("method", "module", "extra"), [
    ("to_pandas", "pandas", "pandas"), ("to_xarray", "xarray", "xarray"), ("to_neo", "neo", "neo"),
    ("to_nwb", "pynwb", "nwb"),
])  # fmt: skip
def test_a_missing_library(
    run: Results, monkeypatch: pytest.MonkeyPatch, method: str, module: str, extra: str
) -> None:
    blocked: dict[str, Any] = {module: None}
    monkeypatch.setattr(sys, "modules", sys.modules | blocked)
    with pytest.raises(ImportError, match=rf"needs {module}.*pip install 'spikesim\[{extra}\]'"):
        getattr(run, method)()
