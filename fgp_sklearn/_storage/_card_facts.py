"""Lines of a model card, which estimators put together to describe themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sklearn.base import BaseEstimator


def operations_fact(vocabulary: Sequence[str] | None) -> Iterator[str]:
    """Operations that an estimator knows; nothing for None."""
    if vocabulary is not None:
        yield f"- Operations: {', '.join(map(code, vocabulary))}"


def training_facts(what: str, history: Sequence[Mapping[str, float]]) -> Iterator[str]:
    """Number of epochs, time and last loss of a training; nothing for one without epochs."""
    if history:
        seconds = sum(row.get("time", 0.0) for row in history)
        loss = history[-1]["train_loss"]
        yield f"- {what} for {len(history)} epochs in {seconds:.1f} s, to a loss of {loss:.4g}"
        scores = [row["valid_score"] for row in history if "valid_score" in row]
        if scores:
            yield f"- Best validation tau: {max(scores):.4f}"


def code(value: Any) -> str:
    """Format a value for a table cell. It can neither end the cell nor contain markup."""
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
