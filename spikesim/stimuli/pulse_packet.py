"""Volleys of spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..distributions import Distribution, stripped
from ..errors import ParameterError, SpikesimError
from ..ir.program import Neurons, nearest_step
from ..portable import NUMPY
from ..random import normal, stream, words
from ..units import TIME, ms
from .base import Source
from .spike_times import SpikeTimes


@dataclass(frozen=True, eq=False)
class PulsePacket(Source):
    """Sources that spike `activity` times about each of `times`, with standard deviation `sdev`.

    The spikes are drawn from the network's seed. Two of one source in one step come in steps that
    follow one another. NEST's `pulsepacket_generator` is a population of one. Diesmann, Gewaltig
    and Aertsen (1999), Nature 402:529.
    """

    times: Any
    sdev: Any
    activity: int = 1

    def neurons(
        self, name: str, size: int, dt: float, seed: int, faults: list[SpikesimError]
    ) -> Neurons:
        subject = f"source {name!r}, pulse packet"
        found: list[SpikesimError] = []
        times = stripped(self.times, TIME, f"{subject}, times", found)
        sdev = stripped(self.sdev, TIME, f"{subject}, sdev", found)
        whole = isinstance(self.activity, int | np.integer) and not isinstance(self.activity, bool)
        if not whole or self.activity < 1:
            found.append(
                ParameterError(
                    f"{subject}: activity is {self.activity!r:.40}; expected a whole number from 1"
                )
            )
        for word, value in (("times", times), ("sdev", sdev)):
            if isinstance(value, Distribution):
                found.append(ParameterError(f"{subject}: {word} is a distribution; give numbers"))
        if not found and np.size(times) * size * self.activity > 2**28:
            found.append(
                ParameterError(f"{subject}: more than 2^28 spikes; use a smaller activity")
            )
        if not found and (np.ndim(sdev) or sdev < 0):
            found.append(ParameterError(f"{subject}: sdev is {self.sdev}; expected one time >= 0"))
        steps, index = np.empty(0, np.int64), np.empty(0, np.int64)
        if not found:
            steps, index = self._drawn(name, size, dt, seed, np.ravel(times), float(sdev))
            if steps.size and steps.min() < 1:
                found.append(
                    ParameterError(
                        f"{subject}: a spike at {steps.min() * dt:g} ms, before the first step; "
                        "let the first packet come later, or be narrower"
                    )
                )
        faults += found
        if found:
            steps, index = steps[:0], index[:0]
        return SpikeTimes(steps * dt * ms, index).neurons(name, size, dt, seed, faults)

    def _drawn(
        self, name: str, size: int, dt: float, seed: int, times: np.ndarray, sdev: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Steps and source of each spike."""
        each = len(times) * self.activity
        counters = np.arange(size)[:, None], np.arange(each)[None, :]
        jitter = normal(*words(seed, stream(f"{name}.packet"), *counters), NUMPY)
        steps = nearest_step(np.repeat(times, self.activity) + sdev * jitter, dt)
        steps.sort(axis=1)
        order = np.arange(each)
        # The first free step: as if each pushed on those that follow it.
        steps = np.maximum.accumulate(steps - order, axis=1) + order
        return steps.ravel(), np.repeat(np.arange(size), each)
