"""Claims: parameters that a trial will have, for other workers to see before it has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna.study import Study

_KEY = "fgp_sampler:"
_SLOTS = 64  # more than there are workers; a study keeps this many claims


def read_claims(study: Study) -> dict[int, dict[str, Any]]:
    """Claims of a study.

    Parameters
    ----------
    study : optuna.Study
        The study. The claims are among its user attributes, which every storage shares.

    Returns
    -------
    dict
        Parameters by the numbers of trials.
    """
    claims = [value for key, value in study.user_attrs.items() if key.startswith(_KEY)]
    return {claim["number"]: claim["params"] for claim in claims}


def write_claim(study: Study, number: int, params: Mapping[str, Any]) -> None:
    """Claim parameters for a trial, in place of its earlier claim."""
    study.set_user_attr(f"{_KEY}{number % _SLOTS}", {"number": number, "params": dict(params)})
