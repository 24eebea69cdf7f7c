"""NIR, the neuromorphic intermediate representation (Pedersen et al. 2024, Nat. Commun. 15:8122).

    read_nir("net.nir") -> Network          graphs of any tool
    write_nir(net, "net.nir", "norse")      for one reader, as that reader really computes
    export_nir(net, "out", "norse", 100*ms) the same in a folder, with golden vectors to check it

What a graph means is not settled by the format: not the step, nor the unit of time, nor what a
spike is. Here a spike is a pulse of height 1 and one step's length, as all readers of the NIR paper
have it. Needs the extra `nir`.
"""

from __future__ import annotations

from .read import read_nir
from .write import export_nir, fit_nir, profiles, write_nir

__all__ = ["export_nir", "fit_nir", "profiles", "read_nir", "write_nir"]
