"""FlowSurrogate: features of a fixed random flow through an architecture."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from fgp_sklearn._storage import COUNT, SEED, Array
from fgp_sklearn._validation import Interval, StrOptions, fit_context
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._known_operations import is_auto
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.architectures._ops import op_names
from fgp_sklearn.architectures._simplify import without_dead
from fgp_sklearn.operations import canonical
from fgp_sklearn.preprocessing._attribute_scale import AttributeScale
from fgp_sklearn.preprocessing._base import FeatureTransformer, check_width, column_statistics
from fgp_sklearn.preprocessing._flow_maps import FlowMaps
from fgp_sklearn.preprocessing._reads_attributes import ReadsAttributes
from fgp_sklearn.preprocessing._stretches import in_stretches

if TYPE_CHECKING:
    from fgp_sklearn.preprocessing._message_passing import MessagePassing

FloatArray = NDArray[np.float64]

_PAPER_SETTINGS = {
    "nasbench101": {"n_components": 4, "scale": 1.0},
    "nasbench201": {"n_components": 7, "scale": 0.1},
    "nasbench301": {"n_components": 12, "scale": 0.1},
}


class FlowSurrogate(ReadsAttributes, FeatureTransformer):
    r"""Random forward and backward flow through each architecture, as a feature vector.

    A message starts at the sources of the graph, every operation on its way transforms it by a fixed random
    map, and a backward flow returns from the sinks. The messages that arrive describe how information moves
    through the architecture. Nothing is trained. The vector serves as a pretext target for encoders, or as
    features of a regressor.

    Each operation :math:`o` has a random row :math:`P_o`. With a random start message :math:`r` and a random
    matrix :math:`W`, the forward state of a source is :math:`f = r`. The states of all other nodes are
    computed generation by generation:

    .. math::

       f = \alpha m + (1 - \alpha)\, \phi([P_{op}, m]\, W),
       \qquad m = \sum f(\text{predecessors})

    The backward state :math:`b` follows the same rule against the direction of the edges. In the published
    method, it starts at each sink with the :math:`f` of the sink. A message over several parallel edges is
    multiplied by their number.

    Parameters
    ----------
    n_components : int, default=32
        Dimension of the messages of one draw.
    alpha : float or "random", default="random"
        Share of the incoming message that a node passes on unchanged, in [0, 1]. With "random", each
        operation draws a share for each component, so that it changes some components more than others. The
        paper uses 0.5.
    scale : float or "auto", default="auto"
        Standard deviation of `P` and `W`. "auto" is ``1 / sqrt(n_components)``, which keeps the length of a
        message about constant.
    standardize : bool, default=False
        Whether to scale each feature to mean 0 and standard deviation 1 over the architectures seen in
        `fit`. Features that are constant over these architectures become 0.
    aggregation : {"sum", "mean", "max"}, default="sum"
        How messages from several predecessors are combined.
    activation : {"tanh", "relu", "identity"}, default="tanh"
        The function :math:`\phi`.
    pooling : {"ends", "sources"}, default="ends"
        Which messages are read. "ends" sums the messages that arrive at the sinks, and the messages that
        arrive at the sources in a separate backward flow, which starts from :math:`r` at the sinks. For each
        of the two sums and each draw, the features are the direction of the sum, scaled to a mean square of
        1, and ``log(1 + length)``. "sources" is the published pooling: the sum of `b` over the sources.
    null_ops : "auto", or sequence of str or int, default="auto"
        Operations that output zeros whatever they receive. They are removed, together with all nodes that
        are no longer on a path from an input to an output. With "auto" the role of an operation decides; see
        `fgp_sklearn.operations.describe`.
    n_draws : int, default=1
        Number of independent random flows, whose features are concatenated.
    precision : {"float64", "float32"}, default="float64"
        Dtype of the computation and of the features. "float32" takes half the memory and about two thirds
        of the time, and gives about six significant digits.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`. The maps of an operation change smoothly with
        them; see Notes.
    random_state : int, RandomState instance or None, default=None
        Seed of `r`, `P` and `W`. The row of an operation depends only on the seed and the canonical name of
        the operation (see `fgp_sklearn.operations.canonical`), so data sets with different operations share
        the same flow. What an attribute changes depends, in addition, only on the name of the attribute.

    Attributes
    ----------
    seed_ : int
        Seed of the flow.
    mean_, scale_ : ndarray of shape (n_features_out,)
        Mean and standard deviation of the features. They exist only if `standardize` is True.

    See Also
    --------
    PathStatistics : Counts over paths, which a nonlinear flow contains only implicitly.

    Notes
    -----
    Attributes of nodes are standardised by the nodes seen in `fit`. Let :math:`x` be the attributes that a
    node has. Its row is :math:`P_{op} + \sqrt{2}\, s \cos(\Omega_{op} x + \sum \beta_{op})`, where :math:`s`
    is `scale`, and each attribute has its own random frequencies :math:`\Omega` and phases :math:`\beta`.
    Similar nodes thus carry a similar flow. A cosine is also added to the logit of a random share (see
    `alpha`), and to the message that starts at a node. Attributes that a node lacks add nothing: nodes
    without attributes have the same maps as in a data set without attributes.

    Some flows grow exponentially with the depth of a network. The components of a state are therefore
    clipped to plus or minus ``2**400``, or ``2**50`` in float32.

    `from_paper` returns the settings of the published method. In our measurements, null operations without
    flow, pooling at both ends and tanh make a better pretext target, and a Gaussian process ranks better
    with separate features for direction and length.

    References
    ----------
    Kim, Hwang, Shin, "Learning to Flow from Generative Pretext Tasks for Neural Architecture
    Encoding", NeurIPS 2025 (arXiv 2510.18360), Section 4.

    Examples
    --------
    >>> from fgp_sklearn import FlowSurrogate
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> FlowSurrogate(n_components=8, random_state=0).fit_transform(nasbench201_space()).shape
    (15625, 18)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "alpha": [Interval(Real, 0, 1, closed="both"), StrOptions({"random"})],
        "scale": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "standardize": ["boolean"],
        "aggregation": [StrOptions({"sum", "mean", "max"})],
        "activation": [StrOptions({"tanh", "relu", "identity"})],
        "pooling": [StrOptions({"ends", "sources"})],
        "null_ops": [StrOptions({"auto"}), list, tuple, set, frozenset],
        "n_draws": [Interval(Integral, 1, None, closed="left")],
        "precision": [StrOptions({"float64", "float32"})],
        "random_state": ["random_state"],
    }

    _suggested_ranges: ClassVar = {"n_components": [16, 32, 64], "aggregation": ["sum", "mean", "max"]}
    _stored_attributes: ClassVar[dict[str, Any]] = {
        "seed_": SEED,
        "mean_": Array("_n_features_out"),
        "scale_": Array("_n_features_out", infinite=True),
        "_null_ops": frozenset[str] | None,
        "_seeds_canonically": bool,
        "_attribute_scale": AttributeScale,
        "_n_features_out": COUNT,
    }

    _optional_attributes: ClassVar[frozenset[str]] = frozenset({"mean_", "scale_"})
    _seeds_canonically: bool = False  # files of older versions lack it

    def _check_stored(self) -> None:
        if "seed_" in vars(self):
            check_width(self, self._width())

    def __init__(
        self,
        n_components: int = 32,
        *,
        alpha: float | str = "random",
        scale: float | str = "auto",
        standardize: bool = False,
        aggregation: str = "sum",
        activation: str = "tanh",
        pooling: str = "ends",
        null_ops: Any = "auto",
        n_draws: int = 1,
        precision: str = "float64",
        op_attr: Any = "op",
        attributes: Any = None,
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.alpha = alpha
        self.scale = scale
        self.standardize = standardize
        self.aggregation = aggregation
        self.activation = activation
        self.pooling = pooling
        self.null_ops = null_ops
        self.n_draws = n_draws
        self.precision = precision
        self.op_attr = op_attr
        self.attributes = attributes
        self.random_state = random_state

    @classmethod
    def from_paper(cls, benchmark: str, *, random_state: Any = None) -> Self:
        """Create the surrogate of the paper.

        Parameters
        ----------
        benchmark : {"nasbench101", "nasbench201", "nasbench301"}
            Benchmark whose settings to use.
        random_state : int, RandomState instance or None, default=None
            Seed of the flow.

        Returns
        -------
        FlowSurrogate
            Surrogate with ReLU and pooling at the sources, which treats null operations like all others.

        Raises
        ------
        ValueError
            If the paper has no settings for `benchmark`.

        Examples
        --------
        >>> from fgp_sklearn import FlowSurrogate
        >>> FlowSurrogate.from_paper("nasbench101").n_components
        4
        """
        if benchmark not in _PAPER_SETTINGS:
            known = named(_PAPER_SETTINGS)
            raise ValueError(f"the paper has no settings for {shown(benchmark)}; choose one of {known}")
        return cls(
            **_PAPER_SETTINGS[benchmark],  # type: ignore[arg-type]  # two differently typed settings
            alpha=0.5,
            activation="relu",
            pooling="sources",
            null_ops=(),
            random_state=random_state,
        )

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Draw the random flow.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures. They matter only if `standardize` is True.
        y : None
            Ignored.

        Returns
        -------
        FlowSurrogate
            The fitted transformer.
        """
        batch = self._decode(X)
        self._learn_attributes(batch)
        self._null_ops = None if is_auto(self.null_ops) else op_names(self.null_ops)
        self._seeds_canonically = True
        self.seed_ = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        self._n_features_out = self._width()
        if self.standardize:
            self.mean_, self.scale_ = column_statistics(self._flow(batch))
        return self

    def _width(self) -> int:
        per_draw = 2 * (self.n_components + 1) if self.pooling == "ends" else self.n_components
        return self.n_draws * per_draw

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        features = self._flow(batch)
        if self.standardize:
            features = ((features - self.mean_) / self.scale_).astype(self.precision, copy=False)
        return features

    def _flow(self, batch: ArchitectureBatch) -> FloatArray:
        from fgp_sklearn.preprocessing._flow_transform import FlowTransform  # imports torch, which is slow
        from fgp_sklearn.preprocessing._message_passing import MessagePassing

        batch = self._attribute_scale.applied_to(batch)
        batch = without_dead(batch, "auto" if self._null_ops is None else self._null_ops)
        maps = self._maps(batch)

        def read(part: ArchitectureBatch) -> FloatArray:
            of_nodes = maps.of(part)
            start, shift, mixing, kept = (
                numbers.astype(self.precision)
                for numbers in (of_nodes.start, of_nodes.shift, maps.mixing, of_nodes.kept)
            )
            transform = FlowTransform(shift, mixing, kept, self.activation)
            flow = MessagePassing(part, start, transform, joining=self.aggregation, codes=of_nodes.codes)
            return flow.returned() if self.pooling == "sources" else self._at_ends(flow)

        return in_stretches(read, batch, len(maps.start))

    def _maps(self, batch: ArchitectureBatch) -> FlowMaps:
        names = batch.vocabulary
        return FlowMaps(
            tuple(map(canonical, names)) if self._seeds_canonically else names,
            batch.attribute_names,
            seed=self.seed_,
            n_components=self.n_components,
            n_draws=self.n_draws,
            scale=1 / np.sqrt(self.n_components) if self.scale == "auto" else float(self.scale),
            alpha=self.alpha,
        )

    def _at_ends(self, flow: MessagePassing) -> FloatArray:
        """Direction and length of the sums of messages that arrive at the sinks, and at the sources."""
        shape = len(flow.batch), 2, self.n_draws, self.n_components + 1
        arrived = np.empty(shape, dtype=self.precision)
        for way, backward in enumerate((False, True)):
            for some, messages in flow.arriving(backward=backward):
                message = messages.reshape(-1, self.n_draws, self.n_components)
                length = np.sqrt(np.einsum("adk,adk->ad", message, message))[:, :, None]
                unit = np.where(length > 0, length, 1.0) / math.sqrt(self.n_components)
                np.divide(message, unit, out=arrived[some, way, :, :-1])
                np.log1p(length, out=arrived[some, way, :, -1:])
        return arrived.reshape(len(flow.batch), -1)
