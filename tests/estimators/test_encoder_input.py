import numpy as np
import pytest

from fgp_sklearn import FGPEncoder, FGPRegressor, as_batch
from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError, UnknownOperationError
from fgp_sklearn.architectures._known_operations import KnownOperations
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.estimators import _encoder_input
from fgp_sklearn.estimators._encoder_input import EncoderInput
from fgp_sklearn.processes import _flow_blocks

POOL = nasbench201_space()[::100]
UNLEARNT = EncoderInput("op", None, KnownOperations(["none"], ["skip"]))
DIAMOND = [[0, 1, 1, 1], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
CHAIN = [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]


def learn(pool):
    return UNLEARNT.learn(as_batch(pool))


def test_cells_lose_null_and_identity_operations():
    pool = [(DIAMOND, ["in", "none", "skip", "out"]), (DIAMOND, ["in", "conv", "none", "out"])]
    reading, functional = learn(pool)
    assert reading.vocabulary == ("conv", "input", "output")
    assert reading.pool_ops == ("conv", "input", "none", "output", "skip")
    assert [tuple(architecture.ops) for architecture in functional] == [
        ("input", "output"),
        ("input", "conv", "output"),
    ]
    assert reading.read(pool) == reading.functional(as_batch(pool)) == functional


def test_identities_hold_the_place_of_a_stage_in_chains():
    reading, functional = learn([(CHAIN, ["in", "skip", "conv", "out"])])
    assert reading.simplification == {"null_ops": {"none"}, "identity_ops": frozenset()}
    assert tuple(functional[0].ops) == ("input", "skip", "conv", "output")


def test_unlike_input_is_an_error():
    reading, _ = learn([(DIAMOND, ["in", "conv", "skip", "out"])])
    with pytest.raises(UnknownOperationError, match="pool"):
        reading.read([(DIAMOND, ["in", "pool", "skip", "out"])])
    batch = as_batch([(CHAIN, ["in", "conv", "conv", "out"])])
    wide = ArchitectureBatch(
        batch.ops,
        batch.edges,
        batch.node_ptr,
        batch.edge_ptr,
        batch.vocabulary,
        attributes={"kernel": np.ones(4), "width": np.ones(4)},
    )
    with pytest.raises(
        ArchitectureError,
        match="nodes have the attributes 'kernel', 'width', but the pool had none; give",
    ):
        reading.functional(wide)


def test_each_operation_of_the_pool_is_an_architecture():
    reading, _ = learn([(DIAMOND, ["in", "conv", "skip", "out"])])
    found = reading.pool_operations
    assert [tuple(architecture.ops) for architecture in found] == [
        ("conv",),
        ("input",),
        ("output",),
        ("skip",),
    ]


def test_the_fitted_encoder_reads_as_it_learnt():
    encoder = FGPEncoder(hidden_dim=4, max_epochs=0, random_state=0).fit(POOL)
    expected, _ = EncoderInput("op", None, KnownOperations()).learn(POOL)
    assert encoder.input_ == expected
    assert encoder.vocabulary_ == expected.vocabulary


def test_a_pool_and_a_prediction_are_simplified_once(monkeypatch):
    simplified = []
    simplify = _encoder_input.functional_graph

    def counting(batch, **ops):
        simplified.append(len(batch))
        return simplify(batch, **ops)

    for module in (_encoder_input, _flow_blocks):
        monkeypatch.setattr(module, "functional_graph", counting)
    regressor = FGPRegressor(FGPEncoder(hidden_dim=4, max_epochs=1), max_epochs=1, random_state=0)
    regressor.fit_pretrain(POOL)
    assert simplified == [len(POOL)]
    regressor.fit(POOL[:20], np.arange(20.0))
    simplified.clear()
    regressor.predict(POOL, return_std=True)
    assert simplified == [len(POOL)]
