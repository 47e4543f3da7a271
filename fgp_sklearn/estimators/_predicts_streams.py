"""PredictsStreams: predictions for more architectures than fit into memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from joblib import delayed
from sklearn.utils.validation import check_is_fitted

from fgp_sklearn._jobs import in_order
from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError, UnlabeledPool


class PredictsStreams:
    """Mixin of regressors whose `predict` treats each architecture separately."""

    def _prepare_std(self) -> None:
        """Compute once, before there are several workers, what standard deviations need."""

    def predict_stream(
        self, batches: Iterable[Any], *, return_std: bool = False, n_jobs: int | None = None
    ) -> Iterator[Any]:
        """Predict batch after batch, so that the pool may be larger than the memory.

        Parameters
        ----------
        batches : iterable of sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs or \
                ArchitectureBatch
            Parts of the pool, of any length. A batch is drawn when it is needed. With several jobs, up to two
            batches per job are drawn ahead.
        return_std : bool, default=False
            Whether to return standard deviations as well.
        n_jobs : int, optional
            Number of batches that are predicted in parallel. By default one, or as set by an enclosing
            ``joblib.parallel_config``, which also selects the backend: "loky", "threading", "dask" or "ray".

        Returns
        -------
        iterator of ndarray of float64 of shape (n_architectures,), or of pairs of them
            Results of `predict` for each batch, equal to the bit, in the order of the batches.

        Raises
        ------
        ArchitectureError
            If `batches` is one batch, or if an architecture is malformed; a note of the error then gives
            the number of the batch.
        """
        check_is_fitted(self)
        if isinstance(batches, (ArchitectureBatch, UnlabeledPool)):
            raise ArchitectureError(
                f"predict_stream takes several batches and got one {type(batches).__name__}; wrap it: "
                "[batch], or call predict"
            )
        if return_std:
            self._prepare_std()
        tasks = (delayed(_predict)(self, number, batch, return_std) for number, batch in enumerate(batches))
        return in_order(tasks, n_jobs)


def _predict(regressor: Any, number: int, batch: Any, return_std: bool) -> Any:
    try:
        return regressor.predict(batch, return_std=return_std)
    except ArchitectureError as error:
        error.add_note(f"in batch {number} of the stream")
        raise
