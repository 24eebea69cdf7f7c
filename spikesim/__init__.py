"""spikesim: spiking neural networks, described once, run by C++, JAX or NumPy.

Start with `Network`; see README.md and docs/guide.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# name: where it lives. Loaded when first used, so that `import spikesim` stays quick.
_NAMES = {
    "Network": "network:Network",
    "Population": "network:Population",
    "PopulationView": "network:PopulationView",
    "Projection": "network:Projection",
    "Model": "model:Model",
    "Results": "results:Results",
    "load_results": "results:load_results",
    "NeuronModel": "models.base:NeuronModel",
    "SynapseModel": "models.synapse:SynapseModel",
    "PlasticityModel": "models.plastic:PlasticityModel",
    "neuron": "models.base:neuron",
    "parameter": "models.declaration:parameter",
    "state": "models.declaration:state",
    "port": "models.declaration:port",
    "event": "models.base:event",
    "linked": "models.linked:linked",
    "neurons": "models.neurons",
    "synapses": "models.synapses",
    "plasticity": "models.plasticity",
    "weight_unit": "units:WEIGHT",
    "uniform": "distributions:uniform",
    "normal": "distributions:normal",
    "lognormal": "distributions:lognormal",
    "all_to_all": "connectivity:AllToAll",
    "one_to_one": "connectivity:OneToOne",
    "fixed_probability": "connectivity:FixedProbability",
    "fixed_indegree": "connectivity:FixedIndegree",
    "fixed_outdegree": "connectivity:FixedOutdegree",
    "fixed_total_number": "connectivity:FixedTotalNumber",
    "explicit": "connectivity:Explicit",
    "from_matrix": "connectivity:FromMatrix",
    "symmetric": "connectivity:Symmetric",
    "dc": "stimuli:Dc",
    "step_current": "stimuli:StepCurrent",
    "timed_array": "stimuli:TimedArray",
    "ramp": "stimuli:Ramp",
    "sine": "stimuli:Sine",
    "expression": "stimuli:Expression",
    "white_noise": "stimuli:WhiteNoise",
    "ornstein_uhlenbeck": "stimuli:OrnsteinUhlenbeck",
    "poisson": "stimuli:Poisson",
    "poisson_dead_time": "stimuli:PoissonDeadTime",
    "gamma_process": "stimuli:GammaProcess",
    "correlated_poisson": "stimuli:CorrelatedPoisson",
    "pulse_packet": "stimuli:PulsePacket",
    "spike_times": "stimuli:SpikeTimes",
    "to_disk": "recording.disk:Disk",
    "to_nowhere": "recording.sinks:Nowhere",
    "read_recording": "readout:read_recording",
    "plotting": "plotting",
    "units": "units",
    "exporters": "exporters",
    "errors": "errors",
    "SpikesimError": "errors:SpikesimError",
}

# What users of Brian2 look for.
_ELSEWHERE = {
    "NeuronGroup": "write net.population(name, size, model)",
    "PoissonGroup": "write net.population(name, size, sp.neurons.Poisson(rate=...))",
    "SpikeGeneratorGroup": "write net.population(name, size, sp.spike_times(...))",
    "Synapses": "write net.project(source, target, rule, synapse=..., weight=..., plasticity=...)",
    "SpikeMonitor": "write net.record(population, 'spikes')",
    "StateMonitor": "write net.record(population, 'v', every=...)",
    "PopulationRateMonitor": "write net.record(population, 'rate')",
}

__all__ = sorted([*_NAMES, "__version__"])


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        from .errors import UnknownAttributeError, did_you_mean

        hint = _ELSEWHERE.get(name) or did_you_mean(name, __all__)
        raise UnknownAttributeError(f"spikesim has no {name!r}; {hint}")
    module, _, attribute = _NAMES[name].partition(":")
    found = importlib.import_module(f"{__name__}.{module}")
    value = getattr(found, attribute) if attribute else found
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)


if TYPE_CHECKING:
    from .network import Network as Network
    from .results import Results as Results
