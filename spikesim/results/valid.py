"""What holds of all results, and is checked where they come from a file."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .run import Results
from .spikes import Spikes
from .trace import Trace
from .weights import Weights

_MOST = 1e15  # of a time, ms


def faults(results: Results) -> Iterator[str]:
    """What no run can have given; nothing for sound results."""
    for word in ("duration", "dt", "start", "took"):
        value = getattr(results, word)
        if type(value) not in (int, float) or not (word == "dt") * 1e-12 <= value < _MOST:
            yield f"its {word} is {value!r:.40}"
    if type(results.seed) is not int:
        yield f"its seed is {results.seed!r:.40}"
    for population in (*results.populations.values(), *results.projections.values()):
        for name, values in population.final.items():
            if values.dtype.kind not in "fiub":
                yield f"{population.name}.final: {name} is of {values.dtype}, not numbers"
        for what, data in population.recorded.items():
            of = _of_spikes(data) if isinstance(data, Spikes) else _of_samples(data)
            yield from (f"{population.name}.{what}: {fault}" for fault in of)


def _of_spikes(data: Spikes) -> Iterator[str]:
    numbers = {"i": data.i, "neurons": data.neurons}
    yield from _numbers(numbers)
    each = {"t": data.t, "i": data.i, **data.variables}
    if not _are_times(data.t):
        yield "its times are no times"
    elif (np.diff(data.t) < 0).any():
        yield "its times do not ascend"
    if len(np.unique(data.neurons)) < len(data.neurons):
        yield "its neurons have a number twice"
    if lengths := {name: len(v) for name, v in each.items() if v.shape != data.t.shape}:
        yield f"of {len(data.t)} spikes it has {lengths}"
    if not np.isin(data.i, data.neurons).all():
        yield f"neuron {data.i[~np.isin(data.i, data.neurons)][0]} was not recorded"


def _of_samples(data: Trace | Weights) -> Iterator[str]:
    if isinstance(data, Trace):
        across, columns = {"neurons": data.neurons}, len(data.neurons)
    else:
        across = {"connections": data.connections, "source": data.source, "target": data.target}
        columns = len(data.connections)
    yield from _numbers(across)
    if not _are_times(data.t):
        yield "its times are no times"
    wanted = [(len(data.t), columns)] + [(len(data.t),)] * isinstance(data, Trace)
    if data.values.shape not in wanted or data.values.dtype.kind not in "fiub":
        yield f"its values are {data.values.dtype} {list(data.values.shape)}, not {wanted[0]}"
    if len({len(v) for v in across.values()}) > 1:
        yield f"of {columns} connections it has { ({n: len(v) for n, v in across.items()}) }"


def _are_times(t: np.ndarray) -> bool:
    return t.ndim == 1 and t.dtype.kind in "fiu" and bool(np.isfinite(t).all())


def _numbers(arrays: dict[str, np.ndarray]) -> Iterator[str]:
    for name, values in arrays.items():
        if values.ndim != 1 or values.dtype.kind not in "iu" or (values < 0).any():
            yield f"its {name} are no numbers, 0 or more"
