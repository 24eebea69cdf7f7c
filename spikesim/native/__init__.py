"""The C++ part: the machine that runs whole networks, the tables of synapses, and the kernels that
XLA calls on the CPU.

It is optional. Without a compiler at install time everything works, runs are slower, and
`why_missing` says what to do.
"""

from __future__ import annotations

import ctypes
import importlib
import warnings
from functools import cache
from typing import Any

from .. import __version__


@cache
def _module() -> Any:
    return importlib.import_module("spikesim.native._kernels")


@cache
def why_missing() -> str:
    """Why it can't be used; empty if it can."""
    try:
        kernels = _module()
    except ImportError as fault:
        return (
            f"spikesim's C++ kernels are not built ({fault}), so runs are slower; install a C++17 "
            "compiler, then reinstall: pip install --force-reinstall --no-deps spikesim"
        )
    if kernels.version != __version__:
        return (
            f"spikesim's C++ kernels are of version {kernels.version}, the package is "
            f"{__version__}; reinstall it: pip install --force-reinstall --no-deps spikesim"
        )
    return ""


@cache
def available() -> bool:
    """Can it be used? Where it can't, that is said once."""
    if missing := why_missing():
        warnings.warn(missing, RuntimeWarning, stacklevel=2)
    return not missing


@cache
def library() -> ctypes.CDLL:
    """Its functions, to be called through ctypes."""
    return ctypes.CDLL(_module().__file__)


@cache
def register() -> None:
    """Tell JAX of the kernels."""
    import jax

    for name, capsule in _module().targets().items():
        jax.ffi.register_ffi_target(name, capsule, platform="cpu")
