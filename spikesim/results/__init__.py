"""What a run gives back: plain arrays in documented units, by population.

Times in ms, potentials in mV, currents in pA, conductances in nS; rates in spikes/s. Times handed
to the functions here are quantities (`200*ms`) or, as the arrays are, plain numbers of ms.
"""

from .connections import Connections
from .file import load_results
from .population import PopulationResult, ProjectionResult, spikes_of
from .run import Results
from .spectrum import Spectrum
from .spikes import Spikes, merged_spikes
from .times import milliseconds
from .trace import Trace, merged_traces
from .weights import Weights, merged_weights

__all__ = [
    "Connections",
    "PopulationResult",
    "ProjectionResult",
    "Results",
    "Spectrum",
    "Spikes",
    "Trace",
    "Weights",
    "load_results",
    "merged_spikes",
    "merged_traces",
    "merged_weights",
    "milliseconds",
    "spikes_of",
]
