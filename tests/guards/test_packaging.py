"""What is shipped: the wheel holds the whole package and only it, the sdist the whole project."""

import os
import re
import shutil
import site
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def version_in_source() -> str:
    found = re.search(r'^__version__.*"(.+)"', (ROOT / "spikesim/__init__.py").read_text(), re.M)
    assert found, "spikesim/__init__.py has no __version__"
    return found[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an sdist and the wheel built from that sdist, by the tools installed here."""
    pytest.importorskip("build", reason="build is not installed (extra: test)")
    pytest.importorskip(
        "scikit_build_core", reason="scikit-build-core is not installed (extra: test)"
    )
    folder = tmp_path_factory.mktemp("dist")
    build(folder, dict(os.environ))
    return folder


def build(folder: Path, environment: dict[str, str], *which: str) -> None:
    """Build into `folder`, against the JAX that is installed, which need not be the oldest."""
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--skip-dependency-check",
         f"--outdir={folder}", *which, str(ROOT)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, f"\n{done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def wheel_files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def sdist_files(built: Path) -> set[str]:
    """The files of the sdist, without its top folder."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def test_wheel_holds_the_package(wheel_files: set[str]) -> None:
    files = [p for kind in ("*.py", "*.html", "*.js") for p in (ROOT / "spikesim").rglob(kind)]
    wanted = {path.relative_to(ROOT).as_posix() for path in files}
    assert "spikesim/report/zoom.js" in wanted
    missing = (wanted | {"spikesim/py.typed"}) - wheel_files
    assert not missing


def test_wheel_holds_nothing_else(wheel_files: set[str]) -> None:
    info = f"spikesim-{version_in_source()}.dist-info"
    tops = {name.partition("/")[0] for name in wheel_files}
    assert tops == {"spikesim", info}
    assert not [name for name in wheel_files if name.endswith((".pyc", ".pyo"))]


def check_cuda_kernels(wheel: Path, folder: Path) -> None:
    """A wheel, unpacked, holds all that is compiled for a GPU, and finds it there."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    code = "from spikesim.backends.cuda.compile import *; print(KERNELS, *INCLUDE, sep='\\n')"
    paths = os.pathsep.join([str(folder), *site.getsitepackages()])
    done = subprocess.run(  # -S: an editable install would come first
        [sys.executable, "-S", "-c", code], cwd=folder, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    found = [Path(line) for line in done.stdout.splitlines()]
    here = (
        ROOT / "spikesim" / "cuda_kernels",
        ROOT / "spikesim" / "cuda_kernels" / "include",
        ROOT / "spikesim" / "native",
    )
    for shipped, ours in zip(found, here, strict=True):
        assert folder in shipped.parents
        for path in ours.rglob("*"):
            if path.suffix in (".h", ".cuh", ".cu", ".cc") and "native" not in path.parts:
                assert (shipped / path.relative_to(ours)).read_bytes() == path.read_bytes()
    headers = {path.name for path in here[-1].glob("*.h")}
    assert headers and headers <= {path.name for path in found[-1].iterdir()}


def test_wheel_holds_the_kernels_for_gpus(wheel: Path, tmp_path: Path) -> None:
    check_cuda_kernels(wheel, tmp_path)


def test_wheel_holds_the_licence(wheel_files: set[str]) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel_files)


@pytest.mark.skipif(shutil.which("c++") is None, reason="there is no C++ compiler")
def test_wheel_holds_the_kernels(wheel: Path, wheel_files: set[str]) -> None:
    assert "-cp311-abi3-" in wheel.name, "one wheel for all versions of Python"
    assert any(re.fullmatch(r"spikesim/native/_kernels\..*(so|pyd)", n) for n in wheel_files)


def test_wheel_without_a_compiler_is_pure(built: Path, tmp_path: Path) -> None:
    build(tmp_path, {**os.environ, "CC": "no-compiler", "CXX": "no-compiler"}, "--wheel")
    (path,) = tmp_path.glob("*.whl")
    assert path.name == f"spikesim-{version_in_source()}-py3-none-any.whl"
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if "/_kernels" in name]
    check_cuda_kernels(path, tmp_path / "unpacked")


def test_sdist_holds_the_project(sdist_files: set[str]) -> None:
    wanted = {"README.md", "LICENSE", "CHANGELOG.md", "Makefile", "CMakeLists.txt"}
    wanted |= {"pyproject.toml", "spikesim/__init__.py", "spikesim/py.typed"}
    assert wanted <= sdist_files
    for folder in ("tests", "docs"):
        here = {
            path.relative_to(ROOT).as_posix()
            for suffix in ("*.py", "*.md")
            for path in (ROOT / folder).rglob(suffix)
            if not {"_build", "gallery", "reference"}
            & set(path.relative_to(ROOT).parts)  # what `make docs` writes
        }
        assert here, f"{folder}/ is empty"
        assert here <= sdist_files, f"not in the sdist: {sorted(here - sdist_files)}"


def test_sdist_holds_no_rubbish(sdist_files: set[str]) -> None:
    tops = {name.partition("/")[0] for name in sdist_files}
    rubbish = {top for top in tops if top.startswith(".venv")} | tops & {".git", "build", "dist"}
    assert not rubbish
    assert not [name for name in sdist_files if "__pycache__" in name]
