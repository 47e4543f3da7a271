"""FlowKernel: the kernel that a view has on given architectures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.pipeline import make_pipeline

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._known_operations import KnownOperations
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.architectures._simplify import consists_of_chains
from fgp_sklearn.preprocessing import (
    ArchitectureSimplifier,
    PathStatistics,
    StageEncoding,
    WeisfeilerLehmanEncoding,
)
from fgp_sklearn.processes._flow_blocks import FlowBlocks

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

    def __post_init__(self) -> None:
        if self.view not in VIEWS:
            raise ValueError(f"view must be one of {named(VIEWS)}, got {shown(self.view)}")

    def blocks(self, known: ArchitectureBatch, seed: int) -> FlowBlocks:
        """Blocks of features of this view, not fitted.

        Parameters
        ----------
        known : ArchitectureBatch
            All architectures that may be compared. The blocks depend on whether they are plain chains.
        seed : int
            Seed of the flows.

        Returns
        -------
        FlowBlocks
            The blocks; `FlowBlocks.linear` says which of them have a linear kernel.
        """
        features = list(self.features or ())
        as_given, linear = [], []
        if self.view != "accuracy":
            as_given = [PathStatistics(null_ops=None)]
            linear = [StageEncoding(), WeisfeilerLehmanEncoding(0)]
        names = self.names
        reading = {"n_given": len(features), "operations": self.operations}
        if self.view != "cost" and consists_of_chains(names.read(known)):
            stages = make_pipeline(ArchitectureSimplifier(null_ops=(), identity_ops=()), StageEncoding())
            return FlowBlocks(None, [stages, *as_given, *features], linear or [stages], seed, **reading)
        simplification = None if self.view == "cost" else (names.removed, names.contracted)
        return FlowBlocks(simplification, [*as_given, *features], linear, seed, **reading)

    @property
    def names(self) -> KnownOperations:
        """How the kernel reads names of operations."""
        return KnownOperations(self.null_ops, self.identity_ops, self.operations)
