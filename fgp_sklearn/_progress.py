"""Progress bars of everything that takes long."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from tqdm.auto import tqdm

_SECONDS_BETWEEN_LINES_OF_A_LOG = 30.0


def progress_bar(
    items: Iterable[Any] | None = None, *, description: str, total: int, shown: bool, unit: str = "it"
) -> Any:
    """Make a progress bar, which is written to the standard error stream.

    A terminal or notebook is updated several times per second. Elsewhere, as in the log of a job, at most
    two lines per minute are written.

    Parameters
    ----------
    items : iterable, optional
        What the bar iterates over. Without it, call its `update`.
    description : str
        Text before the bar.
    total : int
        Number of steps.
    shown : bool
        Whether to show anything. A program without a standard error stream never does.
    unit : str, default="it"
        What a step is.

    Returns
    -------
    tqdm.tqdm
        The bar, which is a context manager too.

    Examples
    --------
    >>> from fgp_sklearn._progress import progress_bar
    >>> [item for item in progress_bar("ab", description="letters", total=2, shown=False)]
    ['a', 'b']
    """
    seconds = 0.1 if _is_watched() else _SECONDS_BETWEEN_LINES_OF_A_LOG
    return tqdm(
        items,
        desc=description,
        total=total,
        unit=unit,
        disable=not shown or sys.stderr is None,
        mininterval=seconds,
        maxinterval=max(10.0, seconds),
    )


def _is_watched() -> bool:
    """Whether somebody looks at a terminal or a notebook."""
    in_notebook = any(base.__name__ == "tqdm_notebook" for base in tqdm.__mro__)
    return in_notebook or (sys.stderr is not None and sys.stderr.isatty())
