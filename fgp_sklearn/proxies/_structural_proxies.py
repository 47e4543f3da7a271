"""StructuralProxies: zero-cost proxies computed from the graph alone."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import NAMES, Array
from fgp_sklearn._validation import StrOptions, fit_context
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._known_operations import ops_with_role
from fgp_sklearn.architectures._levels import levels
from fgp_sklearn.architectures._messages import named
from fgp_sklearn.architectures._simplify import without_dead
from fgp_sklearn.preprocessing._attribute_scale import AttributeScale
from fgp_sklearn.preprocessing._base import FeatureTransformer
from fgp_sklearn.preprocessing._reads_attributes import ReadsAttributes
from fgp_sklearn.proxies._node_costs import NodeCosts, formulas_of
from fgp_sklearn.proxies._op_costs import cost_table

FloatArray = NDArray[np.float64]

_SHAPE = ("depth", "width", "paths", "nodes", "edges")


class StructuralProxies(ReadsAttributes, FeatureTransformer):
    """Zero-cost proxies computed from the graph: sums of operation costs, and sizes of the graph.

    Each cost of the operations, such as ``"params"``, gives two features: ``"params"`` is the sum over all
    operations, and ``"longest_params"`` is the largest sum along one path. The other features describe the
    graph:

    - ``"depth"``: number of nodes on the longest path, including both ends,
    - ``"width"``: number of nodes in the largest topological generation,
    - ``"paths"``: ``log(1 + number of paths from an input to an output)``,
    - ``"nodes"`` and ``"edges"``: number of nodes and of edges.

    Parameters
    ----------
    op_costs : dict, default=None
        Costs of each operation. A value is one number, or a dict of several costs by name, such as
        ``{"params": 2304, "flops": 1e6}``. All operations must have the same names. Plain numbers give the
        features ``"cost"`` and ``"longest_cost"``. All spellings of an operation have the same costs. A value
        may also be a function of attributes, such as ``lambda kernel, width: kernel**2 * width``, which
        returns a number or a dict. It is called with the attributes that its parameters name. Estimators with
        functions cannot be saved. An operation of a part, such as ``"normal/conv"``, has the costs of
        ``"conv"`` unless it is listed. Inputs and outputs (see `ArchitectureSimplifier`) and `null_ops` cost
        nothing unless they are listed. By default, the costs are ``"params"`` and ``"flops"`` of common
        operations, with or without attributes; see Notes.
    null_ops : "auto", or sequence of str or int, or None, default="auto"
        Operations that output zeros whatever they receive. They are removed, together with all nodes that
        are no longer on a path from an input to an output. If None, nothing is removed. With "auto" the role
        of an operation decides; see `fgp_sklearn.operations.describe`.
    count_dead : bool, default=False
        Whether the sums include the costs of removed operations, as published parameter counts of
        NAS-Bench-201 do. These operations are part of the network and take memory and time, but they do not
        affect its output. ``"longest_..."`` and the sizes of the graph never include them.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`. A warning in `fit` names those that no cost
        depends on.

    Attributes
    ----------
    cost_names_ : tuple of str
        Names of the costs.
    cost_table_ : dict of str to ndarray of shape (n_costs,)
        Costs of each operation that do not depend on attributes.

    See Also
    --------
    MeasuredProxies : Proxies measured on an untrained network.
    PathStatistics : Statistics of the operations on paths.

    Notes
    -----
    The default costs of an operation are its costs in the network of NAS-Bench-201, in which it occurs in
    five cells of each of three stages, with 16, 32 and 64 channels and images of 32, 16 and 8 pixels per
    side. Parameters are those of convolutions and batch normalisation. FLOPs are the multiply-adds of
    convolutions. The sums are exact for this space, apart from the layers outside the cells (73,306
    parameters, 7.78 MFLOPs). For other spaces, the costs are meant to compare operations. In NAS-Bench-101,
    where channels are split, they rank cells by their true number of parameters only roughly; the
    ``"params"`` of `MeasuredProxies` are exact.

    Default costs exist for convolutions of any kernel, such as ``nor_conv_3x3`` and ``conv3x3-bn-relu``, for
    ``sep_conv_3x3`` and ``dil_conv_3x3`` as in DARTS, and for inverted bottlenecks such as ``mb6_k5``, in all
    spellings that `fgp_sklearn.operations.describe` knows. Pooling, skip connections and null operations cost
    nothing.

    Nodes with the attributes ``parameters`` and ``flops``, as `fgp_sklearn.architectures.from_torch` makes
    them, cost these numbers, and no other attribute is needed. Its ``flops`` are two per multiply-add.

    Default costs of other nodes with attributes follow formulas in ``kernel``, ``expansion``, ``width`` (also
    ``channels`` or ``embed_dim``), ``heads``, ``mlp_ratio``, ``repeats``, ``stride`` and ``resolution``.
    There are formulas for convolutions, inverted bottlenecks, linear layers, attention, MLPs, transformer
    blocks, normalisation, and embeddings of 50,257 words. `fgp_sklearn.operations.describe` finds the kind
    of an operation by its name. A block with an unknown name is a transformer block if it has heads or an
    MLP ratio, else an inverted bottleneck if it has an expansion, else a convolution if it has a kernel.
    Missing numbers are usual ones: a kernel of 3, an expansion of 6, an MLP ratio of 4. Each head is 64 wide,
    and so is a block without a width for each of its heads. Without a width, convolutions cost what they
    cost in the network of NAS-Bench-201. With a width, FLOPs are per pixel, times the square of the
    resolution if that is given, or per token of a sequence of 1,024.

    Parallel edges count as different paths. A contracted identity has no cost.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.proxies import StructuralProxies
    >>> space = nasbench201_space()
    >>> structural = StructuralProxies()
    >>> proxies = structural.fit_transform(space)
    >>> structural.get_feature_names_out().tolist()
    ['params', 'flops', 'longest_params', 'longest_flops', 'depth', 'width', 'paths', 'nodes', 'edges']
    >>> print(space.names[9371])
    |nor_conv_1x1~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|none~2|
    >>> proxies[9371, :4].tolist()  # the skip before "none" contributes nothing to the output
    [28000.0, 3932160.0, 28000.0, 3932160.0]

    Costs that depend on attributes:

    >>> pool = [([[0, 1], [0, 0]], ["input", {"op": "mlp", "width": width}]) for width in (8, 16)]
    >>> costs = StructuralProxies(op_costs={"mlp": lambda width: 8 * width**2}, attributes=["width"])
    >>> costs.fit_transform(pool)[:, 0].tolist()
    [512.0, 2048.0]

    Pre-train with user-defined costs:

    >>> from fgp_sklearn import FGPEncoder, FGPRegressor
    >>> pool = [([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["input", op, "output"]) for op in ("conv", "mlp")]
    >>> costs = StructuralProxies(op_costs={"conv": 9.0, "mlp": 1.0})
    >>> regressor = FGPRegressor(FGPEncoder(hidden_dim=8, max_epochs=1), random_state=0)
    >>> regressor.fit_pretrain(pool, proxies=costs.fit_transform)
    FGPRegressor(...)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "op_costs": [dict, None],
        "null_ops": [StrOptions({"auto"}), list, tuple, set, frozenset, None],
        "count_dead": ["boolean"],
        "op_attr": [Hashable],
        "attributes": [list, tuple, None],
    }

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "cost_names_": NAMES,
        "cost_table_": dict[str, Array("cost_names_")],  # type: ignore[misc]  # not a type, but a kind
        "_attribute_scale": AttributeScale,
    }

    def __init__(
        self,
        op_costs: Any = None,
        *,
        null_ops: Any = "auto",
        count_dead: bool = False,
        op_attr: Any = "op",
        attributes: Any = None,
    ) -> None:
        self.op_costs = op_costs
        self.null_ops = null_ops
        self.count_dead = count_dead
        self.op_attr = op_attr
        self.attributes = attributes

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Read the cost table and check that it has a cost for each operation in the architectures.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures.
        y : None
            Ignored.

        Returns
        -------
        StructuralProxies
            The fitted transformer.

        Raises
        ------
        UnknownOperationError
            If an operation has no cost.
        ArchitectureError
            If a node lacks an attribute that a function in `op_costs` needs.
        ValueError
            If a cost in `op_costs` is not a finite number, or the operations do not all have the same costs.
        """
        batch = self._decode(X)
        numbers = self.op_costs
        if formulas_of(numbers):
            numbers = {op: costs for op, costs in self.op_costs.items() if not callable(costs)}
        names, table = (None, {}) if numbers == {} and self.op_costs else cost_table(numbers)
        costs = self._node_costs(batch, names, table)
        costs.of(batch if self.count_dead else self._functional(batch))
        unread = [name for name in batch.attribute_names if name not in costs.read]
        if unread:
            warnings.warn(
                f"no cost depends on the attributes {named(unread)}. Pass op_costs with functions of them, "
                "such as {'conv': lambda kernel: kernel**2}, or leave them out of attributes=",
                UserWarning,
                stacklevel=2,
            )
        self._learn_attributes(batch)
        self.cost_names_, self.cost_table_ = costs.names or (), table
        return self

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the features.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str of shape (n_features_out,)
            Names, such as ``"longest_params"``.
        """
        self._check_is_fitted()
        longest = [f"longest_{name}" for name in self.cost_names_]
        return np.array([*self.cost_names_, *longest, *_SHAPE], dtype=object)

    def _functional(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        return without_dead(batch, self.null_ops)

    def _costs(self, batch: ArchitectureBatch) -> FloatArray:
        return self._node_costs(batch, self.cost_names_, self.cost_table_).of(batch)

    def _node_costs(
        self, batch: ArchitectureBatch, names: tuple[str, ...] | None, table: dict[str, FloatArray]
    ) -> NodeCosts:
        return NodeCosts(
            table,
            names,
            formulas_of(self.op_costs),
            has_defaults=self.op_costs is None,
            free=ops_with_role(() if self.null_ops is None else self.null_ops, "null", batch.vocabulary),
        )

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        self._check_attributes(batch)
        functional = self._functional(batch)
        counted = batch if self.count_dead else functional
        starts = functional.node_ptr[:-1]
        of_functional = self._costs(functional)
        of_counted = of_functional if counted is functional else self._costs(counted)
        longest, log_paths = _along_paths(functional, of_functional)
        shape = [
            1 + np.maximum.reduceat(functional.generation, starts),
            _width(functional),
            np.logaddexp(0, log_paths),
            functional.n_nodes,
            functional.n_edges,
        ]
        return np.hstack(
            [
                np.add.reduceat(of_counted, counted.node_ptr[:-1], axis=0),
                np.maximum.reduceat(longest, starts, axis=0),
                np.stack(shape, axis=1).astype(np.float64),
            ]
        )


def _along_paths(batch: ArchitectureBatch, costs: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Largest cost of a path to each sink, and the logarithm of the number of paths to all sinks."""
    longest, log_paths = costs.copy(), np.zeros(len(costs))
    for level in levels(batch):
        longest[level.nodes] += np.maximum.reduceat(longest[level.senders], level.starts, axis=0)
        arriving = log_paths[level.senders] + np.log(level.multiplicity)
        log_paths[level.nodes] = np.logaddexp.reduceat(arriving, level.starts)
    is_sink = batch.out_degree == 0
    to_sinks = np.where(is_sink, log_paths, -np.inf)
    return (
        np.where(is_sink[:, None], longest, -np.inf),
        np.logaddexp.reduceat(to_sinks, batch.node_ptr[:-1]),
    )


def _width(batch: ArchitectureBatch) -> NDArray[np.int64]:
    """Number of nodes in the largest topological generation."""
    _, first, size = np.unique(
        batch.node_owner * (int(batch.generation.max()) + 1) + batch.generation,
        return_index=True,
        return_counts=True,
    )
    width = np.zeros(len(batch), dtype=np.int64)
    np.maximum.at(width, batch.node_owner[first], size)
    return width
