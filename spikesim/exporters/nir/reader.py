"""What a reader of NIR is: how it computes, what it can't have, and what of a file it looks at.

A reader turns one step of a layer in normal form,

    u <- p u + arrivals;  v <- q v + u + beta;  spike where v > 1,

into the parameters with which it computes that very step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ...errors import DescriptionError
from ..normal import Layer, Normal
from ..target import Finding, Fitted, obstacle, shortest

NEVER = 1e9  # steps; a time constant of so many is none in float32


@dataclass(frozen=True, eq=False)
class Made:
    """A layer as a reader has it; arrays [size].

    node: of NIR. gain: what a weight of the normal form is multiplied by. bias: what is added to
    the input in each step, in units of v. loop: weight of a synapse from each neuron to itself.
    """

    node: Any
    gain: np.ndarray
    bias: np.ndarray | None = None
    loop: np.ndarray | None = None


class Reader(Fitted):
    """A tool that reads NIR. A subclass, in a file of `readers`, says it all.

    exact: what of a network it computes as it was written. resets: "value" or "subtract", what it
    does at a spike, whatever the file says. immediate: a spike reaches the next layer in its own
    step, and its own layer in the next: so time runs ahead by one step a layer. inclusive: it
    spikes where v >= 1. chain: layers in a row, nothing else. loops: how synapses of a layer on
    itself are written: "edges", "twice" (over a node that changes nothing), "own" (edges, that it
    makes a layer of), "graph" (a graph in the graph) or "" (it has none). weights: the node of
    weights. transposed: it takes them as [source, target]. step: in s, that its code has; None: it
    is told. old: it comes with nir 1.0.4. source: of these facts.
    """

    exact: ClassVar[str]
    resets: ClassVar[str] = "value"
    immediate: ClassVar[bool] = True
    inclusive: ClassVar[bool] = False
    chain: ClassVar[bool] = False
    loops: ClassVar[str] = "edges"
    weights: ClassVar[str] = "Linear"
    transposed: ClassVar[bool] = False
    step: ClassVar[float | None] = None
    old: ClassVar[bool] = False
    source: ClassVar[str]
    limits: ClassVar[dict[str, Any]] = {}

    def make(self, nir: Any, layer: Layer, dt: float) -> Made:
        """The layer as the reader has it; dt in s, or `step`."""
        raise NotImplementedError

    def against(self, layer: Layer) -> Iterable[str]:
        """What of a layer the reader can't have, besides what `check` looks at."""
        return ()

    def lost(self, layer: Layer) -> Iterable[str]:
        """What of a layer becomes something else, though it runs."""
        if np.abs(layer.bias).max(initial=0) > 1e-12:
            yield "its constant drive begins a step later there for each layer up to it"

    def threshold(self, layer: Layer) -> np.ndarray:
        """[size] 1, or its neighbour in float32 where a potential that just reaches it counts
        here and not there, or the other way round."""
        to = 0.0 if layer.inclusive and not self.inclusive else 2.0
        same = layer.inclusive == self.inclusive
        one = np.float32(1) if same else np.nextafter(np.float32(1), np.float32(to))
        return np.full(layer.size, float(one))

    # ---- the rules ------------------------------------------------------------------------------

    def check(self, normal: Normal) -> Iterable[Finding]:
        """All rules, looked at everywhere."""
        yield from (obstacle("model", o, "breaks") for o in normal.obstacles)
        yield from (obstacle("order", o, "warns") for o in normal.notes)
        for layer in normal.layers:
            yield from self._check_layer(layer)
        for s in normal.synapses:
            late = bool((s.latency != 1).any())
            yield self._finding(
                "delay", s.name, late, "delays" if late else "one step",
                shortest(normal.dt),
            )  # fmt: skip
        if not normal.obstacles:
            faults = list(self._against_shape(normal))
            for place, text in faults:
                detail, _, remedy = text.partition("; ")
                yield self._finding("graph", place, True, detail, remedy)
            yield from () if faults else self._time(normal)

    def _finding(
        self, rule: str, place: str, breaks: bool, detail: str, remedy: str = ""
    ) -> Finding:
        return Finding(
            rule, place, "breaks" if breaks else "fits", detail, remedy if breaks else "",
            source=self.source if breaks else "", confidence="vendor code" if breaks else "",
        )  # fmt: skip

    def _time(self, normal: Normal) -> Iterable[Finding]:
        """What a step is there."""
        if self.step is not None and not np.isclose(1000 * self.step, normal.dt):
            yield Finding(
                "step", "the network", "fits",
                f"its step is {1000 * self.step:g} ms, always: one stands for {normal.dt:g} ms",
            )  # fmt: skip
        for name, steps in self.ahead(normal).items():
            if steps:
                yield Finding("time", name, "fits", f"it has its spikes {steps} steps earlier")

    def _check_layer(self, layer: Layer) -> Iterable[Finding]:
        held = bool(layer.held.any())
        yield self._finding(
            "refractory", layer.name, held, "a refractory period" if held else "none", "t_ref=0*ms"
        )
        if len(layer.decays) > 1:
            yield self._finding(
                "currents", layer.name, True, "more than one synaptic time constant",
                "one for all its synapses",
            )  # fmt: skip
        if (layer.drop is not None) != (self.resets == "subtract"):
            word = "'v -= V_th'" if self.resets == "subtract" else "'v = V_reset'"
            yield self._finding("reset", layer.name, True, "it resets in another way", word)
        for text in self.against(layer):
            detail, _, remedy = text.partition("; ")
            yield self._finding("neuron", layer.name, True, detail, remedy)
        for text in self.lost(layer):
            detail, _, remedy = text.partition("; ")
            yield Finding("neuron", layer.name, "warns", detail, remedy, source=self.source,
                          confidence="vendor code")  # fmt: skip

    def _against_shape(self, normal: Normal) -> Iterable[tuple[str, str]]:
        """What of the graph the reader would make something else of."""
        if len(normal.sources) != 1:
            text = f"{len(normal.sources)} sources, and it reads one input"
            yield "the network", f"{text}; join them in one population"
        try:
            depth = self.depths(normal)
        except DescriptionError as fault:
            yield "the network", str(fault)
            return
        for one in normal.layers:
            if one.name not in depth:
                yield one.name, "nothing drives it; leave it out"
        onward = {s.source for s in normal.synapses if s.source != s.target}
        last = [one.name for one in normal.layers if one.name not in onward]
        if not last:
            yield "the network", "there is no output; add a population that feeds no other"
        elif len(last) > 1:
            text = "each feeds no other, and there is one output, the last layer"
            yield ", ".join(last), f"{text}; join them in one population"
        for s in normal.synapses:
            if s.source != s.target:
                continue
            if not self.loops:
                yield s.name, "synapses of a layer on itself; no recurrent projections"
            elif self.loops in ("edges", "twice") and s.source in last:
                text = "a loop at the output, whose weights it takes for the output"
                yield s.name, f"{text}; add a population that it feeds"
        if self.chain:
            for name, ways in _in_and_out(normal).items():
                if max(ways) > 1:
                    text = "more than one layer before or after it, and it reads layers in a row"
                    yield name, f"{text}; one population after the other"

    def depths(self, normal: Normal) -> dict[str, int]:
        """How many layers lie before each. Raises DescriptionError where ways differ in length."""
        depth = dict.fromkeys(normal.sources, 0)
        todo = [(s.source, s.target) for s in normal.synapses if s.source != s.target]
        while todo:
            known = [(a, b) for a, b in todo if a in depth]
            if not known:
                raise DescriptionError(
                    f"{todo[0][0]}: nothing drives it but what it drives; let a source feed it"
                )
            for a, b in known:
                if depth.setdefault(b, depth[a] + 1) != depth[a] + 1:
                    raise DescriptionError(
                        f"{b}: spikes get to it through more and through fewer layers, or from a "
                        "later one, and this reader has no delay between layers; feed it from the "
                        f"layer before it{', and join a loop in one population' * bool(self.loops)}"
                    )
                todo.remove((a, b))
        return depth

    def ahead(self, normal: Normal) -> dict[str, int]:
        """By layer, how many steps earlier the reader has its spikes."""
        depth = self.depths(normal) if self.immediate else {}
        return {layer.name: depth.get(layer.name, 0) for layer in normal.layers}


def _in_and_out(normal: Normal) -> dict[str, tuple[int, int]]:
    """How many groups each is driven by, and drives, besides itself."""
    pairs = {(s.source, s.target) for s in normal.synapses if s.source != s.target}
    return {
        g: (sum(b == g for _, b in pairs), sum(a == g for a, _ in pairs)) for g in normal.sizes()
    }


def uniform(layer: Layer) -> Iterable[str]:
    """What differs within a layer, for readers that look at its first neuron alone."""
    for word, values in (("leaks", layer.leak), ("synaptic time constants", layer.decays[0])):
        if len(np.unique(values)) > 1:
            yield f"{word} that differ within a population; one for all"


def at_rest(layer: Layer) -> Iterable[str]:
    """An initial state other than 0."""
    if np.abs(layer.v).max(initial=0) > 1e-9 or np.abs(layer.u).max(initial=0) > 1e-9:
        yield "an initial potential, or current, other than 0; start where a reset leads"


def driven(layer: Layer) -> Iterable[str]:
    """A constant drive."""
    if np.abs(layer.bias).max(initial=0) > 1e-12:
        yield (
            "a constant current, or a resting potential that v is not measured from; "
            "a Poisson source, or E_L = V_reset"
        )
