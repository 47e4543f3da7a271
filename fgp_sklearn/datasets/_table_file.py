"""TableFile: the columns of a CSV, JSON lines or Parquet file, and the line of each row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import Any

from fgp_sklearn.architectures._messages import named, shown, shown_text
from fgp_sklearn.datasets._data_file_error import DataFileError

Columns = dict[str, list[Any]]

_DELIMITERS = ",;\t"
_ENCODINGS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}  # by the first bytes; otherwise UTF-8
_SPARSEST = 50  # cells of a table per value in JSON lines


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table from a file.

    Parameters
    ----------
    path : Path
        The file.
    columns : dict of str to list
        Values of each column: text from CSV, and what the file holds from JSON lines and Parquet.
    lines : list of int
        Number of the line at which each row begins, or of the row in Parquet, counted from 1.
    unit : str, default="line"
        What `lines` counts.
    has_decimal_comma : bool, default=False
        Whether numbers may be written as ``93,5``.
    """

    path: Path
    columns: Columns
    lines: list[int]
    unit: str = "line"
    has_decimal_comma: bool = False

    def place(self, row: int | None = None) -> str:
        """The file, and the line of a row, for a message."""
        return str(self.path) if row is None else f"{self.path}, {self.unit} {self.lines[row]}"


def read_table_file(path: str | PathLike[str]) -> TableFile:
    """Read the columns of a table.

    Parameters
    ----------
    path : str or path-like
        A CSV file with names of columns in the first line, JSON lines or Parquet. The content tells which.

    Returns
    -------
    TableFile
        The columns. Rows without any value are left out.

    Raises
    ------
    DataFileError
        If the file is malformed; the message gives the line.
    ImportError
        If the file is Parquet and no library that reads it is installed.
    OSError
        If the file cannot be read.
    """
    file = Path(path)
    data = file.read_bytes()
    if data.startswith(b"PAR1"):
        table = _read_parquet(file)
    else:
        text = _decoded(file, data)
        table = (_read_json_lines if text.lstrip()[:1] in ("{", "[") else _read_csv)(file, text)
    if not table.lines:
        raise DataFileError(f"{file}: the table has no rows")
    return table


def _decoded(file: Path, data: bytes) -> str:
    encoding = _ENCODINGS.get(data[:2], "utf-8-sig")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataFileError(
            f"{file}, line {line}: it is no text in UTF-8; save the table as CSV in UTF-8, as JSON lines or "
            "as Parquet"
        ) from None


def _read_csv(file: Path, text: str) -> TableFile:
    delimiter = max(_DELIMITERS, key=lambda mark: _n_fields(text, mark))
    rows = _csv_rows(file, text, delimiter)
    first, names = next(rows, (1, []))
    header = _checked_header(f"{file}, line {first}", [name.strip() for name in names])
    columns: Columns = {name: [] for name in header}
    lines = []
    for line, fields in rows:
        if len(fields) != len(header):
            raise DataFileError(
                f"{file}, line {line}: it has {len(fields)} fields, but line {first} names {len(header)} "
                f"columns; put a field that contains {delimiter!r} in double quotes"
            )
        lines.append(line)
        for own, field in zip(columns.values(), fields, strict=True):
            own.append(field)
    return TableFile(file, columns, lines, has_decimal_comma=delimiter != ",")


def _n_fields(text: str, delimiter: str) -> int:
    """Number of fields of the first line that is not empty."""
    try:
        return len(next(csv.reader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=delimiter), []))
    except csv.Error:
        return 0


def _csv_rows(file: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line at which each row begins, and its fields; without rows that have no value."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for fields in reader:
            if any(map(str.strip, fields)):
                yield line, fields
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataFileError(
            f"{file}, line {line}: it is no CSV ({error}); close each quoted field with a quote, and double "
            "the quotes in it"
        ) from None


def _checked_header(place: str, names: list[str]) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise DataFileError(f"{place}: several columns have the name {named(twice)}; give each its own")
    return names


def _read_json_lines(file: Path, text: str) -> TableFile:
    records: list[dict[str, Any]] = []
    lines = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        record = _record(f"{file}, line {number}", line)
        if any(value is not None for value in record.values()):
            records.append(record)
            lines.append(number)
    names = dict.fromkeys(name for record in records for name in record)
    n_values = sum(map(len, records))
    if len(names) * len(records) > _SPARSEST * max(n_values, len(records)):
        raise DataFileError(
            f"{file}: its {len(records):,} lines have {len(names):,} different names of values"
        )
    return TableFile(file, {name: [record.get(name) for record in records] for name in names}, lines)


def _record(place: str, line: str) -> dict[str, Any]:
    try:
        record = json.loads(line, object_pairs_hook=_without_repeats)
    except json.JSONDecodeError as error:
        raise DataFileError(f"{place}: it is no JSON ({error.msg} at character {error.pos + 1})") from None
    except (ValueError, RecursionError) as error:
        raise DataFileError(f"{place}: it cannot be read ({shown_text(str(error))})") from None
    if not isinstance(record, dict):
        raise DataFileError(
            f'{place}: it is {shown(record)}; write one object per line, as {{"arch": ..., "accuracy": 93.5}}'
        )
    return record


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it has {shown(twice)} twice")
    return values


def _by_pyarrow(module: Any, file: Path) -> list[tuple[str, list[Any]]]:
    table = module.read_table(file)
    return [(name, table.column(i).to_pylist()) for i, name in enumerate(table.column_names)]


def _by_polars(module: Any, file: Path) -> list[tuple[str, list[Any]]]:
    return [(column.name, column.to_list()) for column in module.read_parquet(file)]


def _by_pandas(module: Any, file: Path) -> list[tuple[str, list[Any]]]:
    return [(str(name), column.tolist()) for name, column in module.read_parquet(file).items()]


_PARQUET: dict[str, tuple[str, Callable[[Any, Path], list[tuple[str, list[Any]]]]]] = {
    "pyarrow": ("pyarrow.parquet", _by_pyarrow),
    "polars": ("polars", _by_polars),
    "fastparquet": ("pandas", _by_pandas),
}


def _read_parquet(file: Path) -> TableFile:
    library = next((name for name in _PARQUET if find_spec(name) is not None), None)
    if library is None:
        raise ImportError(f"{file} is a Parquet file, which pyarrow or polars reads: pip install pyarrow")
    module, read = _PARQUET[library]
    try:
        columns = read(import_module(module), file)
    except Exception as error:  # each library has its own
        raise DataFileError(f"{file}: {library} cannot read it ({shown_text(str(error))})") from error
    _checked_header(str(file), [name for name, _ in columns])
    n_rows = len(columns[0][1]) if columns else 0
    return TableFile(file, dict(columns), list(range(1, n_rows + 1)), unit="row")
