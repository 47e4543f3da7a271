"""Make the prior that the library ships, or one without a space on which it is judged.

    python benchmarks/prior.py --data FOLDER --save fgp_sklearn/persistence/priors/image-cells
    python benchmarks/prior.py --data FOLDER --judge

The first command writes the shipped file, equal to the bit on the same machine with the same libraries. The
second prints, for each space, the Kendall tau of a prior that was made without it, beside simple scores.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from _prior import CARD, TABLES, prior_without
from _spaces import load_space

from fgp_sklearn.estimators import TransferredPredictor
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.persistence import save
from fgp_sklearn.proxies import StructuralProxies

SCORES = ("params", "flops", "depth", "paths")


def judge(folder: Path) -> None:
    """Print the rank correlation of priors with spaces that they do not know."""
    print("| space | prior without it | " + " | ".join(SCORES) + " |\n|---" + "|---:" * 5 + "|")
    for left_out, targets in TABLES.items():
        prior = TransferredPredictor(prior_without(left_out, folder))
        for name in targets:
            space = load_space(name, folder)
            found = [kendall_tau_score(space.y, prior.decision_function(space.X))]
            proxies = StructuralProxies().fit(space.X)
            names, values = list(proxies.get_feature_names_out()), proxies.transform(space.X)
            found += [kendall_tau_score(space.y, values[:, names.index(score)]) for score in SCORES]
            print(f"| {name} | " + " | ".join(f"{tau:.3f}" for tau in found) + " |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--judge", action="store_true")
    given = parser.parse_args()
    if given.save is not None:
        save(prior_without(None, given.data), given.save)
        (given.save / "README.md").write_text(CARD)
    if given.judge:
        judge(given.data)
