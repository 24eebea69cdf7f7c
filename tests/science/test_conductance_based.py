"""Hodgkin-Huxley type and canonical neurons against SciPy's solver on the papers' equations.

The equations stand here a second time, written from the papers: ms, mV, nS, pA, pF, with x and tau
of each gate, so that a slip in a model is not repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy import cosh, exp, tanh
from scipy.integrate import solve_ivp

import spikesim as sp
from spikesim.units import ms, mV, nS, pA, pF

Rates = Callable[[float, Sequence[float], float], list[float]]


def linoid(x: float) -> float:
    """x/(1 - exp(-x)), with its limit at 0."""
    return x / -np.expm1(-x) if abs(x) > 1e-9 else 1 + x / 2


def gate(alpha: float, beta: float, x: float) -> float:
    return alpha * (1 - x) - beta * x


def hodgkin_huxley(t, state, current):
    v, m, h, n = state
    u = v + 65  # depolarization, as in the paper but for its sign
    rates = [
        gate(linoid((u - 25) / 10), 4 * exp(-u / 18), m),
        gate(0.07 * exp(-u / 20), 1 / (exp((30 - u) / 10) + 1), h),
        gate(0.1 * linoid((u - 10) / 10), 0.125 * exp(-u / 80), n),
    ]
    ionic = 120 * m**3 * h * (v - 50) + 36 * n**4 * (v + 77) + 0.3 * (v + 54.402)
    return [current / 100 - ionic, *rates]


def wang_buzsaki(t, state, current):
    v, h, n = state
    a_m, b_m = linoid(0.1 * (v + 35)), 4 * exp(-(v + 60) / 18)
    m = a_m / (a_m + b_m)
    ionic = 0.1 * (v + 65) + 35 * m**3 * h * (v - 55) + 9 * n**4 * (v + 90)
    dh = 5 * gate(0.07 * exp(-(v + 58) / 20), 1 / (exp(-0.1 * (v + 28)) + 1), h)
    dn = 5 * gate(0.1 * linoid(0.1 * (v + 34)), 0.125 * exp(-(v + 44) / 80), n)
    return [current / 100 - ionic, dh, dn]


def connor_stevens(t, state, current):
    v, m, h, n, a, b = state
    a_inf = (0.0761 * exp(0.0314 * (v + 94.22)) / (1 + exp(0.0346 * (v + 1.17)))) ** (1 / 3)
    b_inf = (1 / (1 + exp(0.0688 * (v + 53.3)))) ** 4
    potassium = 20 * n**4 * (v + 72) + 47.7 * a**3 * b * (v + 75)
    return [
        current / 100 - 0.3 * (v + 17) - 120 * m**3 * h * (v - 55) - potassium,
        gate(3.8 * linoid(0.1 * (v + 29.7)), 15.2 * exp(-0.0556 * (v + 54.7)), m),
        gate(0.266 * exp(-0.05 * (v + 48)), 3.8 / (1 + exp(-0.1 * (v + 18))), h),
        gate(0.2 * linoid(0.1 * (v + 45.7)), 0.25 * exp(-0.0125 * (v + 55.7)), n),
        (a_inf - a) / (0.3632 + 1.158 / (1 + exp(0.0497 * (v + 55.96)))),
        (b_inf - b) / (1.24 + 2.678 / (1 + exp(0.0624 * (v + 50)))),
    ]


def traub_miles(u, m, h, n):
    """The rates of the gates of spikes at u = v - V_T."""
    return [
        gate(0.32 * 4 * linoid((u - 13) / 4), 0.28 * 5 * linoid((40 - u) / 5), m),
        gate(0.128 * exp((17 - u) / 18), 4 / (1 + exp((40 - u) / 5)), h),
        gate(0.032 * 5 * linoid((u - 15) / 5), 0.5 * exp((10 - u) / 40), n),
    ]


def pospischil(area, leak, E_leak, sodium, shift, potassium, muscarinic, slowness, calcium, V_x):
    """A cell of table 2: area in um^2, conductances in mS/cm^2, slowness in ms."""

    def rates(t, state, current):
        v, m, h, n, p, q = state
        slow = 3.3 * exp((v + 35) / 20) + exp(-(v + 35) / 20)
        s = 1 / (1 + exp(-(v + V_x + 57) / 6.2))
        tau = 30.8 + (211.4 + exp((v + V_x + 113.2) / 5)) / (1 + exp((v + V_x + 84) / 3.2))
        outward = (potassium * n**4 + muscarinic * p) * (v + 90)
        inward = sodium * m**3 * h * (v - 50) + calcium * s**2 * q * (v - 120)
        return [
            current / (area * 1e-2) - leak * (v - E_leak) - outward - inward,
            *traub_miles(v - shift, m, h, n),
            (1 / (1 + exp(-(v + 35) / 10)) - p) * slow / slowness,
            (1 / (1 + exp((v + V_x + 81) / 4)) - q) / (tau / 3.7),
        ]

    return rates


RS = pospischil(11_840, 0.0205, -70.3, 56, -56.2, 6, 0.075, 608, 0, 2)
FS = pospischil(10_170, 0.038, -70.4, 58, -57.9, 3.9, 0.0787, 502, 0, 2)
LTS = pospischil(25_000, 0.019, -50, 50, -50, 4, 0.028, 4000, 0.4, -7)


def morris_lecar(g_Ca, V_3, V_4, phi):
    def rates(t, state, current):
        v, w = state
        m = 0.5 * (1 + tanh((v + 1.2) / 18))
        ionic = 2 * (v + 60) + g_Ca * m * (v - 120) + 8 * w * (v + 84)
        w_inf = 0.5 * (1 + tanh((v - V_3) / V_4))
        return [(current / 100 - ionic) / 20, phi * (w_inf - w) * cosh((v - V_3) / (2 * V_4))]

    return rates


def fitzhugh_nagumo(t, state, current):
    """FitzHugh's own, in which x is -v and z is -I; his unit of time is c of ours."""
    c = 0.08**-0.5
    x, y, z = -state[0], state[1], -current
    return [-c * (y + x - x**3 / 3 + z) / c, -(x - 0.7 + 0.8 * y) / c / c]


def hindmarsh_rose(t, state, current):
    x, y, z = state
    return [y - x**3 + 3 * x**2 + current - z, 1 - 5 * x**2 - y, 0.005 * (4 * (x + 1.6) - z)]


def peak(v_th: float) -> Any:
    """A maximum above v_th: the rate of the first variable falls through 0 there."""
    return lambda rates, t, y, current: rates(t, y, current)[0] if y[0] > v_th else 1.0


def crossing(v_th: float) -> Any:
    return lambda rates, t, y, current: y[0] - v_th


@dataclass
class Case:
    model: sp.NeuronModel
    rates: Rates
    current: float
    duration: float
    event: Any = field(default_factory=lambda: crossing(-20.0))
    rising: bool = True
    # Where the step of 0.01 ms is to be: a unit of time of a model without units is long.
    dt: float = 0.01

    @property
    def unit(self) -> Any:
        return 1 if type(self.model).__name__ in ("FitzHughNagumo", "HindmarshRose") else pA

    def states(self) -> dict[str, float]:
        declared = self.model.definition.declared
        return {n: d.default for n, d in declared.items() if d.kind == "state"}


N = sp.neurons
CASES = {
    "squid": Case(N.HodgkinHuxley(), hodgkin_huxley, 1500.0, 60.0, peak(0.0), rising=False),
    "wang_buzsaki": Case(N.WangBuzsaki(), wang_buzsaki, 200.0, 60.0),
    "connor_stevens": Case(N.ConnorStevens(), connor_stevens, 1500.0, 60.0),
    "pospischil_rs": Case(N.Pospischil(), RS, 500.0, 100.0),
    "pospischil_fs": Case(
        N.Pospischil(C=101.7 * pF, g_L=3.8646 * nS, E_L=-70.4 * mV, g_Na=5898.6 * nS,
                     V_T=-57.9 * mV, g_K=396.63 * nS, g_M=8.00379 * nS, tau_max=502 * ms),
        FS, 500.0, 100.0),
    "pospischil_lts": Case(
        N.Pospischil(C=250 * pF, g_L=4.75 * nS, E_L=-50 * mV, g_Na=12_500 * nS, V_T=-50 * mV,
                     g_K=1000 * nS, g_M=7 * nS, tau_max=4000 * ms, g_T=100 * nS, V_x=-7 * mV),
        LTS, 300.0, 150.0),
    "morris_lecar_2": Case(
        N.MorrisLecar(), morris_lecar(4.4, 2, 30, 0.04), 12_000.0, 600.0, crossing(10.0)),
    "morris_lecar_1": Case(
        N.MorrisLecar(g_Ca=400 * nS, V_3=12 * mV, V_4=17.4 * mV, phi=1 / (15 * ms)),
        morris_lecar(4.0, 12, 17.4, 1 / 15), 4500.0, 600.0, crossing(10.0)),
    "fitzhugh_nagumo": Case(N.FitzHughNagumo(), fitzhugh_nagumo, 0.5, 200.0, crossing(1.0)),
    "hindmarsh_rose": Case(N.HindmarshRose(), hindmarsh_rose, 2.0, 150.0, crossing(1.0)),
}  # fmt: skip


def expected(case: Case) -> np.ndarray:
    """The times of spikes by SciPy, ms."""
    rates = lambda t, y: case.rates(t, y, case.current)  # noqa: E731
    event = lambda t, y: case.event(case.rates, t, y, case.current)  # noqa: E731
    event.direction = 1 if case.rising else -1
    found = solve_ivp(rates, (0, case.duration), list(case.states().values()), method="DOP853",
                      rtol=1e-11, atol=1e-11, events=event, max_step=0.2)  # fmt: skip
    assert found.success
    return found.t_events[0]


def run(case: Case, dt: float, **options: Any) -> Any:
    net = sp.Network(dt=dt * ms)
    cell = net.population("cell", 1, case.model)
    net.stimulate(cell, sp.dc(case.current * case.unit))
    net.record(cell, "spikes")
    return net.run(case.duration * ms, "cpp", precision="float64")["cell"]


@pytest.mark.parametrize("name", CASES)
def test_spikes_when_the_papers_equations_say_so(name):
    """A spike is labelled at the end of its step: up to 0.01 ms late, never early."""
    case = CASES[name]
    wanted, found = expected(case), run(case, 0.01).spikes.t
    assert len(wanted) >= 3 and len(found) == len(wanted)
    late = found - wanted
    assert late.min() > -1e-4 and late.max() < 0.0101


@pytest.mark.parametrize("name", CASES)
def test_state_converges_at_fourth_order(name):
    """The error of the final state falls by 16 with half the step."""
    case = CASES[name]
    exact = solve_ivp(lambda t, y: case.rates(t, y, case.current), (0, case.duration),
                      list(case.states().values()), method="DOP853", rtol=1e-13,
                      atol=1e-13).y[:, -1]  # fmt: skip
    coarse = 0.04
    errors = []
    for dt in (coarse, coarse / 2, coarse / 4):
        final = run(case, dt).final
        errors.append(max(abs(final[n][0] - x) for n, x in zip(case.states(), exact, strict=True)))
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    assert orders[-1] > 3.5, errors


ADEX = {"C": 200.0, "g_L": 11.0, "E_L": -70.0, "V_T": -50.0, "Delta_T": 2.0, "tau_w": 300.0,
        "a": 3.0, "b": 40.0, "V_reset": -58.0, "V_peak": -20.0}  # fmt: skip


def adex_solved(current: float, duration: float) -> np.ndarray:
    """Spike times of AdEx from v = -70 mV, w = 5 pA: solved from reset to reset."""
    p = ADEX

    def rates(t, y):
        u = min(y[0], p["V_peak"])
        upswing = p["g_L"] * p["Delta_T"] * exp((u - p["V_T"]) / p["Delta_T"])
        dv = (p["g_L"] * (p["E_L"] - u) + upswing - y[1] + current) / p["C"]
        return [dv, (p["a"] * (u - p["E_L"]) - y[1]) / p["tau_w"]]

    top = lambda t, y: y[0] - p["V_peak"]  # noqa: E731
    top.terminal = True
    t, state, spikes = 0.0, [-70.0, 5.0], []
    while True:
        found = solve_ivp(rates, (t, duration), state, method="DOP853", rtol=1e-11, atol=1e-11,
                          events=top)  # fmt: skip
        assert found.success
        if not found.t_events[0].size:
            return np.array(spikes)
        t = found.t_events[0][0]
        spikes.append(t)
        state = [p["V_reset"], found.y[1, -1] + p["b"]]


def test_adex_spikes_as_solved_from_reset_to_reset():
    """As NEST tests its AdEx, against a solver at a tight tolerance (its LSODAR reference). A reset
    waits for the end of its step, so that each spike adds half a step of delay on average."""
    current, duration = 600.0, 500.0
    wanted = adex_solved(current, duration)
    assert len(wanted) > 10
    units = {"C": pF, "g_L": nS, "a": nS, "b": pA, "tau_w": ms}
    cell = N.AdEx(**{name: value * units.get(name, mV) for name, value in ADEX.items()})
    errors = []
    for dt in (0.02, 0.01, 0.005, 0.001):
        net = sp.Network(dt=dt * ms)
        group = net.population("cell", 1, cell, v=-70 * mV, w=5 * pA)
        net.stimulate(group, sp.dc(current * pA))
        net.record(group, "spikes")
        found = net.run(duration * ms, "cpp", precision="float64")["cell"].spikes.t
        assert len(found) == len(wanted)
        late = found - wanted
        assert late[0] > 0 and late[0] < 1.5 * dt
        assert (late <= 1.5 * dt * np.arange(1, len(late) + 1)).all()
        errors.append(late.max())
    assert errors[-1] < 0.03 and errors[-1] < errors[0] / 8
