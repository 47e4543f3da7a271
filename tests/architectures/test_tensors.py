"""Tensors of torch as adjacency, operations, attributes and columns."""

import numpy as np
import pytest
import torch

from fgp_sklearn._numeric_input import as_reals
from fgp_sklearn.architectures import Architecture, ArchitectureBatch, ArchitectureError, as_batch

MATRIX = np.array([[0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]])
OPS = ["input", "conv", "pool", "output"]
EXPECTED = as_batch([(MATRIX, OPS)])

DTYPES = [torch.bool, torch.uint8, torch.int64, torch.float16, torch.bfloat16, torch.float64]
KEEPING = {  # what torch may do to a matrix without changing its values
    "plain": lambda matrix: matrix,
    "requires grad": lambda matrix: matrix.float().requires_grad_(),
    "result of a computation": lambda matrix: matrix.float().requires_grad_() * 1.0,
    "transposed twice": lambda matrix: matrix.T.contiguous().T,
    "negated lazily": lambda matrix: torch._neg_view(-matrix.float()),
    "sparse coo": lambda matrix: matrix.to_sparse(),
    "sparse csr": lambda matrix: matrix.to_sparse_csr(),
    "sparse csc": lambda matrix: matrix.to_sparse_csc(),
    "blocks": lambda matrix: matrix.to_sparse_bsr((2, 2)),
    "sparse rows": lambda matrix: matrix.to_sparse(1),
    "sparse, requires grad": lambda matrix: matrix.float().to_sparse().requires_grad_(),
    "sparse, bfloat16": lambda matrix: matrix.to(torch.bfloat16).to_sparse(),
    "parameter": lambda matrix: torch.nn.Parameter(matrix.float()),
    "rows in a list": lambda matrix: list(matrix.float().requires_grad_()),
}


@pytest.mark.filterwarnings("ignore:Sparse .* tensor support is in beta")
@pytest.mark.parametrize("how", KEEPING)
def test_matrices_are_read(how):
    matrix = KEEPING[how](torch.tensor(MATRIX))
    assert as_batch([(matrix, OPS), Architecture(matrix, tuple(OPS))]) == EXPECTED.take([0, 0])


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_types_are_read(dtype):
    matrix = torch.tensor(MATRIX).to(dtype)
    assert as_batch([(matrix, OPS)]) == EXPECTED
    stacked = ArchitectureBatch.from_arrays(matrix[None], torch.tensor([[0, 1, 2, 3]]), OPS)
    assert stacked == EXPECTED


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_matrices_on_a_device_are_read():
    assert as_batch([(torch.tensor(MATRIX, device="cuda"), torch.arange(4, device="cuda"))]).n_edges == [5]


def test_uncoalesced_entries_are_parallel_edges():
    twice = torch.sparse_coo_tensor([[0, 0], [1, 1]], [1.0, 1.0], (2, 2), check_invariants=True)
    with pytest.raises(ArchitectureError, match=r"adjacency entry \(0, 1\) is 2; entries must be 0 or 1"):
        as_batch([(twice, ["a", "b"])])
    assert as_batch([Architecture(twice, ("a", "b"))]).multiplicity.tolist() == [2]


def test_large_sparse_matrix_is_not_made_dense():
    n = 200_000  # dense it would take 160 GB
    indices = torch.arange(n - 1)
    chain = torch.sparse_coo_tensor(
        torch.stack([indices, indices + 1]), torch.ones(n - 1), (n, n), check_invariants=True
    )
    batch = as_batch([(chain, torch.zeros(n, dtype=torch.int32))])
    assert (batch.n_nodes, batch.n_edges) == ([n], [n - 1])


def test_attributes_and_operations_are_read():
    numbers = torch.tensor([1.5, 2.0, 0.25, 3.0], dtype=torch.bfloat16, requires_grad=True)
    batch = as_batch([Architecture(MATRIX, torch.arange(4), attributes={"width": numbers})])
    assert batch.attributes["width"].tolist() == [1.5, 2.0, 0.25, 3.0]
    assert batch[0].ops == ("0", "1", "2", "3")
    (graph,) = EXPECTED.to_networkx()
    for node, number in enumerate(numbers):
        graph.nodes[node]["width"] = number
    assert as_batch([graph], attributes=["width"]).attributes["width"].tolist() == [1.5, 2.0, 0.25, 3.0]
    stacked = ArchitectureBatch.from_arrays(MATRIX, [[0, 1, 2, 3]], OPS, attributes={"width": numbers[None]})
    assert stacked == as_batch([graph], attributes=["width"])


def test_columns_are_read():
    columns = {"ops": [0, 1], "edges": [[0], [1]], "node_ptr": [0, 2], "edge_ptr": [0, 1]}
    multiplicity = torch.tensor([2.0], requires_grad=True)
    batch = ArchitectureBatch(
        **{name: torch.tensor(column) for name, column in columns.items()},
        vocabulary=["a", "b"],
        multiplicity=multiplicity,
    )
    assert batch == as_batch([Architecture([[0, 2], [0, 0]], ("a", "b"))])


def test_labels_and_proxies_are_read():
    y = torch.tensor([1.5, 2.0, 0.25], dtype=torch.bfloat16, requires_grad=True)
    assert as_reals(y, "y").tolist() == [1.5, 2.0, 0.25]
    with pytest.raises(ValueError, match="y must hold real numbers"):
        as_reals(y.to("meta"), "y")


@pytest.mark.parametrize("where", ["adjacency", "ops"])
def test_what_cannot_be_read_is_told_with_the_cure(where):
    stacked = {"adjacency": [[0, 1], [0, 0]], "ops": [[0, 0]], where: torch.zeros(2, device="meta")}
    with pytest.raises(
        ArchitectureError, match=rf"{where} is not an array but .*convert it to a NumPy array"
    ):
        ArchitectureBatch.from_arrays(**stacked, vocabulary=["a"])
