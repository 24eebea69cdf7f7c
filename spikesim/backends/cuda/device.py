"""The GPU, through cuda.core; and what may stand in for it."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import Structure
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ...errors import TooLargeError, UnsupportedError
from .compile import INCLUDE, cached

_LANES = 768  # threads of a block: 24 warps for 80 registers each
_OLDEST = (7, 5)  # compute capability: the first that NVRTC 13 compiles for
_INSTALL = "pip install 'spikesim[cuda]'"


class Memory(Protocol):
    """Memory of a device, with an array."""

    address: int
    nbytes: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class Device(Protocol):
    """What a backend needs of a GPU.

    blocks: how many a launch has; all are there at the same time. lanes: threads of a block.
    shared: bytes of shared memory that a block may have.
    """

    name: str
    blocks: int
    lanes: int
    shared: int

    def free_bytes(self) -> int | None:
        """Memory that may be taken; None where nobody knows."""
        ...

    def zeros(self, shape: Any, dtype: Any) -> Any:
        """New memory, of zeros."""
        ...

    def upload(self, array: np.ndarray) -> Any:
        """New memory with what is in an array."""
        ...

    def write(self, to: Any, array: np.ndarray) -> None:
        """Put an array into memory that there is."""
        ...

    def copy(self, to: Any, of: Any) -> None:
        """Copy memory of the device into other memory of it, of the same size."""
        ...

    def download(self, of: Any, first: int | None = None) -> np.ndarray:
        """A copy of what memory holds, with the shape and dtype it was made with; or of the first
        elements, [first]."""
        ...

    def aside(self, of: Any, first: int) -> np.ndarray:
        """The same, of memory that no kernel under way writes into: it is not waited for."""
        ...

    def kernel(
        self, text: str, entry: str, exact: bool, shared: int = 0
    ) -> Callable[[Any, Structure], None]:
        """A kernel of C++ code: a function of memory with its first argument and of its second,
        which starts it. All else here but `aside` waits until it is over. exact: no product is
        fused with a sum. shared: bytes of shared memory a block."""
        ...

    def wait(self) -> None:
        """Until the kernel under way is over."""
        ...


class Snapshot:
    """What memory held at a moment: kept on the device, and brought here when it is asked for."""

    def __init__(self, device: Device, of: Memory):
        self.device = device
        self.memory = device.zeros(of.shape, of.dtype)
        device.copy(self.memory, of)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.memory.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.memory.dtype)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.asarray(self.device.download(self.memory), dtype)


replaced: Device | None = None  # see host.instead


def current() -> Device:
    """The GPU, or what stands in for it. Raises UnsupportedError."""
    if replaced is not None:
        return replaced
    if reason := why_missing():
        raise UnsupportedError(f"the backend 'cuda' can't be used here: {reason}")
    return _gpu()


@cache
def why_missing() -> str:
    """Why there is no GPU to run on, and what to do; empty if there is one."""
    try:
        from cuda.bindings import driver
        from cuda.core import Device as _Core  # noqa: F401
    except ImportError as fault:
        return f"cuda.core is not installed ({fault}); {_INSTALL}"
    try:
        version("nvidia-cuda-nvrtc")
    except PackageNotFoundError:
        return f"NVRTC, which compiles the kernels, is not installed; {_INSTALL}"
    try:
        (state,) = driver.cuInit(0)
    except RuntimeError as missing:  # what its loader raises is one
        return (
            f"no NVIDIA driver was found ({type(missing).__name__}); install one that knows CUDA "
            "13 (580 or later), and see whether nvidia-smi lists the GPU"
        )
    if state != driver.CUresult.CUDA_SUCCESS:
        return f"the NVIDIA driver says {_told(state)}; see whether nvidia-smi lists a GPU"
    try:
        made = _gpu()
    except UnsupportedError as why:
        return str(why)
    if made.capability < _OLDEST:
        return (
            f"{made.name} has compute capability {made.capability[0]}.{made.capability[1]}; the "
            "kernels need 7.5 (Turing, 2018) or later"
        )
    return ""


@cache
def _gpu() -> Gpu:
    return Gpu()


def _told(fault: Any) -> str:
    return str(getattr(fault, "name", fault))


def _checked(result: Any) -> Any:
    """What a call of the driver gives. Raises UnsupportedError where it fails."""
    from cuda.bindings import driver

    fault, *rest = result
    if fault == driver.CUresult.CUDA_ERROR_OUT_OF_MEMORY:
        raise TooLargeError(
            "the GPU has no memory left; see model.memory(), or use another backend"
        )
    if fault != driver.CUresult.CUDA_SUCCESS:
        hint = {
            "CUDA_ERROR_NO_BINARY_FOR_GPU": "; the driver is older than the compiler: update it",
            "CUDA_ERROR_UNSUPPORTED_PTX_VERSION": "; the driver is too old: update it",
            "CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE": "; the model needs too many registers",
        }.get(_told(fault), "")
        raise UnsupportedError(f"the GPU failed with {_told(fault)}{hint}")
    return rest[0] if rest else None


class GpuMemory:
    """Memory of the GPU, given back when nobody holds it any more."""

    def __init__(self, shape: Any, dtype: Any):
        from cuda.bindings import driver

        self.shape = tuple(np.atleast_1d(np.asarray(shape, np.int64)).tolist())
        self.dtype = np.dtype(dtype)
        self.nbytes = int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize
        self.free = driver.cuMemFree
        self.address = int(_checked(driver.cuMemAlloc(max(self.nbytes, 1))))

    def __del__(self) -> None:
        if hasattr(self, "address"):
            self.free(self.address)


class Gpu:
    """The first GPU that CUDA_VISIBLE_DEVICES leaves."""

    def __init__(self) -> None:
        from cuda.core import LEGACY_DEFAULT_STREAM
        from cuda.core import Device as Core

        self.core = Core()
        self.core.set_current()
        properties = self.core.properties
        self.capability = tuple(self.core.compute_capability)
        self.name = str(self.core.name)
        self.blocks, self.lanes = int(properties.multiprocessor_count), _LANES
        self.shared = int(properties.max_shared_memory_per_block_optin)
        # Copies and kernels follow each other in this one; the other does not wait for it.
        self.stream, self.other = LEGACY_DEFAULT_STREAM, self.core.create_stream()
        self.barrier = self.zeros(1, np.uint32)
        self.argument: GpuMemory | None = None  # of the kernel under way

    def free_bytes(self) -> int | None:
        from cuda.bindings import driver

        self.core.set_current()
        fault, free, _ = driver.cuMemGetInfo()
        return int(free) if fault == driver.CUresult.CUDA_SUCCESS else None

    def zeros(self, shape: Any, dtype: Any) -> GpuMemory:
        from cuda.bindings import driver

        self.core.set_current()
        made = GpuMemory(shape, dtype)
        if made.nbytes:
            _checked(driver.cuMemsetD8(made.address, 0, made.nbytes))
        return made

    def upload(self, array: np.ndarray) -> GpuMemory:
        self.core.set_current()
        made = GpuMemory(array.shape, array.dtype)
        self.write(made, array)
        return made

    def write(self, to: GpuMemory, array: np.ndarray) -> None:
        from cuda.bindings import driver

        whole = np.ascontiguousarray(array, to.dtype)
        assert whole.nbytes == to.nbytes
        if to.nbytes:
            _checked(driver.cuMemcpyHtoD(to.address, whole.ctypes.data, to.nbytes))

    def copy(self, to: GpuMemory, of: GpuMemory) -> None:
        from cuda.bindings import driver

        assert to.nbytes == of.nbytes
        if to.nbytes:
            _checked(driver.cuMemcpyDtoD(to.address, of.address, to.nbytes))

    def download(self, of: GpuMemory, first: int | None = None) -> np.ndarray:
        from cuda.bindings import driver

        out = np.empty(of.shape if first is None else first, of.dtype)
        if out.nbytes:
            _checked(driver.cuMemcpyDtoH(out.ctypes.data, of.address, out.nbytes))
        return out

    def aside(self, of: GpuMemory, first: int) -> np.ndarray:
        from cuda.bindings import driver

        out = np.empty(first, of.dtype)
        if out.nbytes:
            stream = driver.CUstream(int(self.other.handle))
            _checked(driver.cuMemcpyDtoHAsync(out.ctypes.data, of.address, out.nbytes, stream))
            self.other.sync()
        return out

    def wait(self) -> None:
        self.stream.sync()

    def kernel(self, text: str, entry: str, exact: bool, shared: int = 0) -> GpuKernel:
        from cuda.bindings import driver
        from cuda.core import ObjectCode

        arch = "sm_{}{}".format(*self.capability)
        self.core.set_current()
        code = ObjectCode.from_cubin(cubin(text, arch, exact).read_bytes())
        kernel = code.get_kernel(entry)
        if shared:
            most = driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
            here = _checked(driver.cuCtxGetDevice())
            _checked(driver.cuKernelSetAttribute(most, shared, kernel.handle, here))
        return GpuKernel(self, kernel, shared)


class GpuKernel:
    """A kernel(barrier, A*, B*), launched so that all blocks are there at the same time."""

    def __init__(self, on: Gpu, kernel: Any, shared: int):
        self.on, self.kernel, self.shared = on, kernel, shared

    def __call__(self, a: GpuMemory, b: Structure) -> None:
        from cuda.core import LaunchConfig, launch

        on = self.on
        on.core.set_current()
        on.wait()
        on.argument = on.upload(np.frombuffer(bytes(b), np.uint8))
        on.write(on.barrier, np.zeros(1, np.uint32))
        config = LaunchConfig(
            grid=on.blocks, block=on.lanes, shmem_size=self.shared, is_cooperative=True
        )
        arguments = (on.barrier.address, a.address, on.argument.address)
        launch(on.stream, config, self.kernel, *arguments)


def options(arch: str, exact: bool, **more: Any) -> Any:
    """What NVRTC is told, as cuda.core has it."""
    from cuda.core import ProgramOptions

    include = [str(path) for path in INCLUDE]
    return ProgramOptions(
        std="c++17", arch=arch, fma=not exact, ftz=True, include_path=include, **more
    )


def cubin(text: str, arch: str, exact: bool) -> Path:
    """Machine code for an architecture, such as "sm_90", by NVRTC: no GPU is needed."""
    from cuda.core import Program

    def make(path: Path) -> None:
        path.write_bytes(Program(text, "c++", options(arch, exact)).compile("cubin").code)

    return cached([text, arch, str(exact), version("nvidia-cuda-nvrtc")], ".cubin", make)
