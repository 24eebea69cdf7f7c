"""The table in docs/guide/hardware.md of what a network needs to fit each target.

    python docs/make_needs.py        prints it

It is the rules' own word: each target looks at small networks that differ in one thing.
"""

from __future__ import annotations

from functools import cache

import spikesim as sp
from spikesim import exporters
from spikesim.build import build
from spikesim.exporters.canonical import Circuit, recognise
from spikesim.exporters.normal import normal_form
from spikesim.exporters.pynn import machines, profiles
from spikesim.exporters.pynn.network import describe
from spikesim.exporters.target import Finding
from spikesim.units import Hz, ms, mV, nS, pA

TITLES = (
    "target", "refractory period", "delay, in steps", "leak", "reset", "synapses", "weights", "dt",
)  # fmt: skip
DELAYS = (0, 1, 2, 62, 63, 64)
STEPS = (0.1, 1.0, 2.0)
SYNAPSES = {
    "jumps": (None,),
    "one tau": (sp.synapses.ExpCurrent(tau=3 * ms),),
    "two tau": (sp.synapses.ExpCurrent(tau=3 * ms), sp.synapses.ExpCurrent(tau=7 * ms)),
    "alpha": (sp.synapses.AlphaCurrent(),),
    "conductances": (sp.synapses.ExpConductance(E=-60 * mV),),
}


class Setting(sp.neurons.LIF):
    """Leaks; a spike sets its potential."""


class Subtracting(sp.neurons.LIF):
    """Leaks; a spike takes the way from rest to threshold off."""

    reset = "v -= V_th - E_L"


class Keeping(Setting):
    """Does not leak."""

    equations = "dv/dt = I/C  (unless refractory)"


class KeepingSubtracting(Subtracting):
    """Does not leak."""

    equations = "dv/dt = I/C  (unless refractory)"


# By what a neuron is: does it leak, and how is it reset?
NEURONS = {
    Setting: ("yes", "to a value"), Subtracting: ("yes", "by subtraction"),
    Keeping: ("none", "to a value"), KeepingSubtracting: ("none", "by subtraction"),
}  # fmt: skip
NEURON_RULES = {"model", "cell type", "leak", "dash", "reset"}
SYNAPSE_RULES = {"model", "cell type", "kinds of synapse", "kinds at outputs", "currents", "dash"}
DELAY_RULES = {"delay", "delays", "delays of a source"}


def network(
    neuron: type = Setting,
    t_ref: float = 0,
    synapses: str = "one tau",
    delays: tuple[float, float, float] = (0, 0, 0),
    second: int = 1,
    dt: float = 1.0,
    order: str = "standard",
) -> sp.Network:
    """Sources feed a population that feeds another. delays, in steps: of sources, of a second
    projection of theirs, of neurons; second: the sign of its weights."""
    net = sp.Network(dt=dt * ms, seed=1, order=order)
    source = net.population("in", 4, sp.poisson(rate=60 * Hz))
    hidden = net.population("hidden", 4, neuron(t_ref=t_ref * ms), v=-70 * mV)
    out = net.population("out", 4, neuron(t_ref=t_ref * ms), v=-70 * mV)
    weight = {"jumps": 1 * mV, "conductances": 1 * nS}.get(synapses, 100 * pA)
    models = SYNAPSES[synapses]
    ends = [(source, hidden, models[0], 1), (source, hidden, models[-1], second),
            (hidden, out, models[0], 1)]  # fmt: skip
    for k, ((a, b, model, sign), delay) in enumerate(zip(ends, delays, strict=True)):
        net.project(
            a, b, sp.all_to_all(), weight=sign * weight, delay=delay * dt * ms, name=f"p{k}",
            **({} if model is None else {"synapse": model}),
        )  # fmt: skip
    return net


@cache
def circuit(beyond: bool, **what: object) -> Circuit:
    return recognise(build(network(**what)), beyond)


class Row:
    """A target, and what `fit` says of networks for it."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.taken = [n for n in NEURONS if self.takes(NEURON_RULES, neuron=n)]

    def takes(
        self, rules: set[str], verdicts: tuple[str, ...] = ("breaks",), **what: object
    ) -> bool:
        """Does no finding of these rules have one of the verdicts?"""
        if "neuron" not in what:
            what = {"neuron": self.taken[0], **what}
        return not any(f.verdict in verdicts and f.rule in rules for f in self.findings(**what))

    def findings(self, **what: object) -> list[Finding]:
        """As of `exporters.fit`, which would read each network anew."""
        if self.target in profiles():
            return list(machines.find(self.target).check(describe(circuit(True, **what))))
        chip = exporters.targets.find(self.target)
        return list(chip.check(normal_form(circuit(False, **what), chip.drawn_to)))

    def cells(self) -> list[str]:
        """In the order of TITLES."""
        return [
            f"`{self.target}`", self.refractory(), self.delay(), *self.neuron(), self.synapses(),
            self.weights(), self.step(),
        ]  # fmt: skip

    def refractory(self) -> str:
        rules = {"refractory", "tau_refrac"}
        if self.takes(rules, t_ref=0):
            return "any" if self.takes(rules, t_ref=2) else "none"
        found = self.findings(neuron=self.taken[0], t_ref=0)
        return next(f.remedy for f in found if f.rule in rules).removeprefix("t_ref from ")

    def delay(self) -> str:
        def fits(*places: int) -> list[int]:
            return [
                d for d in DELAYS
                if self.takes(DELAY_RULES, delays=tuple(d * (k in places) for k in range(3)))
            ]  # fmt: skip

        every = fits(0, 1, 2)
        some = fits(0, 1) if every == [0] else every
        text = _range(every) + ("" if some == every else f"; of sources {_range(some)}")
        same = len(some) > 1 and not self.takes(DELAY_RULES, delays=(some[0], some[1], some[0]))
        return f"{text}, one for all" if same else text

    def neuron(self) -> tuple[str, str]:
        leaks, resets = zip(*(NEURONS[n] for n in self.taken), strict=True)
        return tuple(" or ".join(dict.fromkeys(words)) for words in (leaks, resets))  # type: ignore[return-value]

    def kinds(self) -> list[str]:
        return [kind for kind in SYNAPSES if self.takes(SYNAPSE_RULES, synapses=kind)]

    def synapses(self) -> str:
        found = self.kinds()
        if "two tau" in found:
            found.remove("one tau")
        elif "one tau" in found and self.takes(SYNAPSE_RULES, synapses="two tau", second=-1):
            found[found.index("one tau")] = "one tau for each sign"
        return ", ".join(found)

    def weights(self) -> str:
        kind, *_ = self.kinds()
        found = self.findings(neuron=self.taken[0], synapses=kind)
        limits = {f.limit for f in found if f.rule == "weights" and f.limit is not None}
        return f"whole, up to {max(limits):g}" if limits else "as they are"

    def step(self) -> str:
        kept = [dt for dt in STEPS if self.takes({"step"}, ("breaks", "warns"), dt=dt)]
        return "any" if len(kept) == len(STEPS) else f"{' or '.join(f'{dt:g}' for dt in kept)} ms"


def _range(delays: list[int]) -> str:
    if delays == list(DELAYS):
        return "any"
    if delays[-1] == DELAYS[-1]:
        return f"{delays[0]} or more"
    return f"{delays[0]}" if len(delays) == 1 else f"{delays[0]} to {delays[-1]}"


def table() -> str:
    """In Markdown."""
    rows = [Row(target).cells() for target in (*exporters.targets.names(), *profiles())]
    lines = [TITLES, ["---"] * len(TITLES), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    print(table())
