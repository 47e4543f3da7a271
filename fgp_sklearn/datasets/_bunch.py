"""Return value of the loaders of benchmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._messages import named, shown

FloatArray = NDArray[np.float64]


def benchmark_bunch(
    data: ArchitectureBatch,
    metrics: Mapping[str, FloatArray],
    target: str | Sequence[str],
    *,
    descr: str,
    return_X_y: bool,
    as_frame: bool,
) -> Bunch | tuple[ArchitectureBatch, Any]:
    """Build the return value of a loader from architectures and their metrics.

    Parameters
    ----------
    data : ArchitectureBatch of n architectures
        Architectures with names.
    metrics : mapping of str to ndarray of shape (n,)
        All metrics, in the order of the columns of the data frame.
    target : str or sequence of str
        Metrics to predict.
    descr : str
        Description of the benchmark.
    return_X_y, as_frame : bool
        Parameters of scikit-learn's loaders.

    Returns
    -------
    Bunch or (ArchitectureBatch, target)
        See `load_nasbench201`, `load_nasbench_graph` and `read_benchmark`.

    Raises
    ------
    ValueError
        If `target` names an unknown metric.
    """
    columns = _known(target, metrics)
    values: Any = np.stack([metrics[name] for name in columns], axis=1)
    if isinstance(target, str):
        values = values[:, 0]
    frame = None
    if as_frame:
        import pandas as pd  # not at the top: pandas is not a dependency

        frame = pd.DataFrame({"architecture": data.names, **metrics})
        values = frame[target if isinstance(target, str) else columns]
    if return_X_y:
        return data, values
    return Bunch(
        data=data,
        target=values,
        target_names=columns,
        metrics=dict(metrics),
        frame=frame,
        DESCR=descr,
    )


def description(file_name: str) -> str:
    """Text of a file in the folder ``descr``."""
    return files(__package__).joinpath("descr", file_name).read_text(encoding="utf-8")


def _known(target: str | Sequence[str], metrics: Mapping[str, FloatArray]) -> list[str]:
    columns = [target] if isinstance(target, str) else list(target)
    if not columns or any(name not in metrics for name in columns):
        raise ValueError(f"unknown target {shown(target)}; pass one or more of {named(metrics)}")
    return columns
