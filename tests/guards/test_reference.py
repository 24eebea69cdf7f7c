"""The reference: every public name is in it and documented, and a new file appears by itself."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import spikesim as sp
import spikesim.models.neurons

ROOT = Path(__file__).parents[2]
ENTRY = re.compile(r"^(?:\.\. |```\{)(?:auto|py:)\w+(?:::|\}) (\S+)$", re.MULTILINE)

NEW = '''
from spikesim.models.base import NeuronModel
from spikesim.models.declaration import parameter, state
from spikesim.units import ms, mV


class Leak(NeuronModel):
    """Never spikes."""

    tau = parameter(12.5 * ms, "how slowly it leaks")
    v = state(0 * mV, "membrane potential")
    equations = "dv/dt = -v/tau"
'''


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    path = ROOT / "docs" / "make_reference.py"
    sys.path.insert(0, str(path.parent))  # it imports its neighbour
    spec = importlib.util.spec_from_file_location("make_reference", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def public_names() -> set[str]:
    """All names of spikesim.__all__; of modules, their functions and classes."""
    found = set()
    for name in sp.__all__:
        thing = getattr(sp, name)
        if not inspect.ismodule(thing):
            found.add(f"spikesim.{name}")
        elif name != "units":  # quantities; on a page of their own
            for inner in getattr(thing, "__all__", dir(thing)):
                one = getattr(thing, inner)
                ours = getattr(one, "__module__", "").startswith("spikesim")
                if ours and (name != "errors" or issubclass_of_exception(one)):
                    found.add(f"spikesim.{name}.{inner}")
    return found - {"spikesim.errors.SpikesimError"}  # it is there as spikesim.SpikesimError


def issubclass_of_exception(thing: object) -> bool:
    return inspect.isclass(thing) and issubclass(thing, BaseException)


def test_every_public_name_has_an_entry(reference: ModuleType) -> None:
    entries = set(ENTRY.findall("\n".join(reference.pages().values())))
    assert len(entries) > 80
    assert not public_names() - entries


def test_everything_in_it_has_a_docstring(reference: ModuleType) -> None:
    bare = []
    for path, thing in reference.documented():
        inner = reference.members(thing) if inspect.isclass(thing) else ()
        for name, one in [("", thing), *inner]:
            text = inspect.getdoc(one) or ""
            if not text or text.startswith(f"{thing.__name__}("):  # a dataclass makes one up
                bare.append(f"{path}.{name}")
    assert not bare


def test_every_unit_is_named(reference: ModuleType) -> None:
    page = reference.pages()["units.rst"]
    assert not [name for name in sp.units.UNIT_NAMES if f"``{name}``" not in page]


def test_every_module_is_on_the_map(reference: ModuleType) -> None:
    page = reference.map_page()
    package = ROOT / "spikesim"
    for path in package.rglob("*.py"):
        parts = path.relative_to(package).with_suffix("").parts
        if "scripts" in parts:  # no modules: other tools' Python runs them
            continue
        name = ".".join(p for p in parts if p != "__init__")
        assert not name or f"`{name}` |" in page or f"## spikesim.{name}\n" in page, name
    assert "| |\n" not in page.replace("| | |\n", ""), "a module without a docstring"


def test_a_new_model_appears_by_itself(
    reference: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "leak.py").write_text(NEW)
    paths = [*spikesim.models.neurons.__path__, str(tmp_path)]
    monkeypatch.setattr(spikesim.models.neurons, "__path__", paths)
    try:
        page = reference.pages()["neurons.md"]
    finally:
        sys.modules.pop("spikesim.models.neurons.leak", None)
    assert "| [Leak](#leak) | Never spikes. |" in page
    assert "\n## Leak\n" in page and "```{py:class} spikesim.neurons.Leak\n" in page
    assert "| `tau` | 12.5 | ms | how slowly it leaks |" in page


def test_every_neuron_that_takes_input_has_a_picture(reference, tmp_path):
    pictures = reference.make_pictures
    page = reference.model_page("neurons")
    for name in pictures.drawable():
        assert f"(neurons/{name}.png)" in page
    assert "Poisson.png" not in page
    pictures.draw("LIF", tmp_path / "LIF.png")
    assert (tmp_path / "LIF.png").read_bytes().startswith(b"\x89PNG")
