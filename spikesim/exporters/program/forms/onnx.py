"""ONNX, by way of jax2onnx."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....errors import UnsupportedError
from ..form import Form

if TYPE_CHECKING:
    from ..steps import Steps


class ONNX(Form):
    """program.onnx, of one step a call: onnxruntime 1.32 refuses what jax2onnx 0.17.1 makes of a
    loop over steps."""

    title = "ONNX"
    verified = "by onnxruntime 1.32.0 on the CPU"
    peer = "onnxruntime"
    script = "run_onnx.py"
    most = 1

    def write(self, made: Steps, folder: Path) -> None:
        import jax

        try:
            convert = importlib.import_module("jax2onnx").to_onnx
        except ImportError as fault:
            raise UnsupportedError(
                f"ONNX needs jax2onnx, which can't be loaded ({fault}): "
                "pip install 'spikesim[onnx]'"
            ) from fault
        double = any(x.dtype == "float64" for x in made.inputs.values())
        try:
            with jax.enable_x64(True):
                model: Any = convert(
                    made.network, list(made.inputs.values()), model_name="network",
                    enable_double_precision=double, input_names=list(made.inputs),
                )  # fmt: skip
        except (NotImplementedError, KeyError, TypeError, ValueError) as fault:
            raise UnsupportedError(
                f"jax2onnx can't say this network: {type(fault).__name__}: {fault!s:.300}; "
                "StableHLO can"
            ) from fault
        node = importlib.import_module("onnx").helper.make_node
        for tensor, name in zip(model.graph.output, made.outputs, strict=True):
            # By a node of its own: it may be an input that goes through, or another output.
            model.graph.node.append(node("Identity", [tensor.name], [name]))
            tensor.name = name
        (folder / "program.onnx").write_bytes(model.SerializeToString())
