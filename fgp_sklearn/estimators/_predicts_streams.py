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

    def predict_stream(
        self, batches: Iterable[Any], *, return_std: bool = False, n_jobs: int | None = None
    ) -> Iterator[Any]:
        """Predict batch after batch, so that the pool may be larger than the memory.

        Parameters
        ----------
        batches : iterable of sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs or \
                ArchitectureBatch
            Parts of the pool, of any length. They are drawn when they are needed: one at a time, or
            with several jobs up to two for each.
        return_std : bool, default=False
            Whether to return standard deviations as well.
        n_jobs : int, optional
            Batches at once. By default one, or what an enclosing ``joblib.parallel_config`` says,
            which also names the engine: "loky", "threading", "dask", "ray".

        Returns
        -------
        iterator of ndarray of float64 of shape (n_architectures,), or of pairs of them
            What `predict` returns for each batch, to the bit, in the order of the batches.

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
            getattr(self, "process_", None)  # fitted on demand: here, not in every worker
        tasks = (delayed(_predict)(self, number, batch, return_std) for number, batch in enumerate(batches))
        return in_order(tasks, n_jobs)


def _predict(regressor: Any, number: int, batch: Any, return_std: bool) -> Any:
    try:
        return regressor.predict(batch, return_std=return_std)
    except ArchitectureError as error:
        error.add_note(f"in batch {number} of the stream")
        raise
