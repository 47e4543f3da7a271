"""Ranges of attributes, and a warning where attributes lie far outside."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._messages import shown

_SHOWN = 3  # attributes

Ranges = dict[str, tuple[float, ...]]


def attribute_ranges(batch: ArchitectureBatch) -> Ranges:
    """The least and the largest value of each attribute.

    Parameters
    ----------
    batch : ArchitectureBatch
        Architectures.

    Returns
    -------
    dict of str to tuple of float
        Attributes without any value are left out.

    Examples
    --------
    >>> from fgp_sklearn.architectures import from_frame
    >>> from fgp_sklearn.estimators._attribute_ranges import attribute_ranges
    >>> attribute_ranges(from_frame({"stage1_kernel": [3, 7], "stage2_kernel": [5, 5]}))
    {'kernel': (3.0, 7.0), 'stage': (1.0, 2.0)}
    """
    known = {name: values[~np.isnan(values)] for name, values in batch.attributes.items()}
    return {name: (float(own.min()), float(own.max())) for name, own in known.items() if len(own)}


def warn_of_range(batch: ArchitectureBatch, seen: Mapping[str, tuple[float, ...]]) -> None:
    """Warn of attributes that lie outside of a range by more than its width.

    Parameters
    ----------
    batch : ArchitectureBatch
        Architectures to predict.
    seen : dict of str to tuple of float
        The ranges in `fit`. An attribute with one value has no width, and there is no warning of it.
    """
    told = []
    for name, (lowest, highest) in attribute_ranges(batch).items():
        low, high = seen.get(name, (lowest, highest))
        if high > low and max(low - lowest, highest - high) > high - low:
            told.append(
                f"{shown(name)} is {lowest:.4g} to {highest:.4g}, and was {low:.4g} to {high:.4g} in fit"
            )
    if told:
        more = f"; and {len(told) - _SHOWN:,} more" if len(told) > _SHOWN else ""
        warnings.warn(
            "attributes lie far outside of what fit has seen, so predictions may be far off: "
            f"{'; '.join(told[:_SHOWN])}{more}. Read these architectures as the labelled ones were: same "
            "input shape, batch and units. If they are meant, give them to fit as X_unlabeled",
            UserWarning,
            stacklevel=3,
        )
