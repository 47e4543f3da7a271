"""Examples of a pool."""

import numpy as np

from fgp_sklearn.architectures import ArchitectureBatch, as_batch
from fgp_sklearn.estimators._examples import examples_of
from tests.estimators.attribute_spaces import chains_with_widths


def test_examples_have_what_only_one_architecture_has():
    rare = as_batch([([[0, 1], [0, 0]], [{"op": "input", "width": 3}, "rare"])], attributes=["width"])
    deep = as_batch([(np.eye(9, k=1, dtype=int), ["block"] * 9)])
    pool = ArchitectureBatch.concatenate([chains_with_widths(3000), rare, deep])
    examples = examples_of(pool)
    assert 512 <= len(examples) <= 530
    assert pool[-2] in list(examples)
    assert pool[-1] in list(examples)


def test_a_small_pool_is_its_own_examples():
    pool = chains_with_widths(20)
    assert examples_of(pool) == pool
