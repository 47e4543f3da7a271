"""Which flow tells most: a Gaussian process on `FlowSurrogate` features, one parameter changed at a time.

One per cent of half a space is labelled; Kendall tau on 4,000 architectures of the other half, mean of four
splits. The defaults of `FlowSurrogate` follow this table. Run with
``python benchmarks/surrogate_defaults.py``; it takes a minute.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.decomposition import PCA
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fgp_sklearn import FlowSurrogate
from fgp_sklearn.datasets import load_nasbench201, load_nasbench_graph
from fgp_sklearn.estimators._targets import normal_scores
from fgp_sklearn.metrics import kendall_tau_score

SPLITS = range(200, 204)
SPACES = {
    "NB201": (load_nasbench201(return_X_y=True), 78),
    "cora": (load_nasbench_graph("cora", return_X_y=True), 131),
    "arxiv": (load_nasbench_graph("arxiv", return_X_y=True), 131),
}
CHANGES = [
    {},
    {"activation": "relu"},
    {"activation": "identity"},
    {"aggregation": "mean"},
    {"aggregation": "max"},
    {"pooling": "sources"},
    {"n_components": 8},
    {"n_components": 64},
    {"scale": 0.1},
    {"scale": 1.0},
    {"alpha": 0.2},
    {"alpha": 0.8},
    {"n_draws": 4},
    {"null_ops": ()},
]


def judge(space: str, change: dict[str, object], split: int) -> float:
    """Kendall tau of a Gaussian process on the features of one draw."""
    (X, y), n_labels = SPACES[space]
    order = np.random.default_rng(split).permutation(len(y))
    chosen = np.concatenate([order[:n_labels], order[len(y) // 2 :][:4000]])
    features = FlowSurrogate(**change, random_state=split).fit_transform(X[chosen])
    kernel = ConstantKernel() * RBF(5.0, (0.5, 100)) + WhiteKernel(0.1)
    process = make_pipeline(
        StandardScaler(), PCA(min(20, features.shape[1])), GaussianProcessRegressor(kernel)
    )
    process.fit(features[:n_labels], normal_scores(y[chosen[:n_labels]]))
    return kendall_tau_score(y[chosen[n_labels:]], process.predict(features[n_labels:]))


def main() -> None:
    """Print one row for each change."""
    print(f"{'':24}" + "".join(f"{space:>8}" for space in SPACES) + f"{'mean':>8}")
    for change in CHANGES:
        taus = [np.mean([judge(space, change, split) for split in SPLITS]) for space in SPACES]
        title = ", ".join(f"{name}={value}" for name, value in change.items()) or "defaults"
        print(f"{title:24}" + "".join(f"{tau:8.3f}" for tau in [*taus, np.mean(taus)]), flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
