import itertools
import pickle

import networkx as nx
import numpy as np
import pytest
from sklearn import config_context
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, check_cv, cross_val_score, cross_validate
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline

from fgp_sklearn import ArchitectureError, ArchitectureSimplifier, PathStatistics
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.model_selection import IsomorphismGroupKFold, LabelBudgetSplit
from tests.sklearn_compatibility.spaces import cells, forms, labels, relabelled

PAIRS = cells(40)
ROLES = {"null_ops": ["none"], "identity_ops": ["skip_connect"]}


def equal_pairs(pairs):
    """Pairs of positions of equal architectures, found by NetworkX."""
    graphs = ArchitectureSimplifier(**ROLES).fit_transform(pairs).to_networkx()

    def same(key, default):
        return lambda a, b: a.get(key, default) == b.get(key, default)

    return [
        (i, j)
        for (i, a), (j, b) in itertools.combinations(enumerate(graphs), 2)
        if nx.is_isomorphic(a, b, node_match=same("op", None), edge_match=same("multiplicity", 1))
    ]


# ------------------------------------------------------------------ equal architectures


@pytest.mark.parametrize("params", [{}, {"shuffle": True, "random_state": 3}])
def test_equal_architectures_never_straddle_a_split(params):
    pairs = cells(20) + relabelled(cells(10))
    together = equal_pairs(pairs)
    assert len(together) >= 10
    tested = []
    for train, test in IsomorphismGroupKFold(4, **params).split(pairs):
        assert not set(train) & set(test)
        assert sorted([*train, *test]) == list(range(30))
        assert all((i in test) == (j in test) for i, j in together)
        tested += test.tolist()
    assert sorted(tested) == list(range(30))


def test_folds_are_those_of_the_groups():
    X = nasbench201_space()[::20]
    group = ArchitectureSimplifier(**ROLES).duplicates(X)
    for shuffle, seed in ((False, None), (True, 0)):
        found = list(IsomorphismGroupKFold(3, shuffle=shuffle, random_state=seed).split(X))
        expected = list(GroupKFold(3, shuffle=shuffle, random_state=seed).split(group, groups=group))
        for fold, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(fold[0], other[0])
            np.testing.assert_array_equal(fold[1], other[1])


def test_plain_folds_do_straddle():
    pairs = cells(20) + relabelled(cells(20))
    together = equal_pairs(pairs)
    for _, test in KFold(4).split(pairs):
        assert any((i in test) != (j in test) for i, j in together)


def test_every_form_of_input_is_split_alike():
    expected = list(IsomorphismGroupKFold(3).split(PAIRS))
    for X in forms(PAIRS).values():
        for fold, other in zip(IsomorphismGroupKFold(3).split(X), expected, strict=True):
            np.testing.assert_array_equal(fold[1], other[1])


def test_operations_decide_what_is_equal():
    chain = np.eye(3, k=1, dtype=int)
    X = [(chain, ["input", op, "output"]) for op in ("none", "zero", "identity", "conv")]
    X.append(([[0, 1], [0, 0]], ["input", "output"]))  # what is left of an identity
    folds = list(IsomorphismGroupKFold(3).split(X))
    sides = np.array([[i in test for i in range(5)] for _, test in folds])
    assert (sides[:, 0] == sides[:, 1]).all()
    assert (sides[:, 2] == sides[:, 4]).all()
    apart = list(IsomorphismGroupKFold(4, null_ops=(), identity_ops=()).split(X))
    # "none" and "zero" are two spellings of one operation.
    assert sorted(test.tolist() for _, test in apart) == [[0, 1], [2], [3], [4]]


def test_attributes_of_graphs_are_read_by_name():
    graphs = [nx.DiGraph() for _ in range(4)]
    for graph, kind in zip(graphs, "abab", strict=True):
        graph.add_node(0, kind=kind, width=1.0)
    for _, test in IsomorphismGroupKFold(2, op_attr="kind", attributes=()).split(graphs):
        assert test.tolist() in ([0, 2], [1, 3])
    graphs[0].nodes[0]["width"] = 2.0
    widths = IsomorphismGroupKFold(3, op_attr="kind", attributes=["width"])
    assert sorted(test.tolist() for _, test in widths.split(graphs)) == [[0], [1, 3], [2]]


def test_tools_of_scikit_learn_take_the_folds():
    X, y = forms(PAIRS)["graphs"], labels(PAIRS)
    cv = IsomorphismGroupKFold(3)
    model = make_pipeline(PathStatistics(), KNeighborsRegressor(1))
    scores = cross_val_score(model, X, y, cv=cv)
    batch = forms(PAIRS)["batch"]
    expected = [
        model.fit(batch[train], y[train]).score(batch[test], y[test]) for train, test in cv.split(PAIRS)
    ]
    np.testing.assert_allclose(scores, expected)
    search = GridSearchCV(model, {"kneighborsregressor__n_neighbors": [1, 3]}, cv=cv, n_jobs=2).fit(X, y)
    assert search.cv_results_["split2_test_score"][0] == pytest.approx(scores[2])
    with config_context(enable_metadata_routing=True):
        np.testing.assert_allclose(cross_val_score(model, X, y, cv=cv), expected)
        with pytest.raises(TypeError, match="groups"):
            cross_validate(model, X, y, cv=cv, params={"groups": np.zeros(40)})


def test_a_splitter_is_described_and_copied():
    cv = IsomorphismGroupKFold(3, shuffle=True, random_state=0)
    assert repr(cv).replace("\n", "").startswith("IsomorphismGroupKFold(attributes=None,")
    assert "n_splits=3" in repr(cv)
    assert cv.get_n_splits() == 3
    assert check_cv(cv) is cv
    for first, second in zip(cv.split(PAIRS), pickle.loads(pickle.dumps(cv)).split(PAIRS), strict=True):
        np.testing.assert_array_equal(first[1], second[1])


def test_errors():
    with pytest.raises(
        ValueError,
        match=r"4 architectures form 2 groups of isomorphic ones, fewer than n_splits=3; lower n_splits",
    ):
        next(IsomorphismGroupKFold(3).split([PAIRS[0], PAIRS[2]] * 2))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        next(IsomorphismGroupKFold(3).split(PAIRS, [1, 2]))
    with pytest.raises(ArchitectureError, match="expected a list of operations, got 'none'"):
        next(IsomorphismGroupKFold(3, null_ops="none").split(PAIRS))
    with pytest.raises(ArchitectureError, match="architecture 1"):
        next(IsomorphismGroupKFold(3).split([PAIRS[0], ([[0, 1], [1, 0]], ["a", "b"])]))
    with pytest.raises(ValueError, match="n_splits=2 or more"):
        IsomorphismGroupKFold(1)
    with pytest.warns(UserWarning, match="IsomorphismGroupKFold ignores groups"):
        next(IsomorphismGroupKFold(3).split(PAIRS, groups=np.zeros(40)))


# ------------------------------------------------------------------ budgets of labels


@pytest.mark.parametrize(("test_size", "n_test"), [(None, 33), (5, 5), (0.25, 10), (0.26, 11)])
def test_sizes_of_budgets(test_size, n_test):
    splits = list(LabelBudgetSplit(7, 4, test_size=test_size, random_state=0).split(PAIRS))
    assert len(splits) == 4
    for train, test in splits:
        assert (len(train), len(test)) == (7, n_test)
        assert len({*train, *test}) == 7 + n_test
        assert set(train) | set(test) <= set(range(40))
    assert not np.array_equal(splits[0][0], splits[1][0])


def test_budgets_nest_and_share_their_test_sets():
    budgets = [LabelBudgetSplit(n, test_size=10, random_state=0).split(PAIRS) for n in (5, 10, 30)]
    for (few, test), (more, same), (most, again) in zip(*budgets, strict=True):
        np.testing.assert_array_equal(few, more[:5])
        np.testing.assert_array_equal(more, most[:10])
        np.testing.assert_array_equal(test, same)
        np.testing.assert_array_equal(test, again)


def test_every_architecture_is_as_likely():
    counts = np.zeros(8)
    for train, _ in LabelBudgetSplit(2, 4000, random_state=0).split(np.arange(8)):
        counts[train] += 1
    np.testing.assert_allclose(counts / 4000, 2 / 8, atol=0.03)


def test_budgets_in_cross_validation():
    y = labels(PAIRS)
    cv = LabelBudgetSplit(6, random_state=1)
    expected = [
        -np.mean(np.abs(np.mean(y[train]) - y[test]))
        for train, test in LabelBudgetSplit(6, random_state=1).split(y)
    ]
    for X in forms(PAIRS).values():
        found = cross_val_score(DummyRegressor(), X, y, cv=cv, scoring="neg_mean_absolute_error")
        np.testing.assert_allclose(found, expected)
    assert repr(cv) == "LabelBudgetSplit(n_labels=6, n_splits=3, random_state=1, test_size=None)"
    assert cv.get_n_splits(PAIRS) == 3
    assert check_cv(cv) is cv


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"n_labels": 0}, ValueError, "n_labels == 0, must be >= 1"),
        ({"n_labels": 1.5}, TypeError, "n_labels must be an instance of"),
        ({"n_labels": 40}, ValueError, "n_labels=40 and 1 test samples exceed the 40 samples"),
        ({"n_labels": 31, "test_size": 10}, ValueError, "n_labels=31 and 10 test samples exceed the 40"),
        ({"n_labels": 3, "test_size": 1.0}, ValueError, "test_size == 1.0, must be < 1"),
        ({"n_labels": 3, "test_size": 0}, ValueError, "test_size == 0, must be >= 1"),
        ({"n_labels": 3, "n_splits": 0}, ValueError, "n_splits == 0, must be >= 1"),
        ({"n_labels": 3, "test_size": "all"}, TypeError, "test_size must be an instance of"),
    ],
)
def test_bad_budgets_are_named(params, error, message):
    with pytest.raises(error, match=message):
        next(LabelBudgetSplit(**params).split(PAIRS))
