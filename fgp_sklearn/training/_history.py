"""History: losses, scores and learning rates by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame

#: Columns of a history, with their names in skorch and their types.
_COLUMNS = {
    "epoch": ("epoch", int),
    "train_loss": ("train_loss", float),
    "valid_score": ("valid_score", float),
    "lr": ("lr", float),
    "time": ("dur", float),
}


class History(list[dict[str, float]]):
    """Training history: a list with one dict per epoch, which can be converted to a data frame.

    Parameters
    ----------
    iterable : iterable of dict, default=()
        One dict per epoch, with ``epoch`` (from 1), ``train_loss``, ``lr`` and ``time`` (in seconds), and
        ``valid_score`` if there are validation data.

    Examples
    --------
    >>> from fgp_sklearn.training import History
    >>> epochs = [{"epoch": 1, "train_loss": 0.5, "lr": 0.1}, {"epoch": 2, "train_loss": 0.25, "lr": 0.05}]
    >>> history = History(epochs)
    >>> history[-1]["train_loss"]
    0.25
    >>> history.to_frame()  # doctest: +NORMALIZE_WHITESPACE
           train_loss    lr
    epoch
    1            0.50  0.10
    2            0.25  0.05
    """

    def to_frame(self) -> DataFrame:
        """Convert the history to a data frame. This requires pandas.

        Returns
        -------
        pandas.DataFrame of shape (n_epochs, n_columns)
            Data frame whose index is the epoch.
        """
        import pandas as pd

        columns = [name for name in _COLUMNS if not self or name in self[0]]
        return pd.DataFrame(list(self), columns=columns).set_index("epoch")


def history_of(rows: Any) -> History:
    """Convert the history of a skorch net.

    Parameters
    ----------
    rows : sequence of dict
        History of the net, or some of its epochs.

    Returns
    -------
    History
        History without interrupted epochs.
    """
    return History(
        {name: cast(row[key]) for name, (key, cast) in _COLUMNS.items() if key in row}
        for row in rows
        if "train_loss" in row
    )
