"""What lets scikit-learn's own checks, which know only matrices, run on every estimator of the library."""

import numpy as np
from sklearn.utils.validation import validate_data

from fgp_sklearn import (
    AdjacencyEncoding,
    ArchitectureSimplifier,
    FGPEncoder,
    FGPRegressor,
    FlowGaussianProcessRegressor,
    FlowSurrogate,
    FrameTensorizer,
    GraphTensorizer,
    PathStatistics,
    PathSums,
)
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing import (
    AttributeStatistics,
    ConnectionEncoding,
    PathEncoding,
    RunningTotals,
    SoftStageEncoding,
    StageEncoding,
    WeisfeilerLehmanEncoding,
)
from fgp_sklearn.proxies import MeasuredProxies, StructuralProxies
from tests.preprocessing.doubles import ReadsMatrices, WritesMatrices


class SimplifierOfMatrices(ReadsMatrices, WritesMatrices, ArchitectureSimplifier):
    pass


class TensorizerOfMatrices(ReadsMatrices, WritesMatrices, GraphTensorizer):
    pass


class FramesOfMatrices(ReadsMatrices, WritesMatrices, FrameTensorizer):
    """A matrix counts as architectures here even if it is a data frame."""

    def _is_table(self, X):
        return False


class SurrogateOfMatrices(ReadsMatrices, FlowSurrogate):
    pass


class StatisticsOfMatrices(ReadsMatrices, PathStatistics):
    pass


class EncodingOfMatrices(ReadsMatrices, AdjacencyEncoding):
    pass


class ConnectionsOfMatrices(ReadsMatrices, ConnectionEncoding):
    pass


class StagesOfMatrices(ReadsMatrices, StageEncoding):
    pass


class SoftStagesOfMatrices(ReadsMatrices, SoftStageEncoding):
    pass


class TotalsOfMatrices(ReadsMatrices, RunningTotals):
    pass


class AttributesOfMatrices(ReadsMatrices, AttributeStatistics):
    pass


class LabelsOfMatrices(ReadsMatrices, WeisfeilerLehmanEncoding):
    pass


def chains_of(matrix):
    """One chain a row, a node a column behind the input: values are attributes and set edge counts."""
    n_rows, n_columns = matrix.shape
    values = np.arcsinh(matrix)
    width = n_columns + 1
    return ArchitectureBatch(
        ops=np.tile(np.arange(width), n_rows),
        edges=np.tile([np.arange(n_columns), np.arange(n_columns) + 1], (1, n_rows)),
        node_ptr=np.arange(n_rows + 1) * width,
        edge_ptr=np.arange(n_rows + 1) * n_columns,
        vocabulary=["input", *(f"column{j}" for j in range(n_columns))],
        multiplicity=1 + np.floor(3.7 * matrix).ravel() % 4,
        attributes={"value": np.hstack([np.zeros((n_rows, 1)), values]).ravel()},
    )


class ReadsMatricesAsFeatures(ReadsMatrices):
    """As `ReadsMatrices`, but keeps the values, so that what is learnt depends on them."""

    def _decode(self, X):
        return chains_of(validate_data(self, X, reset=False))


class SumsOfMatrices(ReadsMatrices, PathSums):
    pass


class CostsOfMatrices(ReadsMatrices, StructuralProxies):
    pass


class MeasuresOfMatrices(ReadsMatrices, MeasuredProxies):
    pass


class PathsOfMatrices(ReadsMatricesAsFeatures, PathEncoding):
    pass


class EncoderOfMatrices(ReadsMatricesAsFeatures, FGPEncoder):
    pass


class RegressorOfMatrices(ReadsMatricesAsFeatures, FGPRegressor):
    def fit(self, X, y):
        return super().fit(X, y)


class ProcessOfMatrices(ReadsMatrices, FlowGaussianProcessRegressor):
    """Everything feeds everything behind it, an operation tells the column and roughly the value."""

    def _decode(self, X):
        if isinstance(X, ArchitectureBatch):  # `predict` has read it
            return X
        matrix = validate_data(self, X, reset=False)
        n_columns = matrix.shape[1]
        adjacency = np.triu(np.ones((n_columns, n_columns), dtype=int), 1)
        level = np.digitize(matrix, [-1.0, -0.3, 0.3, 1.0])
        vocabulary = [f"column {j}, level {k}" for j in range(n_columns) for k in range(5)]
        return ArchitectureBatch.from_arrays(adjacency, 5 * np.arange(n_columns) + level, vocabulary)
