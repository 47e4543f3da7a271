"""as_batch answers every input with a right batch or an ArchitectureError that blames the right one."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings

from fgp_sklearn.architectures import Architecture, ArchitectureBatch, ArchitectureError, as_batch
from tests.broken_inputs import broken_sequences, read_item, read_slowly


@settings(max_examples=2000, suppress_health_check=list(HealthCheck))
@given(broken_sequences())
def test_broken_inputs_are_refused_and_harmless_ones_read(case: tuple[Any, bool]) -> None:
    X, is_harmless = case
    try:
        batch = as_batch(X)
    except ArchitectureError as error:
        assert not is_harmless, str(error)
        assert error.index is None or read_item(list(X)[error.index]) is None
    else:
        assert is_harmless
        assert_reads(batch, X)


def assert_reads(batch: ArchitectureBatch, X: Any) -> None:
    right = read_slowly(X)
    assert right is not None
    assert len(batch) == len(right)
    for architecture, (ops, edges, features) in zip(batch, right, strict=True):
        assert architecture.ops == ops
        found = np.argwhere(architecture.adjacency).tolist()
        assert {(i, j): float(architecture.adjacency[i, j]) for i, j in found} == edges
        if features is None:
            assert not architecture.attributes or np.isnan(list(architecture.attributes.values())).all()
        else:
            assert architecture == Architecture(architecture.adjacency, ops, attributes=features)
