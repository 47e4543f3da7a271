"""DataFileError: a data file is damaged or unsafe."""

from __future__ import annotations

import pickle


class DataFileError(ValueError, pickle.UnpicklingError):
    """The data file of a benchmark's package is damaged, unsafe to read, or has an unexpected content.

    Examples
    --------
    >>> from fgp_sklearn.datasets import DataFileError
    >>> raise DataFileError("data.anb is damaged")
    Traceback (most recent call last):
    ...
    fgp_sklearn.datasets._data_file_error.DataFileError: data.anb is damaged
    """
