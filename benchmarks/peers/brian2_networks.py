"""CUBA, COBAHH (Brette et al. 2007) and COBA with AdEx neurons in Brian2: C++ standalone with the
fastest flags.

The binary draws the connections itself; the time of that, and of writing results, is its `setup`.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path
from typing import Any

from child import Child

FLAGS = ["-w", "-O3", "-march=native", "-ffast-math"]
# Brian2 itself reports the processor's time of the run; this is the clock's.
BEFORE = "const auto bench_start = std::chrono::steady_clock::now();"
AFTER = """
std::ofstream("wall_time") << std::chrono::duration<double>(
    std::chrono::steady_clock::now() - bench_start).count();
"""

CUBA = """
dv/dt = (ge + gi - (v - El))/taum : volt (unless refractory)
dge/dt = -ge/taue : volt
dgi/dt = -gi/taui : volt
"""
COBAHH = """
dv/dt = (gl*(El - v) + ge*(Ee - v) + gi*(Ei - v) - g_na*(m*m*m)*h*(v - ENa)
         - g_kd*(n*n*n*n)*(v - EK))/Cm : volt
dm/dt = alpha_m*(1 - m) - beta_m*m : 1
dn/dt = alpha_n*(1 - n) - beta_n*n : 1
dh/dt = alpha_h*(1 - h) - beta_h*h : 1
dge/dt = -ge/taue : siemens
dgi/dt = -gi/taui : siemens
alpha_m = 0.32/mV*4*mV/exprel((13*mV - v + VT)/(4*mV))/ms : Hz
beta_m = 0.28/mV*5*mV/exprel((v - VT - 40*mV)/(5*mV))/ms : Hz
alpha_h = 0.128*exp((17*mV - v + VT)/(18*mV))/ms : Hz
beta_h = 4/(1 + exp((40*mV - v + VT)/(5*mV)))/ms : Hz
alpha_n = 0.032/mV*5*mV/exprel((15*mV - v + VT)/(5*mV))/ms : Hz
beta_n = 0.5*exp((10*mV - v + VT)/(40*mV))/ms : Hz
"""
COBA_ADEX = """
dv/dt = (gl*(El - u) + gl*DT*exp((u - VT)/DT) - w + ge*(Ee - v) + gi*(Ei - v) + I)/Cm
        : volt (unless refractory)
dw/dt = (a*(u - El) - w)/tau_w : amp
dge/dt = -ge/taue : siemens
dgi/dt = -gi/taui : siemens
u = clip(v, -1*volt, Vpeak) : volt
"""


def main() -> None:
    """Build, compile, then run the binary once for every line that comes in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=tuple(NETWORKS))
    parser.add_argument("--neurons", type=int, default=4000)
    parser.add_argument("--duration", type=float, default=1000, help="ms")
    parser.add_argument("--folder", help="keep the C++ here; default: compile anew every time")
    options = parser.parse_args()
    child = Child()
    with child.phase("import"):
        import brian2 as b
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or temporary
        with child.phase("build"):
            b.prefs.codegen.cpp.extra_compile_args_gcc = FLAGS
            b.set_device("cpp_standalone", build_on_run=False, directory=folder)
            b.defaultclock.dt = 0.1 * b.ms
            b.seed(1)
            net, spikes = NETWORKS[options.network](b, options.neurons)
            b.prefs.codegen.cpp.headers += ["<chrono>", "<fstream>"]
            b.device.insert_code("before_network_run", BEFORE)
            b.device.insert_code("after_network_run", AFTER)
            net.run(options.duration * b.ms)
            new = not Path(folder, "makefile").exists()
            b.device.build(directory=folder, compile=True, run=False)
        took = b.device.timers["compile"]["make"]
        child.phases["build"] -= took
        child.phases |= compile_time(Path(folder, "compile_time"), took, new)

        def run() -> dict[str, Any]:
            b.device.run(folder, with_output=False)
            took = float(Path(folder, "wall_time").read_text())
            found = len(b.device.get_value(spikes.variables["i"], access_data=True))
            return {"run": took, "cpu": b.device._last_run_time,
                    "setup": b.device.timers["run_binary"] - took,
                    "rates": [found / len(spikes.source) / options.duration * 1e3]}  # fmt: skip

        child.serve(f"Brian2 {b.__version__}", run)


def compile_time(note: Path, took: float, new: bool) -> dict[str, float]:
    """The seconds of compiling everything: now, or when the folder was new, or not known."""
    if new:
        note.write_text(str(took))
    return {"compile": float(note.read_text())} if note.exists() else {}


def cuba(b, n: int) -> tuple:
    """Integrate-and-fire neurons with exponential synaptic input, in mV."""
    constants = {"taum": 20 * b.ms, "taue": 5 * b.ms, "taui": 10 * b.ms, "El": -49 * b.mV}
    group = b.NeuronGroup(n, CUBA, threshold="v > -50*mV", reset="v = -60*mV",
                          refractory=5 * b.ms, method="exact", namespace=constants)  # fmt: skip
    group.v = "-60*mV + rand()*10*mV"
    return _connected(b, group, n, "ge += 1.62*mV", "gi -= 9*mV")


def cobahh(b, n: int) -> tuple:
    """Hodgkin-Huxley neurons of Traub and Miles with exponential conductances."""
    constants = {
        "Cm": 200 * b.pF, "gl": 10 * b.nS, "g_na": 20 * b.uS, "g_kd": 6 * b.uS, "El": -60 * b.mV,
        "EK": -90 * b.mV, "ENa": 50 * b.mV, "VT": -63 * b.mV, "taue": 5 * b.ms, "taui": 10 * b.ms,
        "Ee": 0 * b.mV, "Ei": -80 * b.mV,
    }  # fmt: skip
    group = b.NeuronGroup(n, COBAHH, threshold="v > -20*mV", refractory=3 * b.ms,
                          method="exponential_euler", namespace=constants)  # fmt: skip
    group.v = "-65*mV + randn()*5*mV"
    group.ge = "40*nS + randn()*15*nS"
    group.gi = "200*nS + randn()*120*nS"
    return _connected(b, group, n, "ge += 6*nS", "gi += 67*nS")


def coba_adex(b, n: int) -> tuple:
    """Adaptive exponential neurons with exponential conductances."""
    constants = {
        "Cm": 281 * b.pF, "gl": 30 * b.nS, "El": -70.6 * b.mV, "VT": -50.4 * b.mV, "DT": 2 * b.mV,
        "tau_w": 144 * b.ms, "a": 4 * b.nS, "b_w": 80.5 * b.pA, "Vpeak": -40.4 * b.mV,
        "taue": 5 * b.ms, "taui": 10 * b.ms, "Ee": 0 * b.mV, "Ei": -80 * b.mV, "I": 800 * b.pA,
    }  # fmt: skip
    group = b.NeuronGroup(n, COBA_ADEX, threshold="v > Vpeak", reset="v = El; w += b_w",
                          refractory=5 * b.ms, method="rk4", namespace=constants)  # fmt: skip
    group.v = "-70*mV + rand()*15*mV"
    return _connected(b, group, n, "ge += 6*nS", "gi += 67*nS")


def _connected(b, group, n: int, excitation: str, inhibition: str) -> tuple:
    exc = n * 4 // 5
    sources = ((group[:exc], excitation), (group[exc:], inhibition))
    synapses = [b.Synapses(source, group, on_pre=effect) for source, effect in sources]
    for s in synapses:
        s.connect(p=min(1.0, 80 / n))
    spikes = b.SpikeMonitor(group)
    return b.Network(group, *synapses, spikes), spikes


def song_2000(b, n: int) -> tuple:
    """Brian2's example "STDP": n plastic inputs to one neuron."""
    constants = {"taum": 10 * b.ms, "taue": 5 * b.ms, "Ee": 0 * b.mV, "El": -74 * b.mV,
                 "vt": -54 * b.mV, "vr": -60 * b.mV, "taupre": 20 * b.ms, "taupost": 20 * b.ms,
                 "gmax": 0.01, "dApre": 0.0001, "dApost": -0.000105, "F": 15 * b.Hz}  # fmt: skip
    inputs = b.PoissonGroup(n, rates="F", namespace=constants)
    cell = b.NeuronGroup(
        1, "dv/dt = (ge*(Ee - v) + El - v)/taum : volt\ndge/dt = -ge/taue : 1", namespace=constants,
        threshold="v > vt", reset="v = vr", method="euler",
    )  # fmt: skip
    cell.v = constants["vr"]
    synapses = b.Synapses(
        inputs, cell, TRACES, namespace=constants,
        on_pre="ge += w; Apre += dApre; w = clip(w + Apost, 0, gmax)",
        on_post="Apost += dApost; w = clip(w + Apre, 0, gmax)",
    )  # fmt: skip
    synapses.connect()
    synapses.w = "rand()*gmax"
    spikes = b.SpikeMonitor(cell)
    return b.Network(inputs, cell, synapses, spikes), spikes


TRACES = """
w : 1
dApre/dt = -Apre/taupre : 1 (event-driven)
dApost/dt = -Apost/taupost : 1 (event-driven)
"""
POWER_LAW = """
w : 1
dx/dt = -x/tau_plus : 1 (event-driven)
dy/dt = -y/tau_minus : 1 (event-driven)
"""
ALPHA = """
dv/dt = -v/tau_m + I/C : volt (unless refractory)
dI/dt = (e_alpha*s - I)/tau : amp
ds/dt = -s/tau : amp
"""


def plastic_brunel(b, n: int) -> tuple:
    """As docs/examples/plastic_brunel.py, with a connection probability for the indegree. Brian2
    has no dendritic delay: what a spike sends is the weight at its arrival, and postsynaptic spikes
    act at once."""
    J, g, tau, eta, tau_m, C = 45.61, 6.0, 0.33, 1.2, 10.0, 250.0
    rate = eta * 20.0 / (math.e * tau * J / C * tau_m) * b.kHz
    constants = {"tau_m": tau_m * b.ms, "C": C * b.pF, "tau": tau * b.ms, "e_alpha": math.e,
                 "theta": 20 * b.mV, "w_0": 1.0, "rate": 0.1, "alpha": 0.0513, "mu": 0.4,
                 "tau_plus": 15 * b.ms, "tau_minus": 30 * b.ms}  # fmt: skip
    group = b.NeuronGroup(n, ALPHA, threshold="v >= theta", reset="v = 0*mV", method="exact",
                          refractory=0.5 * b.ms, namespace=constants)  # fmt: skip
    group.v = "rand()*20*mV"
    exc, inh = group[: n * 4 // 5], group[n * 4 // 5 :]
    plastic = b.Synapses(
        exc, exc, POWER_LAW, namespace=constants, delay=1.5 * b.ms,
        on_pre="w -= rate*alpha*w*y; x += 1; s_post += w*pA",
        on_post="w += rate*w_0*(w/w_0)**mu*x; y += 1",
    )  # fmt: skip
    plastic.connect(p=0.1)
    plastic.w = J
    others = [
        b.Synapses(exc, inh, on_pre=f"s_post += {J}*pA", delay=1.5 * b.ms),
        b.Synapses(inh, group, on_pre=f"s_post -= {g * J}*pA", delay=1.5 * b.ms),
    ]
    for one in others:
        one.connect(p=0.1)
    noise = b.PoissonInput(group, "s", N=1000, rate=rate / 1000, weight=J * b.pA)
    spikes = b.SpikeMonitor(group)
    return b.Network(group, plastic, *others, noise, spikes), spikes


NETWORKS = {"cuba": cuba, "cobahh": cobahh, "coba_adex": coba_adex, "song_2000": song_2000,
            "plastic_brunel": plastic_brunel}  # fmt: skip

if __name__ == "__main__":
    main()
