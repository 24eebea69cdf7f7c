"""What comes from outside: currents, Poisson trains, given spikes. One stimulus per file."""

from ..plugins import room

__getattr__, __dir__ = room(__name__)
