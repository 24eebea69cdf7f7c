"""StableHLO: for XLA, IREE and what else reads it; and JAX's own file of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ....errors import UnsupportedError
from ..form import Form

if TYPE_CHECKING:
    from ..steps import Steps


class StableHLO(Form):
    """program.mlir is text; program.jax, for `jax.export.deserialize`, runs on any platform."""

    title = "StableHLO"
    verified = "by IREE 3.13.0 on the CPU, and by jax.export"
    peer = "iree"
    script = "run_iree.py"

    def write(self, made: Steps, folder: Path) -> None:
        import jax
        from jax import export

        compiled = jax.jit(made.network, keep_unused=True)
        with jax.enable_x64(True):
            text = compiled.lower(*made.inputs.values()).as_text("stablehlo")
            every = export.export(compiled, platforms=("cpu", "cuda", "tpu"))
            exported = every(*made.inputs.values())
        try:
            blob = exported.serialize()
        except ImportError as fault:
            raise UnsupportedError(f"{fault}: pip install 'spikesim[stablehlo]'") from fault
        (folder / "program.mlir").write_text(text, "utf-8")
        (folder / "program.jax").write_bytes(blob)
