"""The public door: `spikesim.__all__` is what users see, no more and no less, and documented."""

import inspect
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType

import spikesim


def is_public(name: str) -> bool:
    return not name.startswith("_")


def own_submodule(name: str) -> bool:
    """Python itself sets a submodule on its package, whoever imports it: that is no export."""
    return isinstance(sys.modules.get(f"spikesim.{name}"), ModuleType)


def is_ours(thing: object) -> bool:
    if isinstance(thing, ModuleType):  # a package's parts are its attributes once imported
        return False
    module = getattr(thing, "__module__", None)
    return isinstance(module, str) and module.partition(".")[0] == "spikesim"


def own_docstring(thing: object) -> str | None:
    """The docstring that someone wrote for `thing`: not inherited, not made up by dataclass."""
    if not inspect.isclass(thing):
        return inspect.getdoc(thing)
    written = vars(thing).get("__doc__")
    made_up = isinstance(written, str) and written.startswith(f"{thing.__name__}(")
    return None if made_up else written


def public_methods(owner: type) -> Iterator[tuple[str, object]]:
    for name, value in vars(owner).items():
        is_method = isinstance(value, property | staticmethod | classmethod | FunctionType)
        if is_public(name) and is_method:
            # From the class, so that a method may inherit its docstring.
            yield f"{owner.__name__}.{name}", getattr(owner, name)


def public_objects() -> Iterator[tuple[str, object]]:
    """What has to be documented: modules, classes with their methods, and functions."""
    for name in spikesim.__all__:
        thing = getattr(spikesim, name)
        if inspect.ismodule(thing):
            yield name, thing
            for inner in filter(is_public, getattr(thing, "__all__", dir(thing))):
                member = getattr(thing, inner)
                if is_ours(member) and (inspect.isclass(member) or inspect.isfunction(member)):
                    yield f"{name}.{inner}", member
        elif is_ours(thing) and callable(thing):
            yield name, thing
            if inspect.isclass(thing):
                yield from public_methods(thing)


def test_all_is_sorted_without_repeats() -> None:
    assert list(spikesim.__all__) == sorted(set(spikesim.__all__))


def test_all_is_importable() -> None:
    missing = [name for name in spikesim.__all__ if not hasattr(spikesim, name)]
    assert not missing


def test_dir_is_all() -> None:
    """With lazy names this needs a module-level `__dir__`, for completion to find them too."""
    seen = {name for name in dir(spikesim) if is_public(name)}
    exported = {name for name in spikesim.__all__ if is_public(name)}
    strangers = {name for name in seen - exported if not own_submodule(name)}
    assert not strangers, "add these to spikesim.__all__, or import them under a private name"
    assert not exported - seen, "dir(spikesim) does not list these"


def test_nothing_of_ours_is_exported_by_accident() -> None:
    ours = {name for name, thing in vars(spikesim).items() if is_public(name) and is_ours(thing)}
    assert not ours - set(spikesim.__all__), "add these to spikesim.__all__, or do not import them"


def test_everything_public_has_a_docstring() -> None:
    assert inspect.getdoc(spikesim)
    undocumented = sorted({name for name, thing in public_objects() if not own_docstring(thing)})
    assert not undocumented
