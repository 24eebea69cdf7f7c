"""Results as one file: NumPy's .npz, with a header in JSON that says what its arrays are.

Any program that reads .npz reads it: `np.load("run.npz")["exc/recorded/v/values"]`. Nothing in it
is ever executed: there are arrays of numbers, and the header. The archive holds a checksum of each.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from typing import Any, TypeVar
from urllib.parse import quote

import numpy as np

from ..archive import read_arrays, write_arrays
from ..errors import FileError
from ..files import checked_path, replacing
from .population import PopulationResult, ProjectionResult
from .run import Results
from .spikes import Spikes
from .trace import Trace
from .valid import faults
from .weights import Weights

_Result = TypeVar("_Result", bound=PopulationResult)

_FORMAT = "spikesim results"
_VERSION = 2  # of the layout; a file of a higher one is refused
_KINDS: dict[str, type[Spikes] | type[Trace] | type[Weights]] = {
    "spikes": Spikes,
    "trace": Trace,
    "weights": Weights,
}


def save(results: Results, path: Any) -> None:
    """Write results whole; see `Results.save`."""
    arrays: dict[str, np.ndarray] = {}
    populations = [_described(arrays, one) for one in results.populations.values()]
    projections = [_described(arrays, one) for one in results.projections.values()]
    header = {
        "format": _FORMAT,
        "format version": _VERSION,
        "spikesim": results.version,
        "duration": float(results.duration),
        "start": float(results.start),
        "complete": bool(results.complete),
        "took": float(results.took),
        "elsewhere": str(results.elsewhere),
        "dt": float(results.dt),
        "seed": int(results.seed),
        "backend": results.backend,
        "populations": populations,
        "projections": projections,
    }
    text = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    with replacing(path) as draft:
        write_arrays(draft, {"header": text, **arrays})


def load_results(path: Any) -> Results:
    """Results that `Results.save` wrote, bit for bit.

    Raises FileError for a file that is missing, can't be read, is damaged, is something else, or
    was written by a newer spikesim. Nothing in the file is executed.
    """
    checked_path(path, "path")
    try:
        return _read(path)
    except FileError as fault:
        raise FileError(f"can't load {str(path)!r}: {fault}") from None
    except OSError as fault:
        raise FileError(f"can't load {str(path)!r}: {fault.strerror or fault}") from fault
    except Exception as fault:  # damaged bytes come to light in many ways
        raise FileError(
            f"can't load {str(path)!r}: the file is damaged or incomplete ({fault}); take another "
            "copy, or run the network again"
        ) from fault


def _read(path: Any) -> Results:
    with open(path, "rb") as file:
        if not file.read(4).startswith(b"PK"):
            raise FileError("it is no file of results; they are written by result.save(...)")
    arrays = read_arrays(path)
    header = json.loads(arrays["header"].tobytes()) if "header" in arrays else {}
    if header.get("format") != _FORMAT:
        raise FileError("it holds no results of spikesim, which result.save(...) writes")
    if header["format version"] > _VERSION:
        raise FileError(
            f"it was written by spikesim {header['spikesim']}, whose files this one does not "
            "know; install that version or a newer one"
        )
    elsewhere = str(header.get("elsewhere", ""))
    populations = {
        one["name"]: _made(PopulationResult, arrays, one, elsewhere)
        for one in header["populations"]
    }
    projections = {
        one["name"]: _made(ProjectionResult, arrays, one, elsewhere)
        for one in header.get("projections", [])
    }
    results = Results(
        populations,
        header["duration"],
        header["dt"],
        header["seed"],
        header["backend"],
        header["spikesim"],
        header["start"],
        header["complete"],
        header["took"],
        projections,
        elsewhere,
    )
    if wrong := list(faults(results)):
        raise ValueError("; ".join(wrong))
    return results


def _parts(
    arrays: dict[str, np.ndarray], population: PopulationResult, name: str, data: Any
) -> dict[str, Any]:
    """Put the arrays of one recording among the others; what else it has, for the header."""
    kind = next(word for word, of in _KINDS.items() if isinstance(data, of))
    plain: dict[str, Any] = {}
    for field in fields(data):
        value = getattr(data, field.name)
        if field.name == "variables":  # arrays by name
            for word, values in value.items():
                arrays[_key(population.name, "recorded", name, "variables", word)] = values
            plain["variables"] = list(value)
        elif isinstance(value, np.ndarray):
            arrays[_key(population.name, "recorded", name, field.name)] = value
        else:
            plain[field.name] = value
    return {"name": name, "kind": kind, **plain}


def _described(arrays: dict[str, np.ndarray], of: PopulationResult) -> dict[str, Any]:
    """Put the arrays of a population or projection among the others; what it is, for the header."""
    recorded = [_parts(arrays, of, *one) for one in of.recorded.items()]
    for name, values in of.final.items():
        arrays[_key(of.name, "final", name)] = values
    return {"name": of.name, "recorded": recorded, "final": list(of.final)}


def _made(kind: type[_Result], arrays: Any, header: dict[str, Any], elsewhere: str) -> _Result:
    name = header["name"]
    # Files of version 2 from before synapses learnt have no "final" of projections.
    final = {what: arrays[_key(name, "final", what)] for what in header.get("final", ())}
    return kind(name, _recorded(arrays, header), final, elsewhere)


def _recorded(arrays: Any, header: dict[str, Any]) -> dict[str, Any]:
    name, recorded = header["name"], {}
    for entry in header["recorded"]:
        plain = dict(entry)
        what, made = plain.pop("name"), _KINDS[plain.pop("kind")]
        lacking = [
            field.name
            for field in fields(made)
            if field.name not in plain and field.default_factory is MISSING
        ]
        found = {part: arrays[_key(name, "recorded", what, part)] for part in lacking}
        if "variables" in plain:
            words = plain.pop("variables")
            found["variables"] = {
                word: arrays[_key(name, "recorded", what, "variables", word)] for word in words
            }
        recorded[what] = made(**plain, **found)
    return recorded


def _key(*words: str) -> str:
    """A name in the archive; words are quoted, so that no two names are the same."""
    return "/".join(quote(word, safe="#") for word in words)
