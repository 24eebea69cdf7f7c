"""Energy and time of a run on a target: a model, events times what one of each is said to cost.

    events of a step    from the spikes of the target's own rule, on the golden input
    Cost                of one event, as published; each with its source and its confidence
    Estimate            their products, and the longest step beside dt

Cores of one layer share its work evenly, and cores work at the same time; a target that tells of no
cores has one. What a target does not tell is left out, and said. Nothing here was measured.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from .chip import Chip, Trace

if TYPE_CHECKING:
    from .target import Target

Confidence = Literal["vendor code", "paper", "third party", "guess"]

# What is counted. Those of a layer take time on its cores; the others, on the chip.
OF_A_LAYER = {
    "synaptic operation": "a spike that reaches a synapse",
    "synapse": "a synapse that is stored, in each step",
    "neuron update": "a neuron, in each step",
    "spike": "of a neuron",
}
OF_THE_CHIP = {
    "input": "a spike source, in each step",
    "step": "its end, where cores wait for each other",
    "second": "of the run: what is drawn whether anything happens or not",
}
EVENTS = OF_A_LAYER | OF_THE_CHIP


@dataclass(frozen=True, slots=True)
class Cost:
    """What one event takes: energy in J, time in s on one core; None where it is not known."""

    energy: float | None
    time: float | None
    source: str
    confidence: Confidence


@dataclass(frozen=True, eq=False)
class Estimate:
    """Of a run: counts by event, and the seconds that each of its steps takes ([steps], None where
    the target tells of no times). dt: of the network, in ms."""

    target: str
    dt: float
    counts: Mapping[str, int]
    costs: Mapping[str, Cost]
    steps: np.ndarray | None

    note: ClassVar[str] = "a model: events times published costs; nothing was measured"

    @property
    def seconds(self) -> float:
        """How long the run takes: its model time, or longer where steps take longer than dt."""
        least = self.dt * 1e-3
        if self.steps is None:
            return least * self.counts["step"]
        return float(np.maximum(self.steps, least).sum())

    @property
    def parts(self) -> dict[str, float]:
        """Joules by event, of those whose energy is known."""
        number = {**self.counts, "second": self.seconds}
        return {e: number[e] * c.energy for e, c in self.costs.items() if c.energy is not None}

    @property
    def joules(self) -> float | None:
        """Of the run; None where no energy is known."""
        return sum(self.parts.values()) if self.parts else None

    def text(self) -> str:
        """A table for people."""
        lines = [f"energy and time on {self.target}; {self.note}"]
        parts = self.parts
        for event, what in EVENTS.items():
            number = self.seconds if event == "second" else self.counts[event]
            line = f"  {event:19}{number:12.6g}  {what}"
            cost = self.costs.get(event)
            if cost:
                energy = "" if cost.energy is None else f" x {_prefixed(cost.energy, 'J')}"
                energy += f" = {_prefixed(parts[event], 'J')}" if energy else ""
                time = "" if cost.time is None else f" x {_prefixed(cost.time, 's')}"
                line += f"{energy}{';' if energy and time else ''}{time}"
                line += f"  [{cost.confidence}] {cost.source}"
            lines.append(line)
        total = self.joules
        if total is None:
            lines.append("energy: not published for this target")
        else:
            mean, step = total / (self.seconds or 1), total / (self.counts["step"] or 1)
            lines.append(
                f"energy: {_prefixed(total, 'J')}, {_prefixed(mean, 'W')} in the mean, "
                f"{_prefixed(step, 'J')} a step"
            )
        if self.steps is None or not len(self.steps):
            lines.append("time: not published for this target")
        else:
            longest, mean = self.steps.max(), self.steps.mean()
            lines.append(
                f"time: {_prefixed(mean, 's')} a step in the mean, the longest "
                f"{_prefixed(longest, 's')}; {1e-3 * self.dt / longest:.3g} times as fast as real "
                f"time, of steps of {self.dt:g} ms"
            )
        return "\n".join(lines)

    def json(self) -> str:
        """The same for programs; times in s, energies in J."""
        steps = self.steps if self.steps is not None and len(self.steps) else None
        longest, mean = (None, None) if steps is None else (float(steps.max()), float(steps.mean()))
        found: dict[str, Any] = {
            "target": self.target, "note": self.note, "dt": self.dt * 1e-3,
            "seconds": self.seconds, "joules": self.joules, "longest step": longest,
            "mean step": mean, "counts": dict(self.counts), "parts": self.parts,
            "costs": {
                e: {"energy": c.energy, "time": c.time, "source": c.source,
                    "confidence": c.confidence}
                for e, c in self.costs.items()
            },
        }  # fmt: skip
        return json.dumps(found, indent=1)

    def __str__(self) -> str:
        return self.text()


def estimate(target: Target, chip: Chip, trace: Trace) -> Estimate:
    """Of a run of the target's integers, as `chip.run` traced it."""
    found = {one.name: _of_layer(chip, trace, one.name, one.size) for one in chip.layers}
    length = len(next(iter(trace.spikes.values()))) if trace.spikes else 0
    inputs = sum(chip.sources.values())
    counts = {e: int(sum(layer[e].sum() for layer in found.values())) for e in OF_A_LAYER}
    counts |= {"input": inputs * length, "step": length}
    return Estimate(
        target.title, chip.dt, counts, target.costs, _times(target, chip, found, inputs, length)
    )


def _of_layer(chip: Chip, trace: Trace, name: str, size: int) -> dict[str, np.ndarray]:
    """The events of a layer, [steps] each."""
    spikes = trace.spikes[name].sum(axis=1)
    operations, stored = np.zeros(len(spikes), np.int64), 0
    for s in chip.synapses:
        if s.target == name:
            stored += len(s.pre)
            counts = trace.spikes[s.source]
            for latency in np.unique(s.latency):
                fanout = np.bincount(s.pre[s.latency == latency], minlength=counts.shape[1])
                operations[latency:] += (counts @ fanout)[: max(len(spikes) - latency, 0)]
    every = np.ones(len(spikes), np.int64)
    return {
        "synaptic operation": operations, "synapse": stored * every,
        "neuron update": size * every, "spike": spikes,
    }  # fmt: skip


def _times(
    target: Target, chip: Chip, found: Mapping[str, Mapping[str, np.ndarray]], inputs: int, n: int
) -> np.ndarray | None:
    known = {e: c.time for e, c in target.costs.items() if c.time is not None}
    if not known:
        return None
    work = [
        sum((known[e] * layer[e] for e in OF_A_LAYER if e in known), np.zeros(n))
        for layer in found.values()
    ]
    limit = target.limits.get("neurons a core")
    if limit is None:
        busiest = sum(work, np.zeros(n))
    else:
        cores = [-(-one.size // int(limit.value)) for one in chip.layers]
        busiest = np.max([w / c for w, c in zip(work, cores, strict=True)], axis=0, initial=0.0)
    return busiest + inputs * known.get("input", 0.0) + known.get("step", 0.0)


def _prefixed(value: float, unit: str) -> str:
    """A number with the prefix that leaves 1 to 1000 of it."""
    for scale, prefix in ((1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n")):
        if abs(value) >= scale:
            return f"{value / scale:.4g} {prefix}{unit}"
    return f"{value / 1e-12:.4g} p{unit}"
