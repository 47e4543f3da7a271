"""Numbers of different values in order of first appearance."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fgp_sklearn.architectures._random_codes import by_first_appearance


@given(st.lists(st.integers(0, 5)))
def test_values_are_numbered_by_first_appearance(values: list[int]) -> None:
    different = list(dict.fromkeys(values))
    first, number = by_first_appearance(np.array(values, dtype=np.int64))
    assert first.tolist() == [values.index(value) for value in different]
    assert number.tolist() == [different.index(value) for value in values]
