"""Broken inputs are answered by errors that the library or scikit-learn words, never by a raw traceback."""

from pathlib import Path

import numpy as np
import pytest
import sklearn
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import fgp_sklearn
from fgp_sklearn import ArchitectureError, as_batch
from tests.broken_inputs import JUNK, broken_sequences, read_slowly
from tests.sklearn_compatibility.spaces import (
    cells,
    every_estimator,
    labels,
    output,
    tiny_encoder,
    tiny_regressor,
)

HOMES = [Path(package.__file__).parent for package in (fgp_sklearn, sklearn)]
PAIRS = cells(12)
Y = labels(PAIRS)
UNFITTED = every_estimator()
FITTED = [clone(estimator).fit(PAIRS, Y) for estimator in every_estimator()]
#: Ways to give X: fits with labels that are right, where a length is known, and answers.
WAYS = [as_batch] + [("fit", e) for e in UNFITTED] + [("answer", e) for e in FITTED]

unhurried = settings(max_examples=2000, suppress_health_check=list(HealthCheck))


def call(way, X):
    if way is as_batch:
        return as_batch(X)
    kind, estimator = way
    if kind == "answer":
        return output(estimator, X)
    try:
        n = len(X)
    except TypeError:
        n = 3
    return clone(estimator).fit(X, np.arange(n, dtype=float))


def assert_worded(error):
    """An error that was raised in the library or in scikit-learn, and says something."""
    assert isinstance(error, (ValueError, TypeError)), repr(error)
    assert len(str(error)) > 15
    traceback = error.__traceback__
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    raised_in = Path(traceback.tb_frame.f_code.co_filename)
    assert any(raised_in.is_relative_to(home) for home in HOMES), f"{raised_in}: {error!r}"


@unhurried
@given(broken_sequences(), st.sampled_from(range(len(WAYS))))
@example(({"": np.array(0)}, False), 0)
def test_broken_architectures(case, way):
    X, is_harmless = case
    try:
        call(WAYS[way], X)
    except Exception as error:
        assert_worded(error)
        if not is_harmless:
            assert isinstance(error, ArchitectureError)
    else:
        assert is_harmless


@pytest.mark.filterwarnings("ignore:A column-vector y")
@settings(unhurried, max_examples=200)
@given(JUNK)
def test_broken_labels(y):
    try:
        tiny_regressor(max_epochs=0).fit(PAIRS[:3], y)
    except Exception as error:
        assert_worded(error)
    else:
        assert len(y) == 3


@pytest.mark.filterwarnings("ignore:proxies have no effect")
@settings(unhurried, max_examples=200)
@given(JUNK)
def test_broken_proxies(proxies):
    try:
        tiny_encoder(max_epochs=0).fit(PAIRS[:3], proxies=proxies)
    except Exception as error:
        assert_worded(error)
    else:
        assert proxies is None or len(proxies) == 3


@pytest.mark.parametrize("X", [PAIRS, as_batch(PAIRS)], ids=["pairs", "batch"])
def test_sound_input_is_no_error(X):
    assert read_slowly(X) is not None
    for way in WAYS:
        call(way, X)
