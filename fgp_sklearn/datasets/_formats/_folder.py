"""Files of a folder, and errors that name the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fgp_sklearn.datasets._data_file_error import DataFileError

_SHOWN = 300  # characters of another library's message


def files_of(folder: Path, pattern: str) -> list[Path]:
    """Files below a folder, in the order of the numbers in their names.

    Parameters
    ----------
    folder : Path
        The folder.
    pattern : str
        Pattern of the names, as `Path.rglob` takes it.

    Returns
    -------
    list of Path
        At least one file.

    Raises
    ------
    DataFileError
        If there is none.
    """
    found = [path for path in folder.rglob(pattern) if path.is_file()]
    if not found:
        raise DataFileError(f"it has no files {pattern}")
    return sorted(found, key=lambda path: [_order(part) for part in path.relative_to(folder).parts])


def _order(name: str) -> list[tuple[int, int, str]]:
    """Key that sorts results_9 before results_10."""
    parts = re.split(r"(\d{1,18})", name)
    return [(int(part), 0, "") if part.isdecimal() else (0, 1, part) for part in parts]


@contextmanager
def naming(place: str) -> Iterator[None]:
    """Turn errors into errors that begin with a place, such as the name of a file."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:  # the operating system cannot read the file
            raise
        raise _damaged(place, error) from error
    except DataFileError as error:
        raise DataFileError(f"{place}: {error}") from None
    except Exception as error:  # damaged files may raise any error
        raise _damaged(place, error) from error


def _damaged(place: str, error: Exception) -> DataFileError:
    problem = f"{type(error).__name__}: {error!s:.{_SHOWN}}"
    return DataFileError(f"{place}: it is damaged or has an unexpected content ({problem})")
