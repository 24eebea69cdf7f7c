"""Connectivity rules: who is connected to whom, said once, drawn the same everywhere.

One rule per file. `sp.fixed_probability(0.1)` finds `fixed_probability.py`.
"""

from ..plugins import room

__getattr__, __dir__ = room(__name__)
