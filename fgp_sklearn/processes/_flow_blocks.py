"""FlowBlocks: the blocks of features that a flow kernel compares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.preprocessing import normalize

from fgp_sklearn._storage import NAMES, PersistenceError, Storable
from fgp_sklearn.architectures import ArchitectureBatch, UnknownOperationError
from fgp_sklearn.architectures._duplicates import distinct
from fgp_sklearn.architectures._known_operations import KnownOperations
from fgp_sklearn.architectures._simplify import functional_graph
from fgp_sklearn.operations import OperationTable
from fgp_sklearn.preprocessing import WeisfeilerLehmanEncoding
from fgp_sklearn.preprocessing._stretches import stretches
from fgp_sklearn.processes._block_scaler import BlockScaler
from fgp_sklearn.processes._flow_features import N_DRAWS, kernel_features
from fgp_sklearn.processes._grouped_blocks import GroupedBlocks
from fgp_sklearn.processes._priors import GROUPED, NARROW, SOME_LINEAR, Priors
from fgp_sklearn.processes._source_scores import SourceScores

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_FLOW_COMPONENTS = 32
_LENGTH = np.sqrt(2)  # of shares of operations: two architectures without a common one have a distance of 2


class Known(NamedTuple):
    """What the caller of a kernel has computed already; None for what it has not.

    Parameters
    ----------
    features : sequence of ndarray of shape (n_architectures, n_columns), optional
        Output of the transformers in `features`. There must be no other blocks beside theirs and those of the
        flow, so the view is "accuracy" and the architectures are not plain chains.
    simplified : ArchitectureBatch, optional
        Functional graphs, simplified by the operations of the kernel.
    """

    features: Sequence[FloatArray] | None = None
    simplified: ArchitectureBatch | None = None


NOTHING_KNOWN = Known()


class FlowBlocks(Storable):
    """Blocks of features, each reduced to principal components at a median distance of 1.

    Parameters
    ----------
    simplification : tuple of frozenset or None
        Null operations and identity operations that are removed before the flow; None for no flow.
    features : list of transformer
        Further blocks. They read the architectures as given.
    linear_features : list of transformer
        Blocks for a linear kernel. They come last and read the architectures as given.
    seed : int
        Seed of the flows.
    n_given : int, default=0
        Number of transformers at the end of `features` that the user gave. They read names of operations as
        given; all others read canonical names.
    operations : OperationTable, mapping or None, default=None
        What the user knows about operations.
    grouped : sequence of GroupedBlocks, default=()
        Blocks about operations and attributes. Each of them has a linear kernel, most have a smooth one too.
    pool_names : tuple of str, default=()
        Operations of the pool, if their names are read as kinds and numbers; see `KnownOperations`.
    sources : SourceScores, optional
        Scores of predictors that were fitted elsewhere. Their blocks come last and have linear kernels.
    linear_too : bool, default=False
        Whether flows, and the shares of the operations in a functional graph, have linear kernels beside the
        smooth ones of flows. A linear kernel learns from fewer labels.
    """

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "simplification": tuple[frozenset[str], frozenset[str]] | None,
        "features": list[BaseEstimator],
        "linear_features": list[BaseEstimator],
        "seed": int,
        "n_given": int,
        "operations": OperationTable | dict | None,
        "renames": bool,
        "grouped": list[GroupedBlocks],
        "pool_names": NAMES,
        "sources": SourceScores | None,
        "linear_too": bool,
        "_shares": list[BaseEstimator],
        "_flow": list[BaseEstimator],
        "_others": list[BaseEstimator],
        "_scalers": list[Any],  # of BlockScaler
    }

    # Files of older versions lack these. Their transformers read all names as given.
    n_given: int = 0
    operations: Any = None
    renames: bool = False
    grouped: Sequence[GroupedBlocks] = ()
    pool_names: tuple[str, ...] = ()
    sources: SourceScores | None = None
    linear_too: bool = False
    _shares: Sequence[Any] = ()

    def __init__(
        self,
        simplification: tuple[frozenset[str], frozenset[str]] | None,
        features: list[Any],
        linear_features: list[Any],
        seed: int,
        n_given: int = 0,
        operations: Any = None,
        grouped: Sequence[GroupedBlocks] = (),
        pool_names: tuple[str, ...] = (),
        sources: SourceScores | None = None,
        linear_too: bool = False,
    ) -> None:
        self.simplification = simplification
        self.features = features
        self.linear_features = linear_features
        self.seed = seed
        self.n_given = n_given
        self.operations = operations
        self.renames = True
        self.grouped = list(grouped)
        self.pool_names = pool_names
        self.sources = sources
        self.linear_too = linear_too

    def fit_transform(self, batch: ArchitectureBatch, known: ArchitectureBatch) -> list[FloatArray]:
        """Fit the blocks and transform the architectures.

        The transformers learn operations and parts from all `known` architectures. Grouped blocks that are
        not fitted yet also learn their scales from them. Components and distances of other blocks are learnt
        from `batch`, and so are scales of sources.
        """
        self._flow = [] if self.simplification is None else kernel_features(_FLOW_COMPONENTS, self.seed)
        self._others = [clone(f) for f in [*self.features, *self.linear_features]]
        self._shares = [WeisfeilerLehmanEncoding(0, max_features=None)] if self.linear_too else []
        read = self._read(known)
        if self._flow:
            simplified = self._simplified(read)
            for transformer in [*self._flow, *self._shares]:
                transformer.fit(simplified)
        for place, transformer in enumerate(self._others):
            transformer.fit(known if self._is_given(place) else read, None)
        for some in self.grouped:
            if not some.is_fitted:
                some.fit(read)
        if self.sources is not None:
            self.sources.fit(batch, known, self.seed)
        parts = [
            (part.positions, [*self._shares_in(part), *(block[rows] for block, rows in self._columns(part))])
            for part in self._parts(batch)
        ]
        joined = _in_order(parts)
        shares, columns = joined[: len(self._shares)], joined[len(self._shares) :]
        self._scalers = [BlockScaler().fit(block) for block in columns]
        blocks = [s.transform(c) for s, c in zip(self._scalers, columns, strict=True)]
        return self._completed(blocks, shares, batch, self._read(batch))

    def _check_stored(self) -> None:
        """Each block has a scaler, fitted to as many columns as the transformer of the block returns."""
        if "_scalers" not in vars(self):
            return
        transformers = [*self._flow, *self._others]
        if list(map(type, self._scalers)) != [BlockScaler] * len(transformers):
            raise PersistenceError("blocks and their scalers do not belong together")
        for transformer, scaler in zip(transformers, self._scalers, strict=True):
            try:
                width = len(transformer.get_feature_names_out())
            except Exception:  # a user's own transformer need not know its columns
                continue
            if width != scaler.n_columns:
                raise PersistenceError(f"a block of {width} columns has a scaler of {scaler.n_columns}")

    @property
    def widths(self) -> list[int]:
        """Number of components of each block."""
        widths = [scaler.n_components for scaler in self._scalers]
        of_groups = [width for some in self.grouped for width in some.widths]
        linear_flows = widths[: self._n_linear_flows]
        of_shares = [len(some.get_feature_names_out()) for some in self._shares]
        of_sources = [] if self.sources is None else self.sources.widths
        smooth_groups = compress(of_groups, self._smooth)
        return [*widths, *smooth_groups, *of_groups, *linear_flows, *of_shares, *of_sources]

    @property
    def n_sources(self) -> int:
        """Number of blocks at the end that hold scores of sources."""
        return 0 if self.sources is None else len(self.sources.widths)

    @property
    def linear(self) -> tuple[bool, ...]:
        """Whether each block has a linear kernel."""
        n_linear = len(self.linear_features)
        ungrouped = (False,) * (len(self._scalers) - n_linear) + (True,) * n_linear
        n_last = len(self._smooth) + self._n_linear_flows + len(self._shares) + self.n_sources
        return ungrouped + (False,) * sum(self._smooth) + (True,) * n_last

    @property
    def priors(self) -> Priors:
        """Priors of the hyper-parameters of a kernel on these blocks."""
        priors = GROUPED if self.grouped else SOME_LINEAR if self.linear_features else NARROW
        return priors if self.sources is None else priors._replace(sources=self.sources.priors)

    def transform(self, batch: ArchitectureBatch) -> list[FloatArray]:
        """One array of shape (n_architectures, n_components) per block."""
        return _in_order(list(self.transform_parts(batch)))

    def transform_parts(
        self, batch: ArchitectureBatch, known: Known = NOTHING_KNOWN
    ) -> Iterator[tuple[IntArray, list[FloatArray]]]:
        """Transform part after part, so that the features of a whole space need not fit into memory.

        Parameters
        ----------
        batch : ArchitectureBatch
            The architectures.
        known : Known, optional
            What the caller has computed already.

        Yields
        ------
        positions : ndarray of int of shape (n,)
            Positions of the architectures of this part. Each architecture is in one part.
        blocks : list of ndarray of float64 of shape (n, n_components)
            Their blocks.
        """
        try:
            yield from self._transformed_parts(batch, known)
        except UnknownOperationError as error:
            read = self._read(batch)
            compared = read if self.simplification is None else self._simplified(read)
            raise self._names.explained(error, batch, compared) from None

    def _transformed_parts(
        self, batch: ArchitectureBatch, known: Known
    ) -> Iterator[tuple[IntArray, list[FloatArray]]]:
        for part in self._parts(batch, known.simplified):
            columns = zip(self._scalers, self._columns(part, known.features), strict=True)
            blocks = [scaler.transform(block)[rows] for scaler, (block, rows) in columns]
            batch_part, read_part = (b.take(part.positions) for b in (part.batch, part.read))
            yield part.positions, self._completed(blocks, self._shares_in(part), batch_part, read_part)

    def _parts(
        self, batch: ArchitectureBatch, simplified: ArchitectureBatch | None = None
    ) -> Iterator[_Part]:
        """Cut a batch into parts. Architectures with the same functional graph are in the same part."""
        read = self._read(batch)
        if not self._flow:
            simplified = read
        elif simplified is None:
            simplified = self._simplified(read)
        same = distinct(simplified)[1] if self._flow else np.arange(len(batch))
        order = np.argsort(same, kind="stable")
        for some in stretches(simplified.n_nodes[order], N_DRAWS * _FLOW_COMPONENTS):
            positions = order[some]
            _, first, which = np.unique(same[positions], return_index=True, return_inverse=True)
            yield _Part(positions, batch, read, simplified.take(positions[first]), which)

    def _columns(
        self, part: _Part, made: Sequence[FloatArray] | None = None
    ) -> Iterator[tuple[FloatArray, IntArray | slice]]:
        """Yield the columns of each block, and the row of each architecture in them."""
        for transformer in self._flow:
            yield np.asarray(transformer.transform(part.distinct), dtype=np.float64), part.which
        if made is not None:
            yield from ((columns[part.positions], slice(None)) for columns in made)
            return
        for place, transformer in enumerate(self._others):
            batch = part.batch if self._is_given(place) else part.read
            columns = transformer.transform(batch.take(part.positions))
            yield np.asarray(columns, dtype=np.float64), slice(None)

    def _shares_in(self, part: _Part) -> list[FloatArray]:
        """Shares of the operations in each functional graph, in one block or none."""
        counted = [transformer.transform(part.distinct) for transformer in self._shares]
        return [_LENGTH * normalize(counts.astype(np.float64))[part.which] for counts in counted]

    def _completed(
        self,
        blocks: list[FloatArray],
        shares: list[FloatArray],
        batch: ArchitectureBatch,
        read: ArchitectureBatch,
    ) -> list[FloatArray]:
        """The blocks, grouped ones for smooth kernels, then linear ones: groups, flows, shares, sources."""
        groups = [block for some in self.grouped for block in some.transform(read)]
        linear_flows = blocks[: self._n_linear_flows]
        of_sources = [] if self.sources is None else self.sources.transform(batch)
        return [*blocks, *compress(groups, self._smooth), *groups, *linear_flows, *shares, *of_sources]

    @property
    def _n_linear_flows(self) -> int:
        """Number of blocks of flows that have a linear kernel beside the smooth one: all or none."""
        return len(self._flow) if self.grouped or self.linear_too else 0

    @property
    def _smooth(self) -> list[bool]:
        """Whether each block of the groups has a smooth kernel."""
        return [smooth for some in self.grouped for smooth in some.smooth]

    def _is_given(self, place: int) -> bool:
        """Whether the user gave the transformer at a place of `_others`."""
        return 0 <= len(self.features) - 1 - place < self.n_given

    def _read(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        """The architectures with canonical names of operations."""
        return self._names.read(batch)

    @property
    def _names(self) -> KnownOperations:
        """How names of operations are read."""
        return KnownOperations((), (), self.operations, self.renames, self.pool_names)

    def _simplified(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        null_ops, identity_ops = self.simplification or (frozenset(), frozenset())
        return functional_graph(batch, null_ops=null_ops, identity_ops=identity_ops)


class _Part(NamedTuple):
    """Some architectures of a batch: their distinct functional graphs, and which one each of them has.

    `batch` holds all architectures as given, and `read` the same with canonical names of operations.
    """

    positions: IntArray
    batch: ArchitectureBatch
    read: ArchitectureBatch
    distinct: ArchitectureBatch
    which: IntArray


def _in_order(parts: list[tuple[IntArray, list[FloatArray]]]) -> list[FloatArray]:
    """Join the blocks of all parts in the order of the architectures."""
    places = np.argsort(np.concatenate([positions for positions, _ in parts]))
    blocks = zip(*(blocks for _, blocks in parts), strict=True)
    return [np.concatenate(block)[places] for block in blocks]
