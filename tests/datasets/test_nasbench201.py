"""load_nasbench201 against networkx and what the benchmark is known for."""

import pickle
import sys
from types import ModuleType

import networkx as nx
import numpy as np
import pytest

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.datasets import load_nasbench201, nasbench201_space
from fgp_sklearn.datasets._package_file import package_file

pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def bench():
    return load_nasbench201(as_frame=True)


def is_connected(ops):
    """Whether information gets from input to output of the cell, drawn with operations on its edges."""
    cell = nx.DiGraph()
    cell.add_nodes_from(range(4))
    edges = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
    cell.add_edges_from(edge for edge, op in zip(edges, ops, strict=True) if op != "none")
    return nx.has_path(cell, 0, 3)


def test_rows_are_the_space(bench):
    space = nasbench201_space()
    assert bench.data == space
    np.testing.assert_array_equal(bench.data.names, space.names)
    np.testing.assert_array_equal(bench.frame["architecture"], space.names)


def test_exactly_the_cells_without_a_path_guess(bench):
    dead = np.array([not is_connected(cell.ops[1:-1]) for cell in bench.data])
    assert dead.sum() == 341
    np.testing.assert_array_equal(bench.metrics["baseline_accuracy"] == 10.0, dead)


def test_every_value_is_where_the_file_has_it(bench):
    """A plain unpickling, with classes of the same name, and the encoding spelled out."""
    module = ModuleType("analognasbench.data")
    module.Architecture = type("Architecture", (), {})
    module.DriftMeasurement = type("DriftMeasurement", (), {})
    packages = {"analognasbench": ModuleType("analognasbench"), "analognasbench.data": module}
    with pytest.MonkeyPatch.context() as patch:
        path = package_file("analog-nasbench", "analognasbench", "data.anb")
        for name, content in packages.items():
            patch.setitem(sys.modules, name, content)
        table = pickle.loads(path.read_bytes())
    ops = {0: "skip_connect", 1: "none", 2: "nor_conv_3x3", 3: "nor_conv_1x1", 4: "avg_pool_3x3"}
    row_of = {name: row for row, name in enumerate(bench.data.names.tolist())}
    frame = bench.frame
    assert len(table) == len(frame)
    rows = []
    for (e01, e02, e03, e12, e13, e23), record in table.items():
        a, b, c, d, e, f = (ops[code] for code in (e01, e02, e12, e03, e13, e23))
        row = row_of[f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"]
        rows.append(row)
        assert frame["baseline_accuracy"].iat[row] == record.baseline_accuracy
    for column in frame.columns[1:]:
        base = column.removesuffix("_uncertainty")
        attribute = {True: "uncertainty", False: "value"}[base != column]
        expected = [
            getattr(getattr(record, base), attribute) if "drift" in base else getattr(record, base)
            for record in table.values()
        ]
        np.testing.assert_array_equal(frame[column].to_numpy()[rows], expected)


def test_operations_are_not_mixed_up(bench):
    """Known from NAS-Bench-201: what one operation everywhere is worth."""
    accuracy = dict(zip(bench.data.names.tolist(), bench.metrics["baseline_accuracy"], strict=True))
    alone = {
        op: accuracy[f"|{op}~0|+|{op}~0|{op}~1|+|{op}~0|{op}~1|{op}~2|"]
        for op in ("none", "avg_pool_3x3", "skip_connect", "nor_conv_1x1", "nor_conv_3x3")
    }
    assert alone["none"] == 10
    assert alone["none"] < alone["avg_pool_3x3"] < alone["nor_conv_1x1"] < alone["nor_conv_3x3"]
    assert alone["skip_connect"] < alone["nor_conv_1x1"]
    best = bench.data.names[bench.metrics["baseline_accuracy"].argmax()]
    assert str(best).count("nor_conv_3x3") >= 4


def test_metrics_are_percentages_without_gaps(bench):
    assert len(bench.metrics) == 21
    for name, values in bench.metrics.items():
        assert values.shape == (15625,)
        assert values.dtype == np.float64
        assert np.isfinite(values).all()
        assert 0 <= values.min() <= values.max() <= 100, name


def test_forms_of_the_result(bench):
    plain = load_nasbench201()
    assert isinstance(plain.data, ArchitectureBatch)
    assert plain.frame is None
    assert plain.target_names == ["baseline_accuracy"]
    assert isinstance(plain.target, np.ndarray)
    assert plain.target.shape == (15625,)
    assert plain.target.dtype == np.float64
    np.testing.assert_array_equal(plain.target, plain.metrics["baseline_accuracy"])
    for word in ("analog-nasbench", "Licence", "Apache", "percent", "CIFAR-10"):
        assert word in plain.DESCR
    assert list(bench.frame.columns) == ["architecture", *plain.metrics]
    assert bench.target.name == "baseline_accuracy"
    np.testing.assert_array_equal(bench.target, plain.target)


def test_several_targets(bench):
    names = ["analog_drift_60", "analog_drift_60_uncertainty"]
    X, y = load_nasbench201(names, return_X_y=True)
    assert bench.data == X
    assert y.shape == (15625, 2)
    np.testing.assert_array_equal(y[:, 1], bench.metrics["analog_drift_60_uncertainty"])
    _, one = load_nasbench201(["qat_accuracy"], return_X_y=True, as_frame=True)
    assert one.shape == (15625, 1)
    assert list(one.columns) == ["qat_accuracy"]


@pytest.mark.parametrize("target", ["accuracy", [], ["qat_accuracy", "nope"], "architecture"])
def test_unknown_target_lists_the_known(target):
    with pytest.raises(ValueError, match=r"unknown target .*; pass .*'baseline_accuracy', 'ptq_accuracy'"):
        load_nasbench201(target)


def test_a_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "analognasbench", None)
    with pytest.raises(ImportError, match=r"analog-nasbench.*pip install fgp-sklearn\[datasets\]"):
        load_nasbench201()


def test_an_incomplete_package_is_named(monkeypatch, tmp_path):
    (tmp_path / "analognasbench").mkdir()
    (tmp_path / "analognasbench" / "__init__.py").touch()
    monkeypatch.delitem(sys.modules, "analognasbench", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"analog-nasbench is installed but .*data\.anb is missing"):
        load_nasbench201()


def test_the_package_is_not_imported(bench):
    assert "analognasbench" not in sys.modules
