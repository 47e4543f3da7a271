"""What pre-training adds: the same encoder, splits and seeds with and without it.

Half of a space is the pool of labels, of which 1 % are used; the other half is the test set. Three
splits times three seeds, default parameters. One encoder is pre-trained a seed. Run with
``python benchmarks/pretraining.py``; it takes some minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from _protocol import judged

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.datasets import load_nasbench201, load_nasbench_graph

SPLITS = SEEDS = (0, 1, 2)
PUBLISHED_FORM = {"directed": False, "ends": False}
ENCODERS = {
    "default": FGPEncoder(),
    "published form, simplified": FGPEncoder(backbone_params=PUBLISHED_FORM),
    "gin": FGPEncoder("gin"),
}


def spaces(names: list[str]) -> Iterator[tuple[str, object, np.ndarray, int]]:
    """Search spaces, accuracies and numbers of labels."""
    for name in names:
        bunch = load_nasbench201() if name == "nasbench201" else load_nasbench_graph(name)
        yield name, bunch.data, bunch.target, 78 if name == "nasbench201" else 131


def judge(
    regressor: FGPRegressor, X: object, y: np.ndarray, n_labels: int, split: int
) -> tuple[float, float]:
    """Kendall tau and precision in the top per cent on the test half of a split."""
    order = np.random.default_rng(split).permutation(len(y))
    labelled, test = order[:n_labels], order[len(y) // 2 :]
    predicted = regressor.fit(X[labelled], y[labelled]).predict(X[test])
    return judged(y[test], predicted)


def main() -> None:
    """Print one row for each space, encoder and training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spaces", nargs="+", default=["nasbench201", "cora"])
    parser.add_argument("--encoders", nargs="+", default=["default"], choices=list(ENCODERS))
    arguments = parser.parse_args()
    print(f"{'space':12} {'encoder':28} {'':12} {'Kendall tau':>14} {'P@1%':>14}")
    for name, X, y, n_labels in spaces(arguments.spaces):
        for title in arguments.encoders:
            both = []
            for pretrained in (False, True):
                figures = []
                for seed in SEEDS:
                    regressor = FGPRegressor(ENCODERS[title], random_state=seed)
                    if pretrained:
                        regressor.fit_pretrain(X)
                    figures += [judge(regressor, X, y, n_labels, split) for split in SPLITS]
                both.append(np.array(figures))
                row("pre-trained" if pretrained else "supervised", name, title, both[-1])
            row("difference", name, title, both[1] - both[0])


def row(training: str, name: str, title: str, figures: np.ndarray) -> None:
    """Print mean and standard deviation over the nine runs."""
    (tau, top), (tau_sd, top_sd) = figures.mean(axis=0), figures.std(axis=0, ddof=1)
    print(
        f"{name:12} {title:28} {training:12} {tau:7.3f} ± {tau_sd:.3f} {top:7.3f} ± {top_sd:.3f}", flush=True
    )


if __name__ == "__main__":
    main()
