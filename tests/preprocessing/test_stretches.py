import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fgp_sklearn.preprocessing import _stretches
from fgp_sklearn.preprocessing._stretches import stretches

WIDTH = 2**10  # so that 2**13 nodes make a stretch


@given(st.lists(st.sampled_from([1, 7, 300, 4000, 60_000]), max_size=60))
def test_stretches_bound_the_nodes_and_are_not_cut_further(sizes):
    sizes = np.array(sizes, dtype=np.int64)
    room = _stretches._STATES_AT_ONCE // WIDTH
    found = [sizes[part] for part in stretches(sizes, WIDTH)]
    assert np.concatenate([np.zeros(0, dtype=np.int64), *found]).tolist() == sizes.tolist()
    for part in found:
        assert part.sum() <= max(room, min(4 * room, 32 * part.max())) or len(part) == 1
        assert len(list(stretches(part, WIDTH))) == 1


def test_networks_of_thousands_of_nodes_share_the_overhead_of_their_generations():
    assert len(list(stretches(np.full(32, 5000), 128))) == 1
