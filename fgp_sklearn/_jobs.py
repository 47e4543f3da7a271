"""Run tasks as joblib jobs and return the results one by one, on every backend of joblib."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from joblib import Parallel, effective_n_jobs
from joblib.parallel import get_active_backend


def in_order(tasks: Iterator[Any], n_jobs: int | None) -> Iterator[Any]:
    """Run tasks in parallel and generate their results in order. Only a few tasks are drawn in advance.

    Parameters
    ----------
    tasks : iterator of joblib.delayed calls
        The tasks.
    n_jobs : int or None
        Number of jobs, as in joblib.

    Returns
    -------
    iterator
        Result of each task, as soon as it is available. Some backends, such as ray and multiprocessing, only
        return lists. With them, tasks run in windows of two tasks per job, and the results of a window
        become available together.
    """
    if get_active_backend()[0].supports_return_generator:
        results: Iterator[Any] = Parallel(n_jobs=n_jobs, return_as="generator")(tasks)
        return results
    return _window_by_window(tasks, n_jobs)


def _window_by_window(tasks: Iterator[Any], n_jobs: int | None) -> Iterator[Any]:
    with Parallel(n_jobs=n_jobs) as parallel:
        while window := list(islice(tasks, 2 * effective_n_jobs(n_jobs))):
            yield from parallel(window)
