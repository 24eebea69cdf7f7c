"""Where recordings go: memory, disk and nowhere give the same; windows; reading while it runs."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import spikesim as sp
from spikesim.errors import (
    CheckpointError,
    DimensionError,
    ParameterError,
    RecordingError,
    RunWarning,
    SeveralErrors,
    UnknownNameError,
)
from spikesim.recording import disk
from spikesim.recording.sinks import Sink
from spikesim.units import Hz, ms, mV, pA

BACKENDS = ["numpy", "jax", "cpp"]


def network(**window):
    net = sp.Network(dt=0.1 * ms, seed=3)
    cells = net.population("cells", 20, sp.neurons.LIF(), v=sp.uniform(-70 * mV, -52 * mV))
    source = net.population("source", 6, sp.neurons.Poisson(rate=200 * Hz))
    syn = sp.synapses.ExpCurrent(tau=2 * ms, name="syn")
    net.project(source, cells, sp.fixed_probability(0.5), synapse=syn, weight=700 * pA,
                delay=1 * ms)  # fmt: skip
    net.record([cells, source], "spikes", **window)
    net.record(cells[[3, 1, 17]], ["spikes", "v"], **window)
    net.record(cells[:4], "v", every=0.5 * ms, **window)
    net.record(cells, "rate", every=3 * ms, **window)
    return net


@pytest.fixture(scope="module", params=BACKENDS)
def model(request):
    return network().compile(request.param)


@pytest.fixture(scope="module")
def plain():
    return network().compile("cpp")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """So that a short run fills many."""
    monkeypatch.setattr(disk, "_CHUNK", 32)


def assert_same(left, right):
    assert list(left) == list(right)
    assert (left.duration, left.start, left.dt) == (right.duration, right.start, right.dt)
    for p in left:
        assert left[p].recorded.keys() == right[p].recorded.keys()
        for what, data in left[p].recorded.items():
            other = right[p].recorded[what]
            for column in vars(data):
                np.testing.assert_array_equal(
                    getattr(data, column), getattr(other, column), err_msg=f"{p} {what} {column}"
                )
        for name, value in left[p].final.items():
            np.testing.assert_array_equal(value, right[p].final[name])


# ---- sinks -------------------------------------------------------------------------------------


def test_disk_equals_memory(model, tmp_path):
    here = model.run(50 * ms)
    away = model.run(50 * ms, sink=sp.to_disk(tmp_path / "kept.zarr"), every=4 * ms,
                     until=lambda m: False)  # fmt: skip
    assert not away["cells"].recorded  # nothing stays in memory
    np.testing.assert_array_equal(away["cells"].final["v"], here["cells"].final["v"])
    there = sp.read_recording(tmp_path / "kept.zarr")
    assert there.complete and there.seed == here.seed and there.backend == here.backend
    assert_same(there, here)
    assert os.listdir(tmp_path) == ["kept.zarr"]


def test_nowhere(model):
    here, away = model.run(30 * ms), model.run(30 * ms, sink=sp.to_nowhere())
    assert not any(away[p].recorded for p in away)
    np.testing.assert_array_equal(away["cells"].final["v"], here["cells"].final["v"])


def test_a_stretch_on_disk(plain, tmp_path):
    simulation = plain.start()
    simulation.run(20 * ms)
    moment = simulation.store()
    here = simulation.run(25 * ms)
    simulation.restore(moment)
    simulation.run(25 * ms, sink=sp.to_disk(tmp_path / "kept.zarr"))
    assert_same(sp.read_recording(tmp_path / "kept.zarr"), here)


def test_what_waits_is_written_after_a_while(plain, tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "_CHUNK", 2**20)
    monkeypatch.setattr(disk, "_LATE", -1.0)
    seen = []

    def look(moment):
        seen.append(len(sp.read_recording(tmp_path / "kept.zarr")["source"].spikes))

    plain.run(50 * ms, sink=sp.to_disk(tmp_path / "kept.zarr"), until=look, every=5 * ms)
    assert sorted(seen) == seen and seen[0] < seen[-1]
    assert_same(sp.read_recording(tmp_path / "kept.zarr"), plain.run(50 * ms))


def test_a_silent_column_on_disk(tmp_path):
    net = sp.Network(dt=0.1 * ms)
    net.record(net.population("quiet", 3, sp.neurons.LIF()), "spikes")
    net.run(5 * ms, sink=sp.to_disk(tmp_path / "kept.zarr"))
    assert len(sp.read_recording(tmp_path / "kept.zarr", 1 * ms)["quiet"].spikes) == 0


READER = """
import sys, time
import spikesim as sp
seen, done = [], False
while not done:
    try:
        result = sp.read_recording(sys.argv[1])
    except sp.errors.RecordingError as fault:
        assert "no recording" in str(fault), fault
        time.sleep(0.01)
        continue
    done = result.complete
    seen.append(len(result["source"].spikes))
    if seen[-1]:
        t = result["source"].spikes.t
        assert t[0] > 0 and (t[1:] >= t[:-1]).all() and t[-1] <= result.duration + 1e-6
assert sorted(seen) == seen, seen
print(len(set(seen)), seen[-1])
"""


def test_another_process_reads_while_it_runs(plain, tmp_path):
    place = tmp_path / "kept.zarr"
    reader = subprocess.Popen([sys.executable, "-c", READER, str(place)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)  # fmt: skip
    pause = __import__("time").sleep
    plain.run(2000 * ms, sink=sp.to_disk(place), every=20 * ms, until=lambda m: pause(0.05))
    said, faults = reader.communicate(timeout=60)
    assert reader.returncode == 0, faults
    different, total = map(int, said.split())
    assert different > 3 and total == len(plain.run(2000 * ms)["source"].spikes)


# ---- reading a part ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def store(plain, tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setattr(disk, "_CHUNK", 32)
    place = tmp_path_factory.mktemp("store") / "kept.zarr"
    plain.run(50 * ms, sink=sp.to_disk(place))
    patch.undo()
    return place


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.none() | st.integers(0, 550), st.none() | st.integers(0, 550))
def test_reading_a_window(plain, store, start, stop):
    assume(start is None or stop is None or start <= stop)
    everything = sp.read_recording(store)
    times = [None if n is None else n * 0.1 * ms for n in (start, stop)]
    part = sp.read_recording(store, *times)
    low, high = min(start or 0, 500), 500 if stop is None else min(stop, 500)
    high = max(low, high)
    for p in part:
        for what, data in part[p].recorded.items():
            other = everything[p].recorded[what]
            step = np.rint(other.t / 0.1).astype(int) - (what == "spikes")
            inside = (step >= (start or 0)) & (step < (501 if stop is None else stop))
            np.testing.assert_array_equal(data.t, other.t[inside])
    assert part.start == pytest.approx(low / 10)
    assert part.duration == pytest.approx((high - low) / 10)
    if high > low:
        assert part["cells"].spikes.rate() == pytest.approx(
            everything["cells"].spikes.rate(low / 10, high / 10)
        )


# ---- windows of a recording --------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_windows(backend, tmp_path):
    whole = network().run(50 * ms, backend)
    net = network(start=12.3 * ms, stop=31 * ms)
    part = net.run(50 * ms, backend)
    assert part["cells"].recorded.keys() == whole["cells"].recorded.keys()
    for p in whole:
        for what, data in part[p].recorded.items():
            other = whole[p].recorded[what]
            step = np.rint(other.t / 0.1).astype(int) - (what == "spikes")
            inside = (step >= 123) & (step < 310)
            assert inside.any()
            np.testing.assert_array_equal(data.t, other.t[inside], err_msg=what)
            if what != "spikes":
                np.testing.assert_array_equal(data.values, other.values[inside])
    spikes = part["cells"].spikes
    assert (spikes.start, spikes.duration) == (pytest.approx(12.3), pytest.approx(18.7))
    assert spikes.rate() == pytest.approx(whole["cells"].spikes.rate(12.3 * ms, 31 * ms))
    # On disk, and in stretches.
    model = net.compile(backend)
    model.run(50 * ms, sink=sp.to_disk(tmp_path / "kept.zarr"))
    assert_same(sp.read_recording(tmp_path / "kept.zarr"), part)
    simulation = model.start()
    stretches = [simulation.run(t * ms)["cells"].spikes for t in (10, 10, 20, 10)]
    np.testing.assert_array_equal(np.concatenate([s.t for s in stretches]), spikes.t)
    assert [round(s.duration, 6) for s in stretches] == [0, 7.7, 11, 0]


def test_recordings_of_several_windows_stand_apart():
    net = sp.Network(dt=0.1 * ms)
    given = net.population("given", 1, sp.spike_times([[1.0, 4, 8] * ms]))
    net.record(given, "spikes", stop=5 * ms)
    net.record(given, "spikes", start=3 * ms)
    result = net.run(10 * ms)["given"]
    np.testing.assert_allclose(result.spikes.t, [1, 4])
    np.testing.assert_allclose(result["spikes#2"].t, [4, 8])
    assert "from 30" in net.compile().text() and "to 50" in net.compile().text()


@pytest.mark.parametrize(
    "window",
    [{"start": 3}, {"start": -1 * ms}, {"stop": [1, 2] * ms}, {"start": 2 * ms, "stop": 2 * ms},
     {"stop": np.inf * ms}, {"start": 3 * mV}, {"stop": np.nan * ms}],
)  # fmt: skip
def test_bad_windows(window):
    net = sp.Network(dt=0.1 * ms)
    net.record(net.population("cells", 3, sp.neurons.LIF()), "v", **window)
    with pytest.raises((ParameterError, DimensionError, SeveralErrors)):
        net.compile("numpy")


# ---- checkpoints -------------------------------------------------------------------------------


class Failing(disk.Disk):
    """Fails after some pieces, as if the process had died."""

    left = 10**9

    def add(self, piece, end):
        self.left -= 1
        if self.left < 0:
            raise ZeroDivisionError
        super().add(piece, end)


def test_a_store_is_taken_up_at_its_checkpoint(model, tmp_path):
    here = model.run(60 * ms)
    options = {"checkpoint": tmp_path / "kept", "every": 4 * ms}
    for pieces in (1, 0, 3, 5, 99):  # the first: before there was any checkpoint
        sink = Failing(tmp_path / "kept.zarr")
        sink.left = pieces
        try:
            model.run(60 * ms, sink=sink, **options)
        except ZeroDivisionError:
            assert pieces < 99
            assert not sp.read_recording(tmp_path / "kept.zarr").complete
    assert_same(sp.read_recording(tmp_path / "kept.zarr"), here)
    assert sorted(os.listdir(tmp_path)) == ["kept", "kept.zarr"]
    (tmp_path / "kept").unlink()
    with pytest.raises(RecordingError, match="exists"):  # it is whole: not to be replaced
        model.run(60 * ms, sink=Failing(tmp_path / "kept.zarr"), **options)


@pytest.mark.parametrize("until", [None, lambda moment: moment.t > 20])
def test_a_run_that_was_stopped_after_its_end_is_not_run_again(plain, tmp_path, until, monkeypatch):
    """The process died before it had used the recording."""
    place, kept = tmp_path / "kept.zarr", tmp_path / "kept"
    options = {"sink": sp.to_disk(place), "checkpoint": kept, "every": 25 * ms, "until": until}
    plain.run(60 * ms, **options)
    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr("spikesim.simulation.chunks", None)  # not a step is taken
            plain.run(60 * ms, **options)
        assert_same(sp.read_recording(place), plain.run((25 if until else 60) * ms))


def test_a_store_of_another_run_is_not_replaced(plain, tmp_path):
    place, kept = tmp_path / "kept.zarr", tmp_path / "kept"
    sink = Failing(place)
    sink.left = 0
    with pytest.raises(ZeroDivisionError):
        plain.run(60 * ms, sink=sink, checkpoint=kept)
    for other in ({"seed": 5}, {"params": {"cells.t_ref": 1 * ms}}, {"checkpoint": None}):
        with pytest.raises(RecordingError, match="exists"):
            plain.run(60 * ms, sink=sp.to_disk(place), **{"checkpoint": kept, **other})
    plain.run(60 * ms, sink=sp.to_disk(place), checkpoint=kept)
    assert_same(sp.read_recording(place), plain.run(60 * ms))


def test_a_store_that_is_gone_or_too_short(plain, tmp_path):
    place, kept = tmp_path / "kept.zarr", tmp_path / "kept"
    sink = Failing(place)
    sink.left = 3
    with pytest.raises(ZeroDivisionError):
        plain.run(60 * ms, sink=sink, checkpoint=kept, every=15 * ms)
    disk.opened(place, "r+")["0"]["steps"].resize((1,))
    with pytest.raises(RecordingError, match="lacks what the checkpoint counts on"):
        plain.run(60 * ms, sink=Failing(place), checkpoint=kept, every=15 * ms)
    place.rename(tmp_path / "elsewhere")
    with pytest.raises((RecordingError, CheckpointError), match="no recording"):
        plain.run(60 * ms, sink=Failing(place), checkpoint=kept, every=15 * ms)


# ---- what is in the way ------------------------------------------------------------------------


def test_overwriting(plain, tmp_path):
    place = tmp_path / "kept.zarr"
    plain.run(5 * ms, sink=sp.to_disk(place))
    with pytest.raises(RecordingError, match="exists; choose another name, or overwrite=True"):
        plain.run(6 * ms, sink=sp.to_disk(place))
    assert sp.read_recording(place).duration == pytest.approx(5)
    plain.run(6 * ms, sink=sp.to_disk(place, overwrite=True))
    assert sp.read_recording(place).duration == pytest.approx(6)
    assert os.listdir(tmp_path) == ["kept.zarr"]


def test_what_is_not_ours_is_not_overwritten(plain, tmp_path):
    precious = tmp_path / "folder"
    precious.mkdir()
    (precious / "thesis.txt").write_text("all of it")
    for place in (precious, precious / "thesis.txt"):
        with pytest.raises(RecordingError, match="not ours"):
            plain.run(5 * ms, sink=sp.to_disk(place, overwrite=True))
        with pytest.raises(RecordingError, match=r"no recording|expected a 'spikesim recording'"):
            sp.read_recording(place)
    assert (precious / "thesis.txt").read_text() == "all of it"
    with pytest.raises(RecordingError, match="there is no recording"):
        sp.read_recording(tmp_path / "missing")


def test_a_broken_store_is_refused(plain, tmp_path):
    place = tmp_path / "kept.zarr"
    plain.run(20 * ms, sink=sp.to_disk(place))
    store = disk.opened(place, "r+")
    for name, odd, said in (
        ("format", "pictures", "is a 'pictures', expected a 'spikesim recording'"),
        ("format", "spikesim recording 1", "layout is 'spikesim recording 1'.*the spikesim that"),
        ("format version", 99, "version 99, and this spikesim reads version 2"),
    ):
        right = store.attrs[name]
        store.attrs[name] = odd
        with pytest.raises(RecordingError, match=said):
            sp.read_recording(place)
        store.attrs[name] = right
    whole = sp.read_recording(place)
    for file in sorted(place.rglob("zarr.json")) + sorted((place / "0").rglob("c/*")):
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2])
        try:
            assert_same(sp.read_recording(place), whole)  # what is not looked at
        except RecordingError:
            pass
        file.write_bytes(content)
    assert_same(sp.read_recording(place), whole)


def test_a_full_disk_keeps_what_was_written(plain, tmp_path, monkeypatch):
    place, calls = tmp_path / "kept.zarr", []
    write = disk.Disk._append

    def full(self, *arguments):
        calls.append(1)
        if len(calls) > 6:
            raise OSError(28, "No space left on device")
        write(self, *arguments)

    monkeypatch.setattr(disk.Disk, "_append", full)
    with pytest.raises(RecordingError, match="No space left"):
        plain.run(60 * ms, sink=sp.to_disk(place), checkpoint=tmp_path / "kept", every=5 * ms)
    monkeypatch.undo()
    monkeypatch.setattr(disk, "_CHUNK", 32)
    assert not sp.read_recording(place).complete
    # With room again, the same call goes on from the latest checkpoint.
    assert (tmp_path / "kept").exists()
    plain.run(60 * ms, sink=sp.to_disk(place), checkpoint=tmp_path / "kept", every=5 * ms)
    assert_same(sp.read_recording(place), plain.run(60 * ms))


@pytest.mark.parametrize("mode", [0o555, 0o444], ids=oct)
def test_a_folder_that_cannot_be_written_to(plain, shelf, permitted, mode):
    plain.run(5 * ms, sink=sp.to_disk(shelf / "other.zarr"))  # all modules are there
    with permitted(shelf, mode):
        with pytest.raises(RecordingError, match="can't be written: Permission denied"):
            plain.run(5 * ms, sink=sp.to_disk(shelf / "kept.zarr"))
        with pytest.raises(RecordingError, match="there is no recording"):
            sp.read_recording(shelf / "kept.zarr")
    assert os.listdir(shelf) == ["other.zarr"]


def test_a_place_that_cannot_be_made(plain, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="can't be written"):
        plain.run(5 * ms, sink=sp.to_disk(tmp_path / "file" / "kept.zarr"))


def test_zarr_is_optional(plain, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(RecordingError, match=r"spikesim\[zarr\]"):
        plain.run(5 * ms, sink=sp.to_disk(tmp_path / "kept.zarr"))


# ---- plots of a run that goes on ---------------------------------------------------------------


def test_plots_of_a_later_stretch(plain):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    simulation = plain.start()
    simulation.run(20 * ms)
    result = simulation.run(25 * ms)
    for ax in (result.raster(), result.traces("cells", "v"), result.rates(populations="source")):
        assert ax.get_xlim() == pytest.approx((20, 45))
    only = sp.Network(dt=0.1 * ms, seed=1)
    noise = only.population("noise", 50, sp.neurons.Poisson(rate=100 * Hz))
    only.record(noise, "rate", every=6 * ms)
    simulation = only.compile("numpy").start()
    simulation.run(20 * ms)
    for length, edges in ((3, [20, 23]), (20, [23, 24, 30, 36, 42, 43])):
        ax = simulation.run(length * ms).rates()
        drawn = ax.patches[-1].get_data().edges
        np.testing.assert_allclose(drawn, edges)
        assert all(a < b for a, b in pairwise(drawn))
    pyplot.close("all")


def test_no_unfinished_store_is_ever_seen(plain, tmp_path, monkeypatch):
    """A process that dies while it makes a store leaves none of that name."""
    place = tmp_path / "kept.zarr"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(ZeroDivisionError()))
        with pytest.raises(ZeroDivisionError):
            plain.run(5 * ms, sink=sp.to_disk(place))
    assert not place.exists()
    plain.run(5 * ms, sink=sp.to_disk(place))
    assert os.listdir(tmp_path) == ["kept.zarr"]


def test_another_process_writes_there(plain, tmp_path):
    """The second is refused, with overwrite=True too; the first is as if it had been alone."""
    place, refused = tmp_path / "kept.zarr", []

    def intrude(moment):
        for options in ({}, {"overwrite": True}):
            with pytest.raises(RecordingError, match="another process") as caught:
                plain.run(5 * ms, sink=sp.to_disk(place, **options))
            refused.append(caught.value)
        with pytest.raises(RecordingError, match="another process"):
            plain.run(50 * ms, sink=sp.to_disk(place), checkpoint=tmp_path / "kept", every=5 * ms)

    plain.run(
        50 * ms, sink=sp.to_disk(place), checkpoint=tmp_path / "kept", every=20 * ms, until=intrude
    )
    assert len(refused) == 4
    assert_same(sp.read_recording(place), plain.run(50 * ms))
    plain.run(5 * ms, sink=sp.to_disk(place, overwrite=True))  # free again


def test_a_store_that_is_removed_during_the_run(plain, tmp_path):
    place = tmp_path / "kept.zarr"

    def away(moment):
        if place.exists():
            place.rename(tmp_path / "moved.zarr")
            shutil.rmtree(tmp_path / "moved.zarr")

    with pytest.raises(RecordingError, match="removed while"):
        plain.run(500 * ms, sink=sp.to_disk(place), until=away)


def test_links_are_kept(plain, tmp_path):
    place, kept = tmp_path / "there.zarr", tmp_path / "there"
    links = tmp_path / "link.zarr", tmp_path / "link"
    for link, target in zip(links, (place, kept), strict=True):
        link.symlink_to(target)
    plain.run(5 * ms, sink=sp.to_disk(links[0]))
    plain.run(5 * ms, sink=sp.to_disk(links[0], overwrite=True))
    assert links[0].is_symlink() and sp.read_recording(place).complete
    plain.run(25 * ms, checkpoint=links[1], every=10 * ms)
    assert links[1].is_symlink() and not kept.exists()


@pytest.mark.parametrize("harm", ["lost", "changed"])
def test_damage_is_noticed(plain, store, tmp_path, harm):
    shutil.copytree(store, tmp_path / "kept.zarr")
    files = [f for f in (tmp_path / "kept.zarr").rglob("*") if f.is_file() and "c" in f.parts]
    files = [f for f in files if f.parent.name == "c" and "neurons" not in f.parts]
    files = [f for f in files if "final" not in f.parts]
    assert len(files) > 20
    for file in files[::7]:
        whole = file.read_bytes()
        file.unlink()
        if harm == "changed":
            file.write_bytes(whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:])
        with pytest.raises(RecordingError, match="broken"):
            sp.read_recording(tmp_path / "kept.zarr")
        file.write_bytes(whole)
    sp.read_recording(tmp_path / "kept.zarr")


def test_a_checkpoint_counts_on_what_is_on_the_disk(plain, tmp_path, monkeypatch):
    flushed, seen = [], []
    monkeypatch.setattr(disk, "flush", flushed.append)

    class Looked(disk.Disk):
        def mark(self):
            found = super().mark()
            files = [f.relative_to(self.path) for f in self.path.rglob("*") if f.is_file()]
            chunks = {
                self.path / f for f in files if f.parts[1:2] != ("neurons",) and "c" in f.parts
            }
            assert chunks <= {*flushed}
            seen.append(len(chunks))
            return found

    sink = Looked(tmp_path / "kept.zarr")
    plain.run(50 * ms, sink=sink, checkpoint=tmp_path / "kept", every=5 * ms)
    assert seen[-1] > 20


def test_a_window_that_ends_before_it_starts(store):
    with pytest.raises(ParameterError, match="before start"):
        sp.read_recording(store, 20 * ms, 10 * ms)


def test_what_is_read_during_a_run_has_one_end(plain, tmp_path, monkeypatch):
    """One column fills its chunks long before the others: none may seem to have less."""
    monkeypatch.setattr(disk, "_CHUNK", 64)
    here, place, ends = plain.run(2000 * ms), tmp_path / "kept.zarr", []

    def look(moment):
        found = sp.read_recording(place)
        ends.append(found.duration)
        for name in ("cells", "source"):
            t = here[name].spikes.t
            assert np.array_equal(found[name].spikes.t, t[t <= found.duration + 1e-6])
        v = here["cells"].v
        assert np.array_equal(found["cells"].v.t, v.t[v.t < found.duration - 1e-6])

    plain.run(2000 * ms, sink=sp.to_disk(place), until=look, every=100 * ms)
    assert sorted(ends) == ends and 0 < ends[-1] <= 2000


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("checkpoint", [None, "kept"])
def test_an_interrupted_recording_is_not_complete(plain, tmp_path, checkpoint):
    def press(moment):
        os.kill(os.getpid(), signal.SIGINT)
        return False

    options = {"checkpoint": checkpoint and tmp_path / checkpoint, "every": 10 * ms}
    with pytest.warns(RunWarning, match="interrupted at 10 ms"):
        plain.run(50 * ms, sink=sp.to_disk(tmp_path / "kept.zarr"), until=press, **options)
    found = sp.read_recording(tmp_path / "kept.zarr")
    assert not found.complete and found.duration == pytest.approx(10)
    if checkpoint:
        plain.run(50 * ms, sink=sp.to_disk(tmp_path / "kept.zarr"), **options)
        assert_same(sp.read_recording(tmp_path / "kept.zarr"), plain.run(50 * ms))


def test_short_sessions_add_up(plain, tmp_path, monkeypatch):
    """Each is killed before what waits is old enough to be written for readers."""
    monkeypatch.setattr(disk, "_CHUNK", 2**20)
    clock = [0.0]
    monkeypatch.setattr(disk.time, "monotonic", lambda: clock[0])

    def pause(moment):
        clock[0] += 1.0
        return False

    for _ in range(6):
        sink = Failing(tmp_path / "kept.zarr")
        sink.left = 4
        with pytest.raises(ZeroDivisionError):
            plain.run(500 * ms, sink=sink, checkpoint=tmp_path / "kept", every=5 * ms, until=pause)
    found = sp.read_recording(tmp_path / "kept.zarr")
    assert found.duration > 0 and not found.complete


# ---- what results say of recordings that are elsewhere -------------------------------------------


@pytest.mark.parametrize("saved", [False, True])
def test_results_say_where_a_recording_is(plain, tmp_path, saved):
    place = tmp_path / "kept.zarr"
    results = plain.run(20 * ms, sink=sp.to_disk(place))
    if saved:
        results.save(tmp_path / "run.npz")
        results = sp.load_results(tmp_path / "run.npz")
    how = re.escape(f"sp.read_recording({str(place)!r})")
    for wanted in (
        lambda: results["cells"].spikes,
        lambda: results["cells"]["v"],
        lambda: results["cells->cells"],
        lambda: results.spikes,
        lambda: results.raster(),
        lambda: results.traces("cells", "v"),
        lambda: results.rates(),
    ):
        with pytest.raises(UnknownNameError, match=how):
            wanted()
    assert re.search(how, repr(results)) and re.search(how, repr(results["cells"]))
    assert sp.read_recording(place)["cells"].spikes.duration == 20


def test_results_say_that_nothing_was_kept(plain):
    results = plain.run(20 * ms, sink=sp.to_nowhere())
    for wanted in (lambda: results["cells"].spikes, results.raster):
        with pytest.raises(UnknownNameError, match=r"sink=sp\.to_nowhere\(\) nothing is kept"):
            wanted()


# ---- windows and the end of a run ----------------------------------------------------------------


def test_a_window_beyond_the_end_is_told_of_once():
    late = network(start=200 * ms, stop=300 * ms).compile("cpp")
    with pytest.warns(RunWarning, match=r"ends at 100 ms.*'spikes' of 'cells' from 200 ms") as said:
        late.run(100 * ms)
    assert len([one for one in said if "to be recorded" in str(one.message)]) == 1
    cut = network(stop=300 * ms).compile("cpp")
    with pytest.warns(RunWarning, match=r"'v' of 'cells' up to 300 ms: cut short"):
        cut.run(100 * ms)


@pytest.mark.filterwarnings("error::spikesim.errors.RunWarning")
def test_a_window_is_no_fault_where_a_run_goes_on():
    model = network(start=20 * ms, stop=30 * ms).compile("cpp")
    simulation = model.start()
    for _ in range(4):
        simulation.run(10 * ms)
    model.run(30 * ms)


# ---- types ---------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:the run ends at")
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("duration", [0, 10, 30])
def test_types_are_kept_where_nothing_was_recorded(backend, precision, duration, tmp_path):
    """A recording without samples has the type of one with some, by every way."""
    net = sp.Network(dt=0.1 * ms, seed=1)
    model = sp.neuron(
        "dv/dt = (20*mV - v)/tau : volt\nn : integer\non : boolean",
        spike="v > 10*mV", reset="v = 0*mV; n += 1; on = not on", tau=5 * ms,
    )  # fmt: skip
    cells = net.population("cells", 3, model)
    net.record(cells, ["v", "n", "on"], start=20 * ms)
    net.record(cells, "spikes", variables=["v", "n", "on"], start=20 * ms)
    net.project(cells, cells, sp.one_to_one(), weight=1 * mV, name="p")
    net.record("p", "weight", start=20 * ms)
    compiled = net.compile(backend, precision=precision)
    wanted = {"v": precision, "n": "int32", "on": "bool"}
    here = compiled.run(duration * ms)
    compiled.run(duration * ms, sink=sp.to_disk(tmp_path / "kept.zarr"))
    here.save(tmp_path / "run.npz")
    for results in (here, sp.read_recording(tmp_path / "kept.zarr"),
                    sp.load_results(tmp_path / "run.npz")):  # fmt: skip
        cells = results["cells"]
        assert {name: cells[name].values.dtype.name for name in wanted} == wanted
        assert {n: v.dtype.name for n, v in cells.spikes.variables.items()} == wanted
        assert results["p"].weight.values.dtype.name == precision
        assert bool(len(cells.v.t)) == bool(len(cells.spikes)) == (duration == 30)


# ---- errors are told once ------------------------------------------------------------------------


def test_an_error_of_a_recording_has_one_hint(plain, tmp_path):
    place = tmp_path / "kept.zarr"
    plain.run(5 * ms, sink=sp.to_disk(place))
    for _ in range(2):  # and nobody is kept out afterwards
        with pytest.raises(RecordingError) as caught:
            plain.run(5 * ms, sink=sp.to_disk(place))
        assert "can't be written" not in str(caught.value)
        assert str(caught.value).count("choose another name") == 1
        assert not isinstance(caught.value.__cause__, RecordingError)


class Own(Sink):
    """A sink as the guide describes it."""

    def open(self, columns, about, mark=None):
        self.seen = [] if mark is None else list(mark["seen"])

    def add(self, piece, end):
        self.seen.append(end)

    def mark(self):
        return {"seen": np.array(self.seen)}

    def close(self, end, final, complete):
        self.end = end, complete, sorted(final)


def test_a_sink_of_ones_own(plain):
    sink = Own()
    results = plain.run(20 * ms, sink=sink, until=lambda m: None, every=5 * ms)
    assert sink.seen[-1] == 200 and {50, 100, 150} <= set(sink.seen)
    assert sink.end == (200, True, ["cells", "source"])
    with pytest.raises(UnknownNameError, match="went to the sink Own"):
        _ = results["cells"].spikes
