"""A piece of text and where it is from, so that an error can point at its place."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import EquationError, SpikesimError


@dataclass(frozen=True)
class Source:
    """A piece of text and where it is from, for error messages."""

    subject: str
    text: str
    line: int = 0

    def fault(
        self, message: str, column: int = 0, cls: type[SpikesimError] = EquationError
    ) -> SpikesimError:
        """An error of class `cls` that shows the text with a caret under `column`."""
        place = f"{self.subject}, line {self.line}" if self.line else self.subject
        start = max(0, column - 60)
        shown = self.text[start : start + 120]
        return cls(f"{place}: {message}\n    {shown}\n    {' ' * (column - start)}^")
