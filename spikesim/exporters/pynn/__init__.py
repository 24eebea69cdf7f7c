"""Networks as scripts of PyNN (Davison et al. 2009, Front. Neuroinform. 2:11).

    write_pynn(net, "out", "spinnaker", 200*ms)    a folder with network.py, lists, golden vectors
    fit_pynn(net, "spinnaker")                     every rule; `exporters.fit` is the same

A script is for simulators (NEST, Brian2) and for machines that PyNN drives; `machines` has a file
for each. Neurons are recognised by their equations as PyNN's standard cell types.
"""

from __future__ import annotations

from .machines import names as profiles
from .write import fit_pynn, write_pynn

__all__ = ["fit_pynn", "profiles", "write_pynn"]
