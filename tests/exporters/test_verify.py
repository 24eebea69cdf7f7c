"""What `verify` says of folders that can't be run, and of tools that are not here."""

from __future__ import annotations

import importlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from exporter_networks import network

from spikesim import exporters
from spikesim.cli import main
from spikesim.errors import FileError, ParameterError
from spikesim.units import ms

pytestmark = [
    pytest.mark.filterwarnings("ignore::spikesim.errors.RunWarning"),
    pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler, cc"),
]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verify") / "c99"
    exporters.export(network(1, "nest"), "c99", folder, 30 * ms)
    return folder


@pytest.fixture
def out(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "out"))


def status(out: Path, *options: str) -> int | str | None:
    """The exit status of the command."""
    with pytest.raises(SystemExit) as end:
        main(["verify", str(out), "--with", "cc", *options])
    return end.value.code


def c_that_does_not_compile(out: Path) -> None:
    with (out / "net.c").open("a") as file:
        file.write("int x = ;\n")


def a_program_that_crashes(out: Path) -> None:
    (out / "check.c").write_text("#include <stdlib.h>\nint main(void) { abort(); }\n")


def a_program_that_writes_too_little(out: Path) -> None:
    (out / "check.c").write_text('#include <stdio.h>\nint main(void) { puts("ab"); return 0; }\n')


def no_vectors(out: Path) -> None:
    (out / "vectors.npz").unlink()


def vectors_cut_short(out: Path) -> None:
    (out / "vectors.npz").write_bytes((out / "vectors.npz").read_bytes()[:300])


def empty_vectors(out: Path) -> None:
    (out / "vectors.npz").write_bytes(b"")


def vectors_of_text(out: Path) -> None:
    rewritten(out, lambda golden: np.full(golden.shape, "x"))


def vectors_of_no_steps(out: Path) -> None:
    rewritten(out, lambda golden: golden[:0])


def rewritten(out: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """The golden vectors with other values."""
    changed = {key: change(x) for key, x in np.load(out / "vectors.npz").items()}
    np.savez(out / "vectors.npz", **changed)


def a_list_for_a_network(out: Path) -> None:
    (out / "network.json").write_text("[]")


def another_network(out: Path) -> None:
    (out / "network.json").write_text("{}")


def a_script_that_fails(out: Path) -> None:
    (out / "run_cc.py").write_text("import nowhere\n")


@pytest.mark.parametrize(
    ("breaks", "words"),
    [
        (c_that_does_not_compile, "expected expression before"),
        (a_program_that_crashes, "check ended with -6"),
        (a_program_that_writes_too_little, "steps of 60"),
        (no_vectors, "vectors.npz"),
        (vectors_cut_short, "BadZipFile"),
        (empty_vectors, "EOFError"),
        (vectors_of_text, "can't be read"),
        (vectors_of_no_steps, "the golden vectors are empty"),
        (another_network, "layers"),
        (a_list_for_a_network, "can't be read"),
        (a_script_that_fails, "No module named 'nowhere'"),
    ],
)
def test_a_broken_folder_is_a_failure(
    breaks: Callable[[Path], None], words: str, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    breaks(out)
    verdict = exporters.verify(out, "cc")
    assert verdict.equal is False and not verdict.skipped
    assert verdict.text.startswith("failed: ") and words in verdict.text
    assert status(out) == 1
    assert "failed: " in capsys.readouterr().out


def test_a_missing_tool_is_skipped(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    verdict = exporters.verify(out, "cc")
    assert verdict.skipped and verdict.equal is None
    assert "not run: no-such-compiler not found; name a C compiler in $CC" in verdict.text
    assert status(out) == 0
    assert status(out, "--required") == 1
    assert "not run" in capsys.readouterr().out


def test_a_variable_that_names_no_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exporters.export(network(1, "nest"), "loihi2", tmp_path / "out", 20 * ms)
    monkeypatch.setenv("SPIKESIM_LAVA_PYTHON", str(tmp_path / "nowhere"))
    with pytest.raises(ParameterError, match=r"\$SPIKESIM_LAVA_PYTHON is .*expected the path"):
        exporters.verify(tmp_path / "out", "lava")


def test_folders_of_another_target(out: Path, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="needs; expected what `export` wrote for loihi2"):
        exporters.verify(out, "lava")
    with pytest.raises(FileError, match="there is no folder"):
        exporters.verify(tmp_path / "nowhere", "cc")


def test_nothing_lives_on_after_the_time_limit(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (out / "run_cc.py").write_text(
        "import pathlib, subprocess, sys\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "pathlib.Path(sys.argv[1], 'pid').write_text(str(child.pid))\n"
        "child.wait()\n"
    )
    monkeypatch.setattr(importlib.import_module("spikesim.exporters.verify"), "_PATIENCE", 2)
    verdict = exporters.verify(out, "cc")
    assert verdict.equal is False and "did not end within 2 seconds" in verdict.text
    child = int((out / "pid").read_text())
    for _ in range(50):
        if not alive(child):
            return
        time.sleep(0.1)
    pytest.fail("what the script started is still running")


def alive(pid: int) -> bool:
    """Whether a process runs, and does not only wait to be buried."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_silence_is_told(out: Path) -> None:
    vectors = {key: np.zeros_like(x) for key, x in np.load(out / "vectors.npz").items()}
    np.savez(out / "vectors.npz", **vectors)
    size = 9 * sum(x.size for key, x in vectors.items() if key.endswith("/u"))
    (out / "check.c").write_text(
        '#include <stdio.h>\n#include "net.h"\n'
        "int main(void) {\n"
        f"    long n = {size};\n"
        "    while (n--) putchar(0);\n    return 0;\n}\n"
    )
    verdict = exporters.verify(out, "cc")
    assert verdict.equal and "nothing spiked" in verdict.text, verdict.text
