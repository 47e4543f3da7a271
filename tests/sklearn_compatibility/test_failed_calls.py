"""A call that raises, wherever it does, leaves an estimator as it was."""

import inspect
import itertools
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

import fgp_sklearn
from fgp_sklearn import FGPEncoder, FGPRegressor, FlowGaussianProcessRegressor, UnlabeledPool
from fgp_sklearn.proxies import MeasuredProxies, StructuralProxies
from fgp_sklearn.training._net import Net
from tests.proxies.networks import tiny_builder
from tests.sklearn_compatibility.spaces import (
    OPS,
    cells,
    every_estimator,
    labels,
    output,
    tiny_encoder,
    tiny_regressor,
)

PAIRS, OTHERS = cells(12), cells(16, seed=5)
POOL, OTHER_POOL = cells(14, seed=2), cells(15, seed=6)
Y, OTHER_Y = labels(PAIRS), labels(OTHERS)
HOME = str(Path(fgp_sklearn.__file__).parent)


class Stopped(BaseException):
    """What no `except Exception` catches, as Ctrl-C."""


@contextmanager
def watched(on_call):
    """Call `on_call(code)` at each call of a function of the package; what it raises, the function does."""

    def trace(frame, event, _):
        code = frame.f_code  # a generator is also entered where it is thrown away, and cannot raise there
        undoing = ("_rollback.py", "_torch_settings.py")  # what puts things back cannot fail half-way
        in_package = code.co_filename.startswith(HOME) and not code.co_filename.endswith(undoing)
        if in_package and not code.co_flags & inspect.CO_GENERATOR:
            on_call(code)

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def functions_of(call):
    """Functions of the package that a call calls, in the order of first calls."""
    found = {}
    with watched(lambda code: found.setdefault(code)):
        call()
    return [code for code in found if not code.co_name.startswith("<")]


def stop_at(code, call):
    """Make a call and raise where it first calls a function; tell whether it did."""

    def check(called):
        if called is code:
            raise Stopped

    try:
        with watched(check):
            call()
    except Stopped:
        return True
    return False


def state(estimator):
    return {name: id(value) for name, value in vars(estimator).items()}


def assert_stops_change_nothing(estimator, call, n_stops=30):
    """Let functions that a call calls raise, one after the other; where there are many, one in so many."""
    before, held = state(estimator), dict(vars(estimator))  # `held` keeps ids from being used again
    expected = answer(estimator)
    twin = clone(estimator)
    functions = functions_of(lambda: call(twin))
    chosen = functions[:: max(1, len(functions) // n_stops)]
    n_stopped = 0
    for code in chosen:
        if stop_at(code, lambda: call(estimator)):
            n_stopped += 1
            assert state(estimator) == before, code
        else:  # it is called at a first time only, as what fills a cache
            vars(estimator).clear()
            vars(estimator).update(held)
    assert n_stopped > 0.8 * len(chosen)
    np.testing.assert_array_equal(answer(estimator), expected)


def answer(estimator):
    return np.asarray(output(estimator, PAIRS))


TRANSFORMERS = [
    *(e for e in every_estimator() if not isinstance(e, (FGPEncoder, FGPRegressor))),
    StructuralProxies(op_costs=dict.fromkeys(OPS, 1.0)),
    MeasuredProxies(tiny_builder, proxies=("params",), null_ops=(), random_state=0),
]


@pytest.mark.parametrize("estimator", TRANSFORMERS, ids=lambda e: type(e).__name__)
def test_any_step_of_fit(estimator):
    estimator = clone(estimator).fit(PAIRS, Y)
    assert_stops_change_nothing(estimator, lambda it: it.fit(OTHERS, OTHER_Y))


def test_any_step_of_pretraining_an_encoder(tmp_path):
    estimator = tiny_encoder(max_epochs=1).fit(POOL)

    def fit(it):
        it.fit(OTHER_POOL, proxies=np.arange(15.0), checkpoint=tmp_path, resume=False)

    assert_stops_change_nothing(estimator, fit)


SEEDS = itertools.count(10)  # of pools that were not pre-trained on lately
WAYS = {
    "fit": (lambda it: it.fit(OTHERS, OTHER_Y)),
    "sample_weight": (lambda it: it.fit(OTHERS, OTHER_Y, sample_weight=np.arange(16.0))),
    "validation": (lambda it: it.fit(OTHERS, OTHER_Y, X_val=PAIRS, y_val=Y)),
    "pool": (lambda it: it.fit(OTHERS, OTHER_Y, UnlabeledPool(cells(9, seed=next(SEEDS))))),
    "pretrain": (lambda it: it.fit_pretrain(OTHER_POOL)),
    "to": (lambda it: it.to("cpu")),
    "reset": (lambda it: it.reset_pretrain()),
}


@pytest.mark.parametrize("way", WAYS)
def test_any_step_of_a_regressor(way):
    regressor = tiny_regressor(tiny_encoder(max_epochs=1), max_epochs=1, early_stopping=way == "fit")
    regressor.fit_pretrain(POOL).fit(PAIRS, Y)
    expected = answer(regressor)
    assert_stops_change_nothing(regressor, WAYS[way])
    np.testing.assert_array_equal(answer(regressor.fit(PAIRS, Y)), expected)  # pre-training is what it was


def test_what_was_not_fitted_is_not():
    regressor = FGPRegressor(FrozenEstimator(tiny_encoder().fit(POOL)), max_epochs=1, random_state=0)
    before, twin = state(regressor), clone(regressor)
    for code in functions_of(lambda: twin.fit(PAIRS, Y))[::20]:
        assert stop_at(code, lambda: regressor.fit(PAIRS, Y))
        assert not regressor.__sklearn_is_fitted__()
        assert state(regressor) == before


def test_an_unknown_operation():
    for estimator in (tiny_regressor().fit_pretrain(POOL), FlowGaussianProcessRegressor(random_state=0)):
        expected = answer(estimator.fit(PAIRS, Y))
        unknown = [(adjacency, ["unheard of", *ops[1:]]) for adjacency, ops in OTHERS]
        if isinstance(estimator, FGPRegressor):
            with pytest.raises(ValueError, match="unheard of"):
                estimator.fit(unknown, OTHER_Y)
        with pytest.raises(ValueError, match="unheard of"):
            estimator.predict(unknown)
        np.testing.assert_array_equal(answer(estimator), expected)


def test_a_failed_pretraining_is_not_taken_from_memory():
    regressor = tiny_regressor(max_epochs=1)
    assert stop_at(Net.train_step_single.__code__, lambda: clone(regressor).fit(PAIRS, Y, OTHER_POOL[:8]))
    kept = clone(regressor).fit(PAIRS, Y, OTHER_POOL[:8])
    anew = clone(regressor).fit_pretrain(OTHER_POOL[:8]).fit(PAIRS, Y)
    np.testing.assert_array_equal(answer(kept), answer(anew))


def test_fit_transform_and_set_params():
    encoder = tiny_encoder().fit(PAIRS)
    expected = answer(encoder)
    assert stop_at(FGPEncoder._features.__code__, lambda: encoder.fit_transform(OTHERS))
    np.testing.assert_array_equal(answer(encoder), expected)
    regressor = FGPRegressor(tiny_encoder())
    before = str(regressor.get_params())
    for params in (
        {"lr": 0.5, "nonsense": 1},
        {"lr": 0.5, "encoder__lr": 0.5, "encoder__nonsense": 1},
        {"encoder__lr": 0.5, "encoder__surrogate__nonsense": 1},
    ):
        with pytest.raises((ValueError, AttributeError)):
            regressor.set_params(**params)
        assert str(regressor.get_params()) == before
