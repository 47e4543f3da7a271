"""Features that an encoder learns to predict, and features that the Gaussian process compares."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import make_union

from fgp_sklearn.preprocessing import ConnectionEncoding, FlowSurrogate, PathStatistics, PathSums

#: Draws of each flow.
N_DRAWS = 4

_MAX_CONNECTIONS = 256


def pretext_features(n_components: int) -> list[Any]:
    """Features of simplified architectures that pre-training reconstructs. They ignore attributes.

    Parameters
    ----------
    n_components : int
        Dimension of a flow.

    Returns
    -------
    list of transformer
        Flows that join messages by sum, by mean and by max, four draws of each; path sums; path statistics.
    """
    return [*_flows(n_components, attributes=()), PathStatistics(null_ops=(), attributes=())]


def kernel_features(n_components: int, random_state: Any = None) -> list[Any]:
    """Features of simplified architectures that a flow kernel compares.

    Parameters
    ----------
    n_components : int
        Dimension of a flow.
    random_state : int, RandomState instance or None, default=None
        Seed of each flow.

    Returns
    -------
    list of transformer
        As for the pretext, with the connections between operations beside the path statistics. A smooth
        kernel on counts alone learns the effect of a new operation slowly.
    """
    statistics = make_union(PathStatistics(null_ops=()), ConnectionEncoding(_MAX_CONNECTIONS))
    return [*_flows(n_components, random_state), statistics]


def _flows(n_components: int, random_state: Any = None, attributes: Any = None) -> list[Any]:
    # The quality of one random flow varies from seed to seed; four draws of each average this out.
    flows: list[dict[str, Any]] = [
        {"aggregation": "sum", "alpha": "random"},
        {"aggregation": "mean", "alpha": 0.5},
        {"aggregation": "max", "alpha": 0.5},
    ]
    common: dict[str, Any] = {"null_ops": (), "attributes": attributes, "random_state": random_state}
    return [
        *(FlowSurrogate(n_components, n_draws=N_DRAWS, **flow, **common) for flow in flows),
        PathSums(**common),
    ]
