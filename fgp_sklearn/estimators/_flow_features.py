"""What the encoder learns to tell, and the Gaussian process compares."""

from __future__ import annotations

from typing import Any

from fgp_sklearn.preprocessing import FlowSurrogate, PathStatistics, PathSums


def flow_features(n_components: int, random_state: Any = None) -> list[Any]:
    """Transformers that describe simplified architectures.

    Parameters
    ----------
    n_components : int
        Dimension of a flow.
    random_state : int, RandomState instance or None, default=None
        Seed of each.

    Returns
    -------
    list of transformer
        Four draws each of three flows, which join messages by sum, mean and max; path sums; path statistics.
    """
    # What one random flow tells depends on its luck; four of each even it out.
    flows: list[dict[str, Any]] = [
        {"aggregation": "sum", "alpha": "random"},
        {"aggregation": "mean", "alpha": 0.5},
        {"aggregation": "max", "alpha": 0.5},
    ]
    return [
        *(
            FlowSurrogate(n_components, n_draws=4, null_ops=(), random_state=random_state, **flow)
            for flow in flows
        ),
        PathSums(null_ops=(), random_state=random_state),
        PathStatistics(null_ops=()),
    ]
