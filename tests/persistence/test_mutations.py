"""Changed files are refused with the library's error, or make an estimator that answers."""

import time
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor, VotingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fgp_sklearn import FlowGaussianProcessRegressor, PathStatistics
from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError, as_batch
from fgp_sklearn.persistence import PersistenceError, load, save
from fgp_sklearn.preprocessing import PathEncoding, WeisfeilerLehmanEncoding
from fgp_sklearn.proxies import StructuralProxies
from tests.mutations import mutations
from tests.sklearn_compatibility.spaces import OPS, cells, labels, output, tiny_regressor

pytest.importorskip("skops")

POOL, TEST = cells(30), cells(8, seed=3)
Y = labels(POOL)

ESTIMATORS = {
    "process": FlowGaussianProcessRegressor(view="both", random_state=0),
    "network": tiny_regressor(),
    "voting": VotingRegressor(
        [
            ("process", FlowGaussianProcessRegressor(features=[PathEncoding()], random_state=0)),
            ("forest", make_pipeline(PathStatistics(), StandardScaler(), RandomForestRegressor(3))),
        ]
    ),
    "labels": WeisfeilerLehmanEncoding(),
    "proxies": StructuralProxies(op_costs=dict.fromkeys(("input", *OPS, "output"), 2.0)),
}


def saved(estimator, folder):
    fitted = clone(estimator)
    if hasattr(fitted, "fit_pretrain"):
        fitted.fit_pretrain(TEST)
    save(fitted.fit(POOL, Y), folder)
    return output(fitted, TEST)


def outcome(folder, expected):
    """What a changed file does: "refused", "equal", or "other" where a forger made a sound estimator."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator = load(folder)
    except PersistenceError as error:
        assert len(str(error)) < 3000, str(error)[:3000]
        return "refused"
    if not hasattr(estimator, "fit"):
        raise AssertionError(f"it holds a {type(estimator).__name__}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = output(estimator, TEST)
    except ArchitectureError:  # it knows other operations
        return "other"
    same = np.shape(found) == np.shape(expected) and np.array_equal(found, expected)
    return "equal" if same else "other"


@pytest.mark.parametrize("name", ESTIMATORS)
def test_changed_files_are_refused_or_answer(tmp_path, name):
    expected = saved(ESTIMATORS[name], tmp_path)
    model = tmp_path / "model.safetensors"
    for kind, raw in list(mutations(model, 24, seed=1)):
        model.write_bytes(raw)
        start = time.process_time()
        found = outcome(tmp_path, expected)
        assert time.process_time() - start < 5, kind
        assert found in (("refused", "equal", "other") if kind.startswith("forged") else ("refused", "equal"))


def test_changed_batches_are_refused_or_are_batches(tmp_path):
    file = tmp_path / "space.safetensors"
    batch = as_batch(POOL)
    batch.save(file)
    for kind, raw in list(mutations(file, 60, seed=1)):
        file.write_bytes(raw)
        try:
            found = ArchitectureBatch.load(file)
        except PersistenceError:
            continue
        assert kind.startswith("forged") or found == batch, kind
