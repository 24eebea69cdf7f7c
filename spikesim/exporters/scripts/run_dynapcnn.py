"""Build the layers of an exported network in sinabs, as its backend for Speck does, and compare.

    python run_dynapcnn.py [FOLDER ...]      # default: the folder of this file

Needs torch and sinabs 3.1.3. samna, which is not open, is not needed: a placeholder stands for it.
Of each layer of speck.json, sinabs' DynapcnnLayer is made and discretised. Compared are

    what DynapcnnConfigBuilder would hand to samna, with the file;
    kernel, neuron and bias memory, with the core; and that a placement is found;
    potentials and spikes in every step, with the golden vectors, each layer fed with golden spikes.

golden.py says what is printed.
"""

import json
import pathlib
import sys
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import torch
from golden import Broken, compared, main

for name in ("samna", "samnagui", "samna.device"):
    sys.modules.setdefault(name, MagicMock())
for chip in ("dynapcnn", "speck2b", "speck2cmini", "speck2dmini", "speck2e", "speck2f"):
    sys.modules.setdefault(f"samna.{chip}", MagicMock())
    sys.modules.setdefault(f"samna.{chip}.configuration", MagicMock())

from sinabs.activation import MembraneReset, MembraneSubtract  # noqa: E402
from sinabs.backend.dynapcnn.chips.speck2f import Speck2FConfigBuilder as Builder  # noqa: E402
from sinabs.backend.dynapcnn.dynapcnn_layer import DynapcnnLayer, sum_pool2d  # noqa: E402
from sinabs.layers import IAFSqueeze  # noqa: E402


def made(core: dict[str, Any]) -> Any:
    """The layer of a core."""
    sizes = core["dimensions"]
    weights = torch.tensor(core["weights"], dtype=torch.float32).transpose(2, 3)
    features, channels = weights.shape[:2]
    conv = torch.nn.Conv2d(
        channels, features, sizes["kernel_size"], bias=core["leak_enable"],
        stride=(sizes["stride"]["y"], sizes["stride"]["x"]),
        padding=(sizes["padding"]["y"], sizes["padding"]["x"]),
    )  # fmt: skip
    conv.weight.data = weights
    if core["leak_enable"]:
        conv.bias.data = torch.tensor(core["biases"], dtype=torch.float32)
    spiking = IAFSqueeze(
        batch_size=1, spike_threshold=torch.tensor(float(core["threshold_high"])),
        min_v_mem=float(core["threshold_low"]), record_states=True,
        reset_fn=MembraneReset() if core["return_to_zero"] else MembraneSubtract(),
    )  # fmt: skip
    start = torch.tensor(core["neurons_initial_value"], dtype=torch.float32).transpose(1, 2)[None]
    spiking.init_state_with_shape(start.shape)
    spiking.v_mem.data = start.clone()
    side = sizes["input_shape"]["size"]
    shape = (sizes["input_shape"]["feature_count"], side["y"], side["x"])
    pool = [(to["pooling"], to["pooling"]) for to in core["destinations"]]
    return DynapcnnLayer(conv, spiking, shape, pool, discretize=True)


def handed(layer: Any, core: dict[str, Any]) -> Any:
    """What sinabs would hand to samna, as JSON."""
    to = [one["layer"] for one in core["destinations"]]
    found = Builder.get_dynapcnn_layer_config_dict(layer, {k: k for k in to}, to)
    found["leak_enable"] = bool(found["leak_enable"])
    return json.loads(json.dumps(found))


def compare(folder: pathlib.Path) -> dict[str, Any]:
    """What is printed of a folder."""
    text = json.loads((folder / "speck.json").read_text())
    with np.load(folder / "vectors.npz") as file:
        golden = {name: file[name].astype(np.int64) for name in file.files}
    cores = {int(k): core for k, core in text["cnn_layers"].items()}
    layers = {k: made(core) for k, core in cores.items()}
    limits = Builder.get_constraints()
    found: dict[str, Any] = {}
    for name, one in text["populations"].items():
        core, layer = cores[one["core"]], layers[one["core"]]
        # Whether a layer is monitored is no matter of the layer in sinabs.
        if handed(layer, core) != {**core, "monitor_enable": False}:
            raise Broken(f"{name}: sinabs makes another configuration")
        if not limits[one["core"]].fits(layer):
            raise Broken(f"{name}: sinabs finds that it does not fit")
        theirs = run(layer, core, text, golden, one)
        found |= zip((f"states/{name}/v", f"spikes/{name}"), theirs, strict=True)
    try:
        Builder.map_layers_to_cores(layers)
    except ValueError as fault:
        raise Broken(f"sinabs finds no placement: {fault}") from fault
    return compared(folder, found, golden)


def run(layer: Any, core: Any, text: Any, golden: Any, one: Any) -> tuple[Any, Any]:
    """Potentials and spikes of a layer, [steps, neurons]."""
    given = golden["spikes/" + one["source"]]
    source = text["populations"].get(one["source"]) or text["inputs"][one["source"]]
    later = min(one["steps later"], len(given))
    late = np.concatenate([np.zeros((later, given.shape[1])), given[: len(given) - later]])
    events = torch.tensor(late, dtype=torch.float32).reshape(-1, *source["shape"])
    pool = source["shape"][1] // core["dimensions"]["input_shape"]["size"]["y"]
    if pool > 1:
        events = sum_pool2d(events, kernel_size=(pool, pool))
    with torch.no_grad():
        spikes = layer.spk(layer.conv(events))
    potentials = layer.spk.recordings["v_mem"].reshape(len(late), -1)
    return potentials.numpy(), spikes.reshape(len(late), -1).numpy()


if __name__ == "__main__":
    sys.exit(main(compare))
