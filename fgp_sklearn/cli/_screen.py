"""What the command writes: documents in JSON, tables of text, and progress."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]


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


def write_text(*lines: str) -> None:
    """Write lines of text, wrapped at the width of the screen."""
    from rich.console import Console

    for line in lines:
        Console(highlight=False, markup=False, emoji=False).print(line)


def write_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table. The last column is text and is folded; the others are numbers.

    Parameters
    ----------
    columns : sequence of str
        Headings.
    rows : sequence of sequence of str
        Cells.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for number, name in enumerate(columns, 1):
        is_last = number == len(columns)
        table.add_column(
            Text(name), justify="left" if is_last else "right", overflow="fold", no_wrap=not is_last
        )
    for row in rows:
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table)


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
