"""Outputs of the command: a path is checked before anything is computed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from fgp_sklearn._archive import is_archive
from fgp_sklearn.cli._options import ONNX, SAFETENSORS, Reading

_MODEL = f"model{SAFETENSORS}"  # name of the file in a folder with a model


def check_output(output: Path | None, reading: Reading, *others: Path | None, is_model: bool = False) -> None:
    """Refuse a path that cannot be written, or that would replace an input.

    Parameters
    ----------
    output : Path or None
        File to write; for a model also a folder.
    reading : Reading
        Names the files to read.
    *others : Path or None
        Saved models to read.
    is_model : bool, default=False
        Whether a model is written, which may be a folder.

    Raises
    ------
    ValueError
        If the path is an input, lies in a folder that does not exist, or cannot be written.
    """
    if output is None:
        return
    models = [path for path in others if path is not None]
    written = [path for path in (output, output / _MODEL) if path.exists()]
    if any(
        _is_in(path, reading.inputs, only_networks=True) or _is_in(path, models, only_networks=False)
        for path in written
    ):
        raise ValueError(f"--output {output} is an input and would be lost; give another path")
    folder = output.absolute().parent
    if not folder.is_dir():
        raise ValueError(f"--output {output}: there is no folder {output.parent}; make it first")
    is_folder = is_model and output.suffix != SAFETENSORS
    if is_folder and output.exists() and not output.is_dir():
        raise ValueError(f"--output {output} is a file; a model is a new folder or ends with {SAFETENSORS}")
    if is_folder and output.is_dir() and not _is_free(output):
        raise ValueError(f"--output {output} is a folder with other files; give a new one")
    if not is_folder and output.is_dir():
        raise ValueError(f"--output {output} is a folder; give the path of a file")
    if is_model and output.is_file() and not is_archive(output):
        raise ValueError(f"--output {output} was not saved by this library; give another path, or remove it")
    if not os.access(output if output.exists() else folder, os.W_OK):
        raise ValueError(f"--output {output} cannot be written; its permissions forbid it")


def _is_free(folder: Path) -> bool:
    """Whether a model may be saved there: nothing is in the folder, or a saved model."""
    names = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
    return not names or _MODEL in names


def _is_in(output: Path, inputs: Iterable[Path], *, only_networks: bool) -> bool:
    """Whether a file is an input, or one of the files in a folder that is an input."""
    counts_inside = output.suffix.lower() == ONNX or not only_networks
    return any(
        output.samefile(path) or (counts_inside and path.resolve() in output.resolve().parents)
        for path in inputs
        if path.exists()
    )
