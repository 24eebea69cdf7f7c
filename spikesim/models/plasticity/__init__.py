"""The ready-made plasticity rules, one per file, found by name."""

from ...plugins import room

__getattr__, __dir__ = room(__name__)
