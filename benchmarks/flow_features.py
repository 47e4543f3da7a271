"""What the flow process may look at: kernels on one block of features, and on all of them with one changed.

1 % of labels, permutations that neither the choice of a default nor the accuracy benchmark uses. Kendall
tau and precision at the top per cent of a Gaussian process, mean over permutations; the changes with their
standard errors. Run with ``python benchmarks/flow_features.py --data FOLDER``; it takes five minutes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from _protocol import judged, parser
from _spaces import Space, load_space
from numpy.typing import NDArray
from sklearn.pipeline import make_union
from threadpoolctl import threadpool_limits

from fgp_sklearn import ConnectionEncoding, FlowSurrogate, PathEncoding, PathStatistics, PathSums
from fgp_sklearn.architectures._duplicates import distinct
from fgp_sklearn.architectures._simplify import functional_graph
from fgp_sklearn.estimators._targets import normal_scores
from fgp_sklearn.processes._block_scaler import BlockScaler
from fgp_sklearn.processes._sum_kernel_process import SumKernelProcess

NULL_OPS = frozenset({"none"})
IDENTITY_OPS = frozenset({"skip_connect", "skip"})


def flow(**params: Any) -> FlowSurrogate:
    """A flow as the process has them."""
    return FlowSurrogate(**{"n_draws": 4, "null_ops": (), "alpha": 0.5, "random_state": 0, **params})


BLOCKS: dict[str, Any] = {
    "sum, random shares": flow(alpha="random"),
    "mean": flow(aggregation="mean"),
    "max": flow(aggregation="max"),
    "path sums": PathSums(null_ops=(), random_state=0),
    "path statistics and connections": make_union(PathStatistics(null_ops=()), ConnectionEncoding()),
    "path statistics": PathStatistics(null_ops=()),
    "connections": ConnectionEncoding(),
    "path statistics and paths": make_union(PathStatistics(null_ops=()), PathEncoding(300)),
    "sum": flow(),
    "sum, no activation": flow(activation="identity"),
    "sum, ReLU": flow(activation="relu"),
    "sum, random shares, one draw": flow(alpha="random", n_draws=1),
    "sum, random shares, 8 components": flow(alpha="random", n_components=8),
    "mean, random shares": flow(aggregation="mean", alpha="random"),
    "as published, but for tanh": flow(pooling="sources"),
    "counts of paths": PathEncoding(300, binary=False),
}
DEFAULT = ["sum, random shares", "mean", "max", "path sums", "path statistics and connections"]
SETS = {
    **{f"without {name}": [other for other in DEFAULT if other != name] for name in DEFAULT},
    "connections as a block of their own": [*DEFAULT[:4], "path statistics", "connections"],
    "path statistics alone in the last block": [*DEFAULT[:4], "path statistics"],
    "connections alone in the last block": [*DEFAULT[:4], "connections"],
    "whole paths for connections": [*DEFAULT[:4], "path statistics and paths"],
    "sum in place of sum, random shares": ["sum", *DEFAULT[1:]],
    "no activation in place of max": ["sum, random shares", "mean", "sum, no activation", *DEFAULT[3:]],
    "and no activation": [*DEFAULT, "sum, no activation"],
    "and counts of paths": [*DEFAULT, "counts of paths"],
    "sum, mean, no activation, path statistics": ["sum", "mean", "sum, no activation", "path statistics"],
}


def main() -> None:
    """Print a table for each space."""
    arguments = parser(__doc__, n_permutations=12).parse_args()
    with threadpool_limits(1):
        for name in arguments.spaces:
            space = load_space(name, arguments.data)
            blocks = {title: features(space, block) for title, block in BLOCKS.items()}
            print(f"\n| {name} | Kendall tau | P@1% |\n|---|---|---|")
            default = figures(space, [blocks[title] for title in DEFAULT], arguments.permutations)
            print(f"| all of the first five | {' | '.join(f'{mean:.3f}' for mean in default.mean(axis=0))} |")
            sets = {f"{title} alone": [title] for title in BLOCKS} | SETS
            for title, chosen in sets.items():
                found = figures(space, [blocks[block] for block in chosen], arguments.permutations)
                change = found - default
                errors = change.std(axis=0, ddof=1) / np.sqrt(len(change))
                pairs = zip(change.mean(axis=0), errors, strict=True)
                print(f"| {title} | {' | '.join(f'{m:+.3f} ± {e:.3f}' for m, e in pairs)} |", flush=True)


def features(space: Space, block: Any) -> NDArray[np.float64]:
    """A block of the whole space."""
    functional = functional_graph(space.X, null_ops=NULL_OPS, identity_ops=IDENTITY_OPS)
    positions, inverse = distinct(functional)
    return block.fit_transform(functional.take(positions))[inverse]


def figures(space: Space, blocks: list[Any], permutations: list[int]) -> NDArray[np.float64]:
    """Tau and precision, a permutation a row."""
    found = []
    for permutation in permutations:
        train, test = space.split(permutation, "1%")
        scalers = [BlockScaler().fit(block[train]) for block in blocks]
        seen, asked = (
            [scaler.transform(block[rows]) for scaler, block in zip(scalers, blocks, strict=True)]
            for rows in (train, test)
        )
        process = SumKernelProcess(500, 1500, 0, (False,) * len(blocks))
        predicted, _ = process.fit(seen, normal_scores(space.y[train])).predict(asked)
        found.append(judged(space.y[test], predicted))
    return np.array(found)


if __name__ == "__main__":
    main()
