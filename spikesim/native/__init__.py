"""The C++ kernels that XLA calls on the CPU: found, checked and registered here.

They are optional. Without a compiler at install time everything works, event delivery is slower,
and `why_missing` says what to do.
"""

from __future__ import annotations

import importlib
from functools import cache

from .. import __version__


@cache
def why_missing() -> str:
    """Why the kernels can't be used; empty if they can, and then they are registered with JAX."""
    try:
        kernels = importlib.import_module("spikesim.native._kernels")
    except ImportError as fault:
        return (
            f"spikesim's C++ kernels are not built ({fault}), so events are delivered by slower "
            "XLA loops; install a C++17 compiler, then reinstall: pip install --force-reinstall "
            "--no-deps spikesim"
        )
    if kernels.version != __version__:
        return (
            f"spikesim's C++ kernels are of version {kernels.version}, the package is "
            f"{__version__}; reinstall it: pip install --force-reinstall --no-deps spikesim"
        )
    import jax

    for name, capsule in kernels.targets().items():
        jax.ffi.register_ffi_target(name, capsule, platform="cpu")
    return ""
