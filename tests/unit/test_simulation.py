"""Runs that go on: continued, stored, saved, kept on disk, ended early; each as one whole run."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import fields, is_dataclass, replace
from numbers import Rational
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import spikesim as sp
from spikesim import checkpoint
from spikesim.backends.cuda import host
from spikesim.errors import (
    CheckpointError,
    DimensionError,
    ParameterError,
    RunWarning,
    SeveralErrors,
    UnknownNameError,
)
from spikesim.ir.fingerprint import fingerprint
from spikesim.progress import progress_bar
from spikesim.recording.sinks import Memory
from spikesim.units import Hz, ms, mV, pA

MODES = [
    ("numpy", {}),
    ("jax", {"conformance": True}),
    ("cpp", {}),
    ("cpp", {"conformance": True}),
    *([] if host.why_missing() else [("cuda", {"conformance": True})]),
]
CHILD = """
import sys
sys.path.insert(0, {folder!r})
from test_simulation import *
"""


def network(dt=0.1, size=20, weight=300, seed=3, noise=900, every=0.5, name="cells"):
    net = sp.Network(dt=dt * ms, seed=seed)
    cells = net.population(name, size, sp.neurons.LIF(), v=sp.uniform(-70 * mV, -52 * mV))
    source = net.population("source", 6, sp.neurons.Poisson(rate=200 * Hz))
    syn = sp.synapses.ExpCurrent(tau=2 * ms, name="syn")
    delay = sp.uniform(0.3 * ms, 4 * ms)
    net.project(source, cells, sp.fixed_probability(0.5), synapse=syn, weight=weight * pA,
                delay=delay, name="in")  # fmt: skip
    net.project(cells, cells, sp.fixed_indegree(4), synapse=syn, weight=-90 * pA, delay=delay)
    net.stimulate(cells, sp.poisson(noise * Hz), synapse=syn, weight=250 * pA)
    net.record([cells, source], "spikes")
    net.record(cells[[3, 1]], ["spikes", "v"], every=None)
    net.record(cells[:4], "v", every=every * ms)
    net.record(cells, "rate", every=3 * ms)
    return net


@pytest.fixture(scope="module", params=MODES, ids=lambda mode: f"{mode[0]}-{len(mode[1])}")
def model(request):
    backend, options = request.param
    return network().compile(backend, **options)


@pytest.fixture(scope="module")
def plain():
    return network().compile("cpp")


@pytest.fixture(scope="module")
def whole(model):
    return model.run(60 * ms)


def arrays(*stretches):
    """All that was recorded in stretches of one run, and the states at the end. Bins of a rate are
    left out: one that a stretch cuts in two is two."""
    found: dict[tuple[str, ...], list[np.ndarray]] = {}
    for result in stretches:
        for p in result:
            for what, data in result[p].recorded.items():
                for column in ("t", "i", "values"):
                    if hasattr(data, column) and (what != "rate" or len(stretches) == 1):
                        found.setdefault((p, what, column), []).append(getattr(data, column))
    joined = {key: np.concatenate(parts) for key, parts in found.items()}
    last = stretches[-1]
    return joined | {(p, v, "final"): a for p in last for v, a in last[p].final.items()}


def assert_same(left, right):
    left, right = (arrays(*(side if isinstance(side, list) else [side])) for side in (left, right))
    if left.keys() != right.keys():
        left = {k: v for k, v in left.items() if k[1] != "rate"}
        right = {k: v for k, v in right.items() if k[1] != "rate"}
    assert left.keys() == right.keys()
    for key in left:
        np.testing.assert_array_equal(left[key], right[key], err_msg=str(key))


def child(code, *arguments, **options):
    """Another Python process that runs this, with all that this file defines."""
    program = CHILD.format(folder=str(Path(__file__).parent)) + code
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


# ---- going on ----------------------------------------------------------------------------------


def test_several_runs_are_one(model, whole):
    simulation = model.start()
    parts = [simulation.run(t * ms) for t in (17, 0, 0.1, 20.4, 22.5)]
    assert simulation.t == pytest.approx(60)
    assert_same(parts, whole)
    assert len(whole["cells"].spikes) > 20
    assert [round(p.start, 6) for p in parts] == [0, 17, 17, 17.1, 37.5]
    assert sum(len(p["cells"].spikes) for p in parts) == len(whole["cells"].spikes)
    rates = [p["cells"].spikes.counts().sum() for p in parts]  # each counts its own time
    assert sum(rates) == len(whole["cells"].spikes)


def test_bins_of_rates_across_stretches(plain):
    simulation = plain.start()
    rates = [simulation.run(t * ms)["cells"].rate for t in (10, 11, 9)]
    everything = plain.run(30 * ms)["cells"].rate
    np.testing.assert_allclose(rates[0].t, [0, 3, 6, 9])
    np.testing.assert_allclose(rates[1].t, [10, 12, 15, 18])
    for k in (0, 1, 2):  # whole bins are those of the whole run; 9 to 12 ms is cut at 10
        assert rates[0].values[k] == everything.values[k]
    assert everything.values[3] == pytest.approx((rates[0].values[3] + 2 * rates[1].values[0]) / 3)


def test_store_and_restore_branches(model):
    weights = {"in.weight": 340 * pA}
    simulation = model.start(params=weights, seed=9)
    first = simulation.run(20 * ms)
    moment = simulation.store()
    branches = []
    for _ in range(2):
        simulation.restore(moment)
        branches.append(simulation.run(25 * ms))
    assert_same(branches[0], branches[1])
    assert_same([first, branches[0]], model.run(45 * ms, params=weights, seed=9))
    other = model.start(params={"in.weight": 100 * pA}, seed=9)  # from that state on, otherwise
    other.restore(moment)
    assert len(other.run(25 * ms)["cells"].spikes) != len(branches[0]["cells"].spikes)


def test_two_simulations_of_one_model_take_turns(model):
    values = [{"in.weight": w * pA} for w in (150, 400)]
    alone = [model.run(30 * ms, params=v, seed=4) for v in values]
    both = [model.start(params=v, seed=4) for v in values]
    parts = [[], []]
    for _ in range(3):
        for k in (0, 1):
            parts[k].append(both[k].run(10 * ms))
    for k in (0, 1):
        assert_same(parts[k], alone[k])


BRANCHING = ["numpy", "jax", "cpp", *([] if host.why_missing() else ["cuda"])]


def after_a_branch(backend, values, delay, order):
    """Spikes after a moment is gone on from with other values, with spikes under way."""
    net = sp.Network(dt=0.1 * ms, seed=3, order=order)
    cells = net.population("cells", 40, sp.neurons.LIF(), v=sp.uniform(-70 * mV, -55 * mV))
    syn = sp.synapses.ExpCurrent(tau=2 * ms)
    for name, weight in (("exc", 90), ("inh", -60)):
        net.project(cells, cells, sp.fixed_probability(0.2), synapse=syn, weight=weight * pA,
                    delay=delay, name=name)  # fmt: skip
    net.stimulate(cells, sp.dc(420 * pA))
    net.record(cells, "spikes")
    model = net.compile(backend, conformance=True)
    simulation = model.start(seed=4)
    simulation.run(30 * ms)
    branch = model.start(params=values, seed=4)
    branch.restore(simulation.store())
    spikes = branch.run(20 * ms)["cells"].spikes
    return spikes.t.tolist(), spikes.i.tolist()


@pytest.mark.parametrize("order", ["standard", "nest"])
@pytest.mark.parametrize("delay", [2 * ms, sp.uniform(0.3 * ms, 6 * ms)], ids=["one", "many"])
def test_a_branch_with_other_weights_is_the_same_on_all_backends(delay, order):
    """A spike under way arrives with the weight that there is then."""
    found = {}
    for values in ({}, {"exc.weight": 150 * pA}, {"exc.weight_scale": 0.0, "inh.weight": 5 * pA}):
        ours, *others = [after_a_branch(b, values, delay, order) for b in BRANCHING]
        assert all(ours == other for other in others)
        found[str(values)] = ours
    assert len({str(spikes) for spikes in found.values()}) == 3


def test_a_branch_keeps_its_own_given_spikes():
    net = sp.Network(dt=0.1 * ms)
    given = net.population("given", 1, sp.spike_times([[5, 15, 25, 50, 60, 70] * ms]))
    net.record(given, "spikes")
    model = net.compile("numpy")
    one, other = model.start(), model.start()
    one.set_spikes("given", [[1, 2, 3, 4, 5, 6] * ms])
    one.run(30 * ms)
    other.restore(one.store())
    np.testing.assert_allclose(other.run(70 * ms)["given"].spikes.t, [50, 60, 70])


def test_restore_refuses_what_is_no_state(model):
    simulation = model.start()
    for wrong in (None, 3):
        with pytest.raises(ParameterError, match="what `store"):
            simulation.restore(wrong)
    others = {
        "population 'cells': size was 21, is 20": network(size=21).compile("cpp"),
        "backend was": network().compile("numpy" if model.backend == "cpp" else "cpp"),
        "precision was": network().compile(
            model.backend, precision="float64", conformance=model.options.conformance
        ),
    }
    for what, other in others.items():
        if what != "precision was" or not model.options.conformance:
            with pytest.raises(ParameterError, match=f"of another model: .*{what}"):
                simulation.restore(other.start().store())


def test_a_checkpoint_of_another_past_is_refused(plain, tmp_path):
    """Equal but for the state in which the run began."""
    for wanted in (5 * ms, 20 * ms):
        before = plain.start(params={"cells.tau_m": wanted})
        before.run(20 * ms)
        now = plain.start()
        now.restore(before.store())
        options = {"checkpoint": tmp_path / "kept", "every": 5 * ms}
        if wanted == 5 * ms:
            with pytest.raises(ZeroDivisionError):
                now.run(40 * ms, until=lambda m: m.t > 40 and 1 / 0, **options)
        else:
            with pytest.raises(CheckpointError, match="it started from another state"):
                now.run(40 * ms, **options)


def test_save_and_load(model, whole, tmp_path):
    simulation = model.start()
    first = simulation.run(31 * ms)
    simulation.save(tmp_path / "state")
    assert os.listdir(tmp_path) == ["state"]
    again = model.load(tmp_path / "state")
    assert again.t == simulation.t
    assert_same([first, again.run(29 * ms)], whole)


def test_load_in_another_process(plain, tmp_path):
    simulation = plain.start(params={"in.weight": 280 * pA}, seed=8)
    simulation.run(31 * ms)
    simulation.save(tmp_path / "state")
    code = """
result = network().compile("cpp").load(sys.argv[1]).run(29 * ms)
np.savez(sys.argv[2], t=result["cells"].spikes.t, i=result["cells"].spikes.i)
"""
    process = child(code, tmp_path / "state", tmp_path / "rest.npz")
    _, said = process.communicate()
    assert process.returncode == 0, said
    rest, here = np.load(tmp_path / "rest.npz"), simulation.run(29 * ms)["cells"].spikes
    np.testing.assert_array_equal(rest["t"], here.t)
    np.testing.assert_array_equal(rest["i"], here.i)


# ---- conditions --------------------------------------------------------------------------------


def test_until(model, whole):
    asked = []

    def ten(moment):
        asked.append((moment.t, moment.spikes["cells"], moment.states["cells", "v"].shape))
        return sum(n for _, n, _ in asked) >= 10

    simulation = model.start()
    result = simulation.run(60 * ms, until=ten, every=2 * ms)
    assert result.complete and simulation.t == pytest.approx(asked[-1][0]) and simulation.t < 60
    np.testing.assert_allclose([t for t, _, _ in asked], 2 * np.arange(1, len(asked) + 1))
    assert asked[-1][2] == (20,)
    assert_same([result, simulation.run((60 - simulation.t) * ms)], whole)


def test_until_is_asked_every_ten_ms_by_default(plain):
    asked = []
    plain.run(35 * ms, until=lambda m: asked.append(m.t))
    np.testing.assert_allclose(asked, [10, 20, 30])


@pytest.mark.parametrize("every", [0 * ms, -1 * ms, 0.01 * ms, np.inf * ms, 3])
def test_bad_intervals(plain, every):
    with pytest.raises((ParameterError, DimensionError)):
        plain.run(5 * ms, until=lambda m: False, every=every)


INTERRUPTED = """
result = network().compile("cpp").run(1e7 * ms, until=lambda m: print(m.t, flush=True), every=50*ms,
                                      checkpoint=sys.argv[1] or None, sink=sp.to_nowhere())
print("over", result.complete, result.duration, flush=True)
"""


@pytest.mark.parametrize("file", ["", "kept"])
def test_ctrl_c_keeps_what_was_recorded(tmp_path, file):
    place = file and tmp_path / file
    process = child(INTERRUPTED, place)
    assert process.stdout is not None
    for _ in range(3):
        process.stdout.readline()
    process.send_signal(signal.SIGINT)
    said, faults = process.communicate(timeout=60)
    assert process.returncode == 0, faults
    word, complete, duration = said.splitlines()[-1].split()
    assert (word, complete) == ("over", "False") and float(duration) >= 150
    if file:
        assert checkpoint.read(place)[0]["step"] == round(float(duration) / 0.1)


def test_an_interrupted_run_warns_and_says_so(plain):
    def press(moment):
        os.kill(os.getpid(), signal.SIGINT)
        return False

    simulation = plain.start()
    with pytest.warns(RunWarning, match="interrupted at 10 ms"):
        result = simulation.run(50 * ms, until=press)
    assert not result.complete and result.duration == pytest.approx(10)
    assert "not complete" in repr(result)
    assert_same([result, simulation.run(50 * ms)], plain.run(60 * ms))


def test_ctrl_c_in_a_loop_of_short_runs(plain, tmp_path):
    """Each is over in one chunk: the loop has to end all the same, and nothing is lost."""

    class Press(Memory):
        def add(self, *piece):
            if not any(self.parts.values()):
                os.kill(os.getpid(), signal.SIGINT)
            super().add(*piece)

    simulation = plain.start()
    with pytest.raises(KeyboardInterrupt):
        simulation.run(5 * ms, sink=Press(), checkpoint=tmp_path / "kept")
    assert simulation.t == pytest.approx(5) and not os.listdir(tmp_path)


# ---- checkpoints -------------------------------------------------------------------------------


class Failing(Memory):
    """Fails at a step; a run in another process would have been killed there."""

    at: int | None = None

    def add(self, piece, end):
        steps = [pair[0][-1] for pair in piece.values() if len(pair[0])]
        if Failing.at is not None and steps and max(steps) >= Failing.at:
            raise ZeroDivisionError
        super().add(piece, end)


def stopped_run(model, place, at=30, **options):
    """A run of 60 ms that stops in the middle, with a checkpoint every 7 ms."""
    Failing.at = round(at / 0.1)
    with pytest.raises(ZeroDivisionError):
        model.run(60 * ms, sink=Failing(), checkpoint=place, every=7 * ms, **options)
    Failing.at = None


def test_a_run_is_taken_up_at_its_checkpoint(model, whole, tmp_path):
    place = tmp_path / "kept"
    stopped_run(model, place)
    assert checkpoint.read(place)[0]["step"] == 280
    result = model.run(60 * ms, sink=Failing(), checkpoint=place, every=7 * ms)
    assert not os.listdir(tmp_path)
    assert_same(result, whole)
    np.testing.assert_array_equal(result["cells"].rate.values, whole["cells"].rate.values)


def test_a_later_stretch_is_taken_up(plain, tmp_path):
    """The script is run again: what came before the stretch as well."""
    for attempt in (0, 1):
        simulation = plain.start()
        first = simulation.run(13 * ms)
        Failing.at = 400 if attempt == 0 else None
        try:
            rest = simulation.run(47 * ms, sink=Failing(), checkpoint=tmp_path / "kept",
                                  every=3 * ms)  # fmt: skip
        except ZeroDivisionError:
            assert attempt == 0 and (tmp_path / "kept").exists()
    assert_same([first, rest], plain.run(60 * ms))


def test_conditions_of_a_run_that_is_taken_up(plain, tmp_path):
    def asks(seen):
        return lambda m: seen.append((round(m.t, 6), m.spikes["cells"])) or len(seen) == 99

    straight, before, after = [], [], []
    plain.run(60 * ms, until=asks(straight), every=4 * ms)
    Failing.at = 300
    options = {"checkpoint": tmp_path / "kept", "every": 4 * ms, "sink": Failing()}
    with pytest.raises(ZeroDivisionError):
        plain.run(60 * ms, until=asks(before), **options)
    Failing.at = None
    plain.run(60 * ms, until=asks(after), **options)
    assert before + after == straight
    # A condition that holds ends the run, and with it its checkpoint.
    plain.run(60 * ms, until=lambda m: m.t > 20, **options)
    assert not (tmp_path / "kept").exists()


OTHERS = {
    "seed was 3, is 77": lambda m, f: taken_up(m, f, seed=77),
    "params: 'cells.t_ref' was not given, is 1.0": lambda m, f: taken_up(
        m, f, params={"cells.t_ref": 1 * ms}
    ),
    "it went from 0 to 60 ms, is to go from 0 to 61 ms": lambda m, f: taken_up(m, f, 61),
    "it recorded to Failing, is to record in memory": lambda m, f: taken_up(m, f, sink=None),
    "projection 'in': weight was 300.0 pA, is 301.0 pA": lambda m, f: taken_up(
        network(weight=301).compile("cpp"), f
    ),
    "precision was 'float32', is 'float64'": lambda m, f: taken_up(
        network().compile("cpp", precision="float64"), f
    ),
    "backend was 'cpp', is 'numpy'": lambda m, f: taken_up(network().compile("numpy"), f),
    "it went from 0 to 60 ms, is to go from 1 to 60 ms": lambda m, f: later(m, f),
}


def taken_up(model, place, duration=60, **options):
    model.run(duration * ms, checkpoint=place, **{"sink": Failing(), **options})


def later(model, place):
    simulation = model.start()
    simulation.run(1 * ms)
    simulation.run(59 * ms, checkpoint=place, sink=Failing())


@pytest.mark.parametrize("other", OTHERS)
def test_a_checkpoint_of_another_run_is_refused(plain, tmp_path, other):
    place = tmp_path / "kept"
    stopped_run(plain, place)
    content = place.read_bytes()
    with pytest.raises(CheckpointError, match=f"checkpoint of another .*: {other}"):
        OTHERS[other](plain, place)
    assert place.read_bytes() == content


def test_a_checkpoint_of_another_version_is_refused(plain, tmp_path, monkeypatch):
    plain.start().save(tmp_path / "kept")
    monkeypatch.setattr("spikesim.simulation.__version__", "9.9")
    with pytest.raises(CheckpointError, match=r"was written by spikesim 0.*, this is 9\.9"):
        plain.load(tmp_path / "kept")
    monkeypatch.undo()
    header, content = checkpoint.read(tmp_path / "kept")
    checkpoint.write(tmp_path / "kept", header | {"format version": 9}, content)
    with pytest.raises(CheckpointError, match="version 9, and this spikesim reads version 2"):
        plain.load(tmp_path / "kept")


def test_load_refuses_other_networks(plain, tmp_path):
    simulation = plain.start(params={"cells.t_ref": 1 * ms})
    simulation.save(tmp_path / "kept")
    for other in (network(size=21), network(name="others")):
        with pytest.raises(CheckpointError, match="another"):
            other.compile("cpp").load(tmp_path / "kept")


@pytest.fixture(scope="module")
def saved(plain, tmp_path_factory):
    place = tmp_path_factory.mktemp("saved") / "state"
    simulation = plain.start()
    simulation.run(20 * ms)
    simulation.save(place)
    return place


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.floats(0, 1, exclude_max=True))
def test_a_file_cut_off_anywhere_is_refused(plain, saved, tmp_path, part):
    content = saved.read_bytes()
    (tmp_path / "cut").write_bytes(content[: int(part * len(content))])
    with pytest.raises(CheckpointError, match="broken"):
        plain.load(tmp_path / "cut")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_of_no_matter(plain, saved, tmp_path, part, change):
    content = bytearray(saved.read_bytes())
    content[int(part * len(content))] ^= change
    (tmp_path / "changed").write_bytes(content)
    try:
        simulation = plain.load(tmp_path / "changed")
    except CheckpointError:
        return
    right = plain.load(saved)
    assert simulation.step == right.step  # a date or the like, in the archive's own list
    assert_same(simulation.run(5 * ms), right.run(5 * ms))


class Bomb:
    """Unpickling it leaves a file behind."""

    def __reduce__(self):
        return Path.touch, (Path("exploded"),)


def test_foreign_files_are_refused_and_nothing_in_them_is_executed(plain, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bomb = np.array([Bomb()], dtype=object)
    header = np.array(json.dumps({"format": checkpoint.FORMAT, "step": 0, "seed": 3}))
    np.savez("foreign.npz", a=np.arange(3))
    np.savez("header.npz", header=bomb)
    np.savez("data.npz", header=header, **{"data/state/cells.v": bomb})
    np.save("array.npy", np.arange(3))
    np.save("bomb.npy", bomb, allow_pickle=True)
    np.savez("list.npz", header=np.array("[1, 2]"))
    np.savez("few.npz", header=header)
    Path("pickle").write_bytes(pickle.dumps(Bomb()))
    Path("text").write_text("hello")
    Path("empty").write_bytes(b"")
    with zipfile.ZipFile("zip", "w") as archive:
        archive.writestr("header.npy", b"no array")
    for name in sorted(os.listdir()):
        with pytest.raises(CheckpointError):
            plain.load(name)
        with pytest.raises(CheckpointError):
            plain.run(1 * ms, checkpoint=name)
    with pytest.raises(CheckpointError, match="no checkpoint"):
        plain.load("missing")
    with pytest.raises(CheckpointError):
        plain.load(tmp_path)
    assert not Path("exploded").exists()


def test_states_of_other_shapes_are_refused(plain, saved, tmp_path):
    header, content = checkpoint.read(saved)
    for change in (
        {"state/cells.v": content["state/cells.v"][:1]},
        {"state/cells.v": content["state/cells.v"].astype(np.float64)},
        {"state/more": np.zeros(3)},
    ):
        checkpoint.write(tmp_path / "other", header, content | change)
        with pytest.raises(CheckpointError, match="can't be taken up"):
            plain.load(tmp_path / "other")
    for step in (-1, "x", None, 2**40):
        checkpoint.write(tmp_path / "other", header | {"step": step}, content)
        with pytest.raises(CheckpointError, match="step"):
            plain.load(tmp_path / "other")


def full(*_, **__):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("place", ["os.fsync", "numpy.lib.format.write_array", "os.replace"])
def test_a_full_disk_loses_nothing(plain, saved, tmp_path, monkeypatch, place):
    kept = tmp_path / "kept"
    kept.write_bytes(saved.read_bytes())
    simulation = plain.start()
    simulation.run(3 * ms)
    monkeypatch.setattr(place, full)
    with pytest.raises(CheckpointError, match="No space left"):
        simulation.save(kept)
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["kept"] and kept.read_bytes() == saved.read_bytes()
    simulation.save(kept)
    assert plain.load(kept).step == 30


@pytest.mark.parametrize("mode", [0o555, 0o444], ids=oct)
def test_a_folder_that_cannot_be_written_to(plain, tmp_path, shelf, permitted, mode):
    simulation = plain.start()
    with pytest.raises(CheckpointError, match=r"can't write .*No such file"):
        simulation.save(tmp_path / "missing" / "state")
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match=r"can't write .*Not a directory"):
        simulation.save(tmp_path / "file" / "state")
    simulation.save(shelf / "state")
    with permitted(shelf, mode), pytest.raises(CheckpointError, match="Permission denied"):
        simulation.save(shelf / "state")
    assert os.listdir(shelf) == ["state"] and plain.load(shelf / "state").step == 0


def test_a_disk_that_is_full_in_the_middle_of_a_run(plain, tmp_path):
    """A real limit, on the size of files: the run ends, and the last checkpoint is good."""
    code = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = 0
def grows(moment):
    global size
    if moment.t > 100:
        limit = os.path.getsize(sys.argv[1]) + 2000
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    network().compile("cpp").run(5000 * ms, checkpoint=sys.argv[1], every=50 * ms, until=grows)
except CheckpointError as fault:
    print(fault)
"""
    process = child(code, tmp_path / "kept")
    said, faults = process.communicate(timeout=60)
    assert "File too large; the file that was there is unchanged" in said, faults
    assert os.listdir(tmp_path) == ["kept"]
    at = checkpoint.read(tmp_path / "kept")[0]["step"]
    assert 1000 <= at < 50_000 and at % 500 == 0
    resumed = plain.run(5000 * ms, checkpoint=tmp_path / "kept")
    assert_same(resumed, plain.run(5000 * ms))


# ---- the number of a network -------------------------------------------------------------------

CHANGES = {
    "dt": st.sampled_from([0.1, 0.25, 0.05]),
    "size": st.integers(4, 24),
    "weight": st.floats(1, 900),
    "seed": st.integers(0, 9),
    "noise": st.floats(1, 2000),
    "every": st.sampled_from([1.0, 2.0]),
    "name": st.sampled_from(["cells", "others"]),
}
SAMPLED = st.fixed_dictionaries({}, optional=CHANGES)


@settings(max_examples=25, deadline=None)
@given(SAMPLED, SAMPLED)
def test_a_fingerprint_is_that_of_one_network(left, right):
    from spikesim.build import build

    default = {"dt": 0.1, "size": 20, "weight": 300, "seed": 3, "noise": 900, "every": 0.5,
               "name": "cells"}  # fmt: skip
    first, second = (fingerprint(build(network(**options))) for options in (left, right))
    assert (first == second) == (default | left == default | right)
    assert first == fingerprint(build(network(**left)))


def test_a_fingerprint_sees_every_number(plain):
    """Whatever field of the program changes, however deep."""
    program = plain.program
    seen = {fingerprint(program)}

    def changed(value):
        """Variants of a value, each changed in one place."""
        if is_dataclass(value) and not isinstance(value, type):
            for f in fields(value):
                for other in changed(getattr(value, f.name)):
                    try:
                        yield replace(value, **{f.name: other})
                    except (ValueError, TypeError, KeyError):
                        continue
        elif isinstance(value, tuple):
            for k, item in enumerate(value):
                for other in changed(item):
                    yield (*value[:k], other, *value[k + 1 :])
            if value and not all(isinstance(one, Rational) for one in value):  # seven exponents
                yield value[:-1]
        elif isinstance(value, np.ndarray) and value.size:
            copy = value.copy()
            copy.flat[-1] = not copy.flat[-1] if copy.dtype == bool else copy.flat[-1] + 1
            yield copy
        elif isinstance(value, bool):
            yield not value
        elif isinstance(value, int | float):
            yield value + 1
        elif isinstance(value, str):
            yield value + "x"

    count = 0
    for other in changed(program):
        count += 1
        seen.add(fingerprint(other))
    assert count > 200 and len(seen) == count + 1


# ---- time, warnings, the bar -------------------------------------------------------------------


def clock(dt, sink=None):
    net = sp.Network(dt=dt * ms)
    late = net.population("late", 1, sp.spike_times([[1.0, 500_000.0, 999_999.0] * ms]))
    net.record(late, "spikes")
    return net.compile("cpp").start().run(1_000_000 * ms, sink=sink)


def test_the_clock_is_right_after_a_thousand_seconds():
    result = clock(0.1)
    np.testing.assert_allclose(result["late"].spikes.t, [1, 500_000, 999_999], rtol=0, atol=1e-6)
    assert result.duration == 1_000_000


def simple(current, what="spikes", dt=0.1, **options):
    net = sp.Network(dt=dt * ms)
    cells = net.population("cells", 3, sp.neurons.LIF(**options))
    net.stimulate(cells, sp.dc(current * pA))
    net.record(cells, what)
    return net


def test_a_silent_network_is_mentioned_once():
    simulation = simple(10).compile("numpy").start()
    simulation.run(50 * ms)  # short runs may be silent
    with pytest.warns(RunWarning, match="nothing fired in 100 ms") as said:
        simulation.run(100 * ms)
    assert len(said) == 1 and said[0].filename == __file__
    simulation.run(100 * ms)
    simple(10, "v").run(100 * ms, "numpy")  # no spikes were asked for


def test_saturated_rates_are_mentioned_once():
    simulation = simple(200_000).compile("numpy").start()
    with pytest.warns(RunWarning, match="'cells' fires nearly whenever it can") as said:
        simulation.run(100 * ms)
    assert len(said) == 1
    simulation.run(100 * ms)
    simple(1_500).run(100 * ms, "numpy")


def test_a_step_that_is_too_long_is_mentioned_once():
    growing = sp.neuron("dv/dt = (v - E)/tau", spike="v > 1e9*mV", reset="v = E",
                        tau=4 * ms, E=-70 * mV, v=sp.state(-65 * mV), name="Growing")  # fmt: skip
    net = sp.Network(dt=0.1 * ms)
    cells = net.population("cells", 3, growing)
    net.record(cells, "v", every=1 * ms)
    simulation = net.compile("numpy").start()
    simulation.run(40 * ms)
    with pytest.warns(RunWarning, match="v of neuron 0 has grown to .* smaller dt") as said:
        simulation.run(20 * ms)
    assert len(said) == 1
    simulation.run(5 * ms)


def test_the_bar_shows_time_speed_and_time_left(plain, capsys):
    plain.run(60 * ms, progress=True)
    said = capsys.readouterr().err
    assert "60/60 ms" in said and "ms/s" in said and "<" in said
    plain.run(1 * ms)
    plain.run(0 * ms, progress=True)  # nothing to show
    assert not capsys.readouterr().err


@pytest.mark.parametrize(("dt", "steps"), [(0.1, 7000), (0.0123, 3001), (1 / 3, 999)])
def test_the_bar_ends_at_the_end(dt, steps, capsys):
    """Times added up go beyond their sum: tqdm warns of that, here with an error."""
    with progress_bar(steps, dt, True) as advance:
        for _ in range(steps):
            advance(1)
    said = capsys.readouterr().err
    assert (
        said.rpartition("\r")[2].startswith("100%") and f"{steps * dt:.0f}/{steps * dt:.0f}" in said
    )
    assert said.count("\r") == 2  # no terminal: a picture at the start, one every 10 s, the last


def test_the_bar_of_a_run_that_is_taken_up(capsys):
    """Its speed is that of the steps still taken, and not below zero."""
    with progress_bar(20_000, 0.1, True, done=19_000) as advance:
        time.sleep(0.02)
        advance(1000)
    said = capsys.readouterr().err
    assert "2000/2000 ms" in said and ", -" not in said


@pytest.mark.parametrize("sink", ["run.zarr", Path("run.zarr"), 5, sp.to_disk])
def test_a_sink_that_is_none(plain, sink):
    with pytest.raises(ParameterError, match=r"write sink="):
        plain.run(5 * ms, sink=sink)


# ---- what is asked for ---------------------------------------------------------------------------

ODD = [
    ({"until": 5}, ParameterError, "until is 5; expected a function of a moment"),
    ({"until": 50 * ms}, ParameterError, "until is .*; expected a function of a moment"),
    ({"until": lambda m: 3}, ParameterError, "until returned 3 at 10 ms; expected True"),
    ({"until": lambda m: m.states["cells", "v"] > 0}, ParameterError, r"\.any\(\) or \.all\(\)"),
    ({"checkpoint": True}, ParameterError, "checkpoint is True; expected the name of a file"),
    ({"checkpoint": []}, ParameterError, r"checkpoint is \[\]; expected the name of a file"),
    ({"checkpoint": 7}, ParameterError, "checkpoint is 7; expected the name of a file"),
    ({"checkpoint": ""}, ParameterError, "checkpoint is ''; expected the name of a file"),
    ({"every": 5 * ms}, ParameterError, "no until= and no checkpoint="),
    ({"every": [1, 2] * ms, "until": print}, ParameterError, "every is .* expected one time"),
    ({"every": 5, "until": print}, DimensionError, "every"),
    ({"progress": "yes"}, ParameterError, "progress is 'yes'; expected True or False"),
]


@pytest.mark.parametrize(("options", "error", "said"), ODD)
def test_odd_arguments_of_run(plain, options, error, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=said):
        plain.run(20 * ms, **options)
    assert not os.listdir(tmp_path)


def test_all_odd_arguments_are_told_of_together(plain):
    with pytest.raises(SeveralErrors) as caught:
        plain.run(-1 * ms, until=5, every=0 * ms, sink=3, checkpoint=7, progress=2)
    assert len(caught.value.errors) == 6


@pytest.mark.parametrize("path", [3, None, "", b"run.zarr", ["run.zarr"]])
def test_odd_places(plain, path):
    calls = (sp.to_disk, sp.read_recording, plain.load, plain.start().save)
    for call in calls:
        with pytest.raises(ParameterError, match="expected the name of a file or a folder"):
            call(path)
    with pytest.raises(ParameterError, match="overwrite is 'yes'"):
        sp.to_disk("run.zarr", overwrite="yes")


# ---- a moment ------------------------------------------------------------------------------------


def test_a_moment_is_short_in_print_and_helps_with_names(plain):
    moments = []
    plain.run(15 * ms, until=moments.append)
    (moment,) = moments
    assert (
        len(repr(moment)) < 300 and "Moment at 10 ms" in repr(moment) and "cells.v" in str(moment)
    )
    assert moment.spikes.get("cels") is None and "cels" not in moment.spikes
    for wrong, said in (
        (lambda: moment.spikes["cels"], "did you mean 'cells'"),
        (lambda: moment.states["cells", "vv"], "did you mean 'cells.v'"),
        (lambda: moment.states["cells"], r"moment.states\[.population., .variable.\]"),
        (lambda: moment.time, "here it is called 't'"),
    ):
        with pytest.raises(UnknownNameError, match=said):
            wrong()
    assert pickle.loads(pickle.dumps(moment)).spikes == moment.spikes


def test_a_checkpoint_tells_what_is_new_and_what_is_gone(plain, tmp_path):
    plain.start().save(tmp_path / "kept")
    with pytest.raises(CheckpointError) as caught:
        network(name="others").compile("cpp").load(tmp_path / "kept")
    said = str(caught.value)
    assert "population 'cells' is gone" in said and "population 'others' is new" in said
    assert len(said) < 1000


@pytest.mark.parametrize(
    "odd",
    [
        {"of": None}, {"of": 3}, {"of": []}, {"of": {"network": 5}}, {"of": {"network": [[1, 2]]}},
        {"version": None}, {"version": ["0"]}, {"seed": []}, {"step": "one"}, {"step": -1},
        {"step": 1e9}, {"step": True}, {"format version": None}, {"format version": [2]},
        {"format": {}}, {"first": None}, {"bins": 3}, {"counts": 4}, {"asked": [1]}, {"end": "x"},
        {"sink": {}}, {"run": 3}, {"counts": {}}, {"asked": {"0": "x"}}, {"bins": [["0", 0, 0]]},
    ],
    ids=str,
)  # fmt: skip
def test_hostile_headers(plain, tmp_path, odd):
    stopped_run(plain, tmp_path / "kept")
    header, content = checkpoint.read(tmp_path / "kept")
    checkpoint.write(tmp_path / "kept", header | odd, content)
    with pytest.raises(CheckpointError):
        plain.run(60 * ms, checkpoint=tmp_path / "kept", sink=Failing(), until=lambda m: None)
    if odd.keys() & {"of", "version", "seed", "step"}:
        with pytest.raises(CheckpointError):
            plain.load(tmp_path / "kept")


@pytest.mark.parametrize("what", ["run", "restore", "set_spikes"])
def test_nothing_moves_a_simulation_that_runs(plain, what):
    """A run within it would leave a hole in what is recorded."""
    simulation = plain.start()
    act = {
        "run": lambda m: simulation.run(5 * ms),
        "restore": lambda m: simulation.restore(simulation.store()),
        "set_spikes": lambda m: simulation.set_spikes("source", [1] * ms),
    }[what]
    with pytest.raises(ParameterError, match=f"{what}: this simulation is running"):
        simulation.run(30 * ms, until=act)
    whole = plain.run(30 * ms)
    before = plain.start().run(10 * ms)
    assert_same([before, simulation.run(20 * ms)], whole)


@pytest.mark.parametrize("name", ["run.zarr", "run.zarr/checkpoint"])
def test_a_checkpoint_is_no_part_of_a_recording(plain, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sink = sp.to_disk("run.zarr", overwrite=True)
    plain.run(5 * ms, sink=sink)
    with pytest.raises(ParameterError, match="which is the recording or a part of it"):
        plain.run(10 * ms, sink=sink, checkpoint=name)
    assert sp.read_recording("run.zarr").duration == 5
    with pytest.raises(ParameterError, match="can't take the place of"):
        sp.to_disk("/")


class Disturbed(Memory):
    """Ctrl-C comes while it opens, or while it closes."""

    def __init__(self, moment):
        self.moment = moment

    def open(self, *arguments):
        if self.moment == "open":
            os.kill(os.getpid(), signal.SIGINT)
        super().open(*arguments)

    def close(self, *arguments):
        if self.moment == "close":
            os.kill(os.getpid(), signal.SIGINT)
        super().close(*arguments)


@pytest.mark.filterwarnings("ignore:the run was interrupted")
def test_ctrl_c_while_a_sink_opens_or_closes(plain, ctrl_c):
    results = plain.run(1000 * ms, sink=Disturbed("open"), until=lambda m: None)
    assert not results.complete and results.duration < 1000
    with pytest.raises(KeyboardInterrupt):
        plain.run(30 * ms, sink=Disturbed("close"))


@pytest.mark.parametrize("change", [
    lambda a: a[:-1], lambda a: a.astype("S3"), lambda a: a[None], lambda a: a + 1000,
    lambda a: a - 1000,
])  # fmt: skip
@pytest.mark.parametrize("sink", ["memory", "disk"])
def test_hostile_recordings_in_a_checkpoint(plain, tmp_path, change, sink):
    place = tmp_path / "kept"

    def options(until=None):
        where = sp.to_disk(tmp_path / "run.zarr") if sink == "disk" else None
        return {"checkpoint": place, "every": 7 * ms, "until": until, "sink": where}

    with pytest.raises(ZeroDivisionError):
        plain.run(60 * ms, **options(lambda m: m.t > 40 and 1 / 0))
    header, content = checkpoint.read(place)
    checkpoint.write(place, header, content | {"sink/0/values": change(content["sink/0/values"])})
    with pytest.raises(CheckpointError, match=r"is broken.*delete it to run"):
        plain.run(60 * ms, **options(lambda m: False))
