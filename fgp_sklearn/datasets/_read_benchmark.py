"""read_benchmark: files that the authors of benchmarks publish."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal, overload

from sklearn.utils import Bunch

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.datasets._bunch import benchmark_bunch
from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._formats import BENCHMARK_FORMATS, BenchmarkFormat
from fgp_sklearn.datasets._formats._folder import naming

_HEAD = 4096  # bytes that tell the format of a file


@overload
def read_benchmark(
    path: str | PathLike[str],
    *,
    format: str = ...,
    target: str | Sequence[str] | None = ...,
    return_X_y: Literal[False] = ...,
    as_frame: bool = ...,
) -> Bunch: ...
@overload
def read_benchmark(
    path: str | PathLike[str],
    *,
    format: str = ...,
    target: str | Sequence[str] | None = ...,
    return_X_y: Literal[True],
    as_frame: bool = ...,
) -> tuple[ArchitectureBatch, Any]: ...
def read_benchmark(
    path: str | PathLike[str],
    *,
    format: str = "auto",
    target: str | Sequence[str] | None = None,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[ArchitectureBatch, Any]:
    """Read a file or a folder of measurements as the authors of a benchmark publish it.

    Nothing but this library is needed to read them, and nothing in a file is executed: pickles are read
    opcode by opcode, and any reference to a function is an error. Large files are read piece by piece.

    ==========================  =================================================================
    format                      file or folder
    ==========================  =================================================================
    ``"nasbench101"``           ``nasbench_full.tfrecord``, ``nasbench_only108.tfrecord``
    ``"nasbench201"``           ``NAS-Bench-201-v1_1-096897.pth``
    ``"nats-bench"``            folder ``NATS-tss-v1_0-3ffb9-simple`` or
                                ``NATS-sss-v1_0-50262-simple``
    ``"nasbench301"``           folder ``nb_301_v13`` with ``results_N.json`` in folders
    ``"nas-bench-suite-zero"``  ``zc_nasbench101.json``, ``zc_nasbench201.json``,
                                ``zc_nasbench301.json``
    ``"hw-nas-bench"``          ``HW-NAS-Bench-v1_0.pickle``
    ``"hw-gpt-bench"``          ``stats.pkl`` of ``gpt_s``, ``gpt_m`` or ``gpt_l``
    ``"accel-nasbench"``        folder with ``result_N.json``
    ==========================  =================================================================

    Parameters
    ----------
    path : str or path-like
        The file or folder.
    format : str, default="auto"
        One of the formats above. ``"auto"`` recognises them by the first bytes of a file and by the names in
        a folder.
    target : str or list of str, optional
        Metric or metrics to predict. The default is a validation accuracy after the longest training, a
        perplexity, or a latency, whichever the benchmark has.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Whether to return the target as a pandas Series (or a DataFrame of several targets) and to set
        `frame`. `data` remains an ArchitectureBatch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : ArchitectureBatch of n architectures
            With names, as the benchmark calls its architectures.
        target : ndarray of float64 of shape (n,) or (n, n_targets)
            Two-dimensional if `target` is a list. NaN where the benchmark has no measurement.
        target_names : list of str
            Names of the target columns.
        metrics : dict of str to ndarray of shape (n,)
            All metrics, NaN where there is none.
        frame : DataFrame of shape (n, 1 + n_metrics) or None
            The name in the column ``architecture``, followed by all metrics. None unless ``as_frame=True``.
        DESCR : str
            Description of the metrics, source and licence.
        format : str
            The format.

    (data, target) : tuple if ``return_X_y=True``
        The first two attributes.

    Raises
    ------
    OSError
        If the path cannot be read.
    ImportError
        If ``as_frame=True`` and pandas is not installed.
    ValueError
        If there is no such format or metric.
    DataFileError
        If the format is not recognised, or the file is damaged, unsafe or has an unexpected content. The
        message has the place: the number of a record, a line, a key, or the name of a file.

    See Also
    --------
    load_nasbench201 : NAS-Bench-201 from an installed package.
    fgp_sklearn.architectures.from_text : Architectures in the forms of these benchmarks.

    Notes
    -----
    Means over repeated trainings have a second column with their standard deviation, whose name ends with
    ``_std``. Accuracies are percentages or fractions, as published; `DESCR` says which.

    Examples
    --------
    >>> import json
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from fgp_sklearn.datasets import read_benchmark
    >>> cells = {
    ...     "(4, 0, 3, 1, 4, 3)": {"val_accuracy": 84.9, "synflow": {"score": 27.4, "time": 0.1}},
    ...     "(0, 2, 1, 4, 0, 3)": {"val_accuracy": 81.2, "synflow": {"score": 19.8, "time": 0.1}},
    ... }
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "zc_nasbench201.json"
    ...     _ = file.write_text(json.dumps({"cifar10": cells}))
    ...     bench = read_benchmark(file)
    >>> bench.format, bench.target_names, bench.target
    ('nas-bench-suite-zero', ['cifar10_val_accuracy'], array([84.9, 81.2]))
    >>> bench.metrics["cifar10_synflow"]
    array([27.4, 19.8])
    """
    place = Path(path)
    row = _row(place, format)
    with naming(str(place)):
        try:
            data, metrics = row.read(place)
        except DataFileError as error:
            raise DataFileError(
                f"{error}; download it again, or name another format than {row.name!r}"
            ) from None
    if target is None:
        target = next((name for name in row.targets if name in metrics), next(iter(metrics), ""))
    found = benchmark_bunch(
        data, metrics, target, descr=row.description, return_X_y=return_X_y, as_frame=as_frame
    )
    if isinstance(found, Bunch):
        found["format"] = row.name
    return found


def _row(path: Path, name: Any) -> BenchmarkFormat:
    """The named format, or the one that is recognised."""
    if name != "auto":
        if name not in BENCHMARK_FORMATS:
            raise ValueError(f"format must be 'auto' or one of {named(BENCHMARK_FORMATS)}, got {shown(name)}")
        return BENCHMARK_FORMATS[name]
    head = b""
    if not path.is_dir():
        with path.open("rb") as file:
            head = file.read(_HEAD)
    for row in BENCHMARK_FORMATS.values():
        if row.is_certain(path, head):
            return row
    raise DataFileError(
        f"{path}: it has none of the formats that are recognised; pass format=, one of "
        f"{named(BENCHMARK_FORMATS)}"
    )
