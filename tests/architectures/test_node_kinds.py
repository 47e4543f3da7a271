from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fgp_sklearn import as_batch
from fgp_sklearn.architectures._node_kinds import Kinds
from tests.strategies import architectures, numbered


def trees(architecture, backward):
    """What each node hears, unfolded: its operation and how often it hears each such tree."""
    adjacency = np.asarray(architecture.adjacency)
    heard = adjacency if backward else adjacency.T
    found = {}

    def tree(node):
        if node not in found:
            senders = Counter((tree(s), float(heard[node, s])) for s in np.flatnonzero(heard[node]))
            numbers = {name: str(column[node]) for name, column in (architecture.attributes or {}).items()}
            found[node] = (architecture.ops[node], *numbers.items(), frozenset(senders.items()))
        return found[node]

    is_end = (adjacency if not backward else adjacency.T).sum(axis=1) == 0
    return [(tree(v), bool(is_end[v] and heard[v].any())) for v in range(len(adjacency))]


@pytest.mark.parametrize("backward", [False, True])
@given(
    st.one_of(
        st.lists(architectures(max_nodes=7, max_multiplicity=2), min_size=1, max_size=4),
        st.lists(numbered(), min_size=1, max_size=4),
    )
)
def test_nodes_are_of_one_kind_if_they_hear_the_same(backward, members):
    batch = as_batch(members)
    kinds = Kinds.of(batch, backward=backward)
    expected = [tree for member in members for tree in trees(member, backward)]
    assert len({*zip(kinds.kind.tolist(), expected, strict=True)}) == len(set(expected)) == len(kinds.nodes)
    assert len(set(kinds.kind.tolist())) == len(set(expected))
    np.testing.assert_array_equal(kinds.kind[kinds.nodes], np.arange(len(kinds.nodes)))


@pytest.mark.parametrize("backward", [False, True])
@given(st.lists(architectures(max_nodes=7), min_size=1, max_size=4))
def test_a_kind_hears_from_kinds_of_earlier_steps(backward, members):
    kinds = Kinds.of(as_batch(members), backward=backward)
    counts = np.diff(kinds.receiving.starts, append=len(kinds.receiving.senders))
    step_begins = np.repeat(kinds.steps[:-1], np.diff(kinds.steps))  # of each kind, that of its step
    assert (kinds.receiving.senders < len(kinds.starts) + np.repeat(step_begins, counts)).all()
