"""`make docs` builds: examples run, links lead somewhere, every name is documented, no warning."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILT = shutil.ignore_patterns("_build", "gallery", "reference", "__pycache__", "*.png")


@pytest.mark.slow
def test_the_documentation_builds(tmp_path: Path) -> None:
    pytest.importorskip("sphinx_gallery", reason="sphinx-gallery is not installed (extra: docs)")
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=BUILT)
    shutil.copy(ROOT / "CHANGELOG.md", tmp_path)
    (tmp_path / "benchmarks").symlink_to(ROOT / "benchmarks")
    command = [*"-m sphinx -n -W --keep-going -q -b html docs built".split()]
    done = subprocess.run([sys.executable, *command], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, f"\n{done.stdout}{done.stderr}"
    assert len(list((tmp_path / "built" / "_images").glob("sphx_glr_*_001.png"))) >= 11
