"""ChainSpace: chains of layers with choices per stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._node_attributes import aligned
from fgp_sklearn.architectures._offsets import offsets, ranges
from fgp_sklearn.search._chain_stage import Option, Stage, as_numbers, as_stage
from fgp_sklearn.search._choice_space import ChoiceSpace
from fgp_sklearn.search._ends import check_ends
from fgp_sklearn.search._stage_matching import matched_depths

IntArray = NDArray[np.int64]


class _Choice(NamedTuple):
    """A choice: of a shared value, of a depth, of the option of a slot or of an attribute of an option."""

    n_values: int
    stage: int = -1
    layer: int = -1
    option: int = -1
    name: str = ""


class ChainSpace(ChoiceSpace):
    """Chains of layers: networks as MobileNet, NAS-Bench-Macro or GPT, with choices per stage.

    Choices are, per layer, the operation (if a stage offers several) and each attribute with several
    values, per stage the number of layers, and the shared values. `sample` draws each choice uniformly and
    independently; `mutate` changes one choice that has an effect.

    Parameters
    ----------
    stages : sequence of str, mapping or list of these
        What a stage offers at each of its layers: an operation, a node as in `as_batch`, such as ``{"op":
        "mbconv", "kernel": [3, 5, 7]}`` with one number or a list of choices per attribute, or a list of
        several of both to choose from. A mapping may have ``"n_layers"``, the number of layers of the stage:
        one number, or a list to choose from. Each layer has choices of its own. In place of numbers, an
        attribute may name a shared choice.
    shared : mapping of str to sequence of float, optional
        Choices that hold for several layers, such as the width of a transformer.
    ends : tuple of str or None, default=("input", "output")
        Operations of the first and the last node. None if the stages contain them.

    Examples
    --------
    NAS-Bench-Macro has eight layers of three operations each:

    >>> from fgp_sklearn.search import ChainSpace
    >>> macro = ChainSpace([["identity", "mb3_k3", "mb6_k5"]] * 8)
    >>> len(macro)
    6561

    A network like MobileNet, with two to four blocks in each of five stages:

    >>> mobile = ChainSpace([
    ...     {"op": "mbconv", "kernel": [3, 5, 7], "expansion": [3, 4, 6], "stage": stage,
    ...      "n_layers": [2, 3, 4]}
    ...     for stage in range(1, 6)])
    >>> f"{mobile.n_members:.1e}"
    '2.2e+19'

    A language model, whose width holds for all layers:

    >>> gpt = ChainSpace(
    ...     [{"op": "embedding", "width": "width", "bias": [0, 1]},
    ...      {"op": "block", "heads": [4, 8, 12], "mlp_ratio": [2, 3, 4], "width": "width",
    ...       "n_layers": [10, 11, 12]}],
    ...     shared={"width": [192, 384, 768]})
    >>> gpt.sample(1, random_state=0)
    ArchitectureBatch(n_architectures=1, n_nodes=13, n_edges=12, n_ops=4)
    """

    contracts_identities = False

    def __init__(
        self,
        stages: Sequence[Any],
        *,
        shared: Mapping[str, Any] | None = None,
        ends: tuple[str, str] | None = ("input", "output"),
    ) -> None:
        self._shared = {name: as_numbers(values, f"shared {name}") for name, values in (shared or {}).items()}
        if ends is None:
            given = list(stages)
        else:
            first, last = check_ends(ends)
            given = [first, *stages, last]
        self._stages = [
            as_stage(stage, position - (ends is not None), self._shared)
            for position, stage in enumerate(given)
        ]
        options = [option for stage in self._stages for option in stage.options]
        self._vocabulary = tuple(sorted({option.op for option in options}))
        self._names = tuple(sorted({name for option in options for name in option.attributes}))
        self.attributes = self._names or None
        if not sum(int(stage.depths.min()) for stage in self._stages):
            raise ValueError("all stages may have n_layers=0; give at least one a layer")
        if not self._choices:
            raise ValueError("no stage has a choice; give one several operations, numbers or n_layers")

    def __repr__(self) -> str:
        most = sum(int(stage.depths.max()) for stage in self._stages)
        return f"{type(self).__name__}(n_stages={len(self._stages)}, max_nodes={most})"

    # ------------------------------------------------------------------ choices

    @cached_property
    def _choices(self) -> tuple[_Choice, ...]:
        """All choices with more than one value, in the order of the columns."""
        choices = [_Choice(len(values), name=name) for name, values in self._shared.items()]
        for s, stage in enumerate(self._stages):
            choices.append(_Choice(len(stage.depths), s))
            for layer in range(int(stage.depths.max())):
                choices.append(_Choice(len(stage.options), s, layer))
                for o, option in enumerate(stage.options):
                    choices += [
                        _Choice(len(values), s, layer, o, name)
                        for name, values in option.attributes.items()
                        if not isinstance(values, str)
                    ]
        return tuple(choice for choice in choices if choice.n_values > 1)

    @cached_property
    def _columns(self) -> dict[tuple[Any, ...], int]:
        return {tuple(choice[1:]): column for column, choice in enumerate(self._choices)}

    @property
    def n_choices(self) -> IntArray:
        """Number of values of each choice: shared choices first, then stage by stage."""
        return np.array([choice.n_values for choice in self._choices], dtype=np.int64)

    @property
    def n_members(self) -> int:
        """Number of rows of choices, without choices that have no effect."""
        total = int(np.prod([len(values) for values in self._shared.values()], dtype=object))
        for stage in self._stages:
            per_layer = sum(_n_values(option) for option in stage.options)
            total *= sum(per_layer**depth for depth in stage.depths.tolist())
        return total

    def _value(self, choices: IntArray, *key: Any) -> IntArray:
        """Values of the choice with a key; 0 if there is nothing to choose."""
        column = self._columns.get(key)
        return np.zeros(len(choices), dtype=np.int64) if column is None else choices[:, column]

    def _depth(self, choices: IntArray, s: int) -> IntArray:
        return self._stages[s].depths[self._value(choices, s, -1, -1, "")]

    def _effect_of(self, choice: _Choice, choices: IntArray) -> NDArray[np.bool_]:
        """Whether a choice has an effect in each row: its layer is used, and its option is chosen."""
        effect = np.ones(len(choices), dtype=bool)
        if choice.layer >= 0:
            effect &= choice.layer < self._depth(choices, choice.stage)
        if choice.option >= 0:
            effect &= self._value(choices, choice.stage, choice.layer, -1, "") == choice.option
        return effect

    def _has_effect(self, choices: IntArray) -> NDArray[np.bool_]:
        return np.stack([self._effect_of(choice, choices) for choice in self._choices], axis=1)

    def _settled(self, choices: IntArray) -> IntArray:
        return np.where(self._has_effect(choices), choices, 0)

    def _changed(self, choices: IntArray, generator: np.random.Generator) -> IntArray:
        drawn = generator.integers(self.n_choices, size=choices.shape)
        return super()._changed(np.where(self._has_effect(choices), choices, drawn), generator)

    # ------------------------------------------------------------------ architectures

    def decode(self, choices: Any) -> ArchitectureBatch:
        choices = np.asarray(choices, dtype=np.int64).reshape(-1, len(self._choices))
        ops, used, values = [], [], []
        for s, stage in enumerate(self._stages):
            depth = self._depth(choices, s)
            for layer in range(int(stage.depths.max())):
                codes, numbers = self._layer(choices, s, layer)
                ops.append(codes)
                values.append(numbers)
                used.append(layer < depth)
        present = np.stack(used, axis=1)
        return _chains(
            np.stack(ops, axis=1)[present],
            present.sum(axis=1),
            self._vocabulary,
            self._names,
            np.stack(values, axis=1)[present],
        )

    def _layer(self, choices: IntArray, s: int, layer: int) -> tuple[IntArray, NDArray[np.float64]]:
        """Operation and attributes of one layer of each chain."""
        stage = self._stages[s]
        which = self._value(choices, s, layer, -1, "")
        codes = np.array([self._vocabulary.index(option.op) for option in stage.options])[which]
        values = np.full((len(choices), len(self._names)), np.nan)
        for o, option in enumerate(stage.options):
            chosen = which == o
            for name, given in option.attributes.items():
                if isinstance(given, str):
                    numbers = np.array(self._shared[given])[self._value(choices, -1, -1, -1, given)]
                else:
                    numbers = np.array(given)[self._value(choices, s, layer, o, name)]
                values[chosen, self._names.index(name)] = numbers[chosen]
        return codes, values

    def _guessed(self, batch: ArchitectureBatch) -> IntArray:
        most = sum(int(stage.depths.max()) for stage in self._stages)
        choices = np.full((len(batch), len(self._choices)), -1, dtype=np.int64)
        rows = np.flatnonzero(batch.n_nodes <= most)
        if not len(rows):
            return choices
        place = np.minimum(np.arange(most), batch.n_nodes[rows][:, None] - 1)
        nodes = batch.node_ptr[rows][:, None] + place
        inside = np.arange(most) < batch.n_nodes[rows][:, None]
        code = {op: i for i, op in enumerate(self._vocabulary)}
        table = np.array([code.get(op, -1) for op in batch.vocabulary], dtype=np.int64)
        ops = np.where(inside, table[batch.ops[nodes]], -1)
        values = aligned(batch, self._names)[nodes]
        fits = [self._fits(stage, ops, values) for stage in self._stages]
        depths = matched_depths(fits, [stage.depths for stage in self._stages], batch.n_nodes[rows])
        choices[rows] = self._read_choices(depths, ops, values)
        choices[rows[(depths < 0).any(axis=1)]] = -1
        return choices

    def _fits(self, stage: Stage, ops: IntArray, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether each node could be a layer of a stage."""
        fits = np.zeros(ops.shape, dtype=bool)
        for option in stage.options:
            right = ops == self._vocabulary.index(option.op)
            for column, name in enumerate(self._names):
                given = option.attributes.get(name, (np.nan,))
                allowed = np.array(self._shared[given] if isinstance(given, str) else given)
                found = values[:, :, column]
                right &= np.isnan(found) if name not in option.attributes else np.isin(found, allowed)
            fits |= right
        return fits

    def _read_choices(self, depths: IntArray, ops: IntArray, values: NDArray[np.float64]) -> IntArray:
        """Choices of chains that are divided into stages."""
        choices = np.zeros((len(depths), len(self._choices)), dtype=np.int64)
        rows = np.arange(len(depths))
        starts = np.cumsum(depths, axis=1) - depths
        for s, stage in enumerate(self._stages):
            self._set(choices, (s, -1, -1, ""), np.searchsorted(stage.depths, depths[:, s]), rows)
            for layer in range(int(stage.depths.max())):
                node = np.clip(starts[:, s] + layer, 0, ops.shape[1] - 1)
                code, found = ops[rows, node], values[rows, node]
                for o, option in enumerate(stage.options):
                    chosen = np.flatnonzero(
                        (layer < depths[:, s]) & (code == self._vocabulary.index(option.op))
                    )
                    self._set(choices, (s, layer, -1, ""), o, chosen)
                    for name, given in option.attributes.items():
                        key: tuple[Any, ...] = (s, layer, o, name)
                        offered = given
                        if isinstance(given, str):
                            key, offered = (-1, -1, -1, given), self._shared[given]
                        value = found[chosen, self._names.index(name)]
                        self._set(choices, key, (value[:, None] == np.array(offered)).argmax(axis=1), chosen)
        return choices

    def _set(self, choices: IntArray, key: Any, values: Any, rows: IntArray) -> None:
        """Set the choice with a key, if there is anything to choose, in the given rows."""
        column = self._columns.get(key)
        if column is not None:
            choices[rows, column] = values

    # ------------------------------------------------------------------ all members

    def enumerate(self) -> ArchitectureBatch:
        """List all members, one per row of choices.

        Returns
        -------
        ArchitectureBatch
            The members in the lexicographic order of choices, stage by stage.

        Raises
        ------
        TypeError
            If there are more than a million members.
        """
        if not self.is_finite:
            return super().enumerate()
        rows = np.zeros((1, len(self._choices)), dtype=np.int64)
        for column, choice in enumerate(self._choices):  # whether it has an effect depends on earlier ones
            counts = np.where(self._effect_of(choice, rows), choice.n_values, 1)
            rows = rows.repeat(counts, axis=0)
            rows[:, column] = ranges(np.zeros_like(counts), counts)
        return self.decode(rows)


def _n_values(option: Option) -> int:
    """Number of ways in which a layer can have an option."""
    sizes = [len(values) for values in option.attributes.values() if not isinstance(values, str)]
    return int(np.prod(sizes, dtype=object)) if sizes else 1


def _chains(
    ops: IntArray,
    sizes: IntArray,
    vocabulary: tuple[str, ...],
    names: tuple[str, ...],
    values: NDArray[np.float64],
) -> ArchitectureBatch:
    """Chains from the columns of their nodes."""
    node_ptr = offsets(sizes)
    place = np.arange(len(ops)) - np.repeat(node_ptr[:-1], sizes)
    source = place[place + 1 < np.repeat(sizes, sizes)].astype(np.int32)
    return ArchitectureBatch.from_valid_columns(
        ops=ops.astype(np.int32),
        edges=np.stack([source, source + 1]),
        node_ptr=node_ptr,
        edge_ptr=offsets(sizes - 1),
        vocabulary=vocabulary,
        multiplicity=None,
        attribute_names=names,
        attribute_values=values if names else None,
        names=None,
        vocabulary_is_fixed=False,
    )
