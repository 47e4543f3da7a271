"""Results of joblib's jobs one by one, on every engine."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from joblib import Parallel, effective_n_jobs
from joblib.parallel import get_active_backend


def in_order(tasks: Iterator[Any], n_jobs: int | None) -> Iterator[Any]:
    """Results of tasks in their order, few of which are drawn ahead.

    Parameters
    ----------
    tasks : iterator of joblib.delayed calls
        What to do.
    n_jobs : int or None
        As joblib's.

    Returns
    -------
    iterator
        One result for each task, once it is there; on engines that return lists only, as ray and
        multiprocessing, once its window of two tasks for each job is.
    """
    if get_active_backend()[0].supports_return_generator:
        results: Iterator[Any] = Parallel(n_jobs=n_jobs, return_as="generator")(tasks)
        return results
    return _window_by_window(tasks, n_jobs)


def _window_by_window(tasks: Iterator[Any], n_jobs: int | None) -> Iterator[Any]:
    with Parallel(n_jobs=n_jobs) as parallel:
        while window := list(islice(tasks, 2 * effective_n_jobs(n_jobs))):
            yield from parallel(window)
