"""What the parts of the recipe are worth: the default regressor with one thing changed.

1 % of labels, permutations that neither the choice of a default nor the accuracy benchmark uses. Kendall tau
and precision at the top per cent, mean over permutations, of the network alone and of the mean of network and
process, which is what `FGPRegressor` answers; differences from the default row with the standard error over
permutations. Run with ``python benchmarks/ablations.py --data FOLDER``; it takes half an hour.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from _protocol import judged, parser
from _spaces import Space, load_space
from sklearn.base import clone
from sklearn.pipeline import make_union
from threadpoolctl import threadpool_limits

from fgp_sklearn import FGPEncoder, FGPRegressor, FlowSurrogate, PathStatistics, StageEncoding
from fgp_sklearn.processes._flow_features import pretext_features

EVERYTHING = pretext_features(16)
FLOWS = EVERYTHING[:3]
ENCODERS: dict[str, dict[str, Any]] = {
    "pretext: path statistics alone": {"surrogate": PathStatistics(null_ops=())},
    "pretext: path sums and path statistics": {"surrogate": make_union(*EVERYTHING[3:])},
    "pretext: the three flows alone": {"surrogate": make_union(*FLOWS)},
    "pretext: one flow, sum, and path statistics": {
        "surrogate": make_union(FLOWS[0], PathStatistics(null_ops=()))
    },
    "pretext: flows of 8 components": {"surrogate": make_union(*pretext_features(8))},
    "pretext: one draw of each flow": {
        "surrogate": make_union(*(clone(flow).set_params(n_draws=1) for flow in FLOWS), *EVERYTHING[3:])
    },
    "pretext: the published flow": {"surrogate": FlowSurrogate.from_paper("nasbench201")},
    "edges in both directions share weights": {"backbone_params": {"directed": False}},
    "mean over nodes is read, no ends": {"backbone_params": {"ends": False}},
    "identities not contracted": {"identity_ops": ()},
    "neither cut nor contracted": {"identity_ops": (), "null_ops": ()},
    "width 128": {"hidden_dim": 128},
    "50 epochs of pre-training": {"max_epochs": 50},
}
CHAINS: dict[str, dict[str, Any]] = {  # of which the default surrogate tells the operation of each stage
    "pretext: no stages": {"surrogate": make_union(*EVERYTHING)},
    "pretext: stages alone": {"surrogate": StageEncoding()},
}
FINE_TUNINGS: dict[str, dict[str, Any]] = {  # of the default encoder
    "loss: logistic": {"loss": "logistic"},
    "loss: ListMLE, which weighs the top": {"loss": "listmle"},
    "loss: squared error": {"loss": "mse"},
    "25 epochs of fine-tuning": {"max_epochs": 25},
    "100 epochs of fine-tuning": {"max_epochs": 100},
    "200 epochs of fine-tuning at half the rate": {"max_epochs": 200, "lr": 1e-3},
    "200 epochs of all labels at once, at half the rate": {
        "max_epochs": 200,
        "lr": 1e-3,
        "batch_size": "all",
    },
}


def main() -> None:
    """Print a table for each space."""
    titles = [*ENCODERS, *CHAINS, *FINE_TUNINGS]
    options = parser(__doc__)
    options.add_argument("--rows", nargs="+", default=titles, choices=titles, metavar="TITLE")
    arguments = options.parse_args()
    with threadpool_limits(1):
        for name in arguments.spaces:
            space = load_space(name, arguments.data)
            print(
                f"\n| {name} | network tau | P@1% | mean of both, tau | P@1% |",
                "|---|---|---|---|---|",
                sep="\n",
            )
            pretrained = FGPRegressor(FGPEncoder(), random_state=0).fit_pretrain(space.X)
            default = figures(pretrained, space, arguments.permutations)
            row("default", default)
            for title in arguments.rows:
                if title in CHAINS and name != "macro":
                    continue
                encoder = (ENCODERS | CHAINS).get(title)
                if encoder is not None:
                    other = FGPRegressor(FGPEncoder(**encoder), random_state=0).fit_pretrain(space.X)
                else:
                    other = clone(pretrained).set_params(**FINE_TUNINGS[title])
                row(title, figures(other, space, arguments.permutations), default)


def figures(pretrained: FGPRegressor, space: Space, permutations: list[int]) -> np.ndarray:
    """Tau and precision of the network and of both, a permutation a row."""
    found = []
    for permutation in permutations:
        train, test = space.split(permutation, "1%")
        measured: list[float] = []
        for weight in (0.0, 0.5):  # a number leaves out a second network
            regressor = clone(pretrained).set_params(process_weight=weight)
            predicted = regressor.fit(space.X[train], space.y[train]).predict(space.X[test])
            measured += judged(space.y[test], predicted)
        found.append(measured)
    return np.array(found)


def row(title: str, measured: np.ndarray, default: np.ndarray | None = None) -> None:
    """Print means, or differences from the default with their standard errors."""
    if default is None:
        cells = [f"{mean:.3f}" for mean in measured.mean(axis=0)]
    else:
        change = measured - default
        errors = change.std(axis=0, ddof=1) / np.sqrt(len(change))
        cells = [
            f"{mean:+.3f} ± {error:.3f}" for mean, error in zip(change.mean(axis=0), errors, strict=True)
        ]
    print(f"| {title} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
