"""Run an exported network in xylosim, SynSense's emulator, and compare with its golden vectors.

    python run_xylosim.py [FOLDER ...]      # default: the folder of this file

Needs numpy and xylosim 0.1.3. The network is that of specification.npz, the arguments of Rockpool's
XyloSim.from_specification. golden.py says what is printed.
"""

import json
import pathlib
import sys
from typing import Any

import numpy as np
from golden import compared, main
from xylosim.v2 import XyloLayer, XyloSynapse


def synapses(weights: Any) -> Any:
    """By source: those of weights [pre, post, kind] that are not 0."""
    return [
        [XyloSynapse(int(post), kind, int(row[post, kind]))
         for kind in range(row.shape[1]) for post in np.flatnonzero(row[:, kind])]
        for row in weights
    ]  # fmt: skip


def made(given: dict[str, Any]) -> Any:
    """The emulator's network; and its synapses, which it does not keep alive itself."""
    hidden = len(given["weights_rec"])
    out = given["weights_out"][:, :, None]
    alive = synapses(given["weights_in"]), synapses(given["weights_rec"]), synapses(out)
    unread = [[] for _ in range(hidden - len(out))]  # type: list[list[Any]]

    def numbers(name: str) -> Any:
        return given[name].tolist()

    layer = XyloLayer(
        synapses_in=alive[0], synapses_rec=alive[1], synapses_out=unread + alive[2],
        aliases=[[] for _ in range(hidden)],
        threshold=numbers("threshold"), threshold_out=numbers("threshold_out"),
        has_bias=bool(given["bias"].any() or given["bias_out"].any()),
        bias=numbers("bias"), bias_out=numbers("bias_out"),
        weight_shift_inp=int(given["weight_shift_in"]),
        weight_shift_rec=int(given["weight_shift_rec"]),
        weight_shift_out=int(given["weight_shift_out"]),
        dash_mem=numbers("dash_mem"), dash_mem_out=numbers("dash_mem_out"),
        dash_syns=np.stack([given["dash_syn"], given["dash_syn_2"]], axis=1).tolist(),
        dash_syns_out=given["dash_syn_out"][:, None].tolist(),
        name="exported",
    )  # fmt: skip
    return layer, alive


def run(folder: pathlib.Path) -> Any:
    """States and spikes of all layers, "states/group/vmem" and "spikes/group": [steps, size]; and
    the golden ones."""
    places = json.loads((folder / "xylo.json").read_text())
    with np.load(folder / "specification.npz") as file:
        layer, alive = made({name: file[name] for name in file.files})
    with np.load(folder / "vectors.npz") as file:
        golden = {name: file[name].astype(np.int64) for name in file.files}
    steps = next(len(x) for x in golden.values())
    raster = np.zeros((steps, sum(one["size"] for one in places["inputs"].values())), int)
    for name, one in places["inputs"].items():
        # A spike acts in the step in which the chip gets it.
        later, channels = one["steps later"], slice(one["first"], one["first"] + one["size"])
        raster[later:, channels] = golden.pop("spikes/" + name)[: max(steps - later, 0)]
    layer.evolve(raster.tolist())
    del alive
    read = {
        "hidden": {
            "isyn": np.transpose(layer.rec_i_syn), "isyn2": np.transpose(layer.rec_i_syn2),
            "vmem": np.transpose(layer.rec_v_mem), "spikes": np.array(layer.rec_recurrent_spikes),
        },
        "outputs": {
            "isyn": np.transpose(layer.rec_i_syn_out), "vmem": np.transpose(layer.rec_v_mem_out),
            "spikes": np.array(layer.rec_out_spikes),
        },
    }  # fmt: skip
    found = {}
    for key in golden:
        kind, name, *state = key.split("/")
        part = "hidden" if name in places["hidden"] else "outputs"
        one = places[part][name]
        every = read[part][state[0] if state else kind]
        found[key] = every[:, one["first"] : one["first"] + one["size"]].astype(np.int64)
    return found, golden


if __name__ == "__main__":
    sys.exit(main(lambda folder: compared(folder, *run(folder))))
