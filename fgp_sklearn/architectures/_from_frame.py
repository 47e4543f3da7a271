"""from_frame and to_frame: architectures as tables with one column per choice."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from fgp_sklearn.architectures._as_batch import as_batch
from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._frames._advice import advice_of
from fgp_sklearn.architectures._frames._missing import warn_of_missing
from fgp_sklearn.architectures._frames._plan import FramePlan, plan_of
from fgp_sklearn.architectures._frames._read import FrameReading, read_table
from fgp_sklearn.architectures._frames._table import table_names
from fgp_sklearn.architectures._frames._write import library_table, written_columns
from fgp_sklearn.architectures._messages import named, shown


def from_frame(
    frame: Any,
    *,
    stages: Any = None,
    shared: Any = (),
    depth: str | None = "depth",
    op_attr: str = "op",
    stage_ops: bool = True,
) -> ArchitectureBatch:
    """Read architectures from a table with one row per architecture and one column per choice.

    Each row becomes a chain of blocks between an ``"input"`` and an ``"output"``. Every stage is one block,
    or as many equal blocks as its depth says. Its other choices become attributes of the blocks.

    Parameters
    ----------
    frame : pandas or polars DataFrame, pyarrow Table, or dict of columns
        The table. Columns have numbers, truth values or text. None and NaN stand for missing values.
    stages : str, list or dict, optional
        By default, columns named as ``stage2_kernel`` are found: a word, the number of the stage, a choice.
        If several words come before numbers, give the right one. Other columns need a list with the columns
        of each stage in order: ``[{"kernel": "k1"}, {"kernel": "k2"}]``, which names the choices, or
        ``[["k1", "e1"], ["k2", "e2"]]``, where numbers at the end do not belong to the name. A choice needs
        the same name in all stages; columns such as ``s1k`` need the first form.
    shared : list of str, default=()
        Columns that describe the whole architecture, such as a resolution. They become attributes of the
        input and of all blocks.
    depth : str or None, default="depth"
        The choice that is the number of blocks of its stage, 0 for a stage that is left out. With None no
        choice is.
    op_attr : str, default="op"
        The choice that is the operation of the blocks. Blocks without one have the operation ``"block"``.
    stage_ops : bool, default=True
        Whether the name of an operation begins with its stage, as in ``"stage2/block"``. Equal operations of
        different stages are then told apart, as :func:`join_parts` tells those of parts. A block may cost
        more in one stage than in another. `FlowGaussianProcessRegressor` also compares what the stages have
        in all.

    Returns
    -------
    ArchitectureBatch
        One chain per row, with the attribute ``stage`` and an attribute per numeric choice. A choice of text
        has one attribute per category, such as ``activation=relu``, which is 1 or 0. The index of a pandas
        DataFrame becomes the names, as text, unless it counts the rows from 0.

    Raises
    ------
    ArchitectureError
        If a column is lacking, or has a value that is neither a number nor text. The message gives the row.

    Warns
    -----
    UserWarning
        If columns were found by their names and others are left, if the numbers of stages have a gap, if only
        some stages have a choice though `stages` does not name the choices, or if `depth` is no choice and
        another one reads as a number of blocks, such as ``layers``. If values are missing by mistake.

    See Also
    --------
    to_frame : The inverse.
    fgp_sklearn.preprocessing.FrameTensorizer : The same as a transformer, which learns the columns.

    Notes
    -----
    A missing value is NaN in the attribute. A stage whose values are all missing is left out, and a missing
    depth beside other values is 1. There is a warning if a stage has blocks and one of its choices has no
    value, unless another choice explains this, as pooling has no kernel, or no row has a value. A text that
    more than a tenth of the blocks lack is taken for a choice that may be absent.

    Examples
    --------
    >>> from fgp_sklearn.architectures import from_frame
    >>> frame = {
    ...     "stage1_kernel": [3, 5], "stage1_depth": [1, 2],
    ...     "stage2_kernel": [7, 3], "stage2_depth": [1, 1],
    ... }
    >>> batch = from_frame(frame)
    >>> batch[1].ops
    ('input', 'stage1/block', 'stage1/block', 'stage2/block', 'output')
    >>> batch[1].attributes["kernel"][1:-1]
    array([5., 5., 3.])
    """
    plan = plan_of(table_names(frame), stages, shared)
    warn_of_columns(frame, plan, depth, op_attr)
    reading = read_table(frame, plan, depth, op_attr, stage_ops=stage_ops)
    warn_of_values(reading, plan, depth)
    return ArchitectureBatch.from_valid_columns(**vars(reading.columns))


def chains_of(
    X: Any, plan: FramePlan, depth: str | None = "depth", op_attr: str = "op", *, stage_ops: bool = True
) -> ArchitectureBatch:
    """Read what a plan says, as `from_frame` does, and warn of nothing."""
    return ArchitectureBatch.from_valid_columns(
        **vars(read_table(X, plan, depth, op_attr, stage_ops=stage_ops).columns)
    )


def warn_of_values(
    reading: FrameReading,
    plan: FramePlan,
    depth: str | None,
    place: Callable[[int], str] = "architecture {}".format,
) -> None:
    """Warn of values that are missing where stages have blocks; `place` is text about a row."""
    warn_of_missing(reading.missing, [stage[depth] for stage in plan.stages if depth in stage], place)


def warn_of_columns(X: Any, plan: FramePlan, depth: str | None, op_attr: str) -> None:
    """Warn of columns that are not read, and of names that differ between stages or hide a depth."""
    advice = advice_of(X, plan, depth, op_attr)
    texts = []
    if advice.mistyped:
        pairs = [f"{shown(name)} (did you mean {shown(near)}?)" for name, near in advice.mistyped.items()]
        more = f" and {len(pairs) - _SHOWN:,} others" if len(pairs) > _SHOWN else ""
        texts.append(
            f"columns may be mistyped and are not read: {', '.join(pairs[:_SHOWN])}{more}. Rename those that "
            "are choices of a stage"
        )
    others = [name for name in plan.ignored if name not in advice.mistyped]
    if others:
        texts.append(
            f"columns are not read: {named(others)}. For choices of whole architectures give shared="
            f"[{named(advice.shared) or '...'}]; drop labels and others from the frame.{advice.labels}"
        )
    if plan.apart:
        texts.append(
            f"columns {named(plan.apart)} stand beside a gap in the numbers of stages. Rename them if a "
            "number is mistyped; otherwise give the columns of each stage with stages="
        )
    if advice.partial is not None:
        texts.append(f"{advice.partial}{'' if advice.partial.endswith('?') else '.'} {_ONE_NAME}")
    if advice.depth is not None:
        texts.append(
            f"{shown(advice.depth)} reads as the number of blocks of each stage, but every stage becomes one "
            f"block with this number. With depth={shown(advice.depth)} it becomes so many blocks, which "
            "usually ranks better; depth=None keeps the number"
        )
    for text in texts:
        warnings.warn(text, UserWarning, stacklevel=3)


_SHOWN = 3  # columns that may be mistyped
_ONE_NAME = (
    "Only choices of the same name are compared between stages. Rename the columns, or name the choices of "
    "each stage: stages=[{'kernel': 'column', ...}, ...]"
)


def to_frame(X: Any, *, library: str = "pandas") -> Any:
    """Write chains as a table with one row per architecture and one column per choice.

    Parameters
    ----------
    X : ArchitectureBatch, or anything that `as_batch` reads
        Chains between an ``"input"`` and an ``"output"``.
    library : {"pandas", "polars", "dict"}, default="pandas"
        Type of the table.

    Returns
    -------
    pandas.DataFrame, polars.DataFrame or dict of list
        Columns such as ``stage2_kernel``, which `from_frame` reads again. Chains with the attribute ``stage``
        whose stages repeat equal blocks have one group of columns per stage, with a depth if some stage has
        not one block. Names of operations that all begin with their stages lose this beginning. Other chains
        have one group per block. An attribute that the input and all blocks share
        is one column.

    Raises
    ------
    ArchitectureError
        If an architecture is no chain, or a table cannot hold its attributes. The message gives its index.
    ImportError
        If the library is not installed.
    ValueError
        If `library` is none of the above.

    Examples
    --------
    >>> from fgp_sklearn.architectures import from_text, to_frame
    >>> to_frame(from_text(["16:40:56:24:40"], form="nats-size"), library="dict")["stage2_width"]
    [40]
    """
    batch = as_batch(X)
    return library_table(written_columns(batch), library)
