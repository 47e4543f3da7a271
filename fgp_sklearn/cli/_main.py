"""main: runs the command in this process."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import Any

from fgp_sklearn.cli._messages import in_options

_MISSING = 'The command needs typer and rich: pip install "fgp-sklearn[cli]"'
_LONGEST = 2000  # characters of a message


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command ``fgp-sklearn``.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after the name of the command; by default those of this process.

    Returns
    -------
    int
        Exit code: 0 if all went well, 1 if something is wrong with the data, and 2 if the command is used in
        a wrong way. A message on standard error says what.

    Examples
    --------
    >>> from fgp_sklearn.cli import main
    >>> main(["--version"])
    fgp-sklearn 0.1.0
    0
    """
    try:
        from fgp_sklearn.cli._app import run
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich"):
            raise
        _say(_MISSING)
        return 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = _show
        try:
            run(arguments)
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else 0
        except (ImportError, OSError, ValueError) as error:
            _say(f"error: {in_options(_text(error))}")
            return 1
    return 0


def _text(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror.lower()}"
    return str(error)


def _show(message: Warning | str, *_: Any, **__: Any) -> None:
    _say(f"warning: {in_options(str(message))}")


def _say(message: str) -> None:
    """Write one line to standard error."""
    line = " ".join(message.split())
    sys.stderr.write(f"{line if len(line) <= _LONGEST else f'{line[:_LONGEST]} ...'}\n")
