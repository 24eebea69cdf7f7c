"""Scripts of PyNN, run by NEST 3.10, and placed on the virtual board of sPyNNaker 7.4.1.

Sources replay the spikes that the network had here, so that all others are decided. Of cells with
currents or jumps all spikes are equal. Cells with conductances and AdEx, which NEST integrates by
an adaptive method, are compared without synapses among them, which would spread each difference.
AdEx, with which NEST goes on within the step after a spike, may differ by a step at first, and by
more in one spike of a hundred later.
"""

from __future__ import annotations

import json
import sys
import tempfile
from functools import partial
from pathlib import Path

from comparison import Comparisons, Row
from folders import verdicts

from spikesim.exporters.pynn import write_pynn
from spikesim.units import ms

sys.path.insert(0, str(Path(__file__).parents[1] / "exporters"))
import pynn_networks as networks

NETWORKS, FEWER = 20, 8


def written(kind: str, coupled: bool, profile: str, place: str, count: int) -> list[Path]:
    """Folders of random networks."""
    folders = [Path(place) / f"{seed}" for seed in range(count)]
    for seed, folder in enumerate(folders):
        write_pynn(networks.network(seed, kind, coupled), folder, profile, 150 * ms)
    return folders


def nest(kind: str, exact: bool) -> Row:
    """The spikes of all neurons: in the same step, or, without closed solutions, a step apart."""
    name = f"PyNN, NEST: {kind}{'' if exact else ', uncoupled'}"
    with tempfile.TemporaryDirectory() as place:
        found = verdicts(
            "pynn-nest", written(kind, exact, "pynn", place, NETWORKS if exact else FEWER)
        )
    if isinstance(found, str):
        return Row(name, 0, 0, 0.0, 0.0, skipped=found)
    counts = [f["groups"][g] for f in found for g in "ab"]
    ours, theirs, same, near = (
        sum(c[word] for c in counts) for word in ("ours", "theirs", "same step", "a step apart")
    )
    wrong = sum(not f["equal"] for f in found)
    print(f"    {len(found)} networks: ours {ours}, NEST's {theirs}, same step {same}, at most a "
          f"step apart {near}; {wrong} networks differ")  # fmt: skip
    if exact:
        return Row(name, ours, same, float(wrong), 0.0, "nets")
    if kind == "adex":
        neurons, first = (sum(c[word] for c in counts) for word in ("neurons", "first"))
        print(f"    the first spikes of {first} of {neurons} neurons are at most a step apart")
        return Row(name, neurons, first, 1 - 2 * near / max(ours + theirs, 1), 0.01, "apart")
    return Row(name, ours, near if ours == theirs else 0, 1 - same / max(ours, 1), 0.01, "later")


def spynnaker(kind: str) -> Row:
    """Is the script mapped and placed? On as many cores as `fit` said, or more: of delays."""
    name = f"PyNN, sPyNNaker places: {kind}"
    with tempfile.TemporaryDirectory() as place:
        folders = written(kind, True, "spinnaker", place, 1)
        found = verdicts("spynnaker", folders)
        report = json.loads((folders[0] / "fit.json").read_text("utf-8"))
    if isinstance(found, str):
        return Row(name, 0, 0, 0.0, 0.0, skipped=found)
    print("    " + found[0]["mapped"])
    (said,) = [f["value"] for f in report["findings"] if f["rule"] == "cores"]
    cores = found[0]["cores"]
    return Row(name, int(said), min(cores, int(said)), float(cores - said), 0.0, "cores")


def comparisons() -> Comparisons:
    """Cells of all kinds by NEST; those that sPyNNaker has, on its virtual board."""
    rows: Comparisons = [(f"PyNN, NEST: {k}", partial(nest, k, True)) for k in networks.EXACT]
    rows += [(f"PyNN, NEST: {k}", partial(nest, k, False)) for k in networks.NEAR]
    rows += [(f"PyNN, sPyNNaker places: {k}", partial(spynnaker, k))
             for k in ("currents", "alpha", "jumps", "conductances")]  # fmt: skip
    return rows
