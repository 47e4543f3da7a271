import numpy as np
import pytest

from fgp_sklearn.architectures import ArchitectureBatch, as_batch, from_text
from fgp_sklearn.architectures._duplicates import duplicate_groups
from fgp_sklearn.architectures._fingerprints import fingerprints
from fgp_sklearn.architectures._simplify import functional_graph
from fgp_sklearn.datasets import nasbench101_space, nasbench201_space

FUNCTIONAL = functional_graph(
    nasbench201_space(), null_ops=frozenset({"none"}), identity_ops=frozenset({"skip_connect"})
)


@pytest.mark.parametrize(
    "batch",
    [
        nasbench101_space(max_vertices=6),
        FUNCTIONAL,
        from_text(["8:8:16:8:8", "8:16:8:8:8"], form="nats-size"),
    ],
    ids=["cells", "multiplicities", "attributes"],
)
def test_fingerprints_group_as_isomorphism_does(batch):
    groups = duplicate_groups(batch)
    codes = np.unique(fingerprints(batch), return_inverse=True)[1]
    assert len(set(zip(groups, codes, strict=True))) == groups.max() + 1 == codes.max() + 1


def test_a_fingerprint_depends_on_its_architecture_alone():
    codes = fingerprints(FUNCTIONAL)
    rows = np.arange(0, len(FUNCTIONAL), 701)
    assert np.array_equal(np.concatenate([fingerprints(FUNCTIONAL[[row]]) for row in rows]), codes[rows])
    other = as_batch(list(FUNCTIONAL[rows]))  # another vocabulary
    assert other.vocabulary != FUNCTIONAL.vocabulary
    assert np.array_equal(fingerprints(other), codes[rows])
    lacking = FUNCTIONAL.with_columns(
        attribute_names=("width",), attribute_values=np.full((len(FUNCTIONAL.ops), 1), np.nan)
    )
    assert np.array_equal(fingerprints(lacking), codes)


def test_a_fingerprint_is_the_same_in_every_process():
    assert fingerprints(nasbench201_space()[[77]]).tolist() == [16822955926211777444]


def test_no_architectures_have_no_fingerprints():
    assert len(fingerprints(ArchitectureBatch.concatenate([FUNCTIONAL[:0]]))) == 0
