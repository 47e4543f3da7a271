"""Model card: a description of a saved estimator for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator

from fgp_sklearn._storage._card_facts import code
from fgp_sklearn._storage._storable import card_facts

_MARK = "An estimator of neural architectures, saved by fgp-sklearn without pickle"


def model_card(estimator: BaseEstimator, versions: Mapping[str, str]) -> str:
    """Describe an estimator in Markdown.

    Parameters
    ----------
    estimator : estimator
        Fitted or not.
    versions : mapping of str to str
        Libraries and their versions.

    Returns
    -------
    str
        Its class, how to load it, its parameters, what it learnt, and versions of libraries.
    """
    lines = [
        f"# {type(estimator).__name__}",
        "",
        f"{_MARK}: `model.safetensors` holds numbers and text only.",
        "",
        "```python",
        "from fgp_sklearn.persistence import load",
        "",
        'estimator = load("path/of/this/folder")',
        "```",
    ]
    for name, part in _parts(estimator):
        lines += ["", f"## {name}: {type(part).__name__}" if name else f"## {type(part).__name__}", ""]
        facts = list(card_facts(part))
        lines += [*facts, ""] if facts else []
        lines += _table("parameter", part.get_params(deep=False))
    lines += ["", "## Versions", "", *_table("library", versions)]
    return "\n".join(lines) + "\n"


def is_model_card(path: Path) -> bool:
    """Whether a file is a model card of this library; people may have edited it."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return _MARK.encode() in file.read(2**16)


def _parts(estimator: BaseEstimator, name: str = "") -> Iterator[tuple[str, BaseEstimator]]:
    """An estimator and all estimators among its parameters, nested ones included."""
    yield name, estimator
    params = estimator.get_params(deep=True)
    for key in sorted(params):
        if isinstance(params[key], BaseEstimator):
            yield key, params[key]


def _table(title: str, rows: Mapping[str, Any]) -> list[str]:
    shown = [f"| {name} | {code(value)} |" for name, value in rows.items()]
    return [f"| {title} | value |", "| --- | --- |", *shown]
