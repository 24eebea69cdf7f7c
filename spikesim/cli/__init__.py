"""The command `spikesim`: what is here, run a file, list the models, estimate memory.

Needs Typer and Rich (extra `cli`), which nothing else of the package loads.
"""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. Exits with 1, and one message, where something goes wrong."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        from .app import app
    except ImportError as fault:
        sys.exit(
            f"the command line needs Typer and Rich, which can't be loaded ({fault}): "
            "pip install 'spikesim[cli]'"
        )
    debug = "--debug" in given
    try:
        app([one for one in given if one != "--debug"], prog_name="spikesim")
    except Exception as fault:
        if debug:
            raise
        ours = type(fault).__module__ == "spikesim.errors"
        kind = "" if ours else f"{type(fault).__name__}: "
        sys.exit(f"error: {kind}{fault}\n(--debug shows where)")
