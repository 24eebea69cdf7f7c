"""Any simulator behind PyNN: NEST and Brian2; rules are those of PyNN 0.13.0 with NEST 3.10."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ..machine import LEAKY_CURRENTS, Machine
from ..network import Population


class PyNN(Machine):
    """PyNN's simulators."""

    title = "PyNN (NEST, Brian2)"
    verified = (
        "spike for spike by NEST 3.10 through PyNN 0.13.0 where cells have currents or jumps; "
        "with conductances, and in Brian2, some come a step sooner or later"
    )
    peer = "pynn-nest"
    modules: ClassVar[Mapping[str, str]] = {
        "nest": "pyNN.nest", "brian2": "pyNN.brian2", "spiNNaker": "pyNN.spiNNaker",
    }  # fmt: skip
    celltypes: ClassVar[tuple[str, ...]] = (
        *LEAKY_CURRENTS, "IF_cond_exp", "IF_cond_alpha", "EIF_cond_exp_isfa_ista",
        "EIF_cond_alpha_isfa_ista", "Izhikevich",
    )  # fmt: skip
    source = "PyNN 0.13.0, pyNN/nest/standardmodels/cells.py, simulator.py"
    integrates = "NEST's adaptive Runge-Kutta-Fehlberg"

    def options(self, longest: float) -> dict[str, dict[str, Any]]:
        # On the grid: otherwise PyNN takes iaf_psc_exp_ps, whose spikes lie between the steps.
        return {"nest": {"max_delay": longest, "spike_precision": "on_grid"}}

    def prepare(self) -> Iterator[str]:
        yield '    if simulator == "nest":  # else rounding moves some spikes of sources by a step'
        yield '        nest = importlib.import_module("nest")'
        yield '        nest.SetDefaults("spike_generator", {"precise_times": False})'

    def starting(self, one: Population, values: Mapping[str, str]) -> Iterator[str]:
        if one.celltype != "IF_curr_delta":
            yield from super().starting(one, values)
            return
        # PyNN's issue 844.
        yield '    if simulator == "nest":  # PyNN 0.13.0 can not set v of IF_curr_delta there'
        yield f"        populations[{one.name!r}].node_collection.V_m = {values['v']}"
        yield "    else:"
        yield from (f"    {line}" for line in super().starting(one, values))
