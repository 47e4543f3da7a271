"""FlowKernel: the kernel that a view has on given architectures."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._known_operations import KnownOperations
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.architectures._simplify import consists_of_chains
from fgp_sklearn.operations._part import split_part
from fgp_sklearn.preprocessing import PathStatistics, StageEncoding, WeisfeilerLehmanEncoding
from fgp_sklearn.preprocessing._attribute_groups import AttributeGroups
from fgp_sklearn.processes._flow_blocks import FlowBlocks
from fgp_sklearn.processes._grouped_blocks import GroupedBlocks
from fgp_sklearn.processes._source_scores import SourceScores

_SAME_VIEWS = (
    "view='both' predicts what view='accuracy' predicts, because all architectures are plain chains and no "
    "operation is removed from chains; leave view out, or pass view='cost'"
)

_FEW_LABELS = 60  # below which flows are linear too, also beside embeddings, which know as much later

#: What may count in an architecture.
VIEWS = ("accuracy", "cost", "both")


@dataclass(frozen=True)
class FlowKernel:
    """Answers which blocks of features a kernel compares, and which of them are linear.

    This is the only place that decides it: `FlowGaussianProcessRegressor` and `select_diverse` both ask here.

    Parameters
    ----------
    view : {"accuracy", "cost", "both"}
        What counts in an architecture; see `FlowGaussianProcessRegressor`.
    features : sequence of transformer or None
        Further blocks.
    null_ops, identity_ops : iterable of str or int, or "auto"
        Operations without flow, and operations that pass on their input.
    operations : OperationTable, mapping or None
        What the user knows about operations.
    sources : sequence of predictors or None
        Predictors that were fitted elsewhere; see `FlowGaussianProcessRegressor`.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.processes._flow_kernel import FlowKernel
    >>> pool = nasbench201_space()[::500]
    >>> blocks = FlowKernel("both").blocks(pool, seed=0)
    >>> len(blocks.fit_transform(pool, pool)), blocks.linear
    (8, (False, False, False, False, False, False, True, True))
    """

    view: str
    features: Sequence[Any] | None = None
    null_ops: Any = "auto"
    identity_ops: Any = "auto"
    operations: Any = None
    sources: Sequence[Any] | None = None

    def __post_init__(self) -> None:
        if self.view not in VIEWS:
            raise ValueError(f"view must be one of {named(VIEWS)}, got {shown(self.view)}")

    def blocks(
        self,
        known: ArchitectureBatch,
        seed: int,
        groups: AttributeGroups | None = None,
        n_labels: int | None = None,
    ) -> FlowBlocks:
        """Blocks of features of this view, not fitted.

        Parameters
        ----------
        known : ArchitectureBatch
            All architectures that may be compared. The blocks depend on whether they are plain chains.
        seed : int
            Seed of the flows.
        groups : AttributeGroups, optional
            Columns about operations and attributes of functional graphs, if they are fitted already to a
            larger pool.
        n_labels : int, optional
            Number of labels from which the process will learn. If it is given, flows may have linear kernels
            beside smooth ones.

        Returns
        -------
        FlowBlocks
            The blocks; `FlowBlocks.linear` says which of them have a linear kernel.
        """
        features, names = list(self.features or ()), self.names.learn(known)
        given: dict[str, Any] = {"seed": seed, "n_given": len(features), "operations": self.operations}
        given["pool_names"] = names.pool_names
        if self.sources:
            given["sources"] = SourceScores(self.sources, self.operations, of_costs=self.view == "cost")
        read = names.read(known)
        of_chains = consists_of_chains(read)
        contracted = frozenset() if of_chains else names.contracted
        removed = frozenset() if of_chains else names.removed
        as_given: list[Any] = []
        linear: list[Any] = []
        if self.view != "accuracy":
            as_given = [PathStatistics(null_ops=None)]
            linear = [StageEncoding(), WeisfeilerLehmanEncoding(0)]
        of_parts = any(split_part(op)[0] for op in read.used_ops())
        if of_chains or of_parts or read.attribute_names:
            functional = [] if self.view == "cost" else [GroupedBlocks((removed, contracted), groups=groups)]
            whole = self.view == "cost" or (self.view == "both" and not of_chains)
            given["grouped"] = [*functional, *([GroupedBlocks(None, additive=True)] if whole else [])]
            as_given, linear = [], []
        if self.view == "both" and of_chains:
            warnings.warn(_SAME_VIEWS, UserWarning, stacklevel=4)
        simplification = None if of_chains or self.view == "cost" else (removed, contracted)
        of_flows = simplification is not None and not given.get("grouped") and self.view == "accuracy"
        learns_alone = n_labels is not None and (not features or n_labels < _FEW_LABELS)
        given["linear_too"] = of_flows and learns_alone and not self.sources
        return FlowBlocks(simplification, [*as_given, *features], linear, **given)

    @property
    def names(self) -> KnownOperations:
        """How the kernel reads names of operations."""
        return KnownOperations(self.null_ops, self.identity_ops, self.operations)
