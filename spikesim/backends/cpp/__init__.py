"""Our own C++: a whole run inside one call, nothing to compile."""

from __future__ import annotations

from ...ir.program import Program
from ...native import why_missing
from ..base import Backend, Options, refuse_unsupported
from .executable import CppExecutable


class CppBackend(Backend):
    """Runs on any CPU for which the package was built."""

    name = "cpp"

    def unavailable(self) -> str:
        return why_missing()

    def lower(self, program: Program, options: Options) -> CppExecutable:
        refuse_unsupported(program, self)
        return CppExecutable(program, options)


BACKEND = CppBackend()
