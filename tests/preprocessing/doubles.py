"""What lets scikit-learn's own checks, which know only matrices, run on transformers of architectures."""

import numpy as np
from sklearn.utils.validation import validate_data

from fgp_sklearn.architectures import ArchitectureBatch


def architectures_of(matrix):
    """One architecture a row: everything feeds everything behind it, an operation tells the sign."""
    n_nodes = matrix.shape[1]
    adjacency = np.triu(np.ones((n_nodes, n_nodes), dtype=int), 1)
    return ArchitectureBatch.from_arrays(adjacency, (matrix > 0).astype(int), ("none", "conv"))


class ReadsMatrices:
    """Mixin, before a transformer: takes rows of numbers for architectures."""

    def fit(self, X, y=None):
        validate_data(self, X)
        return super().fit(X, y)

    def _decode(self, X):
        return architectures_of(validate_data(self, X, reset=False))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


class WritesMatrices:
    """Mixin, before a transformer to batches: shows a batch as one column of numbers."""

    def _present(self, batch):
        return (batch.n_nodes + batch.n_edges / 1000)[:, None]
