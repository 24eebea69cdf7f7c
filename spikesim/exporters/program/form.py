"""What a form of a program is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from ..target import Fitted


class Form(Fitted):
    """A subclass, in a file of its own in `forms`, says all about it.

    script: of exporters/scripts, runs what is written. most: steps that one call may take; 0 for
    any number.
    """

    limits: ClassVar[dict[str, Any]] = {}
    script: ClassVar[str]
    most: ClassVar[int] = 0

    def write(self, made: Any, folder: Path) -> None:
        """The program of some `Steps`.

        Raises UnsupportedError where something can't be said, or a library is missing.
        """
        raise NotImplementedError
