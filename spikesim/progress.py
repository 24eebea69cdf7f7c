"""The progress bar of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(steps: int, dt: float, show: bool) -> Iterator[Callable[[int], None]]:
    """A function to be told of steps done; where `show`, it moves a bar in model time."""
    if not show:
        yield lambda count: None
        return
    from tqdm.auto import tqdm

    form = "{l_bar}{bar}| {n:.0f}/{total:.0f} ms [{elapsed}<{remaining}]"
    with tqdm(total=steps * dt, unit="ms", bar_format=form) as bar:
        yield lambda count: bar.update(count * dt) and None
