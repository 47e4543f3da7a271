import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from sklearn.exceptions import NotFittedError

from fgp_sklearn import ArchitectureError
from fgp_sklearn.architectures import UnknownOperationError
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.preprocessing import AdjacencyEncoding
from tests.strategies import batches

CHAIN = np.eye(3, k=1, dtype=int)
OPS = ["input", "conv", "output"]


@given(batches(max_size=4, max_nodes=6, max_multiplicity=3))
def test_equals_the_padded_matrices_of_each_architecture(batch):
    encoding = AdjacencyEncoding()
    features = pd.DataFrame(encoding.fit_transform(batch), columns=encoding.get_feature_names_out())
    size = max(len(architecture.ops) for architecture in batch)
    vocabulary = sorted({op for architecture in batch for op in architecture.ops})
    assert encoding.max_nodes_ == size
    assert encoding.vocabulary_ == tuple(vocabulary)
    assert features.shape == (len(batch), size * (len(vocabulary) + size))
    for (_, row), architecture in zip(features.iterrows(), batch, strict=True):
        expected = dict.fromkeys(features, 0.0)
        graph = nx.from_numpy_array(np.asarray(architecture.adjacency), create_using=nx.DiGraph)
        expected |= {f"edge{u}_{v}": count for u, v, count in graph.edges(data="weight")}
        expected |= {f"node{i}_{op}": 1.0 for i, op in enumerate(architecture.ops)}
        assert row.to_dict() == expected


def test_smaller_architectures_are_padded():
    encoding = AdjacencyEncoding().fit([(CHAIN, OPS)])
    features = encoding.transform([(CHAIN[:2, :2], OPS[:2])])
    nodes, edges = np.split(features[0], [9])
    assert not nodes.reshape(3, 3)[2].any()
    np.testing.assert_array_equal(edges.reshape(3, 3), [[0, 1, 0], [0, 0, 0], [0, 0, 0]])


def test_the_order_of_nodes_counts():
    order = [2, 0, 1]
    other = (CHAIN[np.ix_(order, order)], [OPS[i] for i in order])
    first, second = AdjacencyEncoding().fit_transform([(CHAIN, OPS), other])
    assert (first != second).any()


def test_larger_architectures_are_an_error_that_names_them():
    encoding = AdjacencyEncoding().fit([(CHAIN, OPS)])
    larger = (np.eye(4, k=1, dtype=int), ["input", "conv", "conv", "output"])
    with pytest.raises(ArchitectureError, match=r"architecture 1: it has 4 nodes, .* in fit has 3") as caught:
        encoding.transform([(CHAIN, OPS), larger])
    assert caught.value.index == 1


def test_errors():
    with pytest.raises(UnknownOperationError, match=r"architecture 0: .*'dense'"):
        AdjacencyEncoding().fit([(CHAIN, OPS)]).transform([(CHAIN, ["input", "dense", "output"])])
    with pytest.raises(NotFittedError):
        AdjacencyEncoding().transform([(CHAIN, OPS)])


def test_tells_all_cells_of_a_space_apart():
    features = AdjacencyEncoding().fit_transform(nasbench201_space())
    assert len(np.unique(features, axis=0)) == 15_625
