"""What a new part of the library must not lack: each test guards steps of the recipes in CONTRIBUTING.md."""

import ast
import importlib
import inspect
import itertools
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpydoc.docscrape import FunctionDoc
from sklearn.base import BaseEstimator, is_regressor
from torch import nn

import fgp_sklearn
from fgp_sklearn import (
    FGPRegressor,
    FlowGaussianProcessRegressor,
    FlowSurrogate,
    datasets,
    estimators,
    preprocessing,
    search,
)
from fgp_sklearn import nn as modules
from fgp_sklearn._validation import StrOptions
from fgp_sklearn.nn import BACKBONES, LOSSES, ColumnwiseLoss, _losses
from fgp_sklearn.preprocessing._flow_transform import _ACTIVATIONS
from fgp_sklearn.processes._flow_kernel import VIEWS
from fgp_sklearn.proxies import MeasuredProxies, StructuralProxies, _measures
from tests.public_names import public_estimators
from tests.sklearn_compatibility.spaces import cells, labels, output, small

ROOT = Path(__file__).parents[1]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def own_classes(package: Any) -> Iterator[type]:
    """Classes of all files of a package, also of those that nothing imports."""
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(info.name)
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if cls.__module__ == info.name:
                yield cls


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def documentation_of(parameter: str, value: Any) -> str:
    """Type and description of a parameter in a docstring."""
    (found,) = (p for p in FunctionDoc(value)["Parameters"] if parameter in re.split(r",\s*", p.name))
    return "\n".join([found.type, *found.desc])


def missing(names: Any, text: str) -> list[str]:
    return [name for name in names if f'"{name}"' not in text]


# --------------------------------------------------------------------- estimators of all kinds


def test_every_estimator_is_public() -> None:
    concrete = {
        cls for cls in own_classes(fgp_sklearn) if issubclass(cls, BaseEstimator) and "__init__" in vars(cls)
    }
    assert concrete == set(public_estimators()), "list it in __all__ of its folder"


def test_the_package_offers_every_transformer_and_regressor() -> None:
    names = {*preprocessing.__all__, *estimators.__all__}
    assert names <= set(fgp_sklearn.__all__), "add a line to fgp_sklearn/__init__.pyi"


@pytest.mark.parametrize("cls", public_estimators(), ids=lambda cls: cls.__name__)
def test_pages_name_the_estimator(cls: type) -> None:
    guide = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "guide").glob("*.md"))
    assert f"`{cls.__name__}" in guide or f".{cls.__name__}`" in guide
    assert not is_regressor(small(cls)) or f"`{cls.__name__}" in page("choosing.md")


@pytest.mark.parametrize("cls", public_estimators(), ids=lambda cls: cls.__name__)
def test_the_estimator_has_a_file_of_tests(cls: type) -> None:
    _, folder, file = cls.__module__.split(".")
    assert (ROOT / "tests" / folder / f"test{file}.py").exists()


def choices(cls: type) -> dict[str, list[str]]:
    """Strings that the constraints of a parameter accept."""
    return {
        name: sorted(option.options)
        for name, constraints in cls._parameter_constraints.items()
        for option in constraints
        if isinstance(option, StrOptions)
    }


@pytest.mark.parametrize("cls", public_estimators(), ids=lambda cls: cls.__name__)
def test_docstring_lists_every_choice(cls: type) -> None:
    for parameter, options in choices(cls).items():
        assert not missing(options, documentation_of(parameter, cls)), parameter


HAVE_VARIANTS = (FlowSurrogate, FGPRegressor, FlowGaussianProcessRegressor)
AFTER_PRETRAINING = ("effort",)  # has an effect then; see tests/estimators/test_effort.py


@pytest.mark.parametrize(
    ("cls", "parameter", "options"),
    [
        (cls, *row)
        for cls in HAVE_VARIANTS
        for row in choices(cls).items()
        if len(row[1]) > 1 and row[0] not in AFTER_PRETRAINING
    ],
    ids=lambda value: getattr(value, "__name__", value if isinstance(value, str) else ""),
)
def test_every_choice_has_an_effect(cls: type, parameter: str, options: list[str]) -> None:
    X = cells(20)
    answers = [
        output(small(cls).set_params(**{parameter: option}).fit(X, labels(X)), X) for option in options
    ]
    for first, second in itertools.combinations(answers, 2):
        assert first.shape != second.shape or not np.array_equal(first, second)


# ---------------------------------------------------------- rows of tables, their homes and documentation


def is_backbone(cls: type) -> bool:
    names = {"spec", "hidden_dim", "n_layers", "dropout"}
    return issubclass(cls, nn.Module) and names <= set(inspect.signature(cls).parameters)


def test_every_backbone_has_a_row_and_documentation() -> None:
    assert {cls for cls in own_classes(modules) if is_backbone(cls)} == set(BACKBONES.values())
    assert {cls.__name__ for cls in BACKBONES.values()} <= set(modules.__all__)
    assert not missing(BACKBONES, documentation_of("backbone", fgp_sklearn.FGPEncoder))
    rows = re.findall(r"^\| `(\w+)` \|", page("choosing.md"), flags=re.MULTILINE)
    assert set(BACKBONES) <= set(rows), "add a row to the table of backbones in docs/choosing.md"


def test_every_loss_has_a_row() -> None:
    """A wrapper of losses is none itself. The docstring of `FGPRegressor` lists its choices, see above."""
    losses = {cls for cls in own_classes(modules) if cls.__module__ == _losses.__name__} - {ColumnwiseLoss}
    assert losses == set(LOSSES.values())
    assert {cls.__name__ for cls in losses} <= set(modules.__all__)


def test_every_measure_has_a_row_documentation_and_a_twin() -> None:
    takes = ["network", "images", "generator"]
    functions = inspect.getmembers(_measures, inspect.isfunction)
    measures = {
        f for name, f in functions if name[0] != "_" and list(inspect.signature(f).parameters) == takes
    }
    assert measures == set(_measures.MEASURES.values())
    assert not missing(_measures.MEASURES, MeasuredProxies.__doc__ or "")
    twins = (ROOT / "tests" / "proxies" / "test_measures.py").read_text(encoding="utf-8")
    measured = set(re.findall(r'measure\("(\w+)"', twins))
    assert set(_measures.MEASURES) <= measured, "compare it with a naive twin"


def test_every_structural_proxy_has_a_name_and_documentation() -> None:
    proxies = small(StructuralProxies)
    features = proxies.fit_transform(cells(20))
    names = [str(name).removeprefix("longest_") for name in proxies.get_feature_names_out()]
    assert features.shape[1] == len(names)
    assert not missing(set(names) - {"cost"}, StructuralProxies.__doc__ or "")


def test_every_activation_of_the_flow_is_a_choice() -> None:
    assert choices(FlowSurrogate)["activation"] == sorted(_ACTIVATIONS)


def test_every_view_is_a_choice_and_documented() -> None:
    assert choices(FlowGaussianProcessRegressor)["view"] == sorted(VIEWS)
    assert not missing(VIEWS, documentation_of("view", search.select_diverse))


def test_every_dataset_has_a_description_and_tests() -> None:
    loaders = set()
    for info in pkgutil.iter_modules(datasets.__path__, f"{datasets.__name__}."):
        functions = inspect.getmembers(importlib.import_module(info.name), inspect.isfunction)
        loaders |= {name for name, _ in functions if name.startswith("load_")}
    assert loaders <= set(datasets.__all__)
    names = {loader.removeprefix("load_") for loader in loaders}
    descriptions = {path.stem for path in (ROOT / "fgp_sklearn" / "datasets" / "descr").glob("*.rst")}
    assert names == descriptions
    assert not [name for name in names if not (ROOT / "tests" / "datasets" / f"test_{name}.py").exists()]


# --------------------------------------------------------------------------- the recipes themselves


def test_recipes_name_tests_that_exist() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", CONTRIBUTING)
    assert len(named) > 10
    for file, test in named:
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, (file, test)


def test_recipes_name_files_that_exist() -> None:
    recipes = CONTRIBUTING.partition("## How to add")[2]
    paths = [path for path in re.findall(r"`([\w/.]+)`", recipes) if re.search(r"/|\.(py|pyi|md|rst)$", path)]
    assert len(paths) > 10
    homes = [ROOT, ROOT / "fgp_sklearn", ROOT / "tests"]
    assert not [path for path in paths if not any((home / path).exists() for home in homes)]
