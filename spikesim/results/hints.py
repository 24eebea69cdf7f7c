"""What a name that results do not have is called here."""

from __future__ import annotations

from typing import Any

from ..errors import UnknownAttributeError, did_you_mean

# Names in other simulators and libraries, and ours.
_ELSEWHERE = {
    **dict.fromkeys(("times", "time", "ts", "spike_times", "times_ms"), "t"),
    **dict.fromkeys(("senders", "sender", "indices", "index", "ids", "neuron", "gids"), "i"),
    **dict.fromkeys(("data", "samples", "magnitude", "value"), "values"),
    **dict.fromkeys(("count", "num_spikes", "spike_counts", "n_spikes"), "counts"),
    **dict.fromkeys(("spike_trains", "spiketrains", "train"), "trains"),
    **dict.fromkeys(("units",), "unit"),
}


def missing(thing: Any, name: str) -> AttributeError:
    """The error of an attribute that a recording does not have."""
    kind = type(thing).__name__
    if name.startswith("_"):  # asked for by Python and by notebooks, not by people
        return AttributeError(f"{kind} has no {name!r}")
    known = {word for word in dir(thing) if not word.startswith("_")}
    ours = _ELSEWHERE.get(name.lower())
    hint = f"here it is called {ours!r}" if ours in known else did_you_mean(name, known)
    return UnknownAttributeError(f"{kind} has no {name!r}; {hint}")


def missing_of_all(results: Any, name: str) -> AttributeError:
    """The error of an attribute that the results of a run do not have."""
    if name.startswith("_"):
        return AttributeError(f"Results has no {name!r}")
    having = [p for p, one in results.populations.items() if name in one.recorded]
    if name in results.populations:
        hint = f"a population goes by its name in brackets: results[{name!r}]"
    elif having:
        hint = f"it is a population's: results[{having[0]!r}].{name}"
    else:
        hint = did_you_mean(name, (w for w in dir(results) if not w.startswith("_")))
        hint += f"; {results.elsewhere}" * bool(results.elsewhere)
    return UnknownAttributeError(f"Results has no {name!r}; {hint}")
