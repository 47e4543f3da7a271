"""What the encoder learns to tell, and what the Gaussian process compares."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import make_union

from fgp_sklearn.preprocessing import ConnectionEncoding, FlowSurrogate, PathStatistics, PathSums

#: Draws of each flow.
N_DRAWS = 4

_MAX_CONNECTIONS = 256


def pretext_features(n_components: int) -> list[Any]:
    """What pre-training reconstructs of simplified architectures.

    Parameters
    ----------
    n_components : int
        Dimension of a flow.

    Returns
    -------
    list of transformer
        Four draws each of three flows, which join messages by sum, mean and max; path sums; path statistics.
    """
    return [*_flows(n_components), PathStatistics(null_ops=())]


def kernel_features(n_components: int, random_state: Any = None) -> list[Any]:
    """What a flow kernel compares of simplified architectures.

    Parameters
    ----------
    n_components : int
        Dimension of a flow.
    random_state : int, RandomState instance or None, default=None
        Seed of each flow.

    Returns
    -------
    list of transformer
        As the pretext, and beside path statistics which operations occur and feed which: smooth kernels on
        numbers alone learn slowly what the first of a kind brings.
    """
    statistics = make_union(PathStatistics(null_ops=()), ConnectionEncoding(_MAX_CONNECTIONS))
    return [*_flows(n_components, random_state), statistics]


def _flows(n_components: int, random_state: Any = None) -> list[Any]:
    # What one random flow tells depends on its luck; four of each even it out.
    flows: list[dict[str, Any]] = [
        {"aggregation": "sum", "alpha": "random"},
        {"aggregation": "mean", "alpha": 0.5},
        {"aggregation": "max", "alpha": 0.5},
    ]
    return [
        *(
            FlowSurrogate(n_components, n_draws=N_DRAWS, null_ops=(), random_state=random_state, **flow)
            for flow in flows
        ),
        PathSums(null_ops=(), random_state=random_state),
    ]
