"""Compile an exported program with IREE for this CPU, run it and compare with its golden vectors.

    python run_iree.py [FOLDER ...]       # default: the folder of this file

Needs NumPy, and iree-base-compiler and iree-base-runtime 3.13.0. golden.py says what is printed.
"""

import pathlib
import sys
from typing import Any

import iree.compiler
import iree.runtime
import numpy as np
from golden import Broken, main
from tensors import comparison

FLAGS = [
    "--iree-input-demote-f64-to-f32=false",
    "--iree-input-demote-i64-to-i32=false",
    "--iree-llvmcpu-target-cpu=host",
]


def load(folder: pathlib.Path) -> Any:
    """A call of the program."""
    try:
        made = iree.compiler.compile_file(
            str(folder / "program.mlir"), target_backends=["llvm-cpu"], input_type="stablehlo",
            extra_args=FLAGS,
        )  # fmt: skip
    except iree.compiler.CompilerToolError as fault:
        raise Broken(f"IREE can't compile it: {str(fault)[:1000]}") from fault
    context = iree.runtime.SystemContext(config=iree.runtime.Config("local-sync"))
    context.add_vm_module(iree.runtime.VmModule.copy_buffer(context.instance, made))
    function = context.modules.jit_network["main"]

    def call(tensors: Any) -> Any:
        out = function(*(np.asarray(x) for x in tensors))
        return [np.asarray(x) for x in (out if isinstance(out, tuple | list) else [out])]

    return call


if __name__ == "__main__":
    sys.exit(main(comparison(load)))
