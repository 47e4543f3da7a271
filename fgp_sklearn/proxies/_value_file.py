"""ValueFile: measured values, kept line by line so that an interrupted run goes on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any


class ValueFile:
    """Values of architectures under one setting, in a file of JSON lines.

    The first line tells the setting, any other the values of one architecture. Lines are only
    appended, so several processes may write, and a line that an interruption cut short is skipped
    when reading: what it held is measured again.

    Parameters
    ----------
    folder : str or path-like
        Where the file is; made at the first write.
    settings : dict
        What values depend on besides the architecture, as JSON. Each setting has a file of its own.
    """

    def __init__(self, folder: Any, settings: dict[str, Any]) -> None:
        self._header = json.dumps({"settings": settings}, sort_keys=True)
        self.path = (
            Path(folder) / f"proxies-{blake2b(self._header.encode(), digest_size=8).hexdigest()}.jsonl"
        )

    def read(self) -> dict[str, dict[str, float]]:
        """Values by name, of each architecture by key."""
        values: dict[str, dict[str, float]] = {}
        if not self.path.exists():
            return values
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
                found = {n: math.nan if v is None else float(v) for n, v in record["values"].items()}
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
            values.setdefault(record["architecture"], {}).update(found)
        return values

    def append(self, records: Iterable[tuple[str, dict[str, float]]]) -> None:
        """Add the values of some architectures, as pairs of key and values by name."""
        lines = [
            json.dumps(
                {"architecture": key, "values": {n: None if math.isnan(v) else v for n, v in values.items()}}
            )
            for key, values in records
        ]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            lines.insert(0, self._header)
        with self.path.open("a", encoding="utf-8") as file:
            file.write("\n" + "\n".join(lines) + "\n")  # a line cut short by another run ends here
