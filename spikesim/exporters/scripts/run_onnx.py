"""Run an exported program in ONNX Runtime and compare with its golden vectors.

    python run_onnx.py [FOLDER ...]       # default: the folder of this file

Needs NumPy and onnxruntime 1.32.0. golden.py says what is printed.
"""

import pathlib
import sys
from typing import Any

import numpy as np
import onnxruntime
from golden import main
from tensors import comparison


def load(folder: pathlib.Path) -> Any:
    """A call of the program."""
    onnxruntime.set_default_logger_severity(3)  # it warns of every constant that it folds
    session = onnxruntime.InferenceSession(
        str(folder / "program.onnx"), providers=["CPUExecutionProvider"]
    )
    names = [one.name for one in session.get_inputs()]
    return lambda tensors: session.run(
        None, {n: np.asarray(x) for n, x in zip(names, tensors, strict=True)}
    )


if __name__ == "__main__":
    sys.exit(main(comparison(load)))
