"""A prior over cells of image classifiers: processes on public tables, distilled into a small network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from _spaces import load_space
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline

from fgp_sklearn import ArchitectureBatch, FGPEncoder, FlowGaussianProcessRegressor
from fgp_sklearn.estimators._targets import normal_scores
from fgp_sklearn.operations import OperationTable
from fgp_sklearn.operations._similar import similar_operation
from fgp_sklearn.search import DAGSpace

FloatArray = NDArray[np.float64]

TABLES = {  # spaces, and the data sets whose normal scores are averaged
    "nasbench201": ("nasbench201", "nasbench201-cifar100", "nasbench201-imagenet16"),
    "nasbench101": ("nasbench101",),
}
N_PROCESSES = 6
N_LABELS = 1000
N_CELLS = 2500  # of each space, and of random graphs, on which the network learns from the processes
CARD = (Path(__file__).parent / "prior_card.md").read_text(encoding="utf-8")


def prior_without(left_out: str | None, folder: Path, seed: int = 0) -> Pipeline:
    """Make the prior from all tables but one, on which it may be judged then."""
    names = load_space("nasbench201", folder).X.used_ops()
    cells = {space: renamed(load_space(space, folder).X, names) for space in TABLES}
    generator = np.random.default_rng(seed)
    some = [batch.take(generator.permutation(len(batch))[:N_CELLS]) for batch in cells.values()]
    pool = ArchitectureBatch.concatenate([*some, random_graphs(names, seed)])
    answers = [
        _answers_of_processes(cells[space], _mean_scores(targets, folder), pool, seed)
        for space, targets in TABLES.items()
        if space != left_out
    ]
    scores = np.mean(answers, axis=0)
    encoder = FGPEncoder(hidden_dim=32, max_epochs=30, random_state=seed).fit(pool, proxies=scores)
    return make_pipeline(FrozenEstimator(encoder), Ridge()).fit(pool, scores)


def random_graphs(names: tuple[str, ...], seed: int) -> ArchitectureBatch:
    """Graphs of either space and of neither: any number of paths, operations of NAS-Bench-201."""
    table = OperationTable()
    operations = [name for name in names if table.role(name) in ("compute", "identity")]
    return DAGSpace(operations, max_nodes=8).sample(N_CELLS, random_state=seed)


def renamed(batch: ArchitectureBatch, names: tuple[str, ...]) -> ArchitectureBatch:
    """Architectures with those operations of NAS-Bench-201 that are most like theirs."""
    table = OperationTable()
    return batch.renamed([similar_operation(name, names, table) or name for name in batch.vocabulary])


def _mean_scores(spaces: tuple[str, ...], folder: Path) -> FloatArray:
    """Mean of the normal scores of several data sets."""
    labels = np.column_stack([load_space(space, folder).y for space in spaces])
    return normal_scores(labels, None).mean(axis=1)


def _answers_of_processes(
    cells: ArchitectureBatch, labels: FloatArray, pool: ArchitectureBatch, seed: int
) -> FloatArray:
    """Mean score of several processes, which learn from different cells with different flows."""
    answers = []
    for number in range(N_PROCESSES):
        rows = np.random.default_rng([seed, number]).permutation(len(cells))[:N_LABELS]
        process = FlowGaussianProcessRegressor(max_search=300, max_inducing=400, random_state=seed + number)
        process.fit(cells.take(rows), labels[rows], X_unlabeled=pool)
        answers.append(process.decision_function(pool))
    return np.mean(answers, axis=0)
