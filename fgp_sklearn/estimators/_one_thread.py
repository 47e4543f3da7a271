"""one_thread: computes with one thread of BLAS."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from threadpoolctl import threadpool_limits

from fgp_sklearn.estimators._without_workers import without_workers

_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit BLAS to one thread: more threads add in another order, so last bits depend on `n_jobs`.

    Kernels underflow to 0 on purpose, also where a user has asked NumPy to raise an error at that.
    """
    with (
        _ONE_AT_A_TIME,
        threadpool_limits(1, user_api="blas"),
        without_workers(),
        np.errstate(under="ignore"),
    ):
        yield
