"""The layout's rules: imports go down only, `import spikesim` is light, no file runs away."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "spikesim"
SOURCE_SUFFIXES = {".py", ".pyi", ".c", ".cc", ".cpp", ".h", ".hpp", ".cu", ".cuh"}
LONGEST_FILE = 800

# `import numpy` alone loads over a hundred modules, so count only what spikesim adds to it.
MOST_MODULES_ADDED = 150

MODULES_ADDED_BY_IMPORT = """
import json, sys, numpy
before = set(sys.modules)
import spikesim
print(json.dumps(sorted(set(sys.modules) - before)))
"""


@pytest.fixture(scope="module")
def modules_added() -> list[str]:
    """The modules that `import spikesim` loads on top of NumPy's, in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", MODULES_ADDED_BY_IMPORT], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    added: list[str] = json.loads(done.stdout)
    return added


def test_imports_go_down_only() -> None:
    pytest.importorskip("importlinter", reason="import-linter is not installed (extra: test)")
    command = "import sys, importlinter.cli as cli; sys.exit(cli.lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"\n{done.stdout}{done.stderr}"


def test_import_needs_only_numpy(modules_added: list[str]) -> None:
    packages = {name.partition(".")[0] for name in modules_added}
    strangers = sorted(packages - sys.stdlib_module_names - {"spikesim", "numpy"})
    assert not strangers, (
        f"`import spikesim` loads {', '.join(strangers)}; import them where they are used"
    )


def test_import_loads_few_modules(modules_added: list[str]) -> None:
    assert "spikesim" in modules_added
    assert len(modules_added) <= MOST_MODULES_ADDED, (
        f"`import spikesim` adds {len(modules_added)} modules to NumPy's: {modules_added}"
    )


def test_no_file_is_too_long() -> None:
    sources = [path for path in PACKAGE.rglob("*") if path.suffix in SOURCE_SUFFIXES]
    assert sources
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in sources
    }
    too_long = {name: n for name, n in lengths.items() if n > LONGEST_FILE}
    assert not too_long, f"over {LONGEST_FILE} lines, so more than one noun: {too_long}"
