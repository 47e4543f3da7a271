import numpy as np
from hypothesis import given

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing import AttributeStatistics, RunningTotals, SoftStageEncoding
from fgp_sklearn.preprocessing._attribute_groups import GROUPS, AttributeGroups
from tests.strategies import batches_with_attributes


@given(batch=batches_with_attributes(min_size=2))
def test_groups_are_the_standardised_columns_of_transformers(batch):
    groups = AttributeGroups().fit(batch)
    found, names = groups.transform(batch), groups.names()
    assert len(found) == len(names) == len(GROUPS)
    sums, products = AttributeStatistics((0, 1), means=False), AttributeStatistics((2, 2))
    transformers = sums, products, RunningTotals(), SoftStageEncoding()
    for group, own, transformer in zip(found, names, transformers, strict=True):
        columns = transformer.fit_transform(batch)
        mean, spread = columns.mean(axis=0), columns.std(axis=0)
        varies = spread > 1e-9 * np.abs(columns).max(axis=0)
        assert own == transformer.get_feature_names_out()[varies].tolist()
        np.testing.assert_allclose(group, ((columns - mean) / np.where(varies, spread, 1))[:, varies])


def test_scales_are_those_of_the_pool():
    widths = np.arange(40.0).reshape(20, 2)
    pool = ArchitectureBatch.from_arrays(
        [[0, 1], [0, 0]], np.zeros((20, 2), int), ["a"], attributes={"width": widths}
    )
    groups = AttributeGroups().fit(pool)
    for some, whole in zip(groups.transform(pool[:3]), groups.transform(pool), strict=True):
        np.testing.assert_allclose(some, whole[:3], rtol=1e-12)
