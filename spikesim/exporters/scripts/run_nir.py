"""Run exported networks in a reader of NIR and compare with their golden vectors.

    python run_nir.py norse|sinabs|snntorch|rockpool|spyx [FOLDER ...]    # default: this file's

Needs the reader and the package nir; `make verify-envs` makes an environment of all. golden.py says
what is printed. With --keep, what the reader computed is written beside, output.npz.
"""

import json
import pathlib
import sys
from typing import Any

import nir
import numpy as np
from golden import Broken, compared, main


def norse(graph: Any, x: Any, dt: float) -> Any:
    """Step by step; a state is handed on."""
    import norse.torch
    import torch

    return stepwise(norse.torch.from_nir(graph, dt=dt), torch.tensor(x))


def snntorch(graph: Any, x: Any, dt: float) -> Any:
    """Step by step; neurons keep their own states, the graph those of loops. Its step is 0.1 ms."""
    import torch
    from snntorch.import_nir import import_from_nir

    return stepwise(import_from_nir(graph), torch.tensor(x))


def stepwise(model: Any, x: Any) -> Any:
    """One row after the other."""
    import torch

    state, out = None, []
    with torch.no_grad():
        for row in x:
            z, state = model(row[None], state)
            out.append(z[0])
    return torch.stack(out).numpy()


def sinabs(graph: Any, x: Any, dt: float) -> Any:
    """All steps at once, the time first."""
    import sinabs.nir
    import torch

    with torch.no_grad():
        return first(sinabs.nir.from_nir(graph, batch_size=1)(torch.tensor(x))).numpy()


def rockpool(graph: Any, x: Any, dt: float) -> Any:
    """All steps at once: batch, time, neurons."""
    import torch
    from rockpool.nn.modules.torch.nir import from_nir

    with torch.no_grad():
        return first(from_nir(graph)(torch.tensor(x)[None]))[0].numpy()


def spyx(graph: Any, x: Any, dt: float) -> Any:
    """All steps at once: time, batch, neurons."""
    import jax.numpy as jnp
    from spyx.nir import from_nir

    _, out = from_nir(graph, jnp.asarray(x)[:, None], dt=dt)
    return np.asarray(out)[:, 0]


def first(found: Any) -> Any:
    """What comes out, without the state."""
    return found[0] if isinstance(found, tuple) else found


READERS = {f.__name__: f for f in (norse, sinabs, snntorch, rockpool, spyx)}


def compare(folder: pathlib.Path, reader: str, keep: bool) -> dict[str, Any]:
    """What is printed of a folder."""
    facts = json.loads((folder / "nir.json").read_text("utf-8"))
    if facts["reader"] != reader:
        raise Broken(f"net.nir was written for {facts['reader']}; export it for {reader}")
    golden = np.load(folder / "vectors.npz")
    x = golden[f"spikes/{facts['source']}"].astype(np.float32)
    key = f"spikes/{facts['output']}"
    found = READERS[reader](nir.read(folder / "net.nir"), x, facts["dt in s"])
    if keep:
        np.savez(folder / "output.npz", spikes=found)
    expected = golden[key][facts["ahead"] :].astype(np.int64)
    found = np.rint(found.reshape(len(x), -1)).astype(np.int64)[: len(expected)]
    result = compared(folder, {key: found}, {key: expected})
    if not result["equal"]:
        result["step"] += facts["ahead"]
        result["rows"] = int((found != expected).any(axis=1).sum())
    return result


if __name__ == "__main__":
    chosen, *names = [a for a in sys.argv[1:] if a != "--keep"]
    sys.exit(main(lambda folder: compare(folder, chosen, "--keep" in sys.argv), names))
