"""Cells in canonical form as PyNN's standard cell types: recognised by equations, not by names.

    IF_curr_exp, IF_curr_alpha, IF_curr_delta    leaky, with currents or jumps
    IF_cond_exp, IF_cond_alpha                   leaky, with conductances
    EIF_cond_exp_isfa_ista, EIF_cond_alpha_isfa_ista    adaptive exponential (AdEx)
    Izhikevich                                   with jumps

Units are PyNN's: ms, mV, nF, nA, uS. All of them have two receptors, "excitatory" and "inhibitory".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ..canonical import Cell, Obstacle

# pA to nA, nS to uS, pF to nF; a cell's C is chosen so that a weight of 1 pA or 1 nS is 1e-3.
_MILLI = 1e-3
_DIGITS = 14  # what a division and a multiplication leave of 16


@dataclass(frozen=True)
class Arrivals:
    """The signs of what arrives at a state of a cell."""

    positive: bool
    negative: bool


@dataclass(frozen=True, eq=False)
class Receptor:
    """What spikes that arrive at a state act on.

    gain [n]: a weight of the program times this is PyNN's. positive, negative: PyNN's receptor for
    weights of either sign, after the gain.
    """

    gain: np.ndarray
    positive: str
    negative: str


@dataclass(frozen=True, eq=False)
class Standard:
    """A standard cell type: parameters and initial values by PyNN's names, [n] each."""

    celltype: str
    parameters: dict[str, np.ndarray]
    start: dict[str, np.ndarray]
    receptors: dict[str, Receptor]
    conductances: bool


@dataclass(frozen=True, eq=False)
class _Kernel:
    """The response to a spike: what a state's jump makes, exponential or an alpha function."""

    state: str
    shape: str
    tau: np.ndarray
    out: int  # the state that acts on v
    peak: np.ndarray  # of `out`, for a jump by one
    members: frozenset[int]


class _Unlike(Exception):
    """Not a standard cell: what, and the remedy."""


def standard_cell(
    cell: Cell, arrivals: Mapping[str, Arrivals], dt: float
) -> Standard | list[Obstacle]:
    """The standard cell type that a cell is, or why it is none.

    arrivals: by state, of all synapses onto the cell. dt in ms.
    """
    try:
        made = _standard(cell, arrivals)
        if made.celltype != "Izhikevich":  # which has no refractory period
            made.parameters["tau_refrac"] = _tidy(cell.held * dt)
        return made
    except _Unlike as why:
        what, remedy = why.args
        return [Obstacle(cell.name, what, remedy)]


def _standard(cell: Cell, arrivals: Mapping[str, Arrivals]) -> Standard:
    places = {cell.states.index(state): state for state in arrivals}
    kernels = [_kernel(cell, k) for k in places if k]
    shapes = {kernel.shape for kernel in kernels}
    if len(shapes) > 1 or (shapes and 0 in places):
        raise _Unlike(
            "spikes act in different ways on it",
            "one of ExpCurrent, AlphaCurrent, ExpConductance, AlphaConductance or Delta for all",
        )
    rest = set(range(1, len(cell.states))).difference(*(kernel.members for kernel in kernels))
    if len(rest) > 1:
        names = ", ".join(cell.states[k] for k in sorted(rest))
        raise _Unlike(
            f"it has more states ({names}) than PyNN's cells", "use LIF, AdEx, Izhikevich"
        )
    _check_reset(cell, rest)
    _check_refractory(cell, rest)
    quadratic = [p for p in cell.products if p.pair == (0, 0)]
    if quadratic:
        made = _izhikevich(cell, kernels, rest)
    elif cell.upswings:
        made = _exponential(cell, kernels, rest, arrivals)
    elif rest:
        raise _Unlike(
            f"its state {cell.states[min(rest)]!r} is none of PyNN's cells",
            "use LIF, AdEx or Izhikevich",
        )
    else:
        made = _leaky(cell, kernels, arrivals)
    if 0 in places:
        ones = np.ones(cell.size)
        made.receptors[cell.states[0]] = Receptor(ones, "excitatory", "inhibitory")
    return made


# ---- spikes --------------------------------------------------------------------------------------


def _kernel(cell: Cell, k: int) -> _Kernel:
    """What a spike that arrives at state k does. Raises _Unlike."""
    name = cell.states[k]
    odd = _Unlike(
        f"spikes arrive at {name!r}, which is neither an exponential nor an alpha function",
        "use ExpCurrent, AlphaCurrent, ExpConductance, AlphaConductance or Delta",
    )
    feeds = [j for j in range(1, len(cell.states)) if j != k and cell.A[:, j, k].any()]
    own = [k, *feeds]
    a = cell.A[:, k, k]
    if len(feeds) > 1 or (a >= 0).any():
        raise odd
    if cell.start[:, own].any():
        raise _Unlike(f"{name!r} does not start from 0", "start it from 0")
    for j in own:
        row = cell.A[:, j].copy()
        row[:, own] = 0
        moved = cell.b[:, j].any() or row.any() or any(p.row == j for p in cell.products)
        if moved or not _same(cell.A[:, j, j], a):
            raise odd
    tau = -1 / a
    if not feeds:
        out, peak, shape = k, np.ones(cell.size), "exp"
    else:
        (out,) = feeds
        if cell.A[:, k, out].any() or cell.A[:, 0, k].any() or _product(cell, k) is not None:
            raise odd
        peak, shape = cell.A[:, out, k] * tau / np.e, "alpha"
    kind = "curr" if _product(cell, out) is None else "cond"
    return _Kernel(name, f"{kind}_{shape}", tau, out, peak, frozenset(own))


def _product(cell: Cell, k: int) -> np.ndarray | None:
    """The factor of v * x[k] in dv/dt; None without one. Raises _Unlike for other products."""
    found = [p for p in cell.products if k in p.pair]
    if any(p.row != 0 or p.pair not in ((0, k), (k, 0)) for p in found):
        raise _Unlike(
            f"{cell.states[k]!r} is multiplied with what is no conductance",
            "conductances act on v as g*(E - v)",
        )
    return sum((p.factor for p in found), np.zeros(cell.size)) if found else None


def _capacitance(cell: Cell, gains: Iterable[np.ndarray]) -> np.ndarray:
    """cm [n], nF: what turns the first of these slopes per current into one; 1 without any."""
    for gain in gains:
        if (gain == 0).any():
            raise _Unlike("a current of 0 effect", "give it a finite capacitance")
        return _tidy(_MILLI / np.abs(gain))
    return np.ones(cell.size)


def _currents(
    cell: Cell, kernels: list[_Kernel], arrivals: Mapping[str, Arrivals], cm: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, Receptor]]:
    """Time constants and receptors of currents: one of each for either sign of weights."""
    taus: dict[str, np.ndarray] = {}
    receptors = {}
    for kernel in kernels:
        gain = kernel.peak * cell.A[:, 0, kernel.out] * cm
        if not ((gain > 0).all() or (gain < 0).all()):
            raise _Unlike(
                f"{kernel.state!r} drives some of its neurons up, and others down", "split it"
            )
        signs = arrivals[kernel.state]
        up, down = (signs.positive, signs.negative)[:: 1 if gain[0] > 0 else -1]
        for has, word in ((up, "tau_syn_E"), (down, "tau_syn_I")):
            if has and not _same(taus.setdefault(word, kernel.tau), kernel.tau):
                raise _Unlike(
                    "its synapses have more than one time constant for weights of one sign",
                    "one for positive weights, and one for negative ones",
                )
        receptors[kernel.state] = Receptor(gain, "excitatory", "inhibitory")
    return taus, receptors


def _conductances(
    cell: Cell, kernels: list[_Kernel], arrivals: Mapping[str, Arrivals], cm: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, Receptor]]:
    """Time constants, reversal potentials and receptors: the higher reversal is excitatory."""
    kinds: list[tuple[np.ndarray, np.ndarray]] = []
    belongs = []
    for kernel in kernels:
        factor = _product(cell, kernel.out)
        if factor is None or (factor >= 0).any() or arrivals[kernel.state].negative:
            raise _Unlike(f"the conductance {kernel.state!r} is negative", "weights of 0 or more")
        kind = kernel.tau, _tidy(cell.A[:, 0, kernel.out] / -factor)
        same = [k for k, other in enumerate(kinds) if all(map(_same, kind, other))]
        belongs.append(same[0] if same else len(kinds))
        kinds += [] if same else [kind]
    if len(kinds) > 2:
        raise _Unlike(
            f"its conductances have {len(kinds)} pairs of time constant and reversal potential",
            "two, one excitatory and one inhibitory",
        )
    order = sorted(range(len(kinds)), key=lambda k: -kinds[k][1].mean())
    words = ["E", "I"]
    if len(kinds) == 1 and (kinds[0][1] < cell.threshold).all():
        words = ["I"]
    parameters, name = {}, {}
    for k, word in zip(order, words, strict=False):
        parameters[f"tau_syn_{word}"], parameters[f"e_rev_{word}"] = kinds[k]
        name[k] = "excitatory" if word == "E" else "inhibitory"
    receptors = {}
    for kernel, k in zip(kernels, belongs, strict=True):
        gain = kernel.peak * -_some(_product(cell, kernel.out)) * cm
        receptors[kernel.state] = Receptor(gain, name[k], name[k])
    return parameters, receptors


def _some(value: np.ndarray | None) -> np.ndarray:
    if value is None:
        raise TypeError("no product")
    return value


# ---- neurons -------------------------------------------------------------------------------------


def _check_reset(cell: Cell, rest: set[int]) -> None:
    n, k = cell.size, len(cell.states)
    if cell.R[:, 0].any():
        raise _Unlike(
            "its reset does not set the potential to a value", "reset it, as in 'v = V_reset'"
        )
    if not np.array_equal(cell.R[:, 1:], np.broadcast_to(np.eye(k)[1:], (n, k - 1, k))):
        raise _Unlike("its reset changes more than PyNN's", "'v = V_reset', and 'w += b' in AdEx")
    others = [j for j in range(1, k) if j not in rest]
    if cell.r[:, others].any():
        raise _Unlike("its reset changes synaptic states", "reset v alone")


def _check_refractory(cell: Cell, rest: set[int]) -> None:
    if not cell.held.any():
        return
    if not cell.still[0] or any(cell.still[1:]):
        raise _Unlike(
            "what stands still in its refractory period is not the potential alone",
            "'(unless refractory)' after dv/dt, and nowhere else",
        )


def _common(cell: Cell) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    return {"v_reset": cell.r[:, 0]}, {"v": cell.start[:, 0]}


def _tau_m(leak: np.ndarray) -> np.ndarray:
    if (leak >= 0).any():
        raise _Unlike("its potential does not leak", "a finite membrane time constant")
    return _tidy(-1 / leak)


def _above(cell: Cell) -> np.ndarray:
    """PyNN's cells spike at the threshold itself; 'v > theta' is 'v >= the number after theta'."""
    return cell.threshold if cell.inclusive else np.nextafter(cell.threshold, np.inf)


def _couplings(cell: Cell, kernels: list[_Kernel]) -> list[np.ndarray]:
    found = []
    for kernel in kernels:
        factor = _product(cell, kernel.out)
        found.append(cell.A[:, 0, kernel.out] if factor is None else factor)
    return found


def _leaky(cell: Cell, kernels: list[_Kernel], arrivals: Mapping[str, Arrivals]) -> Standard:
    parameters, start = _common(cell)
    shape = kernels[0].shape if kernels else "curr_delta" if cell.states[0] in arrivals else ""
    cm = _capacitance(cell, _couplings(cell, kernels))
    leak = cell.A[:, 0, 0]
    parameters |= {
        "tau_m": _tau_m(leak), "v_rest": _tidy(-cell.b[:, 0] / leak), "v_thresh": _above(cell),
        "cm": cm,
    }  # fmt: skip
    conductances = shape.startswith("cond")
    find = _conductances if conductances else _currents
    more, receptors = find(cell, kernels, arrivals, cm)
    return Standard(f"IF_{shape or 'curr_exp'}", parameters | more, start, receptors, conductances)


def _exponential(
    cell: Cell, kernels: list[_Kernel], rest: set[int], arrivals: Mapping[str, Arrivals]
) -> Standard:
    """AdEx: dv/dt = (v_rest - v + delta_T exp((v - v_thresh)/delta_T))/tau_m + (I - w)/cm;
    tau_w dw/dt = a (v - v_rest) - w. Brette and Gerstner 2005, equations 1 to 3."""
    if len(cell.upswings) > 1 or (cell.upswings[0].row, cell.upswings[0].state) != (0, 0):
        raise _Unlike("it has more exponentials than one of v in dv/dt", "use AdEx")
    if kernels and not kernels[0].shape.startswith("cond"):
        raise _Unlike("PyNN's AdEx has conductances only", "use ExpConductance or AlphaConductance")
    if not kernels and arrivals:
        raise _Unlike("PyNN's AdEx has conductances only", "use ExpConductance or AlphaConductance")
    parameters, start = _common(cell)
    leak = cell.A[:, 0, 0]
    tau_m, up = _tau_m(leak), cell.upswings[0]
    if (up.slope <= 0).any() or (up.factor <= 0).any():
        raise _Unlike("its exponential does not rise with v", "use AdEx")
    delta = _tidy(1 / up.slope)
    coupling = _couplings(cell, kernels) + [cell.A[:, 0, k] for k in rest]
    cm = _capacitance(cell, coupling)
    v_rest = -cell.b[:, 0] / leak
    a = b = np.zeros(cell.size)
    if rest:
        (k,) = rest
        row = cell.A[:, k].copy()
        row[:, [0, k]] = 0
        if row.any() or (cell.A[:, k, k] >= 0).any() or any(p.row == k for p in cell.products):
            raise _Unlike(f"its state {cell.states[k]!r} is no adaptation", "use AdEx")
        tau_w = -1 / cell.A[:, k, k]
        unit = -cell.A[:, 0, k] * cm  # nA of PyNN's w, of one of ours
        a, b = cell.A[:, k, 0] * tau_w * unit, cell.r[:, k] * unit
        slope = cell.A[:, k, 0]
        if not (slope != 0).all() and (slope.any() or cell.b[:, k].any()):
            raise _Unlike(f"{cell.states[k]!r} decays to a value of its own", "use AdEx")
        if slope.all():
            v_rest = -cell.b[:, k] / slope
        start["w"] = _tidy(cell.start[:, k] * unit)
        parameters["tau_w"] = _tidy(tau_w)
    offset = (cell.b[:, 0] + leak * v_rest) * cm
    offset = np.where(np.abs(offset) < 1e-12 * np.abs(cell.b[:, 0] * cm), 0, offset)
    parameters |= {
        "tau_m": tau_m, "v_rest": _tidy(v_rest), "cm": cm, "delta_T": delta,
        "v_thresh": _tidy(-delta * (up.shift + np.log(up.factor * tau_m / delta))),
        "v_spike": cell.threshold, "a": _tidy(a / _MILLI), "b": _tidy(b), "i_offset": _tidy(offset),
    }  # fmt: skip
    more, receptors = _conductances(cell, kernels, arrivals, cm)
    shape = kernels[0].shape if kernels else "cond_exp"
    return Standard(f"EIF_{shape}_isfa_ista", parameters | more, start, receptors, True)


def _izhikevich(cell: Cell, kernels: list[_Kernel], rest: set[int]) -> Standard:
    """dv/dt = 0.04 v^2 + 5 v + 140 - u + I; du/dt = a (b v - u). Izhikevich 2003, eqs. 1, 2."""
    remedy = "use Izhikevich, with Delta synapses"
    if kernels:
        raise _Unlike("spikes make currents in it; those of PyNN's Izhikevich are jumps", remedy)
    (quadratic, *others) = cell.products
    ones = np.ones(cell.size)
    if others or cell.upswings or quadratic.row or len(rest) != 1:
        raise _Unlike("its equations are quadratic, but not Izhikevich's", remedy)
    (k,) = rest
    same = (
        _same(quadratic.factor, 0.04 * ones), _same(cell.A[:, 0, 0], 5 * ones),
        _same(cell.A[:, 0, k], -ones), _same(cell.threshold, 30 * ones), cell.inclusive,
        not cell.b[:, k].any(), not cell.held.any(), (cell.A[:, k, k] < 0).all(),
    )  # fmt: skip
    if not all(same):
        raise _Unlike("its constants are not 0.04, 5 and 140, or its threshold not 30 mV", remedy)
    a = -cell.A[:, k, k]
    drive = _tidy(cell.b[:, 0] - 140)
    drive = np.where(np.abs(drive) < 1e-10, 0, drive)
    parameters = {
        "a": a, "b": _tidy(cell.A[:, k, 0] / a), "c": cell.r[:, 0], "d": cell.r[:, k],
        "i_offset": _tidy(drive * _MILLI),
    }  # fmt: skip
    start = {"v": cell.start[:, 0], "u": cell.start[:, k]}
    return Standard("Izhikevich", parameters, start, {}, False)


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.allclose(a, b, rtol=1e-9, atol=0))


def _tidy(value: np.ndarray) -> np.ndarray:
    """Without the last digits, which are of roundings on the way."""
    distinct, back = np.unique(value, return_inverse=True)
    tidied = np.array([float(f"{x:.{_DIGITS}g}") for x in distinct])
    return tidied[np.ravel(back)].reshape(np.shape(value))
