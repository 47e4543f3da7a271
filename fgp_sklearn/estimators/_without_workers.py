"""Computing in place, for who holds a lock."""

from __future__ import annotations

import joblib


def without_workers() -> joblib.parallel_config:
    """Keep joblib from handing out what is computed inside the context.

    Who waits for a lock may occupy every worker of a cluster: who holds it must not wait for one.

    Returns
    -------
    joblib.parallel_config
        A context manager.
    """
    return joblib.parallel_config("threading", n_jobs=1)
