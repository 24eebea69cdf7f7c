"""Every `python` block of README.md and docs/ runs, in order, in one namespace per file."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    page
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if page.exists()
    and not {"_build", "reference"} & set(page.relative_to(ROOT).parts)  # what `make docs` writes
]
FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,}|~{3,})(?P<info>.*)$")

RUN = """
import sys
from pathlib import Path
page, program = sys.argv[1:]
code = compile(Path(program).read_text("utf-8"), page, "exec")
exec(code, {"__name__": "__main__"})
"""


def python_lines(markdown: str) -> str:
    """`markdown` with every line that is not inside a `python` block made empty.

    Line numbers stay, so that a traceback shows the line of the page. A block that is indented (in
    a list) is moved to the left.
    """
    program = []
    fence = None
    for line in markdown.splitlines():
        mark = FENCE.match(line)
        kept = ""
        if fence is None:
            fence = mark
        elif mark and mark["ticks"].startswith(fence["ticks"]) and not mark["info"].strip():
            fence = None
        elif fence["info"].strip() == "python":
            kept = line.removeprefix(fence["indent"])
        program.append(kept)
    return "\n".join(program) + "\n"


def test_only_python_blocks_are_kept() -> None:
    page = "\n".join(
        [
            "Text, then `x = 0`.",
            "```python",
            "x = 1",
            "```",
            "- a list",
            "  ```python",
            "  if x:",
            "      x = 2",
            "  ```",
            "```text",
            "not python",
            "```",
            "````markdown",
            "```python",
            "x = 3",
            "```",
            "````",
        ]
    )
    program = python_lines(page)
    assert program.split("\n")[2] == "x = 1"  # on the line where the page has it
    assert program.split() == ["x", "=", "1", "if", "x:", "x", "=", "2"]


def test_readme_has_examples() -> None:
    program = python_lines((ROOT / "README.md").read_text("utf-8"))
    assert program.strip(), "README.md has no python block"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_examples_run(page: Path, tmp_path: Path) -> None:
    program = python_lines(page.read_text("utf-8"))
    if not program.strip():
        pytest.skip("the page has no python block")
    script = tmp_path / "program.txt"
    script.write_text(program, "utf-8")
    work = tmp_path / "work"
    work.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(page), str(script)],
        cwd=work,
        env=os.environ | {"MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"\n{done.stdout}{done.stderr}"
    for shown in printed(page.read_text("utf-8")):
        assert any(alike(shown, done.stdout[at:]) for at in range(len(done.stdout))), (
            f"the page shows:\n{shown}\nit printed:\n{done.stdout}"
        )


PRINTED = re.compile(r"^print\([^\n]*\)\n```\n\n```text\n(.*?)^```", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d[\d,.]*")


def printed(markdown: str) -> list[str]:
    """What a page shows below a block that ends with print(...)."""
    return PRINTED.findall(markdown)


def alike(shown: str, text: str) -> bool:
    """Does a text begin with the words shown, and numbers within a tenth? Processors differ."""
    words, there = NUMBER.split(shown), NUMBER.split(text)
    if words[:-1] != there[: len(words) - 1]:
        return False
    pairs = zip(NUMBER.findall(shown), NUMBER.findall(text), strict=False)
    plain = [[float(n.replace(",", "").rstrip(".")) for n in pair] for pair in pairs]
    return all(abs(a - b) <= 0.1 * abs(a) for a, b in plain)


def test_what_is_shown_is_compared() -> None:
    page = "```python\nprint(x)\n```\n\n```text\n8 spikes of 20\n```\n"
    assert printed(page) == ["8 spikes of 20\n"]
    assert alike("8 spikes of 20\n", "8 spikes of 21\nmore")
    assert not alike("8 spikes of 20\n", "8 spikes of 30\n")
    assert not alike("8 spikes of 20\n", "8 units of 20\n")
