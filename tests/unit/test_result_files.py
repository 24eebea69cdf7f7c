"""Files of results: whole, bit for bit; what is no such file; disks that are full or read-only."""

import errno
import io
import json
import os
import resource
import signal
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import spikesim as sp
from spikesim import checkpoint, files
from spikesim.errors import FileError, ParameterError, UnknownNameError
from spikesim.results import PopulationResult, Results, Spikes, Trace, merged_spikes
from spikesim.units import Hz, ms, pA

DTYPES = st.sampled_from([np.float16, np.float32, np.float64, np.int32, np.bool_])
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)


def array(dtype: Any = np.float64) -> st.SearchStrategy[np.ndarray]:
    return arrays.arrays(dtype, arrays.array_shapes(max_dims=1, min_side=0, max_side=4))


@st.composite
def spikes(draw: st.DrawFn) -> Spikes:
    neurons = np.array(draw(st.lists(st.integers(0, 2**62), unique=True, max_size=4)), np.int64)
    times = arrays.arrays(np.float64, draw(st.integers(0, 4)), elements=st.floats(-1e9, 1e9))
    t = np.sort(draw(times))[: None if len(neurons) else 0]
    place = draw(arrays.arrays(np.int64, len(t), elements=st.integers(0, max(0, len(neurons) - 1))))
    return Spikes(t, neurons[place], neurons, draw(st.floats(0, 1e9)))


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    neurons = draw(arrays.arrays(np.int64, st.integers(0, 4), elements=st.integers(0, 2**62)))
    t = draw(arrays.arrays(np.float64, st.integers(0, 4), elements=st.floats(-1e9, 1e9)))
    shape = draw(st.sampled_from([(len(t),), (len(t), len(neurons))]))
    unit = draw(st.sampled_from(["mV", "1", "µ/s"]))
    return Trace(t, draw(arrays.arrays(draw(DTYPES), shape)), unit, neurons)


@st.composite
def results(draw: st.DrawFn) -> Results:
    time = st.floats(0, 1e9)
    populations = {
        name: PopulationResult(
            name,
            draw(st.dictionaries(NAMES, spikes() | traces(), max_size=3)),
            draw(st.dictionaries(NAMES, DTYPES.flatmap(array), max_size=2)),
        )
        for name in draw(st.lists(NAMES, unique=True, max_size=3))
    }
    seed = draw(st.integers(0, 2**64))
    dt = draw(st.floats(1e-6, 1e3))
    return Results(populations, draw(time), dt, seed, draw(NAMES), draw(NAMES))


def bits(thing: Any) -> Any:
    """What can be compared with ==: of arrays the type, the shape and every bit."""
    if isinstance(thing, np.ndarray):
        return thing.dtype.str, thing.shape, thing.tobytes()
    if isinstance(thing, dict):
        return [(name, bits(one)) for name, one in thing.items()]
    fields = getattr(thing, "__dataclass_fields__", None)
    return [(type(thing), n, bits(getattr(thing, n))) for n in fields] if fields else thing


def example() -> Results:
    spikes = Spikes(np.array([0.1, 0.3]), np.array([0, 1]), np.arange(2), 1.0)
    trace = Trace(np.arange(3.0), np.ones((3, 2), np.float32), "mV", np.arange(2))
    final = {"v": np.array([-60.5, np.nan])}
    exc = PopulationResult("exc", {"spikes": spikes, "v": trace}, final)
    return Results({"exc": exc}, 1.0, 0.1, 7, "numpy")


@settings(max_examples=60)
@given(results())
def test_what_is_saved_is_loaded(tmp_path_factory: pytest.TempPathFactory, run: Results) -> None:
    path = tmp_path_factory.mktemp("saved") / "run.npz"
    run.save(path)
    assert bits(sp.load_results(path)) == bits(run)
    assert os.listdir(path.parent) == ["run.npz"]


def test_of_a_run(tmp_path: Path) -> None:
    from spikesim.units import ms, pA

    net = sp.Network(dt=0.1 * ms, seed=4)
    cells = net.population("cells", 3, sp.neurons.LIF())
    net.stimulate(cells, sp.dc([450, 600, 900] * pA))
    net.record(cells, ["spikes", "v"])
    run = net.run(30 * ms, "numpy")
    run.save(tmp_path / "run")  # any name will do
    again = sp.load_results(str(tmp_path / "run"))
    assert bits(again) == bits(run) and repr(again) == repr(run)
    assert again.version == sp.__version__ and again.seed == 4
    with np.load(tmp_path / "run", allow_pickle=False) as plain:
        np.testing.assert_array_equal(plain["cells/recorded/v/values"], run["cells"].v.values)


def test_a_damaged_file_is_refused_or_has_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    example().save(path)
    whole, expected = path.read_bytes(), bits(example())
    refused = 0
    for place in range(0, len(whole), 5):
        damaged = bytearray(whole)
        damaged[place] ^= 0x14
        path.write_bytes(damaged)
        try:
            assert bits(sp.load_results(path)) == expected  # say, in the date of an entry
        except FileError as fault:
            assert str(path) in str(fault)
            refused += 1
    assert refused > len(whole) / 5 / 3
    for length in (0, 3, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(FileError, match=r"can't load .*(no file of results|damaged or inc)"):
            sp.load_results(path)


class Trap:
    """Unpickling this would be noticed."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("trap",)


def test_nothing_in_a_file_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    example().save("run.npz")
    content = io.BytesIO()
    np.lib.format.write_array(content, np.array([Trap()], dtype=object), allow_pickle=True)
    with zipfile.ZipFile("run.npz") as old, zipfile.ZipFile("bad.npz", "w") as new:
        for name in old.namelist():
            trapped = name.endswith("final/v.npy")
            new.writestr(name, content.getvalue() if trapped else old.read(name))
    with pytest.raises(FileError, match=r"damaged or incomplete \(.*not the array .* object"):
        sp.load_results("bad.npz")
    assert not Path("trap").exists()


def test_what_is_larger_than_its_file_is_refused_at_once(tmp_path: Path) -> None:
    """Numbers that a file only claims to hold, and zeros that take little room there."""
    example().save(tmp_path / "run.npz")
    claim = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        claim, {"descr": "<f8", "fortran_order": False, "shape": (2**31,)}
    )
    for content, kind, said in (
        (claim.getvalue(), zipfile.ZIP_STORED, "not the array"),
        (claim.getvalue() + bytes(2**24), zipfile.ZIP_DEFLATED, "compressed or larger"),
    ):
        path = tmp_path / "bad.npz"
        with zipfile.ZipFile(tmp_path / "run.npz") as old, zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                changed = name.endswith("final/v.npy")
                new.writestr(name, content if changed else old.read(name), kind)
        tracemalloc.start()
        with pytest.raises(FileError, match=said):
            sp.load_results(path)
        with pytest.raises(FileError, match=said):
            checkpoint.read(path)
        assert tracemalloc.get_traced_memory()[1] < 2**22
        tracemalloc.stop()


def test_what_is_no_file_of_results(tmp_path: Path) -> None:
    path = tmp_path / "other"
    with pytest.raises(FileError, match=r"can't load '.*other': No such file"):
        sp.load_results(path)
    with pytest.raises(OSError, match=r"Is a directory"):  # FileError is an OSError
        sp.load_results(tmp_path)
    path.write_text("t,neuron\n0.1,3\n")
    with pytest.raises(FileError, match=r"no file of results; they are written by result.save"):
        sp.load_results(path)
    with open(path, "wb") as file:
        np.savez(file, t=np.arange(3))
    with pytest.raises(FileError, match=r"holds no results of spikesim, which result.save"):
        sp.load_results(path)
    header = {"format": "spikesim results", "format version": 99, "spikesim": "9.1.0"}
    with open(path, "wb") as file:
        np.savez(file, header=np.frombuffer(json.dumps(header).encode(), np.uint8))
    with pytest.raises(FileError, match=r"written by spikesim 9.1.0, whose files .*newer one"):
        sp.load_results(path)


@pytest.fixture
def saved(tmp_path: Path) -> Iterator[Path]:
    """A saved file, which must be there, whole and alone, at the end of the test too."""
    path = tmp_path / "run.npz"
    example().save(path)
    yield path
    assert os.listdir(tmp_path) == ["run.npz"]
    assert bits(sp.load_results(path)) == bits(example())


def test_no_room_while_writing(saved: Path) -> None:
    """A real failure in the middle of the file: a limit on its size."""
    large = Trace(np.arange(1e5), np.zeros((100_000, 1)), "mV", np.arange(1))
    run = Results({"p": PopulationResult("p", {"v": large})}, 1.0, 0.1, 1, "numpy")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
    try:
        with pytest.raises(FileError, match=r"File too large; the file that was there is unchang"):
            run.save(saved)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_full_disk(saved: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, step, fail)
    with pytest.raises(FileError, match=r"No space left on device; the file that was there is unc"):
        example().save(saved)
    monkeypatch.undo()


@pytest.mark.parametrize("mode", [0o555, 0o444], ids=oct)
def test_read_only_folder(mode: int, shelf: Path, permitted: Any) -> None:
    path = shelf / "run.npz"
    example().save(path)
    kept = "the file that was there is unchanged" if mode & 0o111 else "nothing was written"
    with permitted(shelf, mode), pytest.raises(FileError, match=rf"Permission denied; {kept}"):
        example().save(path)
    assert os.listdir(shelf) == ["run.npz"]
    assert bits(sp.load_results(path)) == bits(example())


def test_no_pickle_is_written(saved: Path) -> None:
    bad = PopulationResult("p", {}, {"v": np.array([None])})
    with pytest.raises(ValueError, match=r"Object arrays cannot be saved"):
        Results({"p": bad}, 1.0, 0.1, 1, "numpy").save(saved)


def test_no_such_place(saved: Path) -> None:
    with pytest.raises(FileError, match=r"No such file or directory; nothing was written. Write"):
        example().save(saved.parent / "no" / "run.npz")
    with pytest.raises(FileError, match=r"it is a folder"):
        example().save(saved.parent)


def test_interrupted(saved: Path) -> None:
    with pytest.raises(KeyboardInterrupt), files.replacing(saved) as draft:
        draft.write_text("half")
        raise KeyboardInterrupt


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link, target = tmp_path / "latest.npz", tmp_path / "run.npz"
    link.symlink_to(target)
    example().save(link)
    assert link.is_symlink() and bits(sp.load_results(target)) == bits(example())


@pytest.mark.parametrize("value", ["x", None, True, 1e308, float("nan"), -1.0])
@pytest.mark.parametrize("word", ["duration", "dt", "start"])
def test_a_header_that_lies(tmp_path: Path, word: str, value: Any) -> None:
    saved = tmp_path / "run.npz"
    example().save(saved)
    with np.load(saved) as file:
        content = dict(file)
    header = json.loads(content["header"].tobytes()) | {word: value}
    content["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(saved, **content)
    with pytest.raises(FileError, match=f"its {word} is"):
        sp.load_results(saved)


def test_high_numbers_take_no_memory(tmp_path: Path) -> None:
    """A small file, whose one neuron has a high number."""
    high = np.array([2**60])
    made = Spikes(np.array([0.1]), high, high, 1.0)
    run = Results({"p": PopulationResult("p", {"spikes": made})}, 1.0, 0.1, 1, "numpy")
    run.save(tmp_path / "run.npz")
    loaded = sp.load_results(tmp_path / "run.npz")["p"].spikes
    tracemalloc.start()
    assert list(loaded.counts()) == [1] and loaded.binned(0.5).sum() == 1
    assert merged_spikes([loaded, loaded]).counts() == [1]
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


LIES = {
    "exc/final/v": (np.array(["x", "y"]), r"exc.final: v is of <U1, not numbers"),
    "exc/recorded/spikes/i": (np.array([0, 7]), r"exc.spikes: neuron 7 was not recorded"),
    "exc/recorded/spikes/t": (np.array([0.3, 0.1]), r"exc.spikes: its times do not ascend"),
    "exc/recorded/spikes/neurons": (np.array([0, -1]), r"exc.spikes: its neurons are no numbers"),
    "exc/recorded/v/t": (np.zeros(4), r"exc.v: its values are float32 \[3, 2\], not \(4, 2\)"),
    "exc/recorded/v/neurons": (np.zeros(2), r"exc.v: its neurons are no numbers, 0 or more"),
}


def test_arrays_that_lie(tmp_path: Path) -> None:
    """Each alone, and all at once."""
    saved, bad = tmp_path / "run.npz", tmp_path / "bad.npz"
    example().save(saved)
    with np.load(saved) as file:
        content = dict(file)
    for name, (values, said) in LIES.items():
        np.savez(bad, **(content | {name: values}))
        with pytest.raises(FileError, match=said):
            sp.load_results(bad)
    np.savez(bad, **(content | {name: values for name, (values, _) in LIES.items()}))
    with pytest.raises(FileError) as fault:
        sp.load_results(bad)
    assert str(fault.value).count("exc.") >= 5


@pytest.mark.parametrize("path", [None, 3, "", "a\0b"])
def test_what_is_no_path(path: Any) -> None:
    with pytest.raises(ParameterError, match=r"path is .*; expected the name of a file"):
        example().save(path)
    with pytest.raises(ParameterError, match=r"path is .*; expected the name of a file"):
        sp.load_results(path)


def test_the_final_states_of_synapses(tmp_path):
    net = sp.Network(dt=0.1 * ms)
    a = net.population("a", 3, sp.neurons.Poisson(rate=100 * Hz))
    b = net.population("b", 2, sp.neurons.LIF())
    rule = sp.plasticity.STDP(w_max=100 * pA)
    net.project(a, b, sp.all_to_all(), synapse=sp.synapses.ExpCurrent(), weight=50 * pA,
                plasticity=rule, axonal_delay=0 * ms, dendritic_delay=1 * ms)  # fmt: skip
    results = net.run(50 * ms)
    results.save(tmp_path / "run.npz")
    final = sp.load_results(tmp_path / "run.npz")["a->b"].final
    assert list(final) == ["weight"]
    assert np.array_equal(final["weight"], results["a->b"].final["weight"])
    assert len(results.to_pandas()["a->b.final"]) == 6
    assert results.to_xarray()["a->b"].final_weight.shape == (6,)
    with pytest.raises(UnknownNameError, match=r'such as results\["inputs"\].final'):
        final["x"]
