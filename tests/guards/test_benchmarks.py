"""The benchmarks start, and their tables say what was measured. Nothing is measured here."""

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import spikesim as sp
from spikesim.units import ms

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
SCRIPTS = (
    "cuba",
    "cobahh",
    "adex",
    "brunel",
    "microcircuit",
    "events",
    "recording",
    "noise",
    "step",
    "export",
)
PEERS = ("nest", "brian2", "brainpy")
ECHO = """
import sys
sys.path.insert(0, {peers!r})
from child import Child
child = Child()
with child.phase("build"):
    print("this is no answer")
child.serve("echo 1", lambda: {{"run": 0.5, "cpu": 0.4, "rates": [2.0, 4.0]}})
"""


@pytest.fixture(scope="module")
def modules() -> Iterator[SimpleNamespace]:
    """table, race and others: modules of a folder of scripts, not of a package."""
    names = ("table", "race", "agreement", "contest", "events", "digits", "export")
    before = {name: sys.modules.pop(name, None) for name in names}
    sys.path.insert(0, str(BENCHMARKS))
    found: dict[str, ModuleType] = {name: importlib.import_module(name) for name in names}
    sys.path.remove(str(BENCHMARKS))
    yield SimpleNamespace(**found)
    for name, module in before.items():
        sys.modules.pop(name)
        if module is not None:
            sys.modules[name] = module


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_says_what_it_does(name: str) -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / f"{name}.py"), "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    options = {"--quick", "--json", "--save", "--backend", "--precision"}
    assert options <= set(re.findall(r"--\w+", done.stdout))


def test_peers_know_nothing_of_us() -> None:
    scripts = sorted((BENCHMARKS / "peers").glob("*.py"))
    assert {f"{peer}_networks.py" for peer in PEERS} <= {s.name for s in scripts}
    assert not [s.name for s in scripts if "spikesim" in s.read_text("utf-8")]


@pytest.mark.parametrize("name", (*PEERS, "spikesim"))
def test_environments_are_pinned(name: str) -> None:
    lines = (BENCHMARKS / "requirements" / f"{name}.txt").read_text("utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert wanted and all(re.fullmatch(r"[\w-]+==[\w.]+", line) for line in wanted)


def test_row_as_json(modules: SimpleNamespace) -> None:
    row = modules.table.Row("cuba-4000-run", 8.0, 10.0, "Peer 1.0", "us/step")
    assert row.json() == {"name": "cuba-4000-run", "ours": 8.0, "peer": 10.0,
                          "peer_name": "Peer 1.0", "ratio": 1.25, "unit": "us/step"}  # fmt: skip


def test_missing_peer_has_no_ratio(modules: SimpleNamespace) -> None:
    row = modules.table.Row("x", 8.0, None, "nest", "s")
    assert row.ratio is None and json.loads(json.dumps(row.json()))["peer"] is None
    assert modules.table.ratios([row]).splitlines()[1].split() == ["x", "8.00", "-", "-", "s",
                                                                  "nest"]  # fmt: skip


def test_figures_keep_three_digits(modules: SimpleNamespace) -> None:
    values = (None, 0.0, 0.0123, 0.5, 1.0, 12.345, 123.4, 123456.0)
    assert [modules.table.figure(v) for v in values] == [
        "-", "0.00", "0.01", "0.50", "1.00", "12.3", "123", "123456"
    ]  # fmt: skip


def test_columns_line_up(modules: SimpleNamespace) -> None:
    lines = modules.table.text(("", "ours"), [("a", "1"), ("longer", "22.5")]).splitlines()
    assert lines == ["        ours", "a          1", "longer  22.5"]


def test_rates_that_differ_are_named(modules: SimpleNamespace) -> None:
    assert modules.table.rates_differ([1.0, 5.4, 5.6], [1.09, 5.0, 5.0]) == [2]
    assert modules.table.rates_differ([0.0], [0.0]) == []
    assert modules.table.rates_differ([0.1], [0.0]) == [0]


def test_result_is_saved_with_the_machine(
    modules: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(modules.table, "RESULTS", tmp_path)
    rows = [modules.table.Row("x", 1.0, 2.0, "peer", "s")]
    modules.table.report("name", rows, {"rounds": 3}, as_json=True, save=True)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [rows[0].json()]
    (path,) = tmp_path.glob("20??-??-??-name.json")
    saved = json.loads(path.read_text())
    assert saved["rounds"] == 3 and saved["rows"] == [rows[0].json()]
    assert {"processor", "cores", "python"} <= set(saved["machine"])


def echo(modules: SimpleNamespace, name: str, code: str = ECHO) -> object:
    code = code.format(peers=str(BENCHMARKS / "peers"))
    return modules.race.Contestant(name, (sys.executable, "-c", code))


def test_race_takes_turns_and_says_who_failed(modules: SimpleNamespace) -> None:
    cores = modules.contest.allowed_cores(1)
    failing = echo(modules, "failing", "raise SystemExit('no such library')")
    absent = modules.race.Contestant("absent", ("/no/such/python",))
    said: list[str] = []
    found = modules.race.race([echo(modules, "echo"), failing, absent], 2, cores, say=said.append)
    assert found[0].version == "echo 1" and set(found[0].phases) == {"build"}
    assert [r["run"] for r in found[0].runs] == [0.5, 0.5] and found[0].rates == [2.0, 4.0]
    assert found[0].of_runs("run") == 0.5 and found[0].of_runs("setup") is None
    assert found[1].missing == "no such library" and "bench-envs" in found[2].missing
    assert said[-1] == "round 2 of 2"


def test_rows_of_a_case(modules: SimpleNamespace) -> None:
    Measured, Case = modules.race.Measured, modules.contest.Case
    phases = {"import": 1.0, "describe": 0.125, "build": 0.5, "compile": 0.25}

    def took(name: str, run: float, rates: list[float], **more: float) -> object:
        runs = [{"run": run * k, "cpu": run / 2, "rates": rates, **more} for k in (1, 1, 5)]
        return Measured(name, f"{name} 1", dict(phases), runs)

    ours = {p: took(p, run, [5.0, 6.0]) for p, run in (("float32", 1.0), ("float64", 2.0))}
    peers = [took("fast", 0.5, [4.0], setup=0.25), Measured("lost", missing="a reason")]
    case = Case("net", "net", {}, 1000.0, {})
    rows = modules.contest.compare(case, ours, peers)
    assert [(r.name, r.ours, r.peer, r.ratio, r.unit) for r in rows[:8]] == [
        ("net-run", 100.0, 50.0, 0.5, "us/step"),
        ("net-run-float64", 200.0, 50.0, 0.25, "us/step"),
        ("net-cpu", 50.0, 25.0, 0.5, "us/step"),
        ("net-cpu-float64", 100.0, 25.0, 0.25, "us/step"),
        ("net-first-step", 0.75, 1.0, 1.0 / 0.75, "s"),
        ("net-first-step-float64", 0.75, 1.0, 1.0 / 0.75, "s"),
        ("net-script", 2.875, 2.625, 2.625 / 2.875, "s"),
        ("net-script-float64", 3.875, 2.625, 2.625 / 3.875, "s"),
    ]
    assert [r.peer for r in rows[8:]] == [None] * 8 and rows[8].peer_name == "lost"
    remarks = modules.contest.remarks(case, [*ours.values(), *peers])
    assert remarks[0] == "lost is missing: a reason"
    assert remarks[1].startswith("WARNING: net: rates differ by more than 10%: all 5.20, fast 4.00")
    factor = Case("net", "net", {}, 500.0, {}, factor="real-time-factor")
    row = modules.contest.compare(factor, ours, [])[0]
    assert (row.name, row.ours, row.peer, row.unit) == ("real-time-factor", 2.0, None, "s/s")


def test_events_are_as_many_as_said(modules: SimpleNamespace) -> None:
    """They add up in the current of targets that forget nothing."""
    net = modules.events.network(sources=20, outdegree=30, targets=50, longest=0.4)
    net.projections[0].synapse = sp.synapses.ExpCurrent(tau=1e9 * ms)
    net.record(net.populations["targets"], "exp_current.I")
    on = {"sources.on": (np.arange(20) < 7).astype(float)}
    current = net.run(2 * ms, "numpy", precision="float64", params=on)["targets"]["exp_current.I"]
    arrived = np.diff(current.values.sum(axis=1)) / 1e-3
    assert np.allclose(arrived[4:], 7 * 30) and arrived[0] < 7 * 30


def test_line_through_points(modules: SimpleNamespace) -> None:
    exact = {events: 2.0 * events + 3.0 for events in modules.events.EVENTS}
    assert modules.events.line(exact) == pytest.approx((2.0, 3.0, 1.0))
    assert modules.events.line(exact | {10_000: 4e6})[2] < 0.5


def test_only_ours_are_asked_how_near_nest_they_are(modules: SimpleNamespace) -> None:
    options = modules.contest.network_parser("").parse_args([])
    for wanted in (False, True):
        case = modules.contest.Case("net", "net", {}, 1.0, {"nest": ()}, agreement=wanted)
        ours = modules.contest.ours(case, options, "float32")
        (nest,) = modules.contest.peers(case, options)
        assert ["--agreement" in c.command for c in (ours, nest)] == [wanted, False]


@pytest.mark.parametrize("reset", ["to a value", "by subtraction"])
def test_the_classifier_is_the_network_that_was_trained(
    modules: SimpleNamespace, reset: str
) -> None:
    """The step that training computes is the one that the exporters find, weight for weight."""
    from spikesim.build import build
    from spikesim.exporters.canonical import recognise
    from spikesim.exporters.normal import normal_form, used

    digits = modules.digits
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=(7, 5)), rng.normal(size=(10, 7))]
    net = digits.network(weights, rng.uniform(size=(3, 5)), reset)
    normal = used(normal_form(recognise(build(net))))
    assert not normal.obstacles
    for layer in normal.layers:
        assert np.allclose(layer.leak, np.exp(-1 / 16), rtol=1e-12)
        assert np.allclose(layer.decays, np.exp(-1 / 4), rtol=1e-12)
    for trained, found in zip(weights, normal.synapses, strict=True):
        assert np.allclose(found.weight, trained[found.post, found.pre], rtol=1e-12)
        assert (found.latency == 1).all()


def test_pixels_spike_as_often_as_they_are_bright(modules: SimpleNamespace) -> None:
    digits = modules.digits
    spikes = digits.encode(np.array([[0, 0.25, 1.0]]))
    assert spikes.sum(axis=1).tolist() == [[0, int(digits.SHOWN / 8), digits.SHOWN // 2]]
    assert spikes.max() == 1


def test_a_tie_is_no_right_answer(modules: SimpleNamespace) -> None:
    digits = modules.digits
    spikes = np.zeros((2, digits.SHOWN + digits.PAUSE, digits.CLASSES), int)
    spikes[0, [3, 9], 4] = 1
    spikes[1, 3, [4, 5]] = 1
    joined = spikes.reshape(-1, digits.CLASSES)
    assert digits.accuracy(joined, np.array([4, 4])) == 50
    assert digits.accuracy(joined, np.array([5, 5])) == 0


def test_targets_that_cannot_hold_the_classifier_say_why(modules: SimpleNamespace) -> None:
    export = modules.export
    scores = {
        "a": export.Score(97.5, 97.25, "to a value", 0.9),
        "b": export.Score(broken=("x: y",)),
    }
    assert export.markdown(scores).splitlines()[2:] == [
        "| `a` | to a value | 97.5% | 97.2% | 0.900 |", "| `b` | does not fit: x: y | | | |"
    ]  # fmt: skip
