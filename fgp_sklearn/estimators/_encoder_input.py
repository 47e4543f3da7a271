"""EncoderInput: how an encoder reads architectures."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError, as_batch
from fgp_sklearn.architectures._known_operations import KnownOperations
from fgp_sklearn.architectures._simplify import consists_of_chains, functional_graph


@dataclass(frozen=True)
class EncoderInput:
    """Reads and simplifies architectures, and codes their operations as in pre-training.

    This is the only place that does so. `FGPEncoder.input_` holds the object of a fitted encoder;
    `FGPRegressor`, its Gaussian process and the ONNX export ask that object.

    Parameters
    ----------
    op_attr, feature_attr : hashable
        Node attributes of NetworkX graphs; see `FGPEncoder`.
    names : KnownOperations
        How names of operations are read, which operations are removed and which are contracted.
    contracts_identities : bool
        False if the pool consists of plain chains, in which an identity operation holds the place of a stage.
    vocabulary : tuple of str
        Operations of the simplified pool.
    n_node_features : int
        Number of features per node.
    pool_ops : tuple of str
        Operations of the pool before it is simplified.

    Examples
    --------
    >>> from fgp_sklearn import FGPEncoder
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> encoder = FGPEncoder(hidden_dim=16, max_epochs=0).fit(nasbench201_space()[:100])
    >>> encoder.input_.read([([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "skip_connect", "output"])])
    ArchitectureBatch(n_architectures=1, n_nodes=2, n_edges=1, n_ops=5)
    """

    op_attr: Hashable
    feature_attr: Hashable | None
    names: KnownOperations
    contracts_identities: bool = True
    vocabulary: tuple[str, ...] = ()
    n_node_features: int = 0
    pool_ops: tuple[str, ...] = ()

    def learn(self, pool: ArchitectureBatch) -> tuple[Self, ArchitectureBatch]:
        """Learn from a pool how to read architectures.

        Parameters
        ----------
        pool : ArchitectureBatch
            The architectures.

        Returns
        -------
        reading : EncoderInput
            An object with the same parameters that has learnt the others.
        functional : ArchitectureBatch
            What its method `functional` returns for the pool.
        """
        features = pool.node_features
        pool = self.names.read(pool)
        reading = replace(
            self,
            contracts_identities=not consists_of_chains(pool),
            n_node_features=0 if features is None else features.shape[1],
            pool_ops=pool.used_ops(),
        )
        simplified = functional_graph(pool, **reading.simplification)
        reading = replace(reading, vocabulary=simplified.used_ops())
        return reading, reading.coded(simplified)

    @property
    def simplification(self) -> dict[str, frozenset[str]]:
        """Operations that are removed (``null_ops``) and contracted (``identity_ops``)."""
        identity_ops = self.names.contracted if self.contracts_identities else frozenset()
        return {"null_ops": self.names.removed, "identity_ops": identity_ops}

    def read(self, X: Any) -> ArchitectureBatch:
        """Read architectures in any form; returns their coded functional graphs."""
        return self.functional(as_batch(X, op_attr=self.op_attr, feature_attr=self.feature_attr))

    def functional(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        """Simplify architectures and code their operations.

        Parameters
        ----------
        batch : ArchitectureBatch
            Architectures as given by the user.

        Returns
        -------
        ArchitectureBatch
            Their functional graphs, with the vocabulary of the encoder.

        Raises
        ------
        ArchitectureError
            If nodes have another number of features than in the pool, or the pool lacks an operation.
        """
        return self.coded(self.simplified(batch))

    def simplified(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        """Functional graphs with canonical names of operations."""
        found = 0 if batch.node_features is None else batch.node_features.shape[1]
        if found != self.n_node_features:
            raise ArchitectureError(
                f"nodes have {found} features, but the encoder was built for {self.n_node_features}; "
                "give the same features as in its pool"
            )
        return functional_graph(self.names.read(batch), **self.simplification)

    def coded(self, simplified: ArchitectureBatch) -> ArchitectureBatch:
        """Functional graphs with the vocabulary of the encoder."""
        return simplified.recode(self.vocabulary)

    @property
    def pool_operations(self) -> ArchitectureBatch:
        """One architecture with a single node per operation of the pool."""
        n, n_features = len(self.pool_ops), self.n_node_features
        return ArchitectureBatch(
            ops=np.arange(n),
            edges=np.empty((2, 0), dtype=np.int64),
            node_ptr=np.arange(n + 1),
            edge_ptr=np.zeros(n + 1, dtype=np.int64),
            vocabulary=self.pool_ops,
            node_features=np.zeros((n, n_features)) if n_features else None,
        )
