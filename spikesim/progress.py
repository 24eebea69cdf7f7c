"""The progress bar of a run, in a terminal and in a notebook."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# 412/1000 ms [00:03<00:05, 130.21 ms/s]: model time, wall time passed and left, and the speed,
# model time a second of wall time.
_FORM = "{l_bar}{bar}| {n:.0f}/{total:.0f} ms [{elapsed}<{remaining}, {rate_noinv_fmt}]"
# Seconds between two pictures of the bar: in a file each of them stays.
_LIVE, _LOGGED = 0.1, 10.0


@contextmanager
def progress_bar(
    steps: int, dt: float, show: bool, done: int = 0
) -> Iterator[Callable[[int], None]]:
    """A function to be told of steps done; where `show`, it moves a bar in model time.

    done: steps that an earlier process has taken.
    """
    if not show or not steps:
        yield lambda count: None
        return
    wait = _LIVE if _is_live() else _LOGGED
    with _bar(dt)(total=steps, initial=done, bar_format=_FORM, mininterval=wait) as bar:
        yield lambda count: bar.update(count) and None


def _bar(dt: float) -> Any:
    """A bar of widgets in a notebook that has them, else one of text.

    It counts steps, which are whole, and shows times; sums of times would end beyond the total.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "IProgress not found")  # text does as well
        from tqdm.auto import tqdm

    class Bar(tqdm):
        @property
        def format_dict(self) -> dict[str, Any]:
            # Not as an option: in notebooks tqdm would scale the total alone.
            told = super().format_dict
            # `initial` is the one number that tqdm does not scale.
            return {**told, "unit_scale": dt, "unit": " ms", "initial": told["initial"] * dt}

    return Bar


def _is_live() -> bool:
    """Is standard error looked at, in a terminal or a notebook, and no file?"""
    return sys.stderr.isatty() or "ipykernel.zmqshell" in sys.modules
