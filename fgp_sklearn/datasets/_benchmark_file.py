"""BenchmarkFile: a data file of an installed package."""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._package_file import package_file
from fgp_sklearn.datasets._pickle_scan import scan
from fgp_sklearn.datasets._unpickle import StandIn, unpickle

Found = TypeVar("Found")

_MAX_SIZE = 2**24  # bytes; the objects of a file take up to 30 times as much memory


@dataclass(frozen=True, slots=True)
class BenchmarkFile:
    """A pickle in an installed package. It is found and read without importing the package.

    Parameters
    ----------
    distribution : str
        Name on PyPI.
    package : str
        Top-level import name.
    parts : tuple of str
        Path inside the package.
    digests : mapping of str to str
        SHA-256 of the file in each known release.
    """

    distribution: str
    package: str
    parts: tuple[str, ...]
    digests: Mapping[str, str]

    def path(self) -> Path:
        """Path of the file.

        Raises
        ------
        ImportError
            If the package is not installed.
        FileNotFoundError
            If the package is installed without the file.
        """
        return package_file(self.distribution, self.package, *self.parts)

    def read(self, stand_ins: Mapping[tuple[str, str], StandIn], convert: Callable[[Any], Found]) -> Found:
        """Read the file.

        The file of a known release is recognised by its SHA-256. Any other file is scanned before it is
        unpickled.

        Parameters
        ----------
        stand_ins : mapping of (module, name) to StandIn
            Inert class that replaces each global that the pickle may refer to. The modules of the globals
            are never imported.
        convert : callable
            Function that checks and converts the content. Any error that it raises means that the file is
            damaged.

        Returns
        -------
        object
            Result of `convert`.

        Raises
        ------
        DataFileError
            If the file is not the one of the installed release, is damaged or unsafe, or has an unexpected
            content.
        ImportError, FileNotFoundError
            Under the conditions listed for `path`.

        Warns
        -----
        UserWarning
            If the installed release is not a known one.
        """
        path = self.path()
        with path.open("rb") as file:
            content = file.read(_MAX_SIZE + 1)
        known = hashlib.sha256(content).hexdigest() in self.digests.values()
        try:
            if not known:
                self._check_release(content)
                scan(content, stand_ins)
            return convert(unpickle(content, stand_ins))
        except DataFileError as error:
            raise DataFileError(f"{path}: {error}; {self._cure()}") from None
        except Exception as error:  # damaged pickles may raise any error, according to the pickle manual
            raise DataFileError(
                f"{path} is damaged or has an unexpected content ({type(error).__name__}: {error!s:.200}); "
                f"{self._cure()}"
            ) from error

    def _check_release(self, content: bytes) -> None:
        """Raise an error if a known release has another file, and warn of an unknown release."""
        if len(content) > _MAX_SIZE:
            raise DataFileError(f"it has more than {_MAX_SIZE} bytes, far more than any known release")
        digest = hashlib.sha256(content).hexdigest()
        try:
            installed = version(self.distribution)
        except PackageNotFoundError:
            installed = "of unknown version"
        if installed in self.digests:
            raise DataFileError(
                f"it is not the file of {self.distribution} {installed}: its SHA-256 is {digest}, not "
                f"{self.digests[installed]}"
            )
        warnings.warn(
            f"{self.distribution} {installed} is not a known release ({', '.join(self.digests)}), and the "
            f"SHA-256 {digest} of its {self.parts[-1]} is not known either, so its numbers are only checked "
            "to be in range",
            stacklevel=4,
        )

    def _cure(self) -> str:
        (*_, known) = self.digests
        return f"pip install --force-reinstall {self.distribution}=={known}"


def column(values: Iterable[object], name: str, largest: float = math.inf) -> NDArray[np.float64]:
    """Convert the values of a metric to an array, and check that they are numbers in range.

    Parameters
    ----------
    values : iterable
        Values from the file.
    name : str
        Name of the metric, for the error message.
    largest : float, default=inf
        Largest possible value. The smallest is 0.

    Returns
    -------
    ndarray of float64
        The values, which are finite.

    Raises
    ------
    DataFileError
        If a value is not a number, or is out of range.
    """
    found = list(values)
    bad = [
        i for i, value in enumerate(found) if isinstance(value, bool) or not isinstance(value, (int, float))
    ]
    if not bad:
        numbers = np.array(found, dtype=np.float64)
        bad = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0) & (numbers <= largest))).tolist()
    if bad:
        raise DataFileError(
            f"{name} of its entry {bad[0]} is {found[bad[0]]!r:.80}; expected a finite number from 0 to "
            f"{largest:g}"
        )
    return numbers
