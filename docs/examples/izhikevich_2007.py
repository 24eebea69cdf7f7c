"""
The distal reward problem (Izhikevich 2007)
===========================================

A network of spiking neurons fires at random. Whenever one chosen synapse does what it is wanted to
do, its source firing and then its target within 10 ms, dopamine is released, but only one to three
seconds later, when many other pairs of neurons have fired. Spike-timing dependent plasticity leaves
a mark on each synapse that was active, which decays within a second, and dopamine turns marks into
weight. Chance favours none of the others, so that the right synapse wins.

It is figure 1 of Izhikevich (2007), Cerebral Cortex 17:2443, but that one reward at a time is on
its way here.

The paper has 1,000 neurons; 200 are enough to see it, and take a minute.

Run: ``python docs/examples/izhikevich_2007.py --neurons 200 --duration 5000``
"""

from __future__ import annotations

import argparse

import numpy as np

import spikesim as sp
from spikesim.units import Hz, kHz, ms, mV, second

DT = 1.0  # ms

# %%
# Who gives the reward
# --------------------
#
# A neuron that notes when the source fires, and whether the target fires soon after; it then waits
# for one to three seconds, and spikes. Another one is the concentration of dopamine.


class Trainer(sp.NeuronModel):
    """Spikes 1 to 3 s after a cue and then a response came within 10 ms."""

    ago = sp.state(1000 * ms, "time since the source fired")
    wait = sp.state(0 * ms, "time until the reward")
    waiting = sp.state(False, "is a reward to come?")
    cue = sp.state(0.0, "the source fires")
    response = sp.state(0.0, "the target fires")

    equations = """
    dago/dt = 1
    dwait/dt = -1
    """
    spike = "waiting and wait <= 0*ms"
    reset = "waiting = False"
    events = {
        "source": sp.event("cue > 0.5", "cue = 0; ago = 0*ms"),
        "pair": sp.event(
            "response > 0.5",
            "wait = wait if waiting else 1000*ms + 2000*ms*rand();"
            "waiting = waiting or ago <= 10*ms; response = 0",
        ),
    }


class Dopamine(sp.NeuronModel):
    """Its concentration above the baseline."""

    level = sp.state(0 * kHz)
    equations = "dlevel/dt = -level/(200*ms)"


# %%
# The network
# -----------
#
# A fifth of the neurons are inhibitory and fast. Each neuron has 100 targets, and is driven by
# random pulses. Weights of excitation are between 0 and 4 mV, and start at 1 mV. A pair of spikes
# marks a synapse with 0.1 mV, or takes 0.15 mV from its mark; a reward is as much dopamine as turns
# a mark, while it lasts, into ten times its size of weight.


def network(n: int = 1000, speed: float = 1.0, seed: int = 1) -> sp.Network:
    """The network. speed: of learning, in units of the paper's."""
    net = sp.Network(dt=DT * ms, seed=seed)
    n_exc = n * 4 // 5
    exc = net.population("exc", n_exc, sp.neurons.IzhikevichOriginal())
    inh = net.population(
        "inh", n - n_exc, sp.neurons.IzhikevichOriginal(a=0.1 / ms, d=2 * mV)
    )
    pulse = sp.synapses.Delta("v")
    net.stimulate([exc, inh], sp.poisson(1 * Hz), synapse=pulse, weight=20 * mV)
    trainer = net.population("trainer", 1, Trainer())
    dopamine = net.population("dopamine", 1, Dopamine())
    rule = sp.plasticity.DopamineSTDP(
        A_plus=0.1 * mV, A_minus=0.15 * mV, tau_plus=20 * ms, tau_minus=20 * ms, tau_c=1000 * ms,
        tau_n=200 * ms, baseline=-0.0002 * speed * kHz, w_min=0 * mV, w_max=4 * mV,
        dopamine=dopamine["level"],
    )  # fmt: skip
    targets = sp.fixed_outdegree(n // 10, autapses=False)
    learning = {"plasticity": rule, "axonal_delay": 0 * ms, "dendritic_delay": 1 * ms}
    net.project(exc, exc, targets, synapse=pulse, weight=1 * mV, name="learned", **learning)
    net.project(exc, inh, sp.fixed_outdegree(n // 40), synapse=pulse, weight=1 * mV, delay=1 * ms)
    net.project(inh, exc, targets, synapse=pulse, weight=-1 * mV, delay=1 * ms)
    net.project(trainer, dopamine, sp.one_to_one(), synapse=sp.synapses.Delta("level"),
                weight=0.05 * speed * kHz, delay=0 * ms)  # fmt: skip
    net.record([exc, trainer], "spikes")
    return net


def trained(net: sp.Network) -> int:
    """Choose a synapse: its number. Its neurons tell the trainer when they fire."""
    made = net.compile("numpy").connections("learned")
    number = 0
    exc, trainer = net.populations["exc"], net.populations["trainer"]
    for neuron, port in ((made.source[number], "cue"), (made.target[number], "response")):
        net.project(exc[[int(neuron)]], trainer, sp.all_to_all(), synapse=sp.synapses.Delta(port),
                    weight=1.0, delay=0 * ms)  # fmt: skip
    net.record(net.projections[0], "weight", every=1000 * ms)
    return number


# %%
# Run it
# ------


def main(arguments: list[str] | None = None) -> sp.Results:
    """Run and print what became of the chosen synapse and of the others."""
    parser = argparse.ArgumentParser(description=network.__doc__)
    parser.add_argument("--neurons", type=int, default=200)
    parser.add_argument("--duration", type=float, default=5000, help="s of model time")
    parser.add_argument("--speed", type=float, default=1, help="of learning")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args(arguments)
    net = network(options.neurons, options.speed, options.seed)
    number = trained(net)
    results = net.run(options.duration * second, options.backend, progress=True)
    weights = results["learned"].weight.values[-1]
    print(f"{len(results['trainer'].spikes)} rewards")
    print(f"the chosen synapse: {weights[number]:.2f} mV; all: {weights.mean():.2f} mV, standard "
          f"deviation {weights.std():.2f} mV; stronger: {np.mean(weights > weights[number]):.2%}")
    return results


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    results = main()
    weights, rewards = results["learned"].weight, results["trainer"].spikes.t
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    left.plot(weights.t / 1e3, weights.values[:, 0], color="C3", label="chosen synapse")
    left.plot(weights.t / 1e3, weights.values.mean(axis=1), color="0.4", label="mean of all")
    left.plot(rewards / 1e3, np.full(len(rewards), 4.1), "|", color="C0", label="reward")
    left.set(xlabel="time (s)", ylabel="weight (mV)")
    left.legend()
    right.hist(weights.values[-1], 60, color="0.6")
    right.axvline(weights.values[-1, 0], color="C3")
    right.set(xlabel="weight (mV)", ylabel="synapses", yscale="log")
