"""Distributions as the C++ code draws from them: laws.cc."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import CDLL, Structure, c_double, c_int32, c_int64, c_uint32, c_void_p
from functools import cache
from typing import Any

import numpy as np

from ..distributions import Distribution, Lognormal, Normal, Uniform
from . import library as native_library

_CONSTANT, _UNIFORM, _NORMAL, _LOGNORMAL, _GIVEN = range(5)


class Law(Structure):
    _fields_ = [
        ("kind", c_int32),
        ("stream", c_uint32),
        *((name, c_double) for name in ("a", "b", "below", "upto", "low", "high")),
        ("given", c_void_p),
    ]


_LAWS: dict[type[Distribution], Callable[[Any], tuple[int, float, float]]] = {
    Uniform: lambda d: (_UNIFORM, float(d.low), float(d.high)),
    Normal: lambda d: (_NORMAL, float(d.mean), float(d.sd)),
    Lognormal: lambda d: (_LOGNORMAL, float(d.median), float(d.sigma)),
}


@cache
def _library() -> CDLL:
    library = native_library()
    library.spikesim_normal_quantiles.argtypes = [c_void_p, c_int64, c_void_p]
    library.spikesim_normal_quantiles.restype = None
    return library


def address(array: np.ndarray) -> int:
    return array.ctypes.data


def _described(value: Any, number: int) -> Law:
    """A distribution as the C++ code wants it, drawn from the stream `number`."""
    kind, a, b = _LAWS[type(value)](value)
    found = Law(kind, number, a, b, 0.0, 1.0)
    if kind != _UNIFORM:
        found.below, found.upto = value.mass()
        found.low, found.high = value.interval()
    return found


def law(value: Any, number: int, keep: Callable[[Any, Any], int]) -> Law:
    """A number, a distribution or an array, one value a connection, whose address `keep` gives."""
    if isinstance(value, Distribution):
        return _described(value, number)
    found = Law(stream=number)
    if np.ndim(value):
        found.kind, found.given = _GIVEN, keep(value, np.float64)
    else:
        found.kind, found.a = _CONSTANT, float(value)
    return found


def known(value: Any) -> bool:
    """Can it be drawn here? Not distributions that only NumPy knows."""
    return not isinstance(value, Distribution) or type(value) in _LAWS


def normal_quantiles(p: np.ndarray) -> np.ndarray:
    """random.normal_quantile by the C++ code."""
    p = np.ascontiguousarray(p, np.float64)
    z = np.empty_like(p)
    _library().spikesim_normal_quantiles(address(p), p.size, address(z))
    return z
