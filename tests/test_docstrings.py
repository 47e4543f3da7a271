"""Docstrings of what a user can import: `make lint` runs this file, and so does `make test`."""

import inspect
from functools import cached_property
from pathlib import Path
from types import ModuleType

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.hooks.validate_docstrings import parse_config
from numpydoc.validate import Validator, validate

import fgp_sklearn
from tests.public_names import public_modules, public_objects

CONFIG = parse_config(Path(__file__).parents[1])


def public_members(cls: type) -> list[str]:
    """Methods and properties that this library defines, in `cls` or in what it extends."""
    names: dict[str, None] = {}
    for base in cls.__mro__:
        if not base.__module__.startswith("fgp_sklearn"):
            continue
        for name, value in vars(base).items():
            is_ours = isinstance(value, (property, cached_property, classmethod, staticmethod)) or (
                inspect.isfunction(value) and value.__module__.startswith("fgp_sklearn")
            )
            if is_ours and not name.startswith("_"):
                names[name] = None
    return list(names)


def documented_paths() -> list[str]:
    """Dotted paths of public objects and members, without those that pyproject.toml leaves out."""
    paths = list(OBJECTS)
    for path, value in OBJECTS.items():
        if inspect.isclass(value):
            paths += [f"{path}.{name}" for name in public_members(value)]
    return [path for path in paths if not CONFIG["exclude"].search(path)]


OBJECTS = public_objects()
DOCUMENTED = documented_paths()


@pytest.mark.parametrize("module", public_modules(), ids=lambda module: module.__name__)
def test_module_says_what_is_public(module: ModuleType) -> None:
    assert module.__doc__
    public = module.__all__
    assert len(set(public)) == len(public)
    assert not [name for name in public if not hasattr(module, name)]


def test_every_top_level_name_has_a_home_in_a_stretch() -> None:
    homes = {path.rpartition(".")[2] for path in OBJECTS}
    assert set(fgp_sklearn.__all__) - {"__version__"} <= homes


@pytest.mark.parametrize("path", OBJECTS)
def test_public_object_has_an_example(path: str) -> None:
    assert ">>> " in "\n".join(get_doc_object(OBJECTS[path])["Examples"]), "needs an Examples section"


@pytest.mark.parametrize("path", DOCUMENTED)
def test_public_docstring_is_valid_numpydoc(path: str) -> None:
    value = Validator._load_obj(path)
    if isinstance(value, cached_property):  # numpydoc knows plain properties only
        assert value.__doc__
        return
    checks = set(CONFIG["checks"])
    if inspect.isclass(value) and not getattr(value.__init__, "__module__", "").startswith("fgp_sklearn"):
        checks -= {"PR01"}  # the constructor, and so its parameters, belong to another library
    report = validate(path)
    problems = [f"{code}: {text}" for code, text in report["errors"] if code in checks]
    assert not problems, f"{report['file']}:{report['file_line']}"
