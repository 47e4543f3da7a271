"""FlowMaps: the random maps of a flow, which depend on operations and attributes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing._base import generator_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Standard deviation of the frequencies. Small ones make flows nearly linear in the attributes.
_BANDWIDTH = 0.15
_START, _ROW, _KEPT = range(3)  # what attributes change


@dataclass(frozen=True, slots=True)
class NodeMaps:
    """Maps of the nodes of a batch.

    Parameters
    ----------
    codes : ndarray of int of shape (total_nodes,), or None
        Row of each node in the following arrays. If None, it is the operation.
    start : ndarray of shape (width,) or (n_rows, width)
        Start messages.
    shift : ndarray of shape (n_rows, width)
        What is added to the mixed message.
    kept : ndarray of shape (n_rows, 1) or (n_rows, width)
        Share of a message that is passed on unchanged.
    """

    codes: IntArray | None
    start: FloatArray
    shift: FloatArray
    kept: FloatArray


class FlowMaps:
    """Draws the start message, the shift of each operation, the mixing matrices and the kept shares.

    ``[P[op], m] W = P[op] W_top + m W_bottom``, so the first term is one row per operation. Attributes add
    random Fourier features to the start message, to `P`, and to the logit of a random share.

    Parameters
    ----------
    vocabulary : tuple of str
        Names of the operations.
    attribute_names : tuple of str
        Names of the attributes.
    seed : int
        Seed of all draws.
    n_components, n_draws : int
        Dimension of the messages of one draw, and number of draws. Their product is the width.
    scale : float
        Standard deviation of `P` and `W`.
    alpha : float or "random"
        Share of a message that is passed on unchanged.
    """

    def __init__(
        self,
        vocabulary: tuple[str, ...],
        attribute_names: tuple[str, ...],
        *,
        seed: int,
        n_components: int,
        n_draws: int,
        scale: float,
        alpha: float | str,
    ) -> None:
        k, draws = n_components, n_draws
        generator = np.random.default_rng(seed)
        self.scale = scale
        self.start = generator.uniform(size=(draws, k)).ravel()
        mixing = generator.normal(scale=scale, size=(draws, 2 * k, k))
        self._top, self.mixing = mixing[:, :k], mixing[:, k:]
        of_op = [generator_of(op, seed) for op in vocabulary]
        rows = np.array([own.normal(scale=scale, size=(draws, k)) for own in of_op])
        self.shift = self._mixed(rows.reshape(-1, draws, k))
        self.draws_shares = alpha == "random"
        if self.draws_shares:
            self.kept = np.array([own.uniform(size=draws * k) for own in of_op]).reshape(-1, draws * k)
        else:
            self.kept = np.full((len(vocabulary), 1), float(alpha))
        waves = [[_waves(op, name, seed, draws * k) for name in attribute_names] for op in vocabulary]
        self._waves = np.array(waves).reshape(len(vocabulary), len(attribute_names), 3, 2, draws * k)

    def of(self, batch: ArchitectureBatch) -> NodeMaps:
        """Maps of the nodes of a batch with standardised attributes, one per row of `node_rows`."""
        if batch.attribute_values is None:
            return NodeMaps(None, self.start, self.shift, self.kept)
        nodes, codes = batch.node_rows
        ops, numbers = batch.ops[nodes], batch.attribute_values[nodes]
        rows = self._smooth(_ROW, ops, numbers).reshape(len(nodes), *self.mixing.shape[:2])
        kept = self.kept[ops]
        if self.draws_shares:
            with np.errstate(divide="ignore"):  # a share of 0 or 1 stays
                logit = np.log(kept) - np.log1p(-kept)
            missing = _all_missing(numbers)
            changed = 1 / (1 + np.exp(-(logit + self._smooth(_KEPT, ops, numbers))))
            kept = np.where(missing, kept, changed)
        return NodeMaps(
            codes=codes,
            start=self.start + self._smooth(_START, ops, numbers) / math.sqrt(3),
            shift=self.shift[ops] + self._mixed(self.scale * rows),
            kept=kept,
        )

    def _mixed(self, rows: FloatArray) -> FloatArray:
        mixed: FloatArray = np.einsum("odk,dkl->odl", rows, self._top)
        return mixed.reshape(len(rows), -1)

    def _smooth(self, what: int, ops: NDArray[np.int32], numbers: FloatArray) -> FloatArray:
        """Random Fourier features of mean square 1, and 0 where all attributes are missing."""
        missing = np.isnan(numbers)
        terms = np.hstack([np.where(missing, 0.0, numbers), ~missing])
        features = np.zeros((len(ops), self._waves.shape[-1]))
        for op in np.unique(ops[~missing.all(axis=1)]):
            chosen = np.flatnonzero((ops == op) & ~missing.all(axis=1))
            frequency, phase = np.moveaxis(self._waves[op, :, what], 1, 0)
            angle = terms[chosen] @ np.vstack([frequency, phase])
            features[chosen] = math.sqrt(2) * np.cos(angle, out=angle)
        return features


def _all_missing(numbers: FloatArray) -> NDArray[np.bool_]:
    """Which rows have no number, as a column."""
    return np.asarray(np.isnan(numbers).all(axis=1, keepdims=True))


def _waves(op: str, attribute: str, seed: int, width: int) -> FloatArray:
    """Frequencies and phases of an attribute; they depend only on the seed and on both names."""
    own = generator_of(op, seed, attribute)
    frequency = own.normal(scale=_BANDWIDTH, size=(3, 1, width))
    return np.concatenate([frequency, own.uniform(0, 2 * np.pi, size=(3, 1, width))], axis=1)
