"""The machine that runs a whole network in C++, as Python sees it: structures and three functions.

machine.h says what the structures mean. The functions are called through ctypes, which lets other
threads run meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import POINTER, Structure, byref, c_bool, c_double, c_int32, c_int64, c_uint32, c_void_p
from functools import cache
from typing import Any

import numpy as np

from ..errors import RunError
from . import library

# Instruction.what
LOOP, UNIFORM, NORMAL, POISSON, POISSONS, GATHER, SCATTER, TRANSMIT = range(8)
# Response.to
TO = {"step": 0, "pre": 1, "post": 2}


class Operand(Structure):
    _fields_ = [("base", c_int64), ("stride", c_int32), ("local", c_int32)]


class Instruction(Structure):
    _fields_ = [
        ("what", c_int32),
        ("stream", c_uint32),
        ("loop", c_void_p),
        *((name, Operand) for name in ("out", "a", "b", "c")),
    ]


class Code(Structure):
    _fields_ = [
        ("once", POINTER(Instruction)),
        ("n_once", c_int64),
        ("each", POINTER(Instruction)),
        ("n_each", c_int64),
        ("keep", POINTER(Instruction)),
        ("n_keep", c_int64),
    ]


class Clock(Structure):
    _fields_ = [
        ("every", c_int64),
        ("offset", c_int64),
        ("at", c_void_p),
        ("n_at", c_int64),
        ("code", Code),
    ]


class Link(Structure):
    _fields_ = [
        ("values", c_void_p),
        ("index", c_void_p),
        ("out", c_void_p),
        ("width", c_int32),
    ]


class Event(Structure):
    _fields_ = [
        ("flags", c_void_p),
        ("first_source", c_int64),
        ("layer", c_int64),
        ("reset", Code),
        ("offset", c_void_p),
    ]


class Precise(Structure):
    _fields_ = [
        *((name, Code) for name in ("advance", "cross", "land", "finish", "look")),
        *((name, c_void_p) for name in ("until", "crossing", "delays")),
        ("n_delays", c_int64),
        *((name, c_void_p) for name in ("segment", "element", "port", "weight")),
    ]


class Group(Structure):
    _fields_ = [
        ("size", c_int64),
        ("before", POINTER(Code)),
        ("after", Code),
        ("n_events", c_int64),
        ("events", POINTER(Event)),
        ("n_slots", c_int64),
        ("slot", POINTER(c_int64)),
        ("n_links", c_int64),
        ("links", POINTER(Link)),
        ("begin", Code),
        ("n_clocks", c_int64),
        ("clocks", POINTER(Clock)),
        ("precise", POINTER(Precise)),
    ]


class Table(Structure):
    _fields_ = [
        ("segment", c_void_p),
        ("row", c_void_p),
        ("delay", c_void_p),
        ("delays", c_void_p),
        ("n_delays", c_int64),
        ("target", c_void_p),
        ("weight", c_void_p),
        ("width", c_int32),
        ("shared", c_int32),
        ("number", c_void_p),
        ("release", c_void_p),
        ("release_each", c_int32),
        ("stream", c_uint32),
    ]


class Coupling(Structure):
    _fields_ = [
        ("group", c_int64),
        ("code", Code),
        ("row", c_void_p),
        ("values", c_void_p),
        ("total", c_void_p),
        ("add", c_int32),
        ("pooled", c_int32),
        ("n_edges", c_int64),
        ("first", c_int64),
        ("last", c_int64),
    ]


class Lookup(Structure):
    _fields_ = [("delay", c_int64), ("start", c_void_p), ("synapse", c_void_p)]


class Side(Structure):
    _fields_ = [
        *((name, c_int64) for name in ("group", "first_source", "size", "n_lookups")),
        ("lookups", POINTER(Lookup)),
    ]


class Ends(Structure):
    _fields_ = [("wide", c_void_p), ("narrow", c_void_p)]


class Response(Structure):
    _fields_ = [("to", c_int32), ("of_neurons", c_int32), ("code", Code)]


class Plastic(Structure):
    _fields_ = [
        ("n", c_int64),
        ("source", Ends),
        ("target", Ends),
        ("pre", Side),
        ("post", Side),
        ("n_responses", c_int64),
        ("responses", POINTER(Response)),
    ]


class Probe(Structure):
    _fields_ = [
        ("values", c_void_p),
        ("width", c_int32),
        ("index", c_void_p),
        ("count", c_int64),
        ("every", c_int64),
        ("out", c_void_p),
    ]


class Column(Structure):
    _fields_ = [("values", c_void_p), ("width", c_int64), ("out", c_void_p)]


class Log(Structure):
    _fields_ = [
        ("flags", c_void_p),
        ("index", c_void_p),
        ("size", c_int64),
        ("n_columns", c_int64),
        ("columns", POINTER(Column)),
        ("step", c_void_p),
        ("position", c_void_p),
        ("room", c_int64),
        ("count", c_int64),
    ]


class Network(Structure):
    _fields_ = [
        ("dt", c_double),
        ("wide", c_int32),
        ("deliver_first", c_int32),
        *((name, c_int64) for name in ("threads", "block", "local", "n_groups")),
        ("groups", POINTER(Group)),
        *((name, c_int64) for name in ("n_rounds", "n_couplings")),
        ("couplings", POINTER(Coupling)),
        *((name, c_int64) for name in ("n_sources", "layers", "n_slots", "n_parts", "n_tables")),
        ("part_start", c_void_p),
        ("tables", POINTER(Table)),
        ("arrived", c_void_p),
        ("ring", c_void_p),
        ("rows", c_int64),
        ("log", c_void_p),
        ("count", c_void_p),
        *((name, c_int32) for name in ("links", "begins", "acts")),
        ("n_probes", c_int64),
        ("probes", POINTER(Probe)),
        ("n_logs", c_int64),
        ("logs", POINTER(Log)),
        ("precise", c_int32),
        ("n_plastic", c_int64),
        ("plastic", POINTER(Plastic)),
        ("transmitted", c_void_p),
        ("transmitted_rows", c_int64),
        ("sent", c_void_p),
    ]


def array(kind: type[Structure], items: Sequence[Structure]) -> Any:
    """A C array of structures."""
    return (kind * len(items))(*items)


@cache
def level() -> int:
    """What this processor can do: 2 AVX-512, 1 AVX2, 0 what every one can."""
    return int(library().spikesim_level())


@cache
def loop(name: str, single: int, level: int) -> int:
    """The address of the loop of an operation: "add.f" and the like; `single` is a bit set of the
    operands that are one value for all elements. 0 where there is none."""
    function = library().spikesim_operation
    function.restype = c_void_p
    return int(function(name.encode(), single, level) or 0)


def run(
    network: Network, seed: int, first: int, count: int, spikes: np.ndarray | None,
    again: bool = False,
) -> tuple[int, int]:  # fmt: skip
    """Take up to `count` steps from step `first`; returns (steps taken, spikes found).

    spikes: int32 [2, room], for steps and sources of the spikes, or None. Fewer steps are taken
    where there is no room for another. again: spikes under way are sent anew, with the weights that
    the network has now. Raises RunError where threads are wanting.
    """
    function = library().spikesim_run
    function.restype = c_int64
    function.argtypes = [
        POINTER(Network), c_uint32, c_int64, c_int64, c_void_p, c_void_p, c_int64,
        POINTER(c_int64), c_bool,
    ]  # fmt: skip
    found = c_int64(0)
    columns = (None, None) if spikes is None else (row.ctypes.data for row in spikes)
    room = 0 if spikes is None else spikes.shape[1]
    done = function(byref(network), seed, first, count, *columns, room, byref(found), again)
    if done < 0:
        raise RunError(
            f"the system does not start {network.threads} threads, one for each core that the "
            "process may use; raise its limits (ulimit -u, ulimit -v), or give it fewer cores "
            "(taskset)"
        )
    return int(done), int(found.value)
