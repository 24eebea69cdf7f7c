"""What `make gpu-check` says where there is no GPU."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from spikesim.backends.cuda.device import why_missing


@pytest.mark.skipif(not why_missing(), reason="there is a GPU")
def test_without_a_gpu_it_says_what_to_do():
    script = Path(__file__).with_name("check.py")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "There is no GPU to check" in done.stdout and "--host" in done.stdout
