"""No error message grows with the data: it lists ten names, and says how many more there are."""

import networkx as nx
import numpy as np
import pytest

from fgp_sklearn import (
    ArchitectureBatch,
    ArchitectureSimplifier,
    FGPEncoder,
    FGPRegressor,
    FlowGaussianProcessRegressor,
    FlowSurrogate,
    GraphTensorizer,
    PathStatistics,
    UnlabeledPool,
    as_batch,
)
from fgp_sklearn.architectures import Architecture
from fgp_sklearn.architectures._messages import named
from fgp_sklearn.datasets import nasbench101_space
from fgp_sklearn.datasets._bunch import benchmark_bunch
from fgp_sklearn.nn import make_backbone, make_loss
from fgp_sklearn.plotting import LabelEfficiencyDisplay
from fgp_sklearn.proxies import MeasuredProxies, NASBench201Builder, StructuralProxies

N = 3000
OPS = [f"operation {i}" for i in range(N)]
CHAIN = np.eye(3, k=1, dtype=int)
KNOWN = as_batch([(CHAIN, ["input", op, "output"]) for op in OPS])
NEW = [(CHAIN, ["input", "new " * N, "output"])]
FEW = KNOWN[:100]  # where features of thousands of operations would take long
Y = np.arange(N, dtype=float)
HOW = {"descr": "", "return_X_y": False, "as_frame": False}


def cycle():
    graph = nx.cycle_graph(N, create_using=nx.DiGraph)
    nx.set_node_attributes(graph, "conv", "op")
    return graph


def many_attributes():
    graph = nx.DiGraph()
    graph.add_node("stem", **{f"attribute {i}": i for i in range(N)})
    return graph


def tiny():
    return FGPEncoder(hidden_dim=4, n_layers=1, max_epochs=0, random_state=0)


def process():
    return FlowGaussianProcessRegressor(random_state=0)


SAYINGS = {
    "transformer": lambda: PathStatistics().fit(KNOWN).transform(NEW),
    "tensorizer": lambda: GraphTensorizer().fit(KNOWN).transform(NEW),
    "encoder": lambda: tiny().fit(FEW).transform(NEW),
    "regressor": lambda: FGPRegressor(tiny(), max_epochs=1).fit_pretrain(FEW).fit(NEW * 2, [1, 2]),
    "process": lambda: process().fit(FEW[:20], Y[:20]).predict(NEW),
    "recode": lambda: KNOWN.recode(OPS[1:]),
    "unknown": lambda: KNOWN.recode(OPS, unknown="x" * N),
    "cycle of matrices": lambda: as_batch([(np.eye(N, k=1) + np.eye(N, k=1 - N), ["conv"] * N)]),
    "cycle of graphs": lambda: as_batch([cycle()]),
    "cycle of long names": lambda: as_batch([nx.relabel_nodes(cycle(), {0: "x" * N})]),
    "attributes": lambda: as_batch([many_attributes()]),
    "ragged": lambda: as_batch([([[0] * N, [0]], ["a", "b"])]),
    "node": lambda: as_batch([nx.DiGraph([("x" * N, "x" * N)])]),
    "vocabulary": lambda: ArchitectureBatch([0], [[], []], [0, 1], [0, 0], "x" * N),
    "index": lambda: KNOWN[list(range(N)), 0],
    "sequence": lambda: as_batch([list(range(N))]),
    "null and identity": lambda: ArchitectureSimplifier(null_ops=OPS, identity_ops=OPS).fit(KNOWN),
    "no cost": lambda: StructuralProxies(dict.fromkeys(OPS, 1.0)).fit(NEW),
    "other costs": lambda: StructuralProxies({"a": dict.fromkeys(OPS, 1.0), "b": 1.0}).fit(NEW),
    "infinite costs": lambda: StructuralProxies({"a": dict.fromkeys(OPS, np.inf)}).fit(NEW),
    "proxies": lambda: MeasuredProxies(NASBench201Builder(), proxies=OPS).fit(KNOWN),
    "shape": lambda: MeasuredProxies(NASBench201Builder(), input_shape=[0] * N).fit(KNOWN),
    "builder": lambda: NASBench201Builder()(Architecture(*NEW[0])),
    "paper": lambda: FlowSurrogate.from_paper("x" * N),
    "budgets": lambda: LabelEfficiencyDisplay.from_estimator(tiny(), KNOWN, Y, n_labels=[-1] * N),
    "target": lambda: benchmark_bunch(KNOWN, dict.fromkeys(OPS, Y), "x" * N, **HOW),
    "vertices": lambda: nasbench101_space("x" * N),
    "backbone": lambda: make_backbone("x" * N, None, hidden_dim=1, n_layers=1, dropout=0.0),
    "loss": lambda: make_loss("x" * N),
}


@pytest.mark.parametrize("saying", SAYINGS)
def test_no_message_grows_with_the_data(saying):
    with pytest.raises((ValueError, IndexError, ImportError)) as caught:
        SAYINGS[saying]()
    message = str(caught.value)
    assert len(message) < 1500
    assert "\n" not in message


@pytest.mark.parametrize(
    ("saying", "more"),
    [("transformer", 2992), ("tensorizer", 2992), ("encoder", 92), ("regressor", 92), ("process", 12)],
)
def test_unknown_operation_names_ten_known_ones_and_the_cure(saying, more):
    with pytest.raises(ValueError, match="architecture 0: unknown operation 'new new") as caught:
        SAYINGS[saying]()
    message = str(caught.value)
    assert message.count("'operation ") + message.count("'input'") == 10
    assert f" and {more:,} more. " in message  # known are "input" and "output" too
    for cure in ("X_unlabeled", "fit_pretrain", "GraphTensorizer(unknown_op='unknown')"):
        assert cure in message


def test_unknown_operation_of_the_process_is_cured_by_what_the_message_says():
    predictions = process().fit(FEW[:20], Y[:20], X_unlabeled=UnlabeledPool(NEW)).predict(NEW)
    assert np.isfinite(predictions).all()


def test_names_are_cut_and_counted():
    assert named([]) == ""
    assert named(range(10)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert named(range(11)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 1 more"
    assert named(iter(["a", "b", "c"]), at_most=2, joint=" -> ") == "'a' -> 'b' and 1 more"
    assert len(named(["x" * 10**6] * 3000)) < 700
