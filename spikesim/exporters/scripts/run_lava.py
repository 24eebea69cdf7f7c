"""Run an exported network in Lava, fixed point, and compare with its golden vectors.

    python run_lava.py [FOLDER ...]         # default: the folder of this file

Needs Python 3.10 with lava-nc 0.10.0, numpy 1.26.4, scipy 1.15.3 and networkx 2.8.7. golden.py says
what is printed.
"""

import json
import pathlib
import sys
from typing import Any

import numpy as np
from golden import compared, main
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.dense.process import DelayDense, Dense
from lava.proc.io.source import RingBuffer
from lava.proc.lif.process import LIF
from lava.proc.monitor.process import Monitor


def matrices(pre: Any, post: Any, delay: Any, weight: Any, shape: Any) -> Any:
    """One (weight, delay) matrix, or several where a pair has synapses of different delays."""
    left = np.ones(len(pre), bool)
    while left.any():
        _, first = np.unique(post[left] * shape[1] + pre[left], return_index=True)
        chosen = np.flatnonzero(left)[first]
        left[chosen] = False
        weights, delays = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        weights[post[chosen], pre[chosen]] = weight[chosen]
        delays[post[chosen], pre[chosen]] = delay[chosen]
        yield weights, delays


def run(folder: pathlib.Path) -> Any:
    """States and spikes of every layer, "states/group/u" and "spikes/group": [steps, size]."""
    net = json.loads((folder / "network.json").read_text())
    arrays = np.load(folder / "network.npz")
    golden = np.load(folder / "vectors.npz")
    steps = len(golden["spikes/" + net["layers"][0]["name"]])
    outs, ins, layers = {}, {}, {}
    sizes = dict(net["sources"])
    sizes.update((layer["name"], layer["size"]) for layer in net["layers"])
    for name in net["sources"]:
        data = golden["spikes/" + name].T.astype(np.int32)
        outs[name] = RingBuffer(data=np.ascontiguousarray(data)).s_out
    for layer in net["layers"]:
        name, p = layer["name"], layer["parameters"]
        mine = {
            x: arrays[f"layers/{name}/{x}"].astype(np.int32)
            for x in ("bias_mant", "bias_exp", "u", "v")
        }
        layers[name] = LIF(shape=(sizes[name],), du=p["du"], dv=p["dv"], vth=p["vth"], **mine)
        outs[name], ins[name] = layers[name].s_out, layers[name].a_in
    for k, one in enumerate(net["synapses"]):
        pre, post, latency, weight = (
            arrays[f"synapses/{k}/{x}"].astype(np.int64)
            for x in ("pre", "post", "latency", "weight")
        )
        shape = sizes[one["target"]], sizes[one["source"]]
        for weights, delays in matrices(pre, post, latency - 1, weight, shape):
            made = {"weights": weights, "weight_exp": one["exponent"], "num_message_bits": 0}
            if delays.any():
                made = DelayDense(delays=delays.astype(int), max_delay=int(delays.max()), **made)
            else:
                made = Dense(**made)
            outs[one["source"]].connect(made.s_in)
            made.a_out.connect(ins[one["target"]])
    # Lava runs what is connected: each layer is, by a silent matrix, to a silent source.
    silence = RingBuffer(data=np.zeros((1, steps), np.int32))
    for name in layers:
        silent = Dense(weights=np.zeros((sizes[name], 1), np.int32))
        silence.s_out.connect(silent.s_in)
        silent.a_out.connect(ins[name])
    return read(layers, steps, golden)


def read(layers: Any, steps: int, golden: Any) -> Any:
    """Run neurons, by name, that are connected; what they do, and what they ought to do."""
    probes = {}
    for name, layer in layers.items():
        for key, what in (
            ("states/{}/u", layer.u),
            ("states/{}/v", layer.v),
            ("spikes/{}", layer.s_out),
        ):
            probe = Monitor()
            probe.probe(what, steps)
            probes[key.format(name)] = probe
    first = next(iter(layers.values()))
    first.run(condition=RunSteps(num_steps=steps), run_cfg=Loihi2SimCfg(select_tag="fixed_pt"))
    found = {}
    for key, probe in probes.items():
        ((one,),) = [list(by_name.values()) for by_name in probe.get_data().values()]
        found[key] = np.asarray(one).astype(np.int64)
    first.stop()
    return found, {key: golden[key] for key in probes}


def comparison(run: Any) -> Any:
    """What compares a folder with what `run` finds of it."""
    return lambda folder: compared(folder, *run(folder))


if __name__ == "__main__":
    sys.exit(main(comparison(run)))
