"""sources_of: the models that a user gives, with their names."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike, fspath
from pathlib import Path
from typing import Any, NamedTuple

from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import shown


class Source(NamedTuple):
    """One model, before it is read.

    Parameters
    ----------
    name : str
        Name of its architecture: that of the file without its suffix, or that of the graph.
    content : Path, bytes or onnx.ModelProto
        The model.
    """

    name: str
    content: Any

    def described(self) -> str:
        """What messages call the model: its file, or nothing."""
        return f"{shown(self.content.name)}: " if isinstance(self.content, Path) else ""


def sources_of(models: Any) -> list[Source]:
    """The models that a user gives, in order; those of a folder are sorted by name.

    Parameters
    ----------
    models : str, path-like, bytes, onnx.ModelProto, or iterable of them
        A file, a folder, the content of a file, a model, or several of them.

    Returns
    -------
    list of Source
        At least one.

    Raises
    ------
    ArchitectureError
        If it is something else, or there is no model.
    FileNotFoundError
        If there is no such file.
    """
    if not _is_one(models) and isinstance(models, Iterable):
        found = [source for item in models for source in _of_one(item)]
    else:
        found = _of_one(models)
    if not found:
        raise ArchitectureError("there are no models; give at least one file, or a folder with .onnx files")
    return found


def _is_one(item: Any) -> bool:
    import onnx

    return isinstance(item, (str, bytes, bytearray, memoryview, PathLike, onnx.ModelProto))


def _of_one(item: Any) -> list[Source]:
    import onnx

    if isinstance(item, onnx.ModelProto):
        return [Source(item.graph.name, item)]
    if isinstance(item, (bytes, bytearray, memoryview)):
        return [Source("", bytes(item))]
    if not isinstance(item, (str, PathLike)):
        raise ArchitectureError(
            f"expected ONNX models, got {type(item).__name__} {shown(item)}; give paths, bytes or "
            "onnx.ModelProto objects. A torch module is read by from_torch"
        )
    path = Path(fspath(item))
    if not path.is_dir():
        return [Source(path.stem, path)]
    files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".onnx" and file.is_file())
    if not files:
        raise ArchitectureError(f"the folder {shown(str(path))} has no .onnx files; give their paths")
    return [Source(file.stem, file) for file in files]
