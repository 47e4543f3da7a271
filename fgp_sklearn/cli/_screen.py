"""What the command writes: documents in JSON, tables of text, and progress."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]

_BOX = "    \n    \n -- \n" + 5 * "    \n"  # a rule below the headings


def write_json(document: Mapping[str, Any]) -> None:
    """Write one JSON document to standard output. Numbers that JSON lacks become null."""
    sys.stdout.write(json.dumps(_plain(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Write rows with the same keys as a CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({key: _plain(value) for key, value in row.items()} for row in rows)


def write_text(*paragraphs: str) -> None:
    """Write paragraphs, wrapped at the width of the screen."""
    for paragraph in paragraphs:
        sys.stdout.write(textwrap.fill(paragraph, _width(), break_long_words=False) + "\n")


def write_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table as text. The last column is folded if it is too wide; the others are numbers.

    Parameters
    ----------
    columns : sequence of str
        Headings.
    rows : sequence of sequence of str
        Cells.
    """
    from rich.box import Box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=Box(_BOX, ascii=True), pad_edge=False, show_edge=False)
    for name in columns[:-1]:
        table.add_column(Text(name), justify="right", no_wrap=True)
    table.add_column(Text(columns[-1]), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(file=io.StringIO(), width=_width(), color_system=None)
    with console.capture() as written:
        console.print(table)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in written.get().splitlines())


def _width() -> int:
    return shutil.get_terminal_size().columns


def decimals_for(width: float) -> int:
    """Number of decimals at which a range of this width has three digits or more."""
    return min(max(2 - math.floor(math.log10(width)), 0), 10) if width > 0 else 4


def number(value: float, decimals: int) -> str:
    """A number with some decimals; nothing where there is none."""
    return "" if math.isnan(value) else f"{value:,.{decimals}f}"


@contextmanager
def step(what: str) -> Iterator[None]:
    """Show what is being done on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{what} ..."):
        yield
