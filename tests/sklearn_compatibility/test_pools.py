"""A pool is taken wherever architectures are taken: every public function and estimator, by name."""

import inspect
from collections.abc import Iterator

import numpy as np
import optuna
import pytest
from numpydoc.docscrape import ClassDoc, FunctionDoc
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from torch import nn

from fgp_sklearn import ArchitectureError, FlowGaussianProcessRegressor, UnlabeledPool, as_batch, search
from fgp_sklearn.architectures import to_frame, to_text
from fgp_sklearn.estimators import TransferredPredictor, sources_from_curves
from fgp_sklearn.metrics import kendall_tau_scorer
from fgp_sklearn.model_selection import IsomorphismGroupKFold, LabelBudgetSplit, compare
from fgp_sklearn.persistence import onnx_inputs
from fgp_sklearn.plotting import ArchitectureDisplay, EmbeddingDisplay, LabelEfficiencyDisplay, RankDisplay
from fgp_sklearn.preprocessing import PathStatistics
from fgp_sklearn.proxies import MeasuredProxies, StructuralProxies
from fgp_sklearn.search import PoolSpace, select_diverse
from fgp_sklearn.tuning import PruningCallback, tune
from tests.sklearn_compatibility.spaces import OPS, cells, every_estimator, labels, output, tiny_regressor
from tests.test_docstrings import OBJECTS

PAIRS = cells(24)
Y = labels(PAIRS)
BATCH = as_batch(PAIRS)

NOT_ANY_FORM = {  # takes one form, as its documentation says
    "fgp_sklearn.architectures.ArchitectureBatch.concatenate(batches)",
    "fgp_sklearn.architectures.edges_to_nodes(graphs)",
    "fgp_sklearn.architectures.from_text(X)",
    "fgp_sklearn.nn.GraphTensors(batch)",
    "fgp_sklearn.nn.GraphTensors.from_batch(batch)",
    "fgp_sklearn.plotting.ArchitectureDisplay(batch)",
}


# ---------------------------------------------------------------------- what takes architectures


def parameters_of_architectures(function, documented) -> Iterator[str]:
    """Parameters named X, X_something, or documented to be architectures."""
    try:
        names = inspect.signature(function).parameters
    except (TypeError, ValueError):  # built in
        return
    types = {name: parameter.type for parameter in documented for name in parameter.name.split(", ")}
    for name in names:
        kind = types.get(name, "")
        if name.partition("_")[0] == "X" or "ArchitectureBatch" in kind or "networkx" in kind:
            yield name


def takers() -> list[str]:
    """``path(parameter)`` of all that is public and takes architectures, inherited methods included."""
    found = []
    for path, value in OBJECTS.items():
        if not inspect.isclass(value):
            documented = FunctionDoc(value)["Parameters"]
            found += [f"{path}({name})" for name in parameters_of_architectures(value, documented)]
            continue
        own = "__init__" in vars(value)
        documented = ClassDoc(value)["Parameters"] if own else []
        found += [f"{path}({name})" for name in parameters_of_architectures(value, documented)]
        for method, function in inspect.getmembers(value, callable):
            if method.startswith(("_", "set_")):  # set_fit_request routes, and takes no architectures
                continue
            documented = FunctionDoc(function)["Parameters"]
            found += [
                f"{path}.{method}({name})" for name in parameters_of_architectures(function, documented)
            ]
    return [name for name in found if name not in NOT_ANY_FORM]


# ---------------------------------------------------------------------- what they say


def network_of(architecture):
    width = len(architecture.ops)
    return nn.Sequential(
        nn.Conv2d(3, width, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 2)
    )


ESTIMATORS = {
    type(estimator).__name__: estimator
    for estimator in [
        *every_estimator(),
        StructuralProxies(dict.fromkeys(OPS, 1.0)),
        MeasuredProxies(network_of, random_state=0),
    ]
}

METHODS = {
    "fit(X)": lambda e, X: output(clone(e).fit(X, Y), BATCH),
    "fit(X_unlabeled)": lambda e, X: output(clone(e).fit(BATCH, Y, X_unlabeled=X), BATCH),
    "fit(X_val)": lambda e, X: output(
        clone(e).set_params(early_stopping=True).fit(BATCH, Y, X_val=X, y_val=Y), BATCH
    ),
    "fit_with_groups(X)": lambda e, X: output(clone(e).fit_with_groups(X, Y, None, None), BATCH),
    "fit_with_groups(X_unlabeled)": lambda e, X: output(clone(e).fit_with_groups(BATCH, Y, X, None), BATCH),
    "fit_transform(X)": lambda e, X: clone(e).fit_transform(X, Y),
    "fit_pretrain(X)": lambda e, X: clone(e).fit_pretrain(X).fit(BATCH, Y).predict(BATCH),
    "transform(X)": lambda e, X: clone(e).fit(BATCH).transform(X),
    "duplicates(X)": lambda e, X: clone(e).duplicates(X),
    "predict(X)": lambda e, X: clone(e).fit(BATCH, Y).predict(X),
    "predict_midway(X)": lambda e, X: midway(clone(e), X),
    "predict_stream(batches)": lambda e, X: list(clone(e).fit(BATCH, Y).predict_stream([X, X])),
    "decision_function(X)": lambda e, X: clone(e).fit(BATCH, Y).decision_function(X),
    "posterior(X)": lambda e, X: clone(e).fit(BATCH, Y).posterior(X),
    "scores(X)": lambda e, X: clone(e).fit(BATCH, Y).scores(X),
    "sample_y(X)": lambda e, X: clone(e).fit(BATCH, Y).sample_y(X),
    "score(X)": lambda e, X: clone(e).fit(BATCH, Y).score(X, Y),
}


def midway(regressor, X):
    """What a regressor predicts after the first epoch of a fit."""
    pytest.importorskip("sklearn.callback", reason="callbacks came with scikit-learn 1.9")
    predicted = []

    class Predicts:
        max_propagation_depth = None

        def setup(self, estimator, context): ...

        def teardown(self, estimator, context): ...

        def on_fit_task_begin(self, estimator, context): ...

        def on_fit_task_end(self, estimator, context):
            if context.task_name == "epoch":
                predicted.append(estimator.predict_midway(X))

    fitted = regressor.set_callbacks(Predicts()).fit(BATCH, Y)
    with pytest.raises(NotFittedError, match="use predict afterwards"):
        fitted.predict_midway(X)
    return predicted[0]


def learning_rates(trial):
    return {"max_epochs": trial.suggest_int("max_epochs", 1, 2)}


def tuned(X, X_unlabeled=None):
    regressor = tiny_regressor()
    best, _ = tune(
        regressor, X, Y, n_trials=1, space=learning_rates, cv=2, X_unlabeled=X_unlabeled, random_state=0
    )
    return best.predict(BATCH)


def reported(X):
    pytest.importorskip("sklearn.callback", reason="callbacks came with scikit-learn 1.9")
    trial = optuna.create_study(direction="maximize").ask()
    tiny_regressor().set_callbacks(PruningCallback(trial, X, Y, every=1)).fit(BATCH, Y)
    return list(trial.study.trials[0].intermediate_values.values())


def surrogate():
    return PathStatistics().fit(BATCH)


def process():
    return FlowGaussianProcessRegressor(random_state=0).fit(BATCH, Y)


def by_budget(X):
    return LabelEfficiencyDisplay.from_estimator(
        FlowGaussianProcessRegressor(random_state=0), X, Y, n_labels=[8], n_splits=2, random_state=0
    ).scores["FlowGaussianProcessRegressor"]


def refusal(write, X):
    """What a writer says of architectures that its form cannot hold."""
    with pytest.raises(ArchitectureError, match=r"^architecture 0: ") as caught:
        write(X)
    return str(caught.value)


def compared(X, X_unlabeled=None):
    comparison = compare(
        X, Y, cv=2, X_unlabeled=X_unlabeled, estimators={"process": process()}, random_state=0
    )
    return comparison.scores["process"]


FUNCTIONS = {
    "architectures.as_batch(X)": as_batch,
    "architectures.to_frame(X)": lambda X: refusal(to_frame, X),
    "architectures.to_text(X)": lambda X: refusal(lambda X: to_text(X, form="nasbench201"), X),
    "architectures.UnlabeledPool(X)": lambda X: UnlabeledPool(X).architectures,
    "estimators.TransferredPredictor.decision_function(X)": lambda X: TransferredPredictor(
        process()
    ).decision_function(X),
    "estimators.TransferredPredictor.predict(X)": lambda X: TransferredPredictor(process()).predict(X),
    "estimators.sources_from_curves(X)": lambda X: sources_from_curves(X, Y[:, None])[0].decision_function(
        BATCH
    ),
    "model_selection.IsomorphismGroupKFold.get_n_splits(X)": IsomorphismGroupKFold(2).get_n_splits,
    "model_selection.IsomorphismGroupKFold.split(X)": lambda X: list(IsomorphismGroupKFold(2).split(X, Y)),
    "model_selection.LabelBudgetSplit.get_n_splits(X)": LabelBudgetSplit(8).get_n_splits,
    "model_selection.LabelBudgetSplit.split(X)": lambda X: list(
        LabelBudgetSplit(8, random_state=0).split(X, Y)
    ),
    "model_selection.compare(X)": compared,
    "model_selection.compare(X_unlabeled)": lambda X: compared(BATCH, X),
    "persistence.onnx_inputs(X)": lambda X: list(
        onnx_inputs(clone(ESTIMATORS["FGPEncoder"]).fit(BATCH), X).values()
    ),
    "plotting.ArchitectureDisplay.from_architecture(X)": lambda X: (
        ArchitectureDisplay.from_architecture(X, 3).batch
    ),
    "plotting.EmbeddingDisplay.from_estimator(X)": lambda X: (
        EmbeddingDisplay.from_estimator(surrogate(), X, Y).components
    ),
    "plotting.LabelEfficiencyDisplay.from_estimator(X)": by_budget,
    "plotting.RankDisplay.from_estimator(X)": lambda X: RankDisplay.from_estimator(process(), X, Y).y_pred,
    "search.PoolSpace(X)": lambda X: PoolSpace(X).architectures,
    "search.select_diverse(X)": lambda X: select_diverse(X, 4, random_state=0),
    "tuning.PruningCallback(X)": reported,
    "tuning.tune(X)": tuned,
    "tuning.tune(X_unlabeled)": lambda X: tuned(BATCH, X),
}


SPACES = {  # the others have no parameters
    "ChainSpace": search.ChainSpace([OPS] * 3),
    "DAGSpace": search.DAGSpace(OPS, max_nodes=5),
    "PoolSpace": PoolSpace(BATCH),
    "SearchSpace": PoolSpace(BATCH),
}

OF_MEMBERS = {  # methods of spaces and searches, which take members of a space only
    "check_members(X)": lambda space, X: space.check_members(X),
    "contains(X)": lambda space, X: space.contains(X),
    "crossover(first)": lambda space, X: space.crossover(X, space.sample(6, 0), random_state=0),
    "crossover(second)": lambda space, X: space.crossover(space.sample(6, 0), X, random_state=0),
    "encode(X)": lambda space, X: space.encode(X),
    "functional(X)": lambda space, X: space.functional(X),
    "mutate(X)": lambda space, X: space.mutate(X, random_state=0),
    "positions(X)": lambda space, X: space.positions(X),
    "read(X)": lambda space, X: space.read(X),
    "tell(architectures)": lambda searcher, X: searcher.tell(X, range(6)).architectures_,
}


def takes_members(taker):
    return taker.startswith("fgp_sklearn.search.") and taker.rpartition(".")[2] in OF_MEMBERS


def answer(taker, X):
    """What a public function or a method of an estimator makes of architectures."""
    path = taker.removeprefix("fgp_sklearn.")
    if path in FUNCTIONS:
        return FUNCTIONS[path](X)
    _, name, method = path.rsplit(".", 2)
    return METHODS[method](ESTIMATORS[name], X)


def assert_equal(found, expected):
    if isinstance(expected, (list, tuple)):
        for one, other in zip(found, expected, strict=True):
            assert_equal(one, other)
    elif isinstance(found, UnlabeledPool):  # a transformer from architectures to architectures
        assert found.architectures == expected
    else:
        assert type(found) is type(expected)
        assert np.all(found == expected)


@pytest.mark.parametrize("taker", [taker for taker in takers() if not takes_members(taker)])
def test_a_pool_says_what_its_batch_says(taker):
    assert_equal(answer(taker, UnlabeledPool(BATCH)), answer(taker, BATCH))


@pytest.mark.parametrize("taker", [*filter(takes_members, takers())])
def test_a_pool_of_members_says_what_their_batch_says(taker):
    _, name, method = taker.rsplit(".", 2)
    is_space = name.endswith("Space")
    space = SPACES.get(name if is_space else "PoolSpace") or getattr(search, name)()
    members = space.sample(6, random_state=0)
    searcher = search.RandomSearch if name == "ArchitectureSearch" else getattr(search, name)
    found, expected = (
        OF_MEMBERS[method](space if is_space else searcher(space), X)
        for X in (UnlabeledPool(members), members)
    )
    assert_equal(found, expected)


def test_nothing_is_listed_that_takes_no_architectures():
    everything = set(takers())
    assert {f"fgp_sklearn.{path}" for path in FUNCTIONS} <= everything
    assert {*METHODS, *OF_MEMBERS} <= {path.rpartition(".")[2] for path in everything}


@pytest.mark.parametrize("cv", [3, IsomorphismGroupKFold(3)])
def test_pool_beside_the_labelled_in_cross_validation(cv):
    regressor = FlowGaussianProcessRegressor(random_state=0)
    rare = as_batch([*PAIRS, (np.eye(3, k=1, dtype=int), ["input", "rare", "output"])])
    y = np.r_[Y, 0.5]
    with pytest.raises(ArchitectureError, match=r"unknown operation 'rare'.*X_unlabeled"):
        regressor.fit(rare[:-1], Y).predict(rare)
    scores = cross_val_score(
        regressor,
        rare,
        y,
        cv=cv,
        scoring=kendall_tau_scorer,
        params={"X_unlabeled": UnlabeledPool(rare)},
        error_score="raise",
    )
    assert np.isfinite(scores).all()


def test_pool_is_no_architecture_among_others():
    with pytest.raises(ArchitectureError, match="architecture 1: it is UnlabeledPool; expected"):
        as_batch([PAIRS[0], UnlabeledPool(PAIRS)])
