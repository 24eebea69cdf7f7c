"""The normal form: what a canonical circuit does in one step, with all thresholds at 1.

    u_k <- p_k u_k + arrivals      synaptic currents, in the voltage that they add in a step
    v   <- q v + sum of u + beta   from the level of the reset, in distances from there to threshold
    spike where v > 1;             v <- 0, or v <- v - drop

It is how chips compute. An exact step of a leaky integrate-and-fire neuron is one, so nothing is
lost here; where a network has no normal form, it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import expm

from .canonical import Cell, Circuit, Obstacle, Wire

SAME = 1e-12  # two decays this near are one


@dataclass(frozen=True, eq=False)
class Layer:
    """A group in normal form; arrays [size], decays [m, size].

    leak: q. decays: p of each kind of synapse; 0 is a jump of v. bias: beta. drop: what a spike
    takes off v; None where it sets v to 0. held: steps after a spike in which v stands still.
    origin, unit: v in the program's unit is origin + unit * v. v, u [m, size]: initial values.
    kinds: by state of the cell, the number of its decay.
    """

    name: str
    size: int
    leak: np.ndarray
    decays: np.ndarray
    bias: np.ndarray
    drop: np.ndarray | None
    held: np.ndarray
    inclusive: bool
    origin: np.ndarray
    unit: np.ndarray
    v: np.ndarray
    u: np.ndarray
    kinds: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Synapses:
    """Synapses in normal form: weight [n] adds to u of kind `kind`.

    A spike of step s acts in the update of step s + latency, 0 or more.
    """

    name: str
    source: str
    target: str
    kind: int
    pre: np.ndarray
    post: np.ndarray
    weight: np.ndarray
    latency: np.ndarray

    def __len__(self) -> int:
        return len(self.pre)


@dataclass(frozen=True, eq=False)
class Normal:
    """A network in normal form; see Layer and Synapses."""

    dt: float
    sources: Mapping[str, int]
    layers: tuple[Layer, ...]
    synapses: tuple[Synapses, ...]
    obstacles: tuple[Obstacle, ...]
    notes: tuple[Obstacle, ...]

    def sizes(self) -> dict[str, int]:
        """The size of every group, sources first."""
        return {**self.sources, **{layer.name: layer.size for layer in self.layers}}


def normal_form(circuit: Circuit, drawn_to: str = "reset") -> Normal:
    """The normal form of a circuit.

    drawn_to: what v is measured from, "reset" (the level that a reset sets, or to which it lowers
    v from the threshold) or "rest" (where it decays to: then there is no bias without a current).
    """
    obstacles, notes = list(circuit.obstacles), []
    layers: dict[str, Layer] = {}
    steps: dict[str, np.ndarray] = {}
    for cell in circuit.cells.values():
        found = list(_against(cell))
        obstacles += found
        if not found:
            steps[cell.name] = _propagator(cell, circuit.dt)
            layers[cell.name] = _layer(cell, steps[cell.name], circuit.dt, drawn_to)
    obstacles += [o for name, layer in layers.items() for o in _growing(layer, circuit.cells[name])]
    synapses: list[Synapses] = []
    for wire in circuit.wires:
        if wire.target in layers:
            cell = circuit.cells[wire.target]
            synapses.append(_synapses(wire, cell, layers[wire.target], steps[wire.target], circuit))
            if not circuit.early and wire.state == cell.states[0]:
                notes.append(
                    Obstacle(
                        wire.name,
                        "here a jump that arrives in the step of a spike is lost",
                        "Network(order='nest'), or ExpCurrent: then it is kept on both sides",
                    )
                )
    return Normal(
        circuit.dt, circuit.sources, tuple(layers.values()), tuple(synapses), tuple(obstacles),
        tuple(notes),
    )  # fmt: skip


def _against(cell: Cell) -> Iterable[Obstacle]:
    """What of a cell has no normal form."""
    synaptic = cell.A[:, 1:, :].copy()
    for k in range(synaptic.shape[1]):
        synaptic[:, k, k + 1] = 0
    if synaptic.any() or cell.b[:, 1:].any():
        states = ", ".join(cell.states[1:])
        yield Obstacle(
            cell.name, f"its states ({states}) are more than currents that decay by themselves",
            "use ExpCurrent or Delta, and a neuron without adaptation",
        )  # fmt: skip
    k = len(cell.states)
    if not np.array_equal(cell.R[:, 1:], np.broadcast_to(np.eye(k)[1:], (cell.size, k - 1, k))) or (
        cell.r[:, 1:].any() or cell.R[:, 0, 1:].any()
    ):
        yield Obstacle(cell.name, "its reset changes more than its potential", "reset v alone")
    first = cell.R[:, 0, 0]
    if not (first == 0).all() and not (first == 1).all():
        yield Obstacle(
            cell.name, "its reset neither sets nor lowers its potential", "'v = V_reset'"
        )
    height = cell.threshold - cell.r[:, 0] if (first == 0).all() else -cell.r[:, 0]
    if (first == 1).all() and (height <= 0).any():
        yield Obstacle(cell.name, "a spike does not lower its potential", "write 'v -= V_th'")
    elif (height <= 0).any():
        yield Obstacle(cell.name, "the reset is not below the threshold", "lower V_reset")


def _growing(layer: Layer, cell: Cell) -> Iterable[Obstacle]:
    """What does not decay: no chip has it."""
    for factor in (layer.leak, *layer.decays):
        if (worst := factor[(factor < 0) | (factor > 1 + SAME)]).size:
            shorter = "the exact method, or a shorter dt" if cell.method != "exact" else "a leak"
            yield Obstacle(cell.name, f"a step multiplies a state by {worst[0]:.3g}", shorter)


def _propagator(cell: Cell, dt: float) -> np.ndarray:
    """P [n, k, k + 1] of one step, x -> P (x, 1), by the cell's method."""
    n, k = cell.size, len(cell.states)
    M = np.zeros((n, k + 1, k + 1))
    M[:, :k, :k], M[:, :k, k] = cell.A * dt, cell.b * dt
    distinct, back = np.unique(M.reshape(n, -1), axis=0, return_inverse=True)
    found = np.stack([_one(m.reshape(k + 1, k + 1), cell.method) for m in distinct])
    return found[np.ravel(back), :k, :]


def _one(M: np.ndarray, method: str) -> np.ndarray:
    if method == "exact":
        return np.asarray(expm(M))
    P = np.eye(len(M))
    if method == "exponential_euler":
        for i in range(len(M) - 1):
            a = M[i, i]
            gain = np.expm1(a) / a if a else 1.0
            P[i] = M[i] * gain
            P[i, i] = np.exp(a)
        return P
    term = P.copy()
    for order in range(1, {"euler": 1, "heun": 2, "rk4": 4}[method] + 1):
        term = term @ M / order
        P = P + term
    return P


def _layer(cell: Cell, P: np.ndarray, dt: float, drawn_to: str) -> Layer:
    q, constant = P[:, 0, 0], P[:, 0, -1]
    sets = bool((cell.R[:, 0, 0] == 0).all())
    rest = np.divide(constant, 1 - q, out=cell.start[:, 0].copy(), where=q != 1)
    origin = cell.r[:, 0] if sets else cell.threshold + cell.r[:, 0]
    if drawn_to == "rest":
        origin = rest
    unit = cell.threshold - origin
    unit = np.where(unit > 0, unit, np.nan)
    decays, kinds = _kinds(cell, P)
    u = np.zeros_like(decays)
    for k, state in enumerate(cell.states[1:], 1):
        # What a current at the start still adds, as if it had arrived just before.
        gain = P[:, 0, k] / unit
        p = P[:, k, k]
        before = np.divide(gain * cell.start[:, k], p, out=np.zeros(cell.size), where=p != 0)
        u[kinds[state]] += before
    drop = None
    if not sets:
        drop = -cell.r[:, 0] / unit
    elif drawn_to == "rest" and not np.allclose(cell.r[:, 0], origin, rtol=0, atol=1e-12):
        drop = np.full(cell.size, np.nan)  # to a level that is not the origin
    return Layer(
        cell.name, cell.size, q, decays, (constant - (1 - q) * origin) / unit, drop, cell.held,
        cell.inclusive, origin, unit, (cell.start[:, 0] - origin) / unit, u, kinds,
    )  # fmt: skip


def _kinds(cell: Cell, P: np.ndarray) -> tuple[np.ndarray, dict[str, int]]:
    """The different decays [m, n], and which of them each state has; v itself is one of decay 0,
    where spikes may arrive at it."""
    decays: list[np.ndarray] = []
    kinds: dict[str, int] = {}
    for k, state in enumerate(cell.states):
        p = P[:, k, k] if k else np.zeros(cell.size)
        same = [m for m, d in enumerate(decays) if np.allclose(d, p, rtol=0, atol=SAME)]
        if not same:
            decays.append(p)
        kinds[state] = same[0] if same else len(decays) - 1
    return np.stack(decays), kinds


def _synapses(wire: Wire, cell: Cell, layer: Layer, P: np.ndarray, circuit: Circuit) -> Synapses:
    k = cell.states.index(wire.state)
    direct = k == 0
    # In the standard order a jump of v lies before the leak of the next step, in NEST's after it.
    gain = np.ones(cell.size) if direct and circuit.early else P[:, 0, k]
    weight = (gain / layer.unit)[wire.post] * wire.weight
    latency = wire.delay + (0 if direct and circuit.early else 1)
    return Synapses(
        wire.name, wire.source, wire.target, layer.kinds[wire.state], wire.pre, wire.post, weight,
        latency,
    )  # fmt: skip


def used(normal: Normal) -> Normal:
    """The same without kinds of synapses that nothing arrives at."""
    layers, synapses = [], list(normal.synapses)
    for layer in normal.layers:
        mine = [s for s in synapses if s.target == layer.name]
        busy = {s.kind for s in mine} | {m for m in range(len(layer.decays)) if layer.u[m].any()}
        kept = sorted(busy) or [0]
        layers.append(
            replace(
                layer,
                decays=layer.decays[kept],
                u=layer.u[kept],
                kinds={s: kept.index(m) for s, m in layer.kinds.items() if m in kept},
            )
        )
        synapses = [
            replace(s, kind=kept.index(s.kind)) if s.target == layer.name else s for s in synapses
        ]
    return replace(normal, layers=tuple(layers), synapses=tuple(synapses))
