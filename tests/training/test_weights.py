"""Weights of architectures on their way from the dataset to the loss and the score."""

import numpy as np
import pytest
import torch

from fgp_sklearn._seeding import initialise
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.nn import (
    ColumnwiseLoss,
    GatedGCN,
    Head,
    InputSpec,
    PairwiseLogisticLoss,
    Predictor,
    SquaredErrorLoss,
)
from fgp_sklearn.training import GraphDataset, TrainingPlan, train
from fgp_sklearn.training._data import BatchIterator

CELLS = nasbench201_space()[::500]
TARGETS = np.random.default_rng(0).normal(size=len(CELLS))
WEIGHTS = np.random.default_rng(1).integers(0, 4, len(CELLS)).astype(float)
COPIES = np.repeat(np.arange(len(CELLS)), WEIGHTS.astype(int))


def trained(data, loss, **validation):
    spec = InputSpec(n_ops=len(CELLS.vocabulary))
    module = initialise(lambda: Predictor(GatedGCN(spec, hidden_dim=8, n_layers=2), Head(8, 1)), seed=0)
    plan = TrainingPlan(max_epochs=20, batch_size=-1, lr=1e-2, weight_decay=0.0, schedule="cosine")
    history = train(module, loss, data, plan, seed=0, **validation)
    return torch.cat([p.detach().ravel() for p in module.parameters()]), history


@pytest.mark.parametrize("loss", [SquaredErrorLoss(), ColumnwiseLoss(PairwiseLogisticLoss())])
def test_training_on_weights_equals_training_on_copies(loss):
    _, history = trained(GraphDataset(CELLS, TARGETS, WEIGHTS), loss)
    _, expected = trained(GraphDataset(CELLS.take(COPIES), TARGETS[COPIES]), loss)
    _, plain = trained(GraphDataset(CELLS, TARGETS), loss)
    weighted, copied, unweighted = (
        np.array([row["train_loss"] for row in rows]) for rows in (history, expected, plain)
    )
    np.testing.assert_allclose(weighted, copied, rtol=5e-3)  # in float32, in another order
    assert abs(unweighted - copied).max() > 4 * abs(weighted - copied).max()


def test_weights_stay_with_their_rows():
    data = GraphDataset(CELLS, np.arange(len(CELLS), dtype=float), np.arange(len(CELLS), dtype=float))
    for _, targets, weights in BatchIterator(data, 7, torch.Generator().manual_seed(0)):
        torch.testing.assert_close(weights * (len(CELLS) - 1), targets[:, 0])


def test_huge_weights_do_not_overflow():
    weighted, _ = trained(
        GraphDataset(CELLS, TARGETS, 1e30 * WEIGHTS), ColumnwiseLoss(PairwiseLogisticLoss())
    )
    expected, _ = trained(GraphDataset(CELLS, TARGETS, WEIGHTS), ColumnwiseLoss(PairwiseLogisticLoss()))
    torch.testing.assert_close(weighted, expected)


def test_score_gets_weights_of_validation_data():
    seen = []

    def score(y_true, y_pred, weights):
        seen.append((y_true.shape, y_pred.shape, weights))
        return 0.0

    validation = GraphDataset(CELLS, TARGETS, WEIGHTS)
    trained(GraphDataset(CELLS, TARGETS), SquaredErrorLoss(), validation=validation, score=score)
    for y_shape, p_shape, weights in seen:
        assert y_shape == p_shape == (len(CELLS), 1)
        np.testing.assert_allclose(weights, WEIGHTS / WEIGHTS.max())
