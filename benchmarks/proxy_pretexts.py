"""What proxies of untrained networks are worth as a pretext: which ones, and at which weight.

1 % of labels, permutations that the accuracy benchmark does not use. One encoder is pre-trained for each set
of proxies, and fine-tuned on each permutation: Kendall tau of the network, of the Gaussian process and of
both, and precision at the top per cent of both, with the standard error of what a set adds. Run with
``python benchmarks/proxy_pretexts.py --data FOLDER --memory FOLDER``, where the second folder keeps what is
measured; it takes an hour, half of it to measure.
"""

from __future__ import annotations

import numpy as np
from _protocol import judged, parser
from _spaces import Space, load_space
from numpy.typing import NDArray
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from fgp_sklearn import FGPEncoder, FGPRegressor

DEFAULT = ("naswot", "jacov", "synflow")
SETS: dict[str, tuple[tuple[str, ...], float]] = {  # proxies, and their weight
    "none": ((), 0.0),
    "all three": (DEFAULT, 2.0),
    "the same, weight .5": (DEFAULT, 0.5),
    "the same, weight 5": (DEFAULT, 5.0),
    "naswot": (("naswot",), 2.0),
    "jacov": (("jacov",), 2.0),
    "synflow": (("synflow",), 2.0),
    "naswot, jacov": (("naswot", "jacov"), 2.0),
    "three and zen": ((*DEFAULT, "zen"), 2.0),
    "three, zen and snip": ((*DEFAULT, "zen", "snip"), 2.0),
}


def main() -> None:
    """Print a row for each space and set."""
    reads = parser(__doc__)
    reads.add_argument("--memory", required=True, help="folder of measured values")
    arguments = reads.parse_args()
    print(
        "| space | proxies | network, tau | process, tau | both, tau | both, P@1% |",
        "|" + "---|" * 6,
        sep="\n",
    )
    with threadpool_limits(1):
        for name in arguments.spaces:
            space = load_space(name, arguments.data)
            names = sorted({proxy for proxies, _ in SETS.values() for proxy in proxies})
            measured = space.measured_proxies(arguments.memory, proxies=names)
            values = dict(zip(names, measured.T, strict=True))
            without = None
            for title, (proxies, weight) in SETS.items():
                columns = np.stack([values[proxy] for proxy in proxies], axis=1) if proxies else None
                found = figures(space, columns, weight, arguments.permutations)
                without = found if without is None else without
                print(f"| {name} | {title} | {' | '.join(told(found, without))} |", flush=True)


def figures(
    space: Space, proxies: NDArray[np.float64] | None, weight: float, permutations: list[int]
) -> NDArray[np.float64]:
    """Tau of network, process and both, and precision of both, a permutation a row."""
    encoder = FGPEncoder(proxy_weight=weight)
    pretrained = FGPRegressor(encoder, random_state=0).fit_pretrain(space.X, proxies=proxies)
    found = []
    for permutation in permutations:
        train, test = space.split(permutation, "1%")
        blends = (clone(pretrained).set_params(process_weight=share) for share in (0.0, 1.0, 0.5))
        network, process, both = (
            judged(space.y[test], blend.fit(space.X[train], space.y[train]).decision_function(space.X[test]))
            for blend in blends
        )
        found.append([network[0], process[0], *both])
    return np.array(found)


def told(found: NDArray[np.float64], without: NDArray[np.float64]) -> list[str]:
    """Means, or what is added to those without proxies."""
    if found is without:
        return [f"{mean:.3f}" for mean in found.mean(axis=0)]
    added = found - without
    error = added.std(axis=0, ddof=1) / len(added) ** 0.5
    return [f"{mean:+.3f} ± {one:.3f}" for mean, one in zip(added.mean(axis=0), error, strict=True)]


if __name__ == "__main__":
    main()
