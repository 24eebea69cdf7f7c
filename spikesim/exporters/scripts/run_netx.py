"""Load network.net of an exported network with lava-dl's netx, run it in Lava, fixed point, and
compare with its golden vectors.

    python run_netx.py [FOLDER ...]         # default: the folder of this file

Needs what run_lava.py needs, and lava-dl 0.6.0 (installed without what it depends on) with h5py.
golden.py says what is printed.
"""

import importlib
import pathlib
import sys
import types
from typing import Any

import numpy as np
from golden import main
from lava.proc.io.source import RingBuffer
from run_lava import comparison, read

# Parts of lava-dl that load PyTorch, and that no network of ours uses.
for name, words in (
    ("lava.lib.dl.slayer", ()),
    ("lava.lib.dl.slayer.neuron", ()),
    ("lava.lib.dl.slayer.neuron.rf", ("neuron_params",)),
    ("lava.lib.dl.netx.sequential_modules", ()),
):
    stub = types.ModuleType(name)
    stub.__file__ = __file__  # Lava asks for it
    for word in words:
        setattr(stub, word, None)
    sys.modules.setdefault(name, stub)
hdf5 = importlib.import_module("lava.lib.dl.netx.hdf5")
h5py = importlib.import_module("h5py")


def run(folder: pathlib.Path) -> Any:
    """What the neurons of each layer do, and what they ought to do."""
    golden = np.load(folder / "vectors.npz")
    path = str(folder / "network.net")
    net = hdf5.Network(net_config=path)
    with h5py.File(path, "r") as file:
        names = [file[f"layer/{k}"].attrs["name"] for k in range(len(file["layer"]))]
    data = golden["spikes/" + names[0]].T.astype(np.int32)
    RingBuffer(data=np.ascontiguousarray(data)).s_out.connect(net.inp)
    layers = {name: layer.neuron for name, layer in zip(names[1:], net.layers, strict=True)}
    return read(layers, data.shape[1], golden)


if __name__ == "__main__":
    sys.exit(main(comparison(run)))
