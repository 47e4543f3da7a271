"""History: what happened in each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pandas import DataFrame

#: Columns of a history, and what skorch calls them.
_COLUMNS = {
    "epoch": ("epoch", int),
    "train_loss": ("train_loss", float),
    "valid_score": ("valid_score", float),
    "lr": ("lr", float),
    "time": ("dur", float),
}


class History(list[dict[str, float]]):
    """What happened in each epoch: a list of dicts, one an epoch, and a data frame on demand.

    Parameters
    ----------
    iterable : iterable of dict, default=()
        For each epoch ``epoch`` (from 1), ``train_loss``, ``lr``, ``time`` (seconds), and with
        validation data ``valid_score``.

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

    @classmethod
    def from_skorch(cls, rows: Any) -> Self:
        """Take what belongs here from the history of a skorch net.

        Parameters
        ----------
        rows : sequence of dict
            All of its epochs, or some.

        Returns
        -------
        History
            Without epochs that were interrupted.
        """
        return cls(
            {name: cast(row[key]) for name, (key, cast) in _COLUMNS.items() if key in row}
            for row in rows
            if "train_loss" in row
        )

    def to_frame(self) -> DataFrame:
        """Make a data frame of it.

        Returns
        -------
        pandas.DataFrame of shape (n_epochs, n_columns)
            Epochs are the index; needs pandas.
        """
        import pandas as pd

        columns = [name for name in _COLUMNS if not self or name in self[0]]
        return pd.DataFrame(list(self), columns=columns).set_index("epoch")
