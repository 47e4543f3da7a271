"""JSON files of bounded size."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.datasets._data_file_error import DataFileError


def read_json(
    path: Path, most_bytes: int, object_hook: Callable[[dict[str, Any]], Any] | None = None
) -> dict[str, Any]:
    """Read a JSON object.

    Parameters
    ----------
    path : Path
        The file.
    most_bytes : int
        Largest size.
    object_hook : callable, optional
        Replaces each object as soon as it is read, as in `json.loads`.

    Returns
    -------
    dict
        The object.

    Raises
    ------
    DataFileError
        If the file is too large, is no JSON (with the line), is nested too deeply, or holds no object.
    """
    with path.open("rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise DataFileError(f"it has more than {most_bytes:,} bytes")
    try:
        found = json.loads(content, object_hook=object_hook)
    except json.JSONDecodeError as error:
        raise DataFileError(
            f"line {error.lineno}, column {error.colno}: it is no JSON ({error.msg})"
        ) from None
    except UnicodeDecodeError as error:
        raise DataFileError(f"byte {error.start:,}: it is no text in {error.encoding}") from None
    except RecursionError:
        raise DataFileError("its lists or objects are nested too deeply") from None
    if type(found) is not dict:
        raise DataFileError(f"it holds {shown(found)}; expected a JSON object")
    return found


def part(content: Any, *keys: str) -> Any:
    """Value under nested keys.

    Parameters
    ----------
    content : dict
        A JSON object.
    *keys : str
        Keys of objects, one within the other.

    Returns
    -------
    object
        The value.

    Raises
    ------
    DataFileError
        If a key is missing.
    """
    for depth, key in enumerate(keys):
        if type(content) is not dict or key not in content:
            raise DataFileError(f"it lacks {' / '.join(keys[: depth + 1])}")
        content = content[key]
    return content
