"""Random networks and random chips, edges of ranges included, for the tests of the exporters."""

from __future__ import annotations

from typing import Any

import numpy as np

import spikesim as sp
from spikesim.exporters.chip import Chip, ChipLayer, ChipSynapses
from spikesim.units import Hz, ms, mV, pA, pF

TOP = 2**23 - 1


class ByHand(sp.NeuronModel):
    """A leaky integrate-and-fire neuron in other words: other names, another scale, b x - a."""

    g = sp.parameter(12.5, "leak", bound="> 0")
    cap = sp.parameter(250 * ms, "time constant of nothing")
    x = sp.state(-70.0, "the potential, a bare number")
    drive = sp.port(Hz, "current")
    equations = "dx/dt = -(g*x + 70*g)/cap + drive"
    spike = "-55 <= x"
    reset = "x += -70 - x"


def network(seed: int, order: str = "standard", handwritten: bool = False) -> sp.Network:
    """Two populations, recurrent, of random constants; currents that decay, or jumps."""
    rng = np.random.default_rng(seed)
    dt = float(rng.choice([0.1, 0.5, 1.0]))
    net = sp.Network(dt=dt * ms, seed=seed, order=order)
    source = net.population("in", 12, sp.poisson(rate=min(100.0, 300 / dt) * Hz))
    tau = rng.uniform(2, 20)
    jumps = bool(rng.integers(2)) and order == "nest"
    if handwritten:
        model: Any = ByHand(cap=12.5 * tau * ms)
    else:
        model = sp.neurons.LIF(
            C=rng.uniform(100, 400) * pF, tau_m=tau * ms, E_L=rng.uniform(-72, -66) * mV,
            V_th=rng.uniform(-58, -50) * mV, V_reset=rng.uniform(-75, -65) * mV, t_ref=0 * ms,
        )  # fmt: skip
    cells = [net.population(name, 9, model) for name in ("a", "b")]
    unit = 1000 * Hz if handwritten else pA
    current = ByHandCurrent if handwritten else sp.synapses.ExpCurrent
    size = rng.uniform(1, 8) if jumps else rng.uniform(0.5, 3) if handwritten else 400.0
    synapse = sp.synapses.Delta() if jumps else current(tau=rng.uniform(1, 10) * ms)
    if jumps and handwritten:
        synapse = sp.synapses.Delta("x")
    unit = (1 if handwritten else mV) if jumps else unit
    for k, (s, t) in enumerate([(source, cells[0]), (cells[0], cells[1]), (cells[1], cells[0])]):
        n = s.size * t.size
        weight = rng.normal(size / 3, size, n) * unit
        delay = rng.integers(1, 9, n) * dt * ms
        net.project(
            s, t, sp.all_to_all(), synapse=synapse, weight=weight, delay=delay, name=f"p{k}"
        )
    return net


def chain(seed: int) -> sp.Network:
    """One to three layers, each fed by the one before, some with synapses of their own."""
    rng = np.random.default_rng(seed)
    dt = float(rng.choice([0.1, 0.5, 1.0]))
    net = sp.Network(dt=dt * ms, seed=seed)
    before = net.population("in", 11, sp.poisson(rate=min(150.0, 300 / dt) * Hz))
    for k in range(int(rng.integers(1, 4))):
        model = sp.neurons.LIF(tau_m=rng.uniform(5, 20) * ms, V_th=rng.uniform(-58, -50) * mV,
                               E_L=-65 * mV, V_reset=-65 * mV, t_ref=0 * ms)  # fmt: skip
        cells = net.population(f"cells{k}", int(rng.integers(3, 10)), model, v=-65 * mV)
        if rng.integers(2):
            net.stimulate(cells, sp.dc(rng.uniform(-20, 150) * pA))
        synapse = sp.synapses.ExpCurrent(tau=rng.uniform(1, 10) * ms)
        recurrent = bool(rng.integers(2))
        low = rng.choice([-300.0, 0.0])
        for source in [before] + [cells] * recurrent:
            n = source.size * cells.size
            steps = np.zeros(n) if recurrent else rng.integers(0, 5, n)
            net.project(
                source,
                cells,
                sp.all_to_all(),
                synapse=synapse,
                delay=steps * dt * ms,
                weight=rng.uniform(low, 700, n) * pA / (3 if source is cells else 1),
            )
        before = cells
    return net


class ByHandCurrent(sp.SynapseModel):
    """A current for ByHand."""

    tau = sp.parameter(5 * ms, "time constant", bound="> 0")
    J = sp.state(0 * Hz, "current")
    equations = "dJ/dt = -J/tau"
    on_arrival = "J += weight"
    output = "J"


def loihi2(rng: np.random.Generator, steps: int = 50) -> tuple[Chip, dict[str, np.ndarray]]:
    """A recurrent chip of two layers with parameters at the ends of their ranges, and its input."""
    edges = bool(rng.integers(2))
    sizes = {name: int(rng.integers(1, 12)) for name in ("in", "a", "b")}

    def pick(low: int, high: int) -> int:
        return int(rng.choice([low, high]) if rng.random() < 0.4 else rng.integers(low, high + 1))

    def layer(name: str) -> ChipLayer:
        n = sizes[name]
        mantissa = rng.integers(-4096, 4096, n) if rng.random() < 0.5 else np.zeros(n, np.int64)
        exponent = rng.integers(0, 8, n)
        start = {x: rng.integers(-TOP, TOP, n) if edges else np.zeros(n, np.int64) for x in "uv"}
        parameters = {
            "du": pick(0, 4095), "dv": pick(0, 4095),
            "vth": pick(0, 131071 if rng.random() < 0.5 else 2000), "bias": mantissa << exponent,
            "bias_mant": mantissa, "bias_exp": exponent,
        }  # fmt: skip
        return ChipLayer(name, n, 1, parameters, start)

    def synapses(source: str, target: str) -> ChipSynapses:
        every = sizes[source] * sizes[target]
        chosen = rng.choice(every, rng.integers(0, every), replace=False)
        n, sign = len(chosen), rng.integers(3)
        weight = rng.integers(0, 256, n)
        weight = (weight, -weight, 2 * rng.integers(-128, 128, n))[sign]
        if edges and n:
            weight[rng.integers(n)] = (255, -255, -256)[sign]
        if n and weight.max() <= 0:
            weight = np.maximum(weight, -255)  # -256 is for mixed signs
        latency = 1 + (rng.integers(0, 64, n) if rng.random() < 0.5 else np.zeros(n, np.int64))
        pre, post = chosen % sizes[source], chosen // sizes[source]
        exponent = int(rng.integers(-8, 8))
        return ChipSynapses(
            source + target, source, target, 0, pre, post, weight, latency, exponent
        )

    pairs = [("in", "a"), ("a", "b"), ("b", "a"), ("b", "b")]
    chip = Chip(
        "loihi2", 1.0, {"in": sizes["in"]}, (layer("a"), layer("b")),
        tuple(synapses(*pair) for pair in pairs), True,
    )  # fmt: skip
    return chip, {"in": (rng.random((steps, sizes["in"])) < 0.3).astype(np.int64)}


def xylo(rng: np.random.Generator, steps: int = 50) -> tuple[Chip, dict[str, np.ndarray]]:
    """A recurrent Xylo, two hidden layers and an output, with parameters at the ends of their
    ranges, and its input, of more spikes in a step than it takes."""
    edges, loud = rng.random() < 0.5, rng.random() < 0.3
    sizes = {name: int(rng.integers(1, 9)) for name in ("in", "more", "a", "b", "out")}
    kinds = {"a": int(rng.integers(1, 3)), "b": int(rng.integers(1, 3)), "out": 1}
    shifts = {part: int(rng.choice([0, 8, rng.integers(9)])) for part in ("in", "rec", "out")}

    def pick(low: int, high: int, n: int) -> np.ndarray:
        ends = rng.choice([low, high], n)
        return np.where(rng.random(n) < (0.3 if edges else 0), ends, rng.integers(low, high + 1, n))

    def layer(name: str) -> ChipLayer:
        n = sizes[name]
        parameters = {
            "most_spikes": 1 if name == "out" else 31,
            "dash_mem": pick(0, 15, n), "dash_syn": pick(0, 15, n), "dash_syn_2": pick(0, 15, n),
            "threshold": pick(1, int(rng.choice([300, 2**15 - 1])), n),
            "bias": pick(-(2**15), 2**15 - 1, n) // int(rng.choice([1, 100, 2**16])),
        }  # fmt: skip
        states = ("isyn", "isyn2")[: kinds[name]]
        start = {x: np.zeros(n, np.int64) for x in (*states, "vmem")}
        return ChipLayer(name, n, kinds[name], parameters, start)

    later = {"in": int(rng.integers(4)), "more": int(rng.integers(4))}

    def synapses(source: str, target: str, kind: int) -> ChipSynapses:
        every = sizes[source] * sizes[target]
        chosen = rng.choice(every, rng.integers(0, every + 1), replace=False)
        n, part = len(chosen), "out" if target == "out" else "in" if source in later else "rec"
        weight = pick(-128, 127, n)
        latency = np.full(n, later.get(source, 1))
        pre, post = chosen % sizes[source], chosen // sizes[source]
        return ChipSynapses(
            f"{source}{target}{kind}", source, target, kind, pre, post, weight, latency,
            shifts[part],
        )  # fmt: skip

    pairs = [(s, t) for s in ("in", "more", "a", "b") for t in ("a", "b")]
    pairs += [("a", "out"), ("b", "out")]
    chip = Chip(
        "xylo_a2", 1.0, {name: sizes[name] for name in later},
        tuple(layer(name) for name in kinds),
        tuple(synapses(s, t, kind) for s, t in pairs for kind in range(kinds[t])), True, 15,
    )  # fmt: skip
    most = 20 if loud else 1
    given = {
        n: rng.integers(1, most + 1, (steps, sizes[n])) * (rng.random((steps, sizes[n])) < 0.3)
        for n in later
    }
    return chip, given


def reader(seed: int, kinds: int = 2, inputs: int = 8, outputs: int = 4) -> sp.Network:
    """A network for a Xylo: two recurrent hidden populations and one that they feed."""
    rng = np.random.default_rng(seed)
    net = sp.Network(dt=1 * ms, seed=seed)
    source = net.population("in", inputs, sp.poisson(rate=rng.uniform(50, 200) * Hz))
    groups = []
    for name, n in (("a", 12), ("b", 9), ("out", outputs)):
        model = Subtracting(
            C=rng.uniform(100, 400) * pF, tau_m=rng.uniform(5, 60, n) * ms, E_L=-70 * mV,
            V_th=rng.uniform(-60, -50, n) * mV, t_ref=0 * ms,
        )  # fmt: skip
        groups.append(net.population(name, n, model, v=-70 * mV))
    a, b, out = groups
    taus = rng.uniform(2, 20, 3)
    fast, slow, last = (sp.synapses.ExpCurrent(tau=tau * ms) for tau in taus)
    back = (fast, slow)[kinds - 1]
    for s, t, synapse, later in (
        (source, a, fast, 2), (a, b, fast, 0), (b, a, back, 0), (b, b, fast, 0), (a, out, last, 0),
        (b, out, last, 0),
    ):  # fmt: skip
        weight = rng.normal(10, 80, s.size * t.size) * pA
        net.project(s, t, sp.all_to_all(), synapse=synapse, weight=weight, delay=later * ms)
    if rng.integers(2):
        net.stimulate(a, sp.dc(rng.uniform(-50, 50, 12) * pA))
    return net


class Subtracting(sp.neurons.LIF):
    """A spike takes the distance from rest to threshold off."""

    reset = "v -= V_th - E_L"


def kernels(
    rng: np.random.Generator, source: tuple[int, int], features: int, kernel: int, stride: int,
    padding: int, pool: int = 1,
) -> tuple[np.ndarray, int]:  # fmt: skip
    """A convolution of maps [channels, side, side] as a matrix [source, target], written as the
    sums that it is; and the side of what it makes."""
    channels, side = source
    low = side // pool
    made = (low + 2 * padding - kernel) // stride + 1
    weight = rng.normal(0.12, 0.3, (features, channels, kernel, kernel))
    matrix = np.zeros((channels, side, side, features, made, made))
    for v in range(made):
        for u in range(made):
            for b in range(kernel):
                for a in range(kernel):
                    y, x = v * stride + b - padding, u * stride + a - padding
                    if 0 <= y < low and 0 <= x < low:
                        block = matrix[:, y * pool : (y + 1) * pool, x * pool : (x + 1) * pool]
                        block[..., v, u] = weight[:, :, b, a].T[:, None, None]
    return matrix.reshape(channels * side**2, features * made**2), made


def images(seed: int) -> sp.Network:
    """Convolutions, pooled or not, and a dense layer, of perfect integrate-and-fire neurons that
    start anywhere; sometimes two populations that one feeds, or a constant drive."""
    rng = np.random.default_rng(seed)
    net = sp.Network(dt=1 * ms, order="nest", seed=seed)
    side, channels = int(rng.integers(4, 9)), int(rng.integers(1, 3))
    group = net.population("in", channels * side**2, sp.poisson(rate=120 * Hz))
    driven = rng.random() < 0.3

    def add(name: str, source: Any, matrix: np.ndarray, drive: float) -> Any:
        model = PerfectZero if rng.integers(2) else sp.neurons.PerfectIF
        n = matrix.shape[1]
        cells = net.population(name, n, model(), v=rng.uniform(-70, -60, n) * mV)
        delay = int(rng.integers(1, 4)) * ms
        net.project(source, cells, sp.from_matrix(matrix * 8, unit=mV), delay=delay)
        if drive:
            net.stimulate(cells, sp.dc(drive * pA))
        return cells

    for k in range(int(rng.integers(1, 3))):
        pool = 2 if k and side % 2 == 0 and side > 2 else 1
        low = side // pool
        kernel = int(rng.integers(1, min(low, 4) + 1))
        padding, stride = int(rng.integers(0, kernel)), int(rng.choice([1, 1, 2]))
        features = int(rng.integers(1, 5))
        matrix, made = kernels(rng, (channels, side), features, kernel, stride, padding, pool)
        group = add(f"conv{k}", group, matrix, driven * rng.uniform(-100, 300))
        channels, side = features, made
    for name in ("out", "more")[: int(rng.integers(1, 3))]:
        n = int(rng.integers(1, 8))
        add(name, group, rng.normal(0.2, 0.4, (group.size, n)), driven * 100.0)
    return net


class PerfectZero(sp.neurons.PerfectIF):
    """What exceeds the threshold is lost."""

    reset = "v = V_reset"
