"""The structures of cuda_kernels/include/spikesim/network.cuh; pointers are the device's."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import Structure, c_double, c_int32, c_int64, c_uint32, c_void_p, sizeof
from typing import Any

import numpy as np

from .device import Device


def _structure(name: str, **fields: Any) -> Any:
    return type(name, (Structure,), {"_fields_": list(fields.items())})


_KINDS = {"p": c_void_p, "l": c_int64, "i": c_int32, "u": c_uint32, "d": c_double}


def _of(name: str, text: str) -> Any:
    """A structure of "letter: names" lines."""
    fields: dict[str, Any] = {}
    for line in text.split(";"):
        letter, _, names = line.strip().partition(":")
        fields |= {field: _KINDS[letter] for field in names.split()}
    return _structure(name, **fields)


Link = _of("Link", "p: values index out; l: width")
Clock = _of("Clock", "l: every offset; p: at; l: n_at")
Event = _of("Event", "p: flags; l: first_source")
Group = _of(
    "Group",
    "i: code size; p: field length stream; l: n_events; p: events; l: n_ports; p: slot; "
    "l: n_links; p: links; l: n_clocks; p: clocks",
)
Slices = _of("Slices", "p: base offset address weight; i: width shared")
Exchange = _of(
    "Exchange",
    "l: interval n_slots n_listed n_kept; d: unit; p: words count list source; l: n_slices; "
    "p: slices; i: shift",
)
Coupling = _of(
    "Coupling",
    "i: code group; p: field length row values total; l: n_edges; i: add pooled first last",
)
Probe = _of("Probe", "p: values index out; l: width count every")
Column = _of("Column", "p: values out; l: width")
Log = _of("Log", "p: flags index; l: size n_columns; p: columns step position; l: room; p: count")
Lookup = _of("Lookup", "l: delay; p: start synapse")
Side = _of("Side", "l: group first_source size n_lookups; p: lookups")
Ends = _of("Ends", "p: wide narrow")
Response = _of("Response", "i: to of_neurons number meet")
Plastic = _structure(
    "Plastic", code=c_int32, delay_each=c_int32, n=c_int64, field=c_void_p, length=c_void_p,
    stream=c_void_p, source=Ends, target=Ends, pre=Side, post=Side, n_responses=c_int64,
    responses=c_void_p, delay=c_void_p, transmitted=c_void_p, unit=c_void_p, rows=c_int64,
    n_slots=c_int64,
)  # fmt: skip
Network = _of(
    "Network",
    "d: dt; i: deliver_first early links begins acts n_rounds; l: n_groups; p: groups; "
    "l: n_tiles; p: tiles; l: n_couplings; p: couplings; l: n_sources n_slots n_parts n_tables; "
    "p: part_start tables arrived ring unit; l: ring_rows rows; p: log count; l: n_probes; "
    "p: probes; l: n_logs; p: logs exchange; l: n_plastic; p: plastic transmitted; "
    "l: transmitted_rows",
)
Launch = _of(
    "Launch",
    "l: first count; p: spike_step spike_source; l: room; p: done; u: seed; i: again; l: exchange",
)


class Uploads:
    """What is put into a device's memory to be pointed to, and stays there as long as this does."""

    def __init__(self, device: Device):
        self.device = device
        self.kept: list[Any] = []

    def keep(self, memory: Any) -> int:
        """The address of memory that is kept."""
        self.kept.append(memory)
        return int(memory.address)

    def array(self, values: Any, dtype: Any) -> int:
        """The address of an array."""
        found = np.ascontiguousarray(values, dtype)
        return self.keep(self.device.upload(found)) if found.size else 0

    def structures(self, items: Sequence[Structure]) -> int:
        """The address of structures in a row."""
        if not items:
            return 0
        raw = b"".join(bytes(item) for item in items)
        assert len(raw) == len(items) * sizeof(items[0])
        return self.array(np.frombuffer(raw, np.uint8), np.uint8)
