"""The data files of installed packages, known or not."""

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

_MAX_SIZE = 2**24  # bytes of a file; Python takes up to 30 times as many to hold it


@dataclass(frozen=True, slots=True)
class BenchmarkFile:
    """A pickle inside an installed package, which is found and read without importing the package.

    Parameters
    ----------
    distribution : str
        Name on PyPI.
    package : str
        Top-level import name.
    parts : tuple of str
        Path inside the package.
    digests : mapping of str to str
        SHA-256 of the file in each release that is known.
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
            If it is installed without the file.
        """
        return package_file(self.distribution, self.package, *self.parts)

    def read(self, stand_ins: Mapping[tuple[str, str], StandIn], understand: Callable[[Any], Found]) -> Found:
        """Read what the file holds.

        The file of a known release is told by its SHA-256. Any other is scanned before anything is
        made of it.

        Parameters
        ----------
        stand_ins : mapping of (module, name) to StandIn
            Inert class that takes the place of each global the pickle may name. The named modules
            are never imported.
        understand : callable
            Checks and returns what was found; whatever it raises means that the file is damaged.

        Returns
        -------
        object
            From `understand`.

        Raises
        ------
        DataFileError
            If the file is not the one of the installed release, is damaged or unsafe, or not
            understood.
        ImportError, FileNotFoundError
            From `path`.

        Warns
        -----
        UserWarning
            If the release is not a known one.
        """
        path = self.path()
        with path.open("rb") as file:
            content = file.read(_MAX_SIZE + 1)
        known = hashlib.sha256(content).hexdigest() in self.digests.values()
        try:
            if not known:
                self._check_release(content)
                scan(content, stand_ins)
            return understand(unpickle(content, stand_ins))
        except DataFileError as error:
            raise DataFileError(f"{path}: {error}; {self._cure()}") from None
        except Exception as error:  # damaged pickles raise all sorts of errors, says the pickle manual
            raise DataFileError(
                f"{path} is damaged, or of another kind than the known ones ({type(error).__name__}: "
                f"{error!s:.200}); {self._cure()}"
            ) from error

    def _check_release(self, content: bytes) -> None:
        """Refuse another file in the place of a known one, and tell of unknown ones."""
        if len(content) > _MAX_SIZE:
            raise DataFileError(f"it has more than {_MAX_SIZE} bytes, which is far from the known ones")
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
            f"{self.distribution} {installed} is not a release that this library knows "
            f"({', '.join(self.digests)}), nor is its {self.parts[-1]} (SHA-256 {digest}) a known file, so "
            "its numbers are only checked to be possible",
            stacklevel=4,
        )

    def _cure(self) -> str:
        (*_, known) = self.digests
        return f"pip install --force-reinstall {self.distribution}=={known}"


def column(values: Iterable[object], name: str, largest: float = math.inf) -> NDArray[np.float64]:
    """Numbers of a file, if that is what they are.

    Parameters
    ----------
    values : iterable
        What the file holds.
    name : str
        Of the metric, for the message.
    largest : float, default=inf
        The largest that there can be; the smallest is 0.

    Returns
    -------
    ndarray of float64
        Finite.

    Raises
    ------
    DataFileError
        If one is no number, or out of range.
    """
    found = list(values)
    bad = [
        i for i, value in enumerate(found) if isinstance(value, bool) or not isinstance(value, (int, float))
    ]
    if not bad:
        numbers = np.array(found, dtype=np.float64)
        bad = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0) & (numbers <= largest))).tolist()
    if bad:
        raise DataFileError(f"{name} of its entry {bad[0]} is {found[bad[0]]!r:.80}, which it cannot be")
    return numbers
