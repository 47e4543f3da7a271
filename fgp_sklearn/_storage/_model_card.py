"""The model card: what was saved, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator

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
        What it is, how to load it, parameters, what it learnt from, versions.
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
        facts = list(_facts(part))
        lines += [*facts, ""] if facts else []
        lines += _table("parameter", part.get_params(deep=False))
    lines += ["", "## Versions", "", *_table("library", versions)]
    return "\n".join(lines) + "\n"


def is_model_card(path: Path) -> bool:
    """Whether a file is a model card of this library, with what people have added to it or without."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return _MARK.encode() in file.read(2**16)


def _parts(estimator: BaseEstimator, name: str = "") -> Iterator[tuple[str, BaseEstimator]]:
    """An estimator and those among its parameters, nested ones too."""
    yield name, estimator
    params = estimator.get_params(deep=True)
    for key in sorted(params):
        if isinstance(params[key], BaseEstimator):
            yield key, params[key]


def _facts(estimator: BaseEstimator) -> Iterator[str]:
    """What fitting left to tell."""
    told = vars(estimator)
    pretrained = getattr(estimator, "pretrained_encoder_", None)
    if pretrained is not None:
        yield from _of_training("Pre-trained", pretrained.history_ if hasattr(pretrained, "history_") else [])
    encoder = told.get("encoder_", pretrained)
    vocabulary = told.get("vocabulary_", getattr(encoder, "vocabulary_", None))
    if vocabulary is not None:
        yield f"- Operations: {', '.join(map(_code, vocabulary))}"
    if "_labelled" in told:
        yield f"- Labels learnt from: {len(told['_labelled'][1])}"
    yield from _of_training("Trained", told.get("history_", []))


def _of_training(what: str, history: list[dict[str, float]]) -> Iterator[str]:
    if history:
        seconds = sum(row.get("time", 0.0) for row in history)
        loss = history[-1]["train_loss"]
        yield f"- {what} for {len(history)} epochs in {seconds:.1f} s, to a loss of {loss:.4g}"
        scores = [row["valid_score"] for row in history if "valid_score" in row]
        if scores:
            yield f"- Best validation tau: {max(scores):.4f}"


def _table(title: str, rows: Mapping[str, Any]) -> list[str]:
    shown = [f"| {name} | {_code(value)} |" for name, value in rows.items()]
    return [f"| {title} | value |", "| --- | --- |", *shown]


def _code(value: Any) -> str:
    """A value in a table cell, in which it can neither end the cell nor be markup."""
    text = (
        type(value).__name__
        if isinstance(value, BaseEstimator)
        else value
        if isinstance(value, str)
        else repr(value)
    )
    for mark, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "&#124;"), ("`", "&#96;")):
        text = text.replace(mark, entity)
    return f"<code>{' '.join(text.split())}</code>"
