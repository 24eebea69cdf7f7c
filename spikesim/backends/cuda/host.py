"""A CPU in place of a GPU: kernels are compiled by the C++ compiler, their blocks are threads.

For tests: what runs here is what runs on a GPU, but for cuda_kernels/include/spikesim/platform.cuh.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import CDLL, Structure, byref, c_int32, c_int64, c_void_p
from threading import Thread
from typing import Any

import numpy as np

from ...native.pages import allocate
from . import device
from .compile import KERNELS, by_host, host_compiler


def why_missing() -> str:
    """Why it can't be used; empty if it can."""
    return "" if host_compiler() else "no C++ compiler was found"


_SHARED = 232_448  # bytes of shared memory a block


class HostArray:
    """Memory that kernels see."""

    def __init__(self, array: np.ndarray):
        self.array = array
        self.address: int = array.ctypes.data
        self.nbytes: int = array.nbytes
        self.shape, self.dtype = array.shape, array.dtype


class HostDevice:
    """So many blocks, of `lanes` threads each. flags: more for the compiler, such as
    "-fsanitize=thread". shared: bytes of shared memory a block; None: as on an H200."""

    name = "host"

    def __init__(
        self,
        blocks: int = 2,
        flags: Sequence[str] = (),
        shared: int | None = None,
        lanes: int = 1,
    ):
        self.blocks, self.flags, self.lanes = blocks, list(flags), lanes
        self.shared = _SHARED if shared is None else shared
        self.under_way: Thread | None = None

    def wait(self) -> None:
        """Until the kernel under way is over."""
        if self.under_way:
            self.under_way.join()
        self.under_way = None

    def free_bytes(self) -> int | None:
        return None

    def zeros(self, shape: Any, dtype: Any) -> HostArray:
        return HostArray(allocate(shape, dtype))

    def upload(self, array: np.ndarray) -> HostArray:
        made = HostArray(allocate(array.shape, array.dtype))
        made.array[...] = array
        return made

    def write(self, to: HostArray, array: np.ndarray) -> None:
        self.wait()
        to.array[...] = array

    def copy(self, to: HostArray, of: HostArray) -> None:
        self.wait()
        to.array[...] = of.array

    def download(self, of: HostArray, first: int | None = None) -> np.ndarray:
        self.wait()
        return of.array.copy() if first is None else self.aside(of, first)

    def aside(self, of: HostArray, first: int) -> np.ndarray:
        return np.array(of.array.ravel()[:first])

    def kernel(self, text: str, entry: str, exact: bool, shared: int = 0) -> HostKernel:
        """exact has no meaning here: products are never fused with sums."""
        flags = ["-std=c++17", "-O1", *self.flags]
        return HostKernel(self, CDLL(str(by_host(text, flags))), entry, shared)

    def launcher(self) -> Any:
        text = (KERNELS / "host" / "launch.cc").read_text()
        library = CDLL(str(by_host(text, ["-std=c++20", "-O1", "-pthread", *self.flags])))
        library.spikesim_launch.argtypes = [
            c_void_p, c_int32, c_int32, c_int64, c_void_p, c_void_p,
        ]  # fmt: skip
        library.spikesim_launch.restype = None
        return library.spikesim_launch


class HostKernel:
    """A kernel(grid, A*, B*)."""

    def __init__(self, on: HostDevice, library: CDLL, entry: str, shared: int):
        self.on, self.launcher, self.shared = on, on.launcher(), shared
        self.library = library
        self.entry = c_void_p.from_buffer(getattr(library, entry)).value

    def __call__(self, a: HostArray, b: Structure) -> None:
        on = self.on
        on.wait()
        arguments = (self.entry, on.blocks, on.lanes, self.shared, a.address, byref(b))
        on.under_way = Thread(target=self.launcher, args=arguments)
        on.under_way.start()


@contextmanager
def instead(blocks: int = 2, **more: Any) -> Iterator[None]:
    """The backend `cuda` runs on this CPU meanwhile; see HostDevice. shared=0: always by the
    general kernel."""
    before, device.replaced = device.replaced, HostDevice(blocks, **more)
    try:
        yield
    finally:
        device.replaced = before
