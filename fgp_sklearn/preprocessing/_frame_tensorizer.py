"""FrameTensorizer: reads tables with one column per choice, with columns and categories learned in fit."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping
from typing import Any, ClassVar, Self

from fgp_sklearn._storage import NAMES
from fgp_sklearn._validation import fit_context
from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError, as_batch
from fgp_sklearn.architectures._frames._plan import FramePlan, plan_of
from fgp_sklearn.architectures._frames._read import FrameReading, read_table
from fgp_sklearn.architectures._frames._table import is_table, table_names
from fgp_sklearn.architectures._from_frame import warn_of_columns, warn_of_values
from fgp_sklearn.architectures._messages import named
from fgp_sklearn.preprocessing._base import BatchTransformer


class FrameTensorizer(BatchTransformer):
    """Convert a table with one row per architecture and one column per choice to an `ArchitectureBatch`.

    Each row becomes a chain of blocks, as `from_frame` describes. `fit` learns which columns make up which
    stage, and the categories of columns of text. `transform` reads the same columns of later tables, in any
    order, so that all batches have the same attributes. Put this transformer first in a pipeline whose input
    is a data frame.

    Architectures in the other forms that `as_batch` reads pass through, so that a pool of unlabelled
    architectures can be given to the same pipeline.

    Parameters
    ----------
    stages : str, list or dict, optional
        Columns of each stage; see `from_frame`. By default columns named as ``stage2_kernel`` are found.
    shared : list of str, default=()
        Columns that describe the whole architecture.
    depth : str or None, default="depth"
        The choice that is the number of blocks of its stage.
    op_attr : hashable, default="op"
        The choice that is the operation of the blocks, and the node attribute that holds the operation for
        NetworkX input.
    stage_ops : bool, default=True
        Whether the name of an operation begins with its stage, as in ``"stage2/block"``; see `from_frame`.
    attributes : sequence of str, optional
        Attributes to keep; see `as_batch`. By default all choices.

    Attributes
    ----------
    stages_ : list of dict of str to str
        For each stage the column of each choice. Empty if `fit` saw architectures and no table.
    shared_ : tuple of str
        Columns that describe the whole architecture.
    categories_ : dict of str to tuple of str
        Categories of each choice of text, sorted.
    attribute_names_ : tuple of str
        Names of the attributes, sorted.

    See Also
    --------
    fgp_sklearn.architectures.to_frame : Writes such tables.
    GraphTensorizer : Fixes the vocabulary of operations.

    Examples
    --------
    >>> from fgp_sklearn import FrameTensorizer
    >>> frame = {"stage1_kernel": [3, 5, 3], "stage2_kernel": [3, 3, 7], "stage2_depth": [1, 2, 0]}
    >>> tensorizer = FrameTensorizer().fit(frame)
    >>> tensorizer.stages_
    [{'kernel': 'stage1_kernel'}, {'kernel': 'stage2_kernel', 'depth': 'stage2_depth'}]
    >>> tensorizer.transform(frame).n_nodes
    array([4, 5, 3])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "stages": [str, list, tuple, Mapping, None],
        "shared": [list, tuple],
        "depth": [str, None],
        "op_attr": [Hashable],
        "stage_ops": ["boolean"],
        "attributes": [list, tuple, None],
    }

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "stages_": list[dict[str, str]],
        "shared_": NAMES,
        "categories_": dict[str, tuple[str, ...]],
        "attribute_names_": NAMES,
    }

    def __init__(
        self,
        stages: Any = None,
        *,
        shared: Any = (),
        depth: Any = "depth",
        op_attr: Any = "op",
        stage_ops: bool = True,
        attributes: Any = None,
    ) -> None:
        self.stages = stages
        self.shared = shared
        self.depth = depth
        self.op_attr = op_attr
        self.stage_ops = stage_ops
        self.attributes = attributes

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the columns of each stage, and the categories of columns of text.

        Parameters
        ----------
        X : pandas or polars DataFrame, pyarrow Table, dict of columns, or architectures
            Table with one row per architecture, or architectures in any form that `as_batch` reads.
        y : None
            Ignored.

        Returns
        -------
        FrameTensorizer
            The fitted transformer.

        Raises
        ------
        ArchitectureError
            If a column is lacking, or has a value that is neither a number nor text.
        """
        plan, categories = FramePlan((), ()), {}
        if self._is_table(X):
            plan = plan_of(table_names(X), self.stages, self.shared)
            warn_of_columns(X, plan, self.depth, self.op_attr)
            reading = self._reading(X, plan, None)
            batch, categories = self._batch(reading), reading.categories
        else:
            batch = self._decode(X)
        self.stages_ = [dict(stage) for stage in plan.stages]
        self.shared_ = plan.shared
        self.categories_ = categories
        self.attribute_names_ = batch.attribute_names
        return self

    def _decode(self, X: Any) -> ArchitectureBatch:
        if not self._is_table(X):
            return super()._decode(X)
        if not self.stages_:
            raise ArchitectureError(
                "fit saw architectures and no table; fit on a table, or give architectures"
            )
        plan = FramePlan(tuple(self.stages_), self.shared_)
        if self.stages is None or isinstance(self.stages, str):
            now = plan_of(table_names(X), self.stages, self.shared_)
            known = {column for stage in plan.stages for column in stage.values()}
            new = [column for stage in now.stages for column in stage.values() if column not in known]
            if new:
                warnings.warn(
                    f"columns are not read, since fit did not see them: {named(new)}; fit on a table with "
                    "all columns",
                    UserWarning,
                    stacklevel=2,
                )
        return self._batch(self._reading(X, plan, self.categories_))

    def _is_table(self, X: Any) -> bool:
        return is_table(X)

    def _reading(self, X: Any, plan: FramePlan, categories: Any) -> FrameReading:
        reading = read_table(
            X, plan, self.depth, self.op_attr, stage_ops=self.stage_ops, categories=categories
        )
        warn_of_values(reading, plan, self.depth)
        return reading

    def _batch(self, reading: FrameReading) -> ArchitectureBatch:
        batch = ArchitectureBatch.from_valid_columns(**vars(reading.columns))
        return as_batch(batch, attributes=self.attributes)

    def _transformed(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        return batch
