"""EncoderInput: how an encoder reads architectures."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from fgp_sklearn.architectures import ArchitectureBatch, UnknownOperationError, as_batch
from fgp_sklearn.architectures._known_operations import KnownOperations
from fgp_sklearn.architectures._simplify import consists_of_chains, functional_graph
from fgp_sklearn.preprocessing._attribute_scale import AttributeScale


@dataclass(frozen=True)
class EncoderInput:
    """Reads and simplifies architectures, and codes their operations as in pre-training.

    This is the only place that does so. `FGPEncoder.input_` holds the object of a fitted encoder;
    `FGPRegressor`, its Gaussian process and the ONNX export ask that object.

    Parameters
    ----------
    op_attr : hashable
        Node attribute of NetworkX graphs that holds the operation.
    attributes : sequence of str or None
        Node attributes that hold numbers; see `as_batch`.
    names : KnownOperations
        How names of operations are read, which operations are removed and which are contracted.
    contracts_identities : bool
        False if the pool consists of plain chains, in which an identity operation holds the place of a stage.
    vocabulary : tuple of str
        Operations of the simplified pool.
    scale : AttributeScale
        Attributes of the pool, and their scales.
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
    attributes: Sequence[str] | None
    names: KnownOperations
    contracts_identities: bool = True
    vocabulary: tuple[str, ...] = ()
    scale: AttributeScale = field(default_factory=AttributeScale)
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
            Functional graphs of the pool, with the vocabulary of the encoder. Attributes are not scaled.
        """
        names = self.names.learn(pool)
        pool = names.read(pool)
        reading = replace(
            self,
            names=names,
            contracts_identities=not consists_of_chains(pool),
            scale=AttributeScale.of(pool),
            pool_ops=pool.used_ops(),
        )
        simplified = functional_graph(pool, **reading.simplification)
        reading = replace(reading, vocabulary=simplified.used_ops())
        return reading, simplified.recode(reading.vocabulary)

    @property
    def simplification(self) -> dict[str, frozenset[str]]:
        """Operations that are removed (``null_ops``) and contracted (``identity_ops``)."""
        identity_ops = self.names.contracted if self.contracts_identities else frozenset()
        return {"null_ops": self.names.removed, "identity_ops": identity_ops}

    def read(self, X: Any) -> ArchitectureBatch:
        """Read architectures in any form; returns their coded functional graphs."""
        return self.functional(as_batch(X, op_attr=self.op_attr, attributes=self.attributes))

    def functional(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        """Simplify architectures and code their operations.

        Parameters
        ----------
        batch : ArchitectureBatch
            Architectures as given by the user.

        Returns
        -------
        ArchitectureBatch
            Their functional graphs, with the vocabulary of the encoder and scaled attributes.

        Raises
        ------
        ArchitectureError
            If nodes have other attributes than in the pool, or the pool lacks an operation.
        """
        return self.coded(self.simplified(batch), batch)

    def simplified(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        """Functional graphs with canonical names of operations."""
        batch = self.names.read(batch)
        self.scale.check(batch)
        return functional_graph(batch, **self.simplification)

    def coded(self, simplified: ArchitectureBatch, batch: ArchitectureBatch) -> ArchitectureBatch:
        """Functional graphs of a batch with the vocabulary of the encoder and scaled attributes."""
        try:
            coded = simplified.recode(self.vocabulary)
        except UnknownOperationError as error:
            raise self.names.explained(error, batch, simplified) from None
        return self.scale.applied_to(coded)

    @property
    def pool_operations(self) -> ArchitectureBatch:
        """One architecture with a single node per operation of the pool, without values of attributes."""
        names = self.names.pool_names or self.pool_ops
        given = [name for name in self.scale.names if name not in self.names.numbers]
        n = len(names)
        return ArchitectureBatch(
            ops=np.arange(n),
            edges=np.empty((2, 0), dtype=np.int64),
            node_ptr=np.arange(n + 1),
            edge_ptr=np.zeros(n + 1, dtype=np.int64),
            vocabulary=names,
            attributes={name: np.full(n, np.nan) for name in given},
        )
