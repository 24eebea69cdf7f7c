"""The JAX program of a network for other runtimes: StableHLO, ONNX.

    write_program(net, "out", "stablehlo", 100*ms)   a folder: the program, golden vectors
    fit_program(net, "onnx")                         can the form have it

Any model that JAX runs, in floating point; docs/guide/hardware.md is the guide.
"""

from .forms import find
from .forms import names as forms
from .write import fit_program, write_program

__all__ = ["find", "fit_program", "forms", "write_program"]
