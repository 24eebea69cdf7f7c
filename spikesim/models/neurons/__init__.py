"""The ready-made neuron models, one per file, found by name."""

from ...plugins import room

__getattr__, __dir__ = room(__name__)
