"""What is here: versions, processor, devices, and which backends can be used."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
from pathlib import Path

from . import __version__
from .backends import choose, find, names
from .native import machine as native
from .native import why_missing

_LEVELS = {0: "no vector extension", 1: "AVX2", 2: "AVX-512"}
_PACKAGES = {"NumPy": "numpy", "SciPy": "scipy", "JAX": "jax", "matplotlib": "matplotlib"}


def versions() -> dict[str, str]:
    """Of spikesim, Python, and the packages it works with, as far as they are installed."""
    found = {"spikesim": __version__, "Python": platform.python_version()}
    for title, package in _PACKAGES.items():
        try:
            found[title] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[title] = "not installed"
    return found


def processor() -> str:
    """The name of the processor and the number of its cores that may be used."""
    name = platform.processor() or platform.machine()
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        lines = listed.read_text("utf-8", "replace").splitlines()
        models = [one.partition(":")[2].strip() for one in lines if one.startswith("model name")]
        name = models[0] if models else name
    have = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {have} core{'s' * (have != 1)}"


def loops() -> str:
    """What the C++ loops are made for here, or why there are none."""
    return why_missing() or _LEVELS[native.level()]


def devices() -> str:
    """The devices that JAX sees, or why it sees none."""
    try:
        found = importlib.import_module("jax").devices()
    except Exception as fault:  # whatever a driver may raise
        return f"none ({fault})"
    return ", ".join(f"{d.platform}:{d.id} {d.device_kind}" for d in found)


def machine() -> list[tuple[str, str]]:
    """All of the above, by title."""
    rows = [*versions().items(), ("system", platform.platform()), ("processor", processor())]
    return [*rows, ("C++ loops", loops()), ("JAX's devices", devices())]


def backends() -> dict[str, str]:
    """For each backend "available", or the reason why it can't be used here."""
    found = {}
    for name in names():
        try:
            reason = find(name).unavailable()
        except ImportError as fault:
            reason = str(fault)
        found[name] = f"not available: {reason}" if reason else "available"
    chosen, _ = choose("auto")
    found[chosen.name] += " (the default)"
    return found
