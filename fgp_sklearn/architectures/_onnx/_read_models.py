"""read_models: ONNX models as architectures, one by one or in several processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from joblib import delayed

from fgp_sklearn._jobs import in_order
from fgp_sklearn._progress import progress_bar
from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.architectures._networks import batch_of
from fgp_sklearn.architectures._onnx._inputs import Dims, input_types, symbols
from fgp_sklearn.architectures._onnx._model import MALFORMED, read_model
from fgp_sklearn.architectures._onnx._network_of import NetworkReader
from fgp_sklearn.architectures._onnx._sources import Source


class ReadModel(NamedTuple):
    """One model that was read.

    Parameters
    ----------
    batch : ArchitectureBatch
        Its architecture.
    symbols : frozenset of str
        Names of its inputs and of their dimensions.
    unknown : Counter of str
        Operators whose costs are not known, with their number.
    """

    batch: ArchitectureBatch
    symbols: frozenset[str]
    unknown: Counter[str]


def read_models(sources: Sequence[Source], sizes: Dims, n_jobs: int | None, verbose: bool) -> list[ReadModel]:
    """Read models, in parallel.

    Parameters
    ----------
    sources : sequence of Source
        The models.
    sizes : mapping of str to int or tuple of int
        Sizes of open dimensions.
    n_jobs : int or None
        Number of processes.
    verbose : bool
        Whether to show a progress bar.

    Returns
    -------
    list of ReadModel
        One per model.

    Raises
    ------
    ArchitectureError
        If a model cannot be read; with its index and its file.
    """
    calls = (delayed(_read)(source, index, sizes) for index, source in enumerate(sources))
    read = in_order(calls, n_jobs)
    with progress_bar(read, description="models", total=len(sources), shown=verbose) as bar:
        return list(bar)


def _read(source: Source, index: int, sizes: Dims) -> ReadModel:
    try:
        model = read_model(source.content)
        reader = NetworkReader(model, input_types(model, sizes))
        batch = batch_of([reader.network(source.name)])
    except ArchitectureError as error:
        raise ArchitectureError(f"{source.described()}{error.problem}", index) from error
    except MALFORMED as error:
        raise ArchitectureError(
            f"{source.described()}it is malformed ({shown(str(error))}); onnx.checker.check_model says more",
            index,
        ) from error
    return ReadModel(batch, frozenset(symbols(model)), reader.unknown)
