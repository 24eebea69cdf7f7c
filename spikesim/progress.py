"""The progress bar of a run, in a terminal and in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

# 412/1000 ms [00:03<00:05, 130.21 ms/s]: model time, wall time passed and left, and the speed,
# model time a second of wall time.
_FORM = "{l_bar}{bar}| {n:.0f}/{total:.0f} ms [{elapsed}<{remaining}, {rate_noinv_fmt}]"


@contextmanager
def progress_bar(
    steps: int, dt: float, show: bool, done: int = 0
) -> Iterator[Callable[[int], None]]:
    """A function to be told of steps done; where `show`, it moves a bar in model time.

    done: steps that an earlier process has taken.
    """
    if not show:
        yield lambda count: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=steps * dt, initial=done * dt, unit=" ms", bar_format=_FORM) as bar:
        yield lambda count: bar.update(count * dt) and None
