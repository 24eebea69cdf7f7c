"""What a measured process says to the one that measures it. No simulator is known here.

A line of JSON when the network is ready, then one for every line that comes in: a run each.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Child:
    """The measured side. What anything prints goes to stderr, so that stdout holds only answers."""

    def __init__(self) -> None:
        self.out = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        self.phases: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time what is inside as `name`: import, build or compile. The same name adds up."""
        start = time.perf_counter()
        yield
        self.phases[name] = self.phases.get(name, 0.0) + time.perf_counter() - start

    def serve(self, version: str, run: Callable[[], dict[str, Any]]) -> None:
        """Answer each line with what `run` gives: at least run and cpu (s on the clock and
        of the processor) and rates (spikes/s)."""
        self._say({"phases": self.phases, "version": version})
        for _ in sys.stdin:
            self._say(run() | {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})

    def _say(self, answer: dict[str, Any]) -> None:
        self.out.write(json.dumps(answer) + "\n")
        self.out.flush()
