"""The same numbers on every engine of joblib: processes, threads, and clusters on this machine."""

import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_config
from sklearn.ensemble import VotingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.tree import DecisionTreeRegressor

from fgp_sklearn import ArchitectureError, FlowGaussianProcessRegressor, UnlabeledPool, as_batch
from fgp_sklearn.metrics import kendall_tau_scorer
from fgp_sklearn.preprocessing import PathStatistics
from fgp_sklearn.proxies import MeasuredProxies
from tests.proxies.networks import tiny_builder
from tests.sklearn_compatibility.spaces import cells, forms, labels, quick_regressor, tiny_encoder

PAIRS = cells(24)
Y = labels(PAIRS)
POOL = as_batch(cells(40, seed=2))
ENGINES = ["threading", *(pytest.param(name, marks=pytest.mark.slow) for name in ("loky", "dask", "ray"))]


@pytest.fixture(scope="module")
def dask():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        distributed.Client(cluster),
    ):
        yield


@pytest.fixture(scope="module")
def ray():
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
        register_ray()
        yield
        ray.shutdown()


@pytest.fixture(params=ENGINES)
def engine(request):
    """Name of an engine whose cluster, if it needs one, is up."""
    if request.param in ("dask", "ray"):
        request.getfixturevalue(request.param)
    return request.param


def search(turn=0):
    """Scores of a search that pre-trains, fine-tunes and scores in its workers."""
    # Another operation in each turn: a process must not find the encoders of the turn before in its memory.
    operations = {"pool": {"kind": "pool"}, f"turn {turn}": {"role": "null"}}
    encoder = tiny_encoder(dropout=0.1, operations=operations)
    regressor = quick_regressor(encoder, lr=0.05)
    scoring = {"tau": kendall_tau_scorer, "error": "neg_mean_squared_error"}  # the latter tells every bit
    found = GridSearchCV(regressor, {"encoder__hidden_dim": [4, 8]}, cv=2, scoring=scoring, refit=False)
    found.fit(forms(PAIRS)["graphs"], Y, X_unlabeled=UnlabeledPool(POOL))
    names = [f"split{fold}_test_{name}" for fold in range(2) for name in scoring]
    return np.concatenate([found.cv_results_[name] for name in names])


@pytest.fixture(scope="module")
def alone():
    return search()


def test_scores_are_the_same_bits_turn_after_turn(engine, alone):
    for turn in range(1, 3 if engine == "ray" else 7):  # its processes start anew in each
        with parallel_config(engine, n_jobs=1 + turn % 2):
            assert search(turn).tobytes() == alone.tobytes()


def test_proxies_on_every_engine(engine):
    params = {"proxies": ["params", "synflow"], "input_shape": (2, 4, 4), "batch_size": 4, "random_state": 0}
    expected = MeasuredProxies(tiny_builder, **params).fit_transform(POOL)
    with parallel_config(engine, n_jobs=2):
        assert MeasuredProxies(tiny_builder, **params).fit_transform(POOL).tobytes() == expected.tobytes()


def nested(inner):
    """Scores of steps that have jobs of their own, in folds that are jobs."""
    proxies = MeasuredProxies(
        tiny_builder,
        proxies=["params", "synflow", "naswot"],
        input_shape=(2, 4, 4),
        batch_size=4,
        n_jobs=inner,
        random_state=0,
    )
    # Not a forest, which adds up its trees in the order in which they happen to finish.
    tree, ridge = DecisionTreeRegressor(random_state=0), Ridge()
    voting = VotingRegressor([("tree", tree), ("ridge", ridge)], n_jobs=inner)
    pipeline = make_pipeline(FeatureUnion([("1", proxies), ("2", PathStatistics())], n_jobs=inner), voting)
    return cross_val_score(pipeline, as_batch(PAIRS), Y, cv=3, scoring="neg_mean_squared_error")


def test_jobs_within_jobs_give_the_same_bits(engine):
    expected = nested(None)
    for inner in (2,) if engine == "ray" else (2, -1):
        with parallel_config(engine, n_jobs=2):
            assert nested(inner).tobytes() == expected.tobytes()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Loky-backed parallel loops cannot be nested below threads")  # says joblib
@pytest.mark.parametrize("outer", ["loky", "threading"])
def test_jobs_on_one_engine_within_jobs_on_another(outer):
    """Threads within processes, and processes within threads."""

    def on(engine):
        with parallel_config(engine, n_jobs=2):
            return nested(2)

    inner = {"loky": "threading", "threading": "loky"}[outer]
    found = Parallel(n_jobs=2, backend=outer)(delayed(on)(inner) for _ in range(2))
    assert [scores.tobytes() for scores in found] == [nested(None).tobytes()] * 2


def parts():
    """The pool in batches of several forms and lengths, drawn when they are needed."""
    yield POOL[:13]
    yield POOL[13:20].to_networkx()
    yield POOL[20:21].to_pairs()
    yield POOL[21:]


@pytest.fixture(scope="module")
def regressor():
    return quick_regressor().fit_pretrain(POOL).fit(PAIRS, Y)


def test_stream_of_predictions_on_every_engine(engine, regressor):
    expected = [regressor.predict(part) for part in parts()]
    with parallel_config(engine, n_jobs=2):
        for found, wanted in zip(regressor.predict_stream(parts()), expected, strict=True):
            assert found.tobytes() == wanted.tobytes()


# ------------------------------------------------------------------ streams


@pytest.mark.parametrize("n_jobs", [None, 1, 2])
@pytest.mark.parametrize("kind", ["network", "process"])
def test_stream_equals_predict_to_the_bit(regressor, kind, n_jobs):
    fitted = regressor if kind == "network" else FlowGaussianProcessRegressor(random_state=0).fit(PAIRS, Y)
    with parallel_config("threading"):
        found = list(fitted.predict_stream(parts(), return_std=True, n_jobs=n_jobs))
    for (predictions, std), part in zip(found, parts(), strict=True):
        wanted = fitted.predict(part, return_std=True)
        assert predictions.tobytes() == wanted[0].tobytes()
        assert std.tobytes() == wanted[1].tobytes()


def test_stream_draws_a_batch_when_it_is_needed(regressor):
    drawn = []

    def watched():
        for number, part in enumerate(parts()):
            drawn.append(number)
            yield part

    stream = regressor.predict_stream(watched())
    assert drawn == []
    for number, _ in enumerate(stream):
        assert drawn == list(range(number + 1))
    assert list(regressor.predict_stream(iter(()))) == []


def test_stream_on_an_engine_that_returns_lists_draws_a_window(regressor, monkeypatch):
    """As ray and multiprocessing."""
    drawn = []

    def endless():
        while True:
            drawn.append(len(drawn))
            yield POOL[:2]

    from joblib.parallel import ThreadingBackend

    monkeypatch.setattr(ThreadingBackend, "supports_return_generator", False)
    with parallel_config("threading", n_jobs=2):
        stream = regressor.predict_stream(endless())
        for _ in range(3):
            np.testing.assert_array_equal(next(stream), regressor.predict(POOL[:2]))
    assert len(drawn) == 4


def test_broken_stream(regressor):
    cyclic = ([[0, 1], [1, 0]], ["input", "output"])
    stream = regressor.predict_stream([PAIRS[:2], [PAIRS[0], cyclic]])
    assert len(next(stream)) == 2
    with pytest.raises(ArchitectureError, match=r"architecture 1: .*cycle") as caught:
        next(stream)
    assert caught.value.__notes__ == ["in batch 1 of the stream"]
    with pytest.raises(NotFittedError):
        quick_regressor().predict_stream([PAIRS])
