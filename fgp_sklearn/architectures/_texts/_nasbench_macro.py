"""NAS-Bench-Macro: eight digits, one per layer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._texts._items import integers
from fgp_sklearn.architectures._texts._layout import Layout, line
from fgp_sklearn.architectures._texts._text_form import TextForm

_N_LAYERS = 8
_LAYOUT = Layout(line(_N_LAYERS), _N_LAYERS, ("identity", "mb3_k3", "mb6_k5"))
_DIGITS = re.compile(r"[0-9]{8}", re.ASCII)


def _read(items: Sequence[Any]) -> ArchitectureColumns:
    wanted = "eight digits such as '01202120'"
    choices = [integers(_digits(item), i, wanted, _N_LAYERS, 2) for i, item in enumerate(items)]
    return _LAYOUT.read(choices, ["".join(map(str, row)) for row in choices])


def _digits(item: Any) -> Any:
    is_text = isinstance(item, str) and _DIGITS.fullmatch(item.strip()) is not None
    return [int(digit) for digit in item.strip()] if is_text else item


def _write(columns: ArchitectureColumns) -> list[str | None]:
    return [None if row is None else "".join(map(str, row)) for row in _LAYOUT.choices(columns)]


NASBENCH_MACRO_FORMS = (
    TextForm("nasbench-macro", "digits of NAS-Bench-Macro, as '01202120'", _read, _write),
)
