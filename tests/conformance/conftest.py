"""The backend `cuda` takes part in all of these tests: its kernels run on the host."""

from spikesim.backends.cuda import device, host

if not host.why_missing():
    device.replaced = host.HostDevice(threads=2)
