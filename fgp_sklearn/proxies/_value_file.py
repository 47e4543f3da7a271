"""ValueFile: measured values, stored line by line so that an interrupted run can resume."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

_LONGEST_LINE = 2**16  # bytes


class ValueFile:
    """Values of architectures under the same settings, in a file of JSON lines.

    The first line holds the settings. Every other line holds the values of one architecture and a digest of
    the values and the settings. Lines are only appended, so several processes can write at the same time.
    A line is valid only if it equals, byte by byte, the line that `append` would write. The values of
    invalid lines are measured again.

    Parameters
    ----------
    folder : str or path-like
        Folder of the file. It is created at the first write.
    settings : dict
        Everything that the values depend on besides the architecture, as JSON. Each combination of settings
        has its own file.
    """

    def __init__(self, folder: Any, settings: dict[str, Any]) -> None:
        self._header = json.dumps({"settings": settings}, sort_keys=True)
        self.path = Path(folder) / f"proxies-{_digest(self._header)}.jsonl"

    def read(self) -> dict[str, dict[str, float]]:
        """Read the values of all architectures, by key and then by name.

        Warns
        -----
        UserWarning
            If lines are damaged. A line that an interruption cut short is skipped without a warning.
        """
        values: dict[str, dict[str, float]] = {}
        if not self.path.exists():
            return values
        n_lines = n_damaged = 0
        for line in _lines(self.path):
            n_lines += 1
            record = self._record(line)
            if record is not None:
                key, found = record
                values.setdefault(key, {}).update(found)
            elif line != self._header.encode() and not _is_cut_short(line):
                n_damaged += 1
        if n_damaged:
            warnings.warn(
                f"{n_damaged} of {n_lines} lines of {self.path} are damaged; their values are measured again",
                stacklevel=2,
            )
        return values

    def append(self, records: Iterable[tuple[str, dict[str, float]]]) -> None:
        """Append the values of architectures, given as pairs of key and values by name."""
        lines = [self._line(key, {n: float(v) for n, v in values.items()}) for key, values in records]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            lines.insert(0, self._header)
        with self.path.open("a", encoding="utf-8") as file:
            file.write("\n" + "\n".join(lines) + "\n")  # the first newline ends a line that was cut short

    def _line(self, key: str, values: dict[str, float]) -> str:
        record: dict[str, Any] = {
            "architecture": key,
            "values": {n: v if math.isfinite(v) else None for n, v in values.items()},
        }
        return json.dumps({**record, "digest": _digest(self._header + json.dumps(record))})

    def _record(self, line: bytes) -> tuple[str, dict[str, float]] | None:
        """Key and values of a line; None if `append` did not write the line."""
        try:
            record = json.loads(line)
            key = str(record["architecture"])
            values = {n: math.nan if v is None else float(v) for n, v in record["values"].items()}
            sound = self._line(key, values).encode() == line
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            return None
        return (key, values) if sound else None


def _lines(path: Path) -> Iterator[bytes]:
    """Lines that are not blank, each cut at the maximum length of a valid line."""
    with path.open("rb") as file:
        whole = True
        while piece := file.readline(_LONGEST_LINE):
            if whole and piece.strip():
                yield piece.rstrip(b"\n")
            whole = piece.endswith(b"\n")


def _is_cut_short(line: bytes) -> bool:
    """Whether the end of a line is missing because a write was interrupted."""
    return line.startswith(b"{") and not line.rstrip().endswith(b"}") and len(line) < _LONGEST_LINE


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()
