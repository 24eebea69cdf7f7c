"""What PyNN drives: simulators and machines, each with rules of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from ..target import Finding, Fitted, Limit, obstacle
from .network import Population, PyNetwork

LEAKY_CURRENTS = ("IF_curr_exp", "IF_curr_alpha", "IF_curr_delta")


class Machine(Fitted):
    """A simulator or machine that PyNN drives. A subclass, in a file of `machines`, says it all.

    modules: PyNN's modules, by the word for them on the command line. cells, synapses: where in
    these the models are. speed: ms of the network in a ms of the machine. celltypes: that it has.
    source: of that.
    """

    modules: ClassVar[Mapping[str, str]]
    cells: ClassVar[str] = ""
    synapses: ClassVar[str] = ""
    speed: ClassVar[int] = 1
    celltypes: ClassVar[tuple[str, ...]]
    source: ClassVar[str]
    limits: ClassVar[Mapping[str, Limit]] = {}

    def check(self, net: PyNetwork) -> Iterable[Finding]:
        """All rules, looked at everywhere."""
        yield from (obstacle("model", o, "breaks") for o in net.obstacles)
        yield from (obstacle("order", o, "warns") for o in net.notes)
        for name in net.sources:
            if name in net.rates:
                yield Finding("source", name, "fits", "a Poisson process")
            else:
                yield Finding(
                    "source", name, "warns",
                    "only the spikes of the golden vectors are written, and replayed",
                    "a Poisson process; or export for as long as it is to run",
                )  # fmt: skip
        for one in net.populations:
            known = one.celltype in self.celltypes
            yield Finding(
                "cell type", one.name, "fits" if known else "breaks", one.celltype,
                "" if known else f"it has {', '.join(self.celltypes)}", source=self.source,
                confidence="vendor code",
            )  # fmt: skip
            if known and one.celltype not in (*LEAKY_CURRENTS, "Izhikevich"):
                yield Finding(
                    "integration", one.name, "warns",
                    f"by {self.integrates} there, by {one.method!r} here: spikes may come a step "
                    "sooner or later", "method = 'rk4' comes nearer",
                )  # fmt: skip
        yield from self.check_delays(net)

    integrates: ClassVar[str] = "a method of its own"

    def check_delays(self, net: PyNetwork) -> Iterable[Finding]:
        """Are they a step or more?"""
        for p in net.projections:
            early = int((p.delay < 1).sum())
            if early:
                yield Finding(
                    "delay", p.name, "breaks", f"{early} of {len(p)} delays are 0",
                    f"delay={net.dt:g}*ms or more", source=self.source,
                    confidence="vendor code",
                )  # fmt: skip

    def adapted(self, net: PyNetwork) -> PyNetwork:
        """The network in the machine's own units. Only for one that fits."""
        return net

    def options(self, longest: float) -> dict[str, dict[str, Any]]:
        """What `setup` is told besides the step, by module; longest: delay in ms."""
        return {}

    def prepare(self) -> Iterator[str]:
        """Lines that follow `setup`."""
        return iter(())

    def starting(self, one: Population, values: Mapping[str, str]) -> Iterator[str]:
        """Lines that set the initial values of a population."""
        given = ", ".join(f"{word}={text}" for word, text in values.items())
        yield f"    populations[{one.name!r}].initialize({given})"


def spread(values: Iterable[np.ndarray]) -> tuple[float, float]:
    """The least and the largest of some arrays."""
    whole = np.concatenate([np.ravel(v) for v in values])
    return float(whole.min()), float(whole.max())
