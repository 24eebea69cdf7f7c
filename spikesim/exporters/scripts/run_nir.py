"""Run NIR files in another tool and write its output spikes.

    python run_nir.py norse|sinabs FOLDER ...

Each folder holds net.nir and input.npz ("spikes" [steps, inputs], "dt" in s); output.npz is written
there, "spikes" [steps, outputs]. Needs the environment that `make verify-envs` makes.
"""

import pathlib
import sys
from typing import Any

import nir
import numpy as np
import torch


def norse(graph: Any, x: Any, dt: float) -> Any:
    """Step by step; a state is handed on."""
    import norse.torch

    model = norse.torch.from_nir(graph, dt=dt)
    state, out = None, []
    for row in x:
        z, state = model(row[None], state)
        out.append(z[0])
    return torch.stack(out)


def sinabs(graph: Any, x: Any, dt: float) -> Any:
    """All steps at once, the time first."""
    import sinabs.nir

    found = sinabs.nir.from_nir(graph, batch_size=1)(x)
    return found[0] if isinstance(found, tuple) else found


if __name__ == "__main__":
    reader = {"norse": norse, "sinabs": sinabs}[sys.argv[1]]
    for folder in map(pathlib.Path, sys.argv[2:]):
        given = np.load(folder / "input.npz")
        spikes = torch.tensor(given["spikes"].astype(np.float32))
        with torch.no_grad():
            found = reader(nir.read(folder / "net.nir"), spikes, float(given["dt"]))
        np.savez(folder / "output.npz", spikes=found.numpy().reshape(len(spikes), -1))
        print(folder, flush=True)
