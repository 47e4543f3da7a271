import pickle
import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from fgp_sklearn import (
    FlowGaussianProcessRegressor,
    FrameTensorizer,
    PathStatistics,
    UnlabeledPool,
    as_batch,
    load,
    save,
)
from fgp_sklearn.architectures import ArchitectureError, from_frame, to_frame

KERNELS, ACTIVATIONS = (3, 5, 7), ("relu", "gelu", None)


def frame(n, seed=0):
    """Three stages with a kernel, a depth, an activation and an operation, and a resolution."""
    rng = np.random.default_rng(seed)
    columns = {}
    for stage in (1, 2, 3):
        columns[f"stage{stage}_kernel"] = rng.choice(KERNELS, n)
        columns[f"stage{stage}_depth"] = rng.integers(0, 4, n)
        columns[f"stage{stage}_activation"] = rng.choice(ACTIVATIONS, n)
        columns[f"stage{stage}_op"] = rng.choice(["mbconv", "conv"], n)
    return pd.DataFrame({**columns, "resolution": rng.choice([160, 224], n)})


def tensorizer(**params):
    return FrameTensorizer(shared=["resolution"], **params)


def test_reads_what_from_frame_reads():
    X = frame(30)
    fitted = tensorizer().fit(X)
    batch = fitted.transform(X)
    assert batch == from_frame(X, shared=["resolution"]) == tensorizer().fit_transform(X)
    assert fitted.attribute_names_ == batch.attribute_names
    assert fitted.categories_ == {"activation": ("gelu", "relu")}
    assert fitted.get_feature_names_out().tolist() == ["architecture"]


def test_libraries_and_order_of_columns_do_not_matter():
    X = frame(30)
    fitted = tensorizer().fit(X)
    pa = pytest.importorskip("pyarrow")
    tables = [
        X[X.columns[::-1]],
        pl.from_pandas(X),
        pa.Table.from_pandas(X),
        X.to_dict("list"),
        X.set_index("resolution", drop=False),
    ]
    for table in tables:
        assert fitted.transform(table) == fitted.transform(X)
        assert tensorizer().fit(table).transform(X) == fitted.transform(X)


def test_batches_have_the_columns_of_fit():
    X = frame(30)
    fitted = tensorizer().fit(X)
    few = X[X.filter(like="activation").ne("gelu").all(axis=1)][:3]
    assert len(few)
    assert "activation=gelu" not in from_frame(few, shared=["resolution"]).attribute_names
    assert fitted.transform(few) == fitted.transform(X).take(few.index)
    assert fitted.transform(few).attribute_names == fitted.attribute_names_
    empty = few.assign(stage1_activation=None, stage2_activation=None, stage3_activation=None)
    assert fitted.transform(empty).attribute_names == fitted.attribute_names_
    only = tensorizer(attributes=["kernel"]).fit(X)
    assert only.transform(X) == as_batch(fitted.transform(X), attributes=["kernel"])


def test_unknown_values_are_named():
    X = frame(30)
    fitted = tensorizer().fit(X)
    for change, problem in [
        (
            {"stage2_activation": "tanh"},
            "architecture 0: choice 'activation' has the unknown category 'tanh'",
        ),
        (
            {"stage2_kernel": "large"},
            "column 'stage2_kernel' has 'large', but the same choice has numbers in",
        ),
        (
            {f"stage{s}_kernel": "large" for s in (1, 2, 3)},
            "'kernel' has the unknown category 'large'; known are numbers",
        ),
        (
            {f"stage{s}_activation": 1 for s in (1, 2, 3)},
            "choice 'activation' has numbers; it had the categories",
        ),
        ({"stage2_depth": 1.5}, "architecture 0: choice 'depth' of stage 2 has 1.5 blocks"),
    ]:
        with pytest.raises(ArchitectureError, match=re.escape(problem)):
            fitted.transform(X.assign(**change))
    with pytest.raises(ArchitectureError, match="there is no column 'stage2_kernel'"):
        fitted.transform(X.drop(columns="stage2_kernel"))
    with pytest.raises(ArchitectureError, match="fit saw architectures and no table"):
        FrameTensorizer().fit(fitted.transform(X)).transform(X)
    with pytest.warns(UserWarning, match=r"columns are not read: 'resolution'\. For choices"):
        FrameTensorizer().fit(X)


def test_architectures_pass_through():
    X = frame(10)
    batch = tensorizer().fit_transform(X)
    fitted = tensorizer().fit(X)
    assert fitted.transform(list(batch)) == batch
    pool = fitted.transform(UnlabeledPool(batch))
    assert isinstance(pool, UnlabeledPool)
    assert pool.architectures == batch


def test_set_output_and_a_column_of_architectures():
    X = frame(10)
    written = tensorizer().set_output(transform="pandas").fit_transform(X)
    assert written.columns.tolist() == ["architecture"]
    assert tensorizer().fit_transform(written) == from_frame(X, shared=["resolution"])


def test_first_step_of_a_pipeline():
    X = frame(40)
    y = X.filter(like="kernel").sum(axis=1) * 1.0
    model = make_pipeline(tensorizer(), FlowGaussianProcessRegressor(random_state=0)).fit(X, y)
    direct = FlowGaussianProcessRegressor(random_state=0).fit(from_frame(X, shared=["resolution"]), y)
    np.testing.assert_array_equal(model.predict(X), direct.predict(from_frame(X, shared=["resolution"])))
    statistics = make_pipeline(clone(model[0]), PathStatistics()).fit(X)
    assert len(statistics.transform(X)) == len(X)


def test_saving(tmp_path):
    X = frame(10)
    fitted = tensorizer(stages="stage", depth="depth").fit(X)
    save(fitted, tmp_path / "tensorizer")
    for again in (load(tmp_path / "tensorizer"), pickle.loads(pickle.dumps(fitted))):
        assert again.transform(X) == fitted.transform(X)
        assert vars(again) == vars(fitted)


def test_inverse():
    X = frame(10)
    fitted = tensorizer().fit(X)
    batch = fitted.transform(X)
    assert tensorizer().fit_transform(to_frame(batch)) == batch


def test_missing_values_are_a_warning_in_fit_and_later():
    X = frame(30).astype({"stage2_depth": float})
    fitted = tensorizer().fit(X)
    X.loc[[4, 6], "stage2_depth"] = np.nan
    message = "'stage2_depth' has 2 of them, the first at architecture 4"
    with pytest.warns(UserWarning, match=message):
        tensorizer().fit(X)
    with pytest.warns(UserWarning, match=message):
        fitted.transform(X)


def test_new_columns_of_choices_are_a_warning():
    frame = {"stage1_kernel": [3, 5], "stage2_kernel": [5, 7]}
    tensorizer = FrameTensorizer().fit(frame)
    expected = tensorizer.transform(frame)
    wider = frame | {"stage2_width": [8, 16]}
    with pytest.warns(UserWarning, match="not read, since fit did not see them: 'stage2_width'; fit on"):
        assert tensorizer.transform(wider) == expected
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chosen = FrameTensorizer(stages=[["stage1_kernel"], ["stage2_kernel"]]).fit(wider)
        assert chosen.transform(wider) == expected
