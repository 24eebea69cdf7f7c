"""What a stored state belongs to: a network, compiled in some way; and how two of these differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .model import Model

_MOST = 5  # differences told of


def origin(model: Model) -> dict[str, Any]:
    """Backend, options and network of a model, as JSON has them."""
    options = {f.name: getattr(model.options, f.name) for f in fields(model.options)}
    return {"backend": model.backend, **options, "network": [list(p) for p in model.outline]}


def differences(then: Any, now: Mapping[str, Any]) -> list[str]:
    """How an origin differs from that of now, each in a few words; `then` is from a file."""
    then = then if isinstance(then, Mapping) else {}
    found = [
        f"{word} was {_short(then.get(word))}, is {_short(mine)}"
        for word, mine in now.items()
        if word != "network" and then.get(word) != mine
    ]
    if then.get("network") != now["network"]:
        found += _of_networks(then.get("network"), now["network"]) or ["the network is another"]
    return found


def of_params(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """How the values that a run was given differ."""
    found = []
    for name in sorted(then.keys() | now.keys()):
        sides = [np.asarray(side[name]) if name in side else None for side in (then, now)]
        if not _equal(*sides):
            before, after = map(_value, sides)
            found.append(f"params: {name!r} was {before}, is {after}")
    return found


def told(found: Iterable[str]) -> str:
    """Differences as one text, the first few of them."""
    listed = list(found)
    more = len(listed) - _MOST
    return "; ".join(listed[:_MOST]) + (f"; and {more} more" if more > 0 else "")


def _of_networks(then: Any, now: Any) -> list[str]:
    try:
        before, after = _grouped(then), _grouped(now)
    except (TypeError, ValueError):  # a file may hold anything
        return []
    found = [f"{s} is gone" for s in before if s not in after]
    found += [f"{s} is new" for s in after if s not in before]
    for subject in before.keys() & after.keys():
        old, new = before[subject], after[subject]
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                found.append(_changed(subject, name, old.get(name), new.get(name)))
    return sorted(found)


def _grouped(parts: Any) -> dict[str, dict[str, tuple[str, str]]]:
    """(digest, text) by subject and name."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for subject, name, digest, text in parts:
        found.setdefault(str(subject), {})[str(name)] = str(digest), str(text)
    return found


def _changed(
    subject: str, name: str, old: tuple[str, str] | None, new: tuple[str, str] | None
) -> str:
    texts = [side[1] if side else "" for side in (old, new)]
    start = f"{subject}: " if subject else "the network's "
    if all(texts) and texts[0] != texts[1]:
        return f"{start}{name} was {texts[0]}, is {texts[1]}"
    return f"{start}{name} is {'new' if old is None else 'gone' if new is None else 'another'}"


def _equal(left: np.ndarray | None, right: np.ndarray | None) -> bool:
    if left is None or right is None:
        return False
    numbers = left.dtype.kind in "fc" and right.dtype.kind in "fc"
    return np.array_equal(left, right, equal_nan=numbers)


def _value(value: np.ndarray | None) -> str:
    if value is None:
        return "not given"
    return f"{value.item()!r:.40}" if value.size == 1 else f"an array of {value.size} values"


def _short(value: Any) -> str:
    return f"{value!r:.40}"
