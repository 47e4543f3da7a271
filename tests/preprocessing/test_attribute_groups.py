import numpy as np
from hypothesis import given

from fgp_sklearn.architectures import ArchitectureBatch, from_frame
from fgp_sklearn.preprocessing import AttributeStatistics, RunningTotals, SoftStageEncoding
from fgp_sklearn.preprocessing._attribute_groups import GROUPS, AttributeGroups
from tests.strategies import batches_with_attributes


@given(batch=batches_with_attributes(min_size=2))
def test_groups_are_the_standardised_columns_of_transformers(batch):
    groups = AttributeGroups().fit(batch)
    found, names = groups.transform(batch), groups.names()
    assert len(found) == len(names) == len(GROUPS) - 1
    sums, products = AttributeStatistics((0, 1), means=False), AttributeStatistics((2, 2))
    transformers = sums, products, RunningTotals(), SoftStageEncoding()
    for group, own, transformer in zip(found[:-1], names[:-1], transformers, strict=True):
        columns = transformer.fit_transform(batch)
        mean, spread = columns.mean(axis=0), columns.std(axis=0)
        varies = spread > 1e-9 * np.abs(columns).max(axis=0)
        assert own == transformer.get_feature_names_out()[varies].tolist()
        np.testing.assert_allclose(group, ((columns - mean) / np.where(varies, spread, 1))[:, varies])
    choices = choices_of(batch, found[0])
    assert names[-1] == list(choices)
    for column, values in zip(found[-1].T, choices.values(), strict=True):
        np.testing.assert_allclose(column, (values - values.mean()) / values.std(), atol=1e-7)


def choices_of(batch, sums):
    """The value that all nodes of an operation share, by the name of its mean; node by node."""
    choices = {}
    for op in batch.used_ops():
        for name in batch.attribute_names:
            numbers = [
                [v for v, own in zip(a.attributes[name], a.ops, strict=True) if own == op] for a in batch
            ]
            seen = [{value for value in values if not np.isnan(value)} for values in numbers]
            there = [next(iter(values)) for values in seen if values]
            if not there or max(map(len, seen)) > 1:
                continue
            values = np.array([next(iter(values)) if values else np.mean(there) for values in seen])
            varies = values.std() > 1e-9 * np.abs(values).max()
            if varies and not any(abs(np.corrcoef(values, column)[0, 1]) > 1 - 1e-9 for column in sums.T):
                choices[f"mean_{op}_{name}"] = values
    return choices


def test_choices_of_repeated_blocks_are_columns():
    """Sums over a stage of equal blocks are products of a choice and the number of blocks."""
    rng = np.random.default_rng(0)
    kernels, depths = rng.choice([3.0, 5.0, 7.0], (60, 2)), rng.integers(1, 4, (60, 2))
    frame = {f"stage{s}_{c}": x[:, s - 1] for s in (1, 2) for c, x in (("k", kernels), ("depth", depths))}
    groups = AttributeGroups().fit(from_frame(frame))
    at = GROUPS.index("choices")
    assert groups.names()[at] == ["mean_stage1/block_k", "mean_stage2/block_k"]
    expected = (kernels - kernels.mean(axis=0)) / kernels.std(axis=0)
    np.testing.assert_allclose(groups.transform(from_frame(frame))[at], expected)
    single = {name: column for name, column in frame.items() if "depth" not in name}
    assert AttributeGroups().fit(from_frame(single)).names()[at] == [], "sums tell them"
    assert AttributeGroups().fit(from_frame(frame, stage_ops=False)).names()[at] == [], "blocks differ"


def test_stages_are_also_compared_as_a_whole():
    frame = {"stage1_k": [3.0, 5.0, 7.0], "stage1_depth": [2, 1, 1], "stage2_k": [1.0, 4.0, 2.0]}
    groups = AttributeGroups().fit(from_frame(frame))
    columns = dict(zip(groups.names()[-1], groups.transform(from_frame(frame))[-1].T, strict=True))
    for name, values in {
        "sum_block_k": [7.0, 9.0, 9.0],
        "mean_block_k": [7 / 3, 4.5, 4.5],
        "sum_block_k*k": [19.0, 41.0, 53.0],
        "sum_block_stage": [4.0, 3.0, 3.0],
    }.items():
        np.testing.assert_allclose(columns[name], (values - np.mean(values)) / np.std(values))
    bare = AttributeGroups().fit(from_frame(frame, stage_ops=False))
    assert len(bare.names()) == len(GROUPS) - 1, "there are no stages to leave out"


def test_scales_are_those_of_the_pool():
    widths = np.arange(40.0).reshape(20, 2)
    pool = ArchitectureBatch.from_arrays(
        [[0, 1], [0, 0]], np.zeros((20, 2), int), ["a"], attributes={"width": widths}
    )
    groups = AttributeGroups().fit(pool)
    for some, whole in zip(groups.transform(pool[:3]), groups.transform(pool), strict=True):
        np.testing.assert_allclose(some, whole[:3], rtol=1e-12)
