"""Which columns that are not read may be choices of whole architectures, and which hardly are."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._messages import named

Values = NDArray[np.float64] | list[str | None]

_MOST_VALUES = 12
_MEASURED = re.compile(
    r"(acc|accuracy|loss|err|error|score|latency|runtime|ms|seconds|fps|throughput|flops|macs|params|parameters"
    r"|energy|memory|label|target|auc|miou|psnr|bleu|ppl|perplexity)s?",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]+")


def split_unread(columns: Mapping[str, Values | None]) -> tuple[list[str], str]:
    """Find the columns that may be choices of whole architectures.

    Parameters
    ----------
    columns : mapping of str to array of float64, list of str or None
        Values of each column; None if they are neither numbers nor text.

    Returns
    -------
    choices : list of str
        Columns that may be choices.
    others : str
        A sentence with the others and why they hardly are; empty if there are none.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn.architectures._frames._unread import split_unread
    >>> split_unread({"width": np.array([0.5, 0.75, 0.5]), "loss": np.array([0.1, 0.1, 0.3])})
    (['width'], " Not suggested: 'loss', because the name is that of a label.")
    """
    why = {name: why_hardly_a_choice(name, values) for name, values in columns.items()}
    reasons = dict.fromkeys(reason for reason in why.values() if reason is not None)
    told = "; ".join(
        f"{named(name for name, own in why.items() if own == reason)}, because {reason}" for reason in reasons
    )
    return [
        name for name, reason in why.items() if reason is None
    ], f" Not suggested: {told}." if told else ""


def why_hardly_a_choice(name: str, values: Values | None) -> str | None:
    """Why a column is hardly a choice of whole architectures; None if it may be one.

    Parameters
    ----------
    name : str
        Name of the column.
    values : array of float64 or list of str, optional
        Its values.

    Returns
    -------
    str or None
        The reason.
    """
    if values is None:
        return "there are values that are neither numbers nor text"
    if any(_MEASURED.fullmatch(word) for word in _LETTERS.findall(name)):
        return "the name is that of a label"
    if np.isnan(values).any() if isinstance(values, np.ndarray) else None in values:
        return "rows lack a value"
    n_values = len(set(values))
    if n_values == len(values) or n_values > max(_MOST_VALUES, len(values) / 2):
        return "almost every row has another value"
    return None
