"""Names that are asked for in the wrong module."""

import importlib
import subprocess
import sys

import pytest

import fgp_sklearn


@pytest.mark.parametrize(
    ("module", "name", "place"),
    [
        ("fgp_sklearn", "from_frame", "fgp_sklearn.architectures"),
        ("fgp_sklearn", "PredictorGuidedSearch", "fgp_sklearn.search"),
        ("fgp_sklearn", "kendall_tau_score", "fgp_sklearn.metrics"),
        ("fgp_sklearn.datasets", "from_frame", "fgp_sklearn.architectures"),
        ("fgp_sklearn.architectures", "read_table", "fgp_sklearn.datasets"),
        ("fgp_sklearn.search", "compare", "fgp_sklearn.model_selection"),
        ("fgp_sklearn.preprocessing", "tune", "fgp_sklearn.tuning"),
    ],
)
def test_the_error_names_the_module(module: str, name: str, place: str) -> None:
    assert hasattr(importlib.import_module(place), name)
    imported = importlib.import_module(module)
    message = f"module '{module}' has no attribute '{name}'; {name} is in {place}$"
    with pytest.raises(AttributeError, match=message):
        getattr(imported, name)
    with pytest.raises(ImportError, match=message):
        exec(f"from {module} import {name}")
    assert not hasattr(imported, name)


@pytest.mark.parametrize("name", ["from_frames", "_plan", "metric"])
def test_unknown_names_are_plain_errors(name: str) -> None:
    with pytest.raises(AttributeError, match=f"module 'fgp_sklearn' has no attribute '{name}'$"):
        getattr(fgp_sklearn, name)
    with pytest.raises(ImportError, match=f"cannot import name '{name}' from 'fgp_sklearn'"):
        exec(f"from fgp_sklearn import {name}")


def test_modules_are_imported_without_a_search() -> None:
    program = (
        "import sys; from fgp_sklearn import metrics; "
        "assert 'torch' not in sys.modules and 'sklearn.ensemble' not in sys.modules; "
        "import fgp_sklearn._elsewhere as e; e._place_of = None; from fgp_sklearn import operations"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
