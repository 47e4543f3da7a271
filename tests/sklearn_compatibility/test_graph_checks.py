"""Checks on graphs that hold for every estimator and transformer, as scikit-learn's do on matrices."""

import copy
import pickle
import threading

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from fgp_sklearn import (
    AdjacencyEncoding,
    ArchitectureBatch,
    ArchitectureError,
    ArchitectureSimplifier,
    FGPEncoder,
    FGPRegressor,
    FlowSurrogate,
    GraphTensorizer,
    UnlabeledPool,
    as_batch,
)
from fgp_sklearn.architectures import UnknownOperationError
from fgp_sklearn.nn import GIN
from fgp_sklearn.preprocessing._base import BatchTransformer
from fgp_sklearn.proxies import MeasuredProxies
from tests.sklearn_compatibility.spaces import (
    assert_same,
    cells,
    every_estimator,
    forms,
    graph_of,
    labels,
    output,
    relabelled,
    tiny_encoder,
    tiny_regressor,
)

PAIRS = cells(24)
Y = labels(PAIRS)
POOL = cells(40, seed=2)
CHAIN = np.eye(3, k=1, dtype=int)


def name_of(estimator):
    return type(estimator).__name__


#: What tells the nodes apart on purpose.
ORDER_COUNTS = {
    AdjacencyEncoding: "encodes the given order of nodes",
    MeasuredProxies: "draws the weights of a network by the order in which its nodes are listed",
}
#: What answers without `fit`.
WITHOUT_FIT = {ArchitectureSimplifier: "learns nothing"}

each_estimator = pytest.mark.parametrize("estimator", every_estimator(), ids=name_of)
each_learner = pytest.mark.parametrize("estimator", every_estimator(WITHOUT_FIT), ids=name_of)


# ------------------------------------------------------------------ every estimator


@each_estimator
def test_input_graphs_are_not_mutated(estimator):
    graphs = forms(PAIRS)["graphs"]
    pairs = copy.deepcopy(PAIRS)
    before = [(dict(graph.nodes(data=True)), list(graph.edges(data=True))) for graph in copy.deepcopy(graphs)]
    for X in (graphs, pairs):
        output(clone(estimator).fit(X, Y), X)
    assert [(dict(graph.nodes(data=True)), list(graph.edges(data=True))) for graph in graphs] == before
    for (adjacency, ops), (old_adjacency, old_ops) in zip(pairs, PAIRS, strict=True):
        np.testing.assert_array_equal(adjacency, old_adjacency)
        assert ops == old_ops


@each_estimator
def test_parameters_are_left_alone(estimator):
    before = repr(estimator.get_params())
    fitted = clone(estimator).fit(PAIRS, Y)
    assert repr(fitted.get_params()) == before


@pytest.mark.parametrize("estimator", every_estimator(ORDER_COUNTS), ids=name_of)
def test_node_names_and_order_do_not_matter(estimator):
    fitted = clone(estimator).fit(PAIRS, Y)
    answers = [output(fitted, X) for X in (PAIRS, relabelled(PAIRS))]
    if isinstance(estimator, BatchTransformer):  # nodes keep their order, so compare up to isomorphism
        both = ArchitectureBatch.concatenate(answers)
        groups = ArchitectureSimplifier(null_ops=()).duplicates(both)
        np.testing.assert_array_equal(groups[: len(PAIRS)], groups[len(PAIRS) :])
    else:
        assert_same(*answers, tolerance=1e-5)


@each_estimator
def test_order_and_company_do_not_matter(estimator):
    fitted = clone(estimator).fit(PAIRS, Y)
    whole = output(fitted, PAIRS)
    order = np.random.default_rng(0).permutation(len(PAIRS))
    for rows in (order, order[:5], order[:1]):
        answer = output(fitted, [PAIRS[i] for i in rows])
        assert_same(answer, whole[rows], tolerance=1e-5)


@each_estimator
def test_every_form_of_input_gives_the_same_bits(estimator):
    X = forms(PAIRS)
    expected = output(clone(estimator).fit(X["pairs"], Y), X["pairs"])
    for kind in X:
        fitted = clone(estimator).fit(X[kind], Y)
        for other in X:
            assert_same(output(fitted, X[other]), expected)


@each_estimator
def test_data_frame_columns_are_read(estimator):
    frame = forms(PAIRS)["graphs"]
    column = pd.Series(frame, dtype=object)
    fitted = clone(estimator).fit(PAIRS, Y)
    for X in (column, column.to_frame(), column.to_numpy()):
        assert_same(output(fitted, X), output(fitted, PAIRS))


@each_estimator
@pytest.mark.parametrize("empty", [[], (), as_batch(PAIRS)[:0], np.empty(0, dtype=object)], ids=type)
def test_no_architectures_are_an_error(estimator, empty):
    with pytest.raises(ArchitectureError, match="there are no architectures"):
        clone(estimator).fit(empty, Y[:0])
    with pytest.raises(ArchitectureError, match="there are no architectures"):
        output(clone(estimator).fit(PAIRS, Y), empty)


@each_estimator
@pytest.mark.parametrize(
    ("single", "wrapped"),
    [
        (graph_of(*PAIRS[0]), r"\[graph\]"),
        (PAIRS[0], r"\[\(adjacency, ops\)\]"),
        (as_batch(PAIRS)[0], "architecture"),
    ],
    ids=["graph", "pair", "Architecture"],
)
def test_one_architecture_is_an_error_that_says_how_to_wrap_it(estimator, single, wrapped):
    with pytest.raises(ArchitectureError, match=f"expected a sequence .*wrap it: .*{wrapped}"):
        clone(estimator).fit(single, Y)
    with pytest.raises(ArchitectureError, match=f"expected a sequence .*wrap it: .*{wrapped}"):
        output(clone(estimator).fit(PAIRS, Y), single)


@each_estimator
def test_fitting_twice_equals_fitting_once(estimator):
    once = clone(estimator).fit(PAIRS, Y)
    twice = clone(estimator).fit(POOL, labels(POOL)).fit(PAIRS, Y)
    assert_same(output(twice, PAIRS), output(once, PAIRS))


@each_estimator
def test_pickled_copy_answers_alike(estimator):
    fitted = clone(estimator).fit(PAIRS, Y)
    assert_same(output(pickle.loads(pickle.dumps(fitted)), PAIRS), output(fitted, PAIRS))


@each_learner
def test_unfitted_is_an_error(estimator):
    assert get_tags(estimator).requires_fit
    with pytest.raises(NotFittedError):
        output(clone(estimator), PAIRS)


@each_estimator
def test_tags_tell_that_matrices_are_not_read(estimator):
    assert not get_tags(estimator).input_tags.two_d_array
    with pytest.raises(ArchitectureError):
        clone(estimator).fit(np.ones((24, 3)), Y)


@each_estimator
def test_cycle_is_an_error_that_names_it(estimator):
    cyclic = graph_of(CHAIN + np.eye(3, k=-2, dtype=int), ["input", "conv1", "output"])
    with pytest.raises(ArchitectureError, match=r"architecture 1: .*cycle"):
        clone(estimator).fit([*PAIRS[:1], cyclic], Y[:2])


@each_estimator
def test_missing_operation_is_an_error_that_names_it(estimator):
    graph = nx.path_graph(3, create_using=nx.DiGraph)
    with pytest.raises(ArchitectureError, match=r"architecture 1: .*op"):
        clone(estimator).fit([graph_of(*PAIRS[0]), graph], Y[:2])


@each_learner
def test_threads_do_not_disturb_each_other(estimator):
    expected = output(clone(estimator).fit(PAIRS, Y), PAIRS)
    answers = [None] * 3

    def work(i):
        answers[i] = output(clone(estimator).fit(PAIRS, Y), PAIRS)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for answer in answers:
        assert_same(answer, expected)


@pytest.mark.parametrize("estimator", [GraphTensorizer(), tiny_encoder(), tiny_regressor()], ids=name_of)
def test_unknown_operation_names_index_and_known_ones(estimator):
    fitted = clone(estimator).fit(PAIRS, Y)
    new = [PAIRS[0], (CHAIN, ["input", "attention", "output"])]
    with pytest.raises(  # encoders tell canonical names
        UnknownOperationError, match=r"architecture 1: .*'attention'.*known ones are .*'conv1(x1)?'"
    ):
        output(fitted, new)


# ------------------------------------------------------------------ labels


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.empty((24, 2, 2)), r"y has shape \(24, 2, 2\); pass one number per architecture"),
        (Y[:-1], r"inconsistent numbers of samples: \[24, 23\]"),
        (np.r_[np.nan, Y[1:]], r"y\[0\] is nan"),
        (np.r_[Y[:-1], np.inf], r"y\[23\] is inf"),
        ([*Y[:-1], None], r"y\[23\] is nan"),
        (np.full(24, 3.0), r"y is constant \(3\)"),
        (None, "requires y to be passed"),
        (["good"] * 12 + ["bad"] * 12, "must hold real numbers"),
        ([str(value) for value in Y], "must hold real numbers"),
        (np.array([str(value) for value in Y], dtype=object), "must hold real numbers"),
        (Y + 1j, "must hold real numbers"),
        (np.arange(24).astype("datetime64[D]"), "must hold real numbers"),
        (pd.Series([*range(23), pd.NA], dtype="Int64"), r"y\[23\] is nan"),
        (5.0, r"y has shape \(\); pass one number per architecture"),
        ([[]] * 24, r"y has shape \(24, 0\)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "y",
)
def test_bad_labels_are_named(y, message):
    with pytest.raises(ValueError, match=message):
        tiny_regressor().fit(PAIRS, y)


def test_one_label_is_an_error():
    with pytest.raises(ValueError, match="at least 2 labelled architectures"):
        tiny_regressor().fit(PAIRS[:1], Y[:1])


@pytest.mark.parametrize(
    "kind", [list, pd.Series, lambda y: y.astype(object), lambda y: y.astype(np.float32)]
)
def test_labels_of_any_kind(kind):
    y = np.round(Y)
    expected = tiny_regressor().fit(PAIRS, y).predict(PAIRS)
    np.testing.assert_array_equal(tiny_regressor().fit(PAIRS, kind(y)).predict(PAIRS), expected)


# ------------------------------------------------------------------ pre-training


def weights(module):
    return {name: weight.numpy().copy() for name, weight in module.state_dict().items()}


def assert_weights_equal(first, second):
    assert first.keys() == second.keys()
    for name, weight in first.items():
        np.testing.assert_array_equal(weight, second[name])


def test_clone_keeps_pretraining():
    regressor = tiny_regressor().fit_pretrain(POOL)
    twin = clone(regressor)
    assert_weights_equal(
        weights(twin.pretrained_encoder_.backbone_), weights(regressor.pretrained_encoder_.backbone_)
    )
    expected = regressor.fit(PAIRS, Y).predict(PAIRS)
    np.testing.assert_array_equal(twin.fit(PAIRS, Y).predict(PAIRS), expected)
    assert not np.array_equal(tiny_regressor().fit(PAIRS, Y).predict(PAIRS), expected)


def test_clone_is_not_fitted():
    regressor = tiny_regressor().fit_pretrain(POOL).fit(PAIRS, Y)
    with pytest.raises(NotFittedError):
        clone(regressor).predict(PAIRS)


def test_fine_tuning_leaves_the_pretrained_weights_alone():
    regressor = tiny_regressor(lr=0.1).fit_pretrain(POOL)
    before = weights(regressor.pretrained_encoder_.backbone_)
    regressor.fit(PAIRS, Y)
    assert_weights_equal(weights(regressor.pretrained_encoder_.backbone_), before)
    assert any(not np.array_equal(before[n], w) for n, w in weights(regressor.encoder_.backbone_).items())


@pytest.mark.parametrize("name", ["encoder__hidden_dim", "encoder__null_ops", "encoder__surrogate"])
def test_encoder_changed_after_pretraining_is_an_error(name):
    value = {"encoder__hidden_dim": 16, "encoder__null_ops": (), "encoder__surrogate": FlowSurrogate(3)}[name]
    regressor = tiny_regressor().fit_pretrain(POOL).set_params(**{name: value})
    with pytest.raises(
        ValueError, match=r"changed after fit_pretrain; pre-train again .* reset_pretrain\(\)"
    ):
        regressor.fit(PAIRS, Y)
    regressor.reset_pretrain().fit(PAIRS, Y)
    assert regressor.pretrained_encoder_ is None


def test_nested_surrogate_changed_after_pretraining_is_an_error():
    regressor = tiny_regressor(tiny_encoder(surrogate=FlowSurrogate(4))).fit_pretrain(POOL)
    regressor.set_params(encoder__surrogate__alpha=0.1)
    with pytest.raises(ValueError, match="changed after fit_pretrain"):
        regressor.fit(PAIRS, Y)


@pytest.mark.parametrize(
    "params",
    [
        {"random_state": np.random.RandomState(0)},
        {"surrogate": FlowSurrogate(4, random_state=np.random.RandomState(1))},
        {"backbone_params": {"directed": False}},
        {"null_ops": {"none", "zero", "zeroize", "null"}},
        {"backbone": GIN},
    ],
    ids=["state", "nested", "dict", "set", "class"],
)
def test_copies_of_parameters_are_not_changes(params):
    regressor = tiny_regressor(tiny_encoder(**params)).fit_pretrain(POOL)
    for twin in (clone(regressor), copy.deepcopy(regressor), pickle.loads(pickle.dumps(regressor))):
        twin.fit(PAIRS, Y)


def test_reset_pretrain_gives_back_supervised_learning():
    expected = tiny_regressor().fit(PAIRS, Y).predict(PAIRS)
    regressor = tiny_regressor().fit_pretrain(POOL).reset_pretrain()
    np.testing.assert_array_equal(regressor.fit(PAIRS, Y).predict(PAIRS), expected)


def test_frozen_encoder_is_taken_as_pretrained():
    encoder = tiny_encoder().fit(POOL)
    before = weights(encoder.backbone_)
    regressor = FGPRegressor(FrozenEstimator(encoder), max_epochs=0, random_state=0).fit(PAIRS, Y)
    assert_weights_equal(weights(regressor.encoder_.backbone_), before)
    tuned = clone(regressor).set_params(max_epochs=3, lr=0.1).fit(PAIRS, Y)
    assert_weights_equal(weights(encoder.backbone_), before)
    same = tiny_regressor(lr=0.1).fit_pretrain(POOL).fit(PAIRS, Y)
    np.testing.assert_array_equal(tuned.predict(PAIRS), same.predict(PAIRS))


def test_frozen_encoder_errors():
    encoder = tiny_encoder().fit(POOL)
    with pytest.raises(ValueError, match="encoder is frozen, so it is pre-trained already"):
        FGPRegressor(FrozenEstimator(encoder)).fit_pretrain(POOL)
    with pytest.raises(ValueError, match="encoder must freeze an FGPEncoder, not a StandardScaler"):
        FGPRegressor(FrozenEstimator(StandardScaler())).fit(PAIRS, Y)
    with pytest.raises(NotFittedError):
        FGPRegressor(FrozenEstimator(FGPEncoder())).fit(PAIRS, Y)
    with pytest.raises(ValueError, match="The 'encoder' parameter of FGPRegressor must be"):
        FGPRegressor(StandardScaler()).fit(PAIRS, Y)


@pytest.mark.parametrize("wrap", [list, as_batch, UnlabeledPool])
def test_pool_given_to_fit_is_pretrained_on_first(wrap):
    expected = tiny_regressor().fit_pretrain(POOL).fit(PAIRS, Y).predict(PAIRS)
    regressor = tiny_regressor().fit(PAIRS, Y, X_unlabeled=wrap(POOL))
    np.testing.assert_array_equal(regressor.predict(PAIRS), expected)


def test_unlabeled_pool_has_no_length():
    pool = UnlabeledPool(POOL)
    assert not hasattr(pool, "__len__")
    assert not hasattr(pool, "shape")
    assert repr(pool) == "UnlabeledPool(40 architectures)"
    assert_same(tiny_encoder().fit(pool).transform(PAIRS), tiny_encoder().fit(POOL).transform(PAIRS))


@pytest.mark.parametrize(
    ("proxies", "message"),
    [
        (np.ones(39), r"proxies have shape \(39, 1\); give one row for each of the 40 architectures"),
        (np.ones((40, 2, 2)), r"proxies have shape \(40, 2, 2\)"),
        (5.0, r"proxies have shape \(\)"),
        (lambda batch: np.ones(3), r"proxies have shape \(3, 1\)"),
        (np.r_[0, 0, np.inf, np.arange(37)], "proxies of architecture 2 hold infinity"),
        (np.c_[np.arange(40), np.full(40, np.nan)], "proxy 1 is NaN for every architecture"),
        (["a"] * 40, "proxies must hold real numbers"),
        ([object()] * 40, "proxies must hold real numbers"),
        ([[1], [1, 2]], "proxies must hold real numbers"),
        (np.ones(40) * 1j, "proxies must hold real numbers"),
    ],
    ids=lambda value: value if isinstance(value, str) else "proxies",
)
def test_bad_proxies_are_named(proxies, message):
    for pretrain in (tiny_encoder().fit, tiny_regressor().fit_pretrain):
        with pytest.raises(ValueError, match=message):
            pretrain(POOL, proxies=proxies)
    with pytest.raises(ValueError, match=message):
        tiny_regressor().fit(PAIRS, Y, X_unlabeled=POOL, proxies=proxies)


def test_proxies_without_pool_are_an_error():
    with pytest.raises(ValueError, match="proxies describe a pool: pass X_unlabeled"):
        tiny_regressor().fit(PAIRS, Y, proxies=Y)


def test_pool_without_variety_is_an_error():
    with pytest.raises(ValueError, match=r"constant over the pool .*nothing to learn"):
        tiny_encoder().fit(PAIRS[:1] * 5)


# ------------------------------------------------------------------ validation


def test_validation_data_pick_the_best_epoch():
    regressor = tiny_regressor(max_epochs=12, lr=0.1)
    X_val, y_val = POOL[:20], labels(POOL[:20])
    regressor.fit(PAIRS, Y, X_val=X_val, y_val=y_val)
    best = max(epoch["valid_score"] for epoch in regressor.history_)
    assert_tau(regressor, X_val, y_val, best)
    assert len(regressor.history_) == 12


def assert_tau(regressor, X, y, expected):
    assert kendalltau(y, regressor.decision_function(X)).statistic == pytest.approx(expected, abs=1e-6)


def test_early_stopping_ends_before_the_last_epoch():
    regressor = tiny_regressor(max_epochs=300, lr=0.1, early_stopping=True, n_iter_no_change=3)
    regressor.fit(POOL, labels(POOL))
    scores = [epoch["valid_score"] for epoch in regressor.history_]
    assert len(scores) < 300
    assert max(scores[-3:]) <= max(scores[:-3])


@pytest.mark.parametrize(
    ("X_val", "y_val", "message"),
    [
        (PAIRS[:3], None, "X_val and y_val belong together"),
        (None, Y[:3], "X_val and y_val belong together"),
        (PAIRS[:3], Y[:4], r"inconsistent numbers of samples: \[3, 4\]"),
        (PAIRS[:3], [1, 1, 1], "y is constant"),
        ([(CHAIN, ["input", "attention", "output"]), PAIRS[0]], [1, 2], "architecture 0: .*'attention'"),
    ],
)
def test_bad_validation_data_are_named(X_val, y_val, message):
    with pytest.raises(ValueError, match=message):
        tiny_regressor().fit(PAIRS, Y, X_val=X_val, y_val=y_val)


@pytest.mark.parametrize(("n", "share"), [(2, 0.5), (10, 0.1), (5, 0.8)])
def test_early_stopping_needs_labels_to_spare(n, share):
    regressor = tiny_regressor(early_stopping=True, validation_fraction=share)
    with pytest.raises(ValueError, match=rf"holds out \d of {n} labels, but ranking needs 2"):
        regressor.fit(PAIRS[:n], Y[:n])


def test_operations_of_held_out_labels_are_known():
    rare = [*PAIRS, (CHAIN, ["input", "attention", "output"])]
    for seed in range(8):
        regressor = tiny_regressor(early_stopping=True, random_state=seed)
        assert "attention" in regressor.fit(rare, labels(rare)).encoder_.vocabulary_


def test_early_stopping_without_epochs():
    regressor = tiny_regressor(max_epochs=0, early_stopping=True).fit(PAIRS, Y)
    assert regressor.history_ == []
    assert np.isfinite(regressor.predict(PAIRS)).all()
