"""How rankings are judged, and the permutations on which choices are checked."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from _spaces import NAMES

from fgp_sklearn.metrics import kendall_tau_score, precision_at_top_score


def parser(description: str | None, n_permutations: int = 6) -> argparse.ArgumentParser:
    """Arguments: where the tables are, which spaces, which permutations.

    Neither the choice of a default nor the accuracy benchmark uses these.
    """
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--data", type=Path, required=True)
    made.add_argument("--spaces", nargs="+", default=["nasbench201", "cora"], choices=NAMES)
    untouched = list(range(200, 200 + n_permutations))
    made.add_argument("--permutations", nargs="+", type=int, default=untouched)
    return made


def judged(y: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """Kendall tau and precision at the top per cent."""
    return kendall_tau_score(y, scores), precision_at_top_score(y, scores, top=0.01)
