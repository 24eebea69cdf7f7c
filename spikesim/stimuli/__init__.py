"""What comes from outside: currents, trains of spikes, given spikes. One stimulus per file.

All but given spikes take `start=` and `stop=`: they act in the steps that start at or after `start`
and before `stop`.
"""

from ..plugins import room

__getattr__, __dir__ = room(__name__)
