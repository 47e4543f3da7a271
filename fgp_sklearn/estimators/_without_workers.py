"""Computing without workers while a lock is held."""

from __future__ import annotations

import joblib


def without_workers() -> joblib.parallel_config:
    """Let joblib compute everything inside the context in the calling process.

    Tasks that wait for a lock may occupy all workers of a cluster. The task that holds the lock must not wait
    for a worker, or all of them would wait forever.

    Returns
    -------
    joblib.parallel_config
        A context manager.
    """
    return joblib.parallel_config("threading", n_jobs=1)
