"""In .venv-spaic: one step of SPAIC's Darwin_CLIF from each of many states.

python spaic_steps.py IN.npz OUT.npz     # arrays i, v, arriving, P0, P4, bias, vth -> i, v, spike
"""

import sys

import numpy as np
import torch
from spaic.Neuron.Neuron import Darwin_CLIF

given = {name: torch.tensor(x, dtype=torch.float64) for name, x in np.load(sys.argv[1]).items()}
model = Darwin_CLIF.__new__(Darwin_CLIF)  # `update` reads nothing of the model but what it is given
v, i, spike = model.update(
    given["v"], given["i"], given["arriving"], given["P0"] / 256, given["P4"] / 256, given["bias"],
    given["vth"] - 1,  # it spikes above the threshold, ours from it on: whole numbers
)  # fmt: skip
np.savez(sys.argv[2], i=i.numpy(), v=v.numpy(), spike=spike.numpy())
