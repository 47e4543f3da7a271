"""FGPEncoder: an encoder that is pre-trained without labels."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable
from dataclasses import replace
from numbers import Integral, Real
from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from torch import Tensor, nn

from fgp_sklearn._rollback import rolls_back
from fgp_sklearn._seeding import draw_seeds, initialise
from fgp_sklearn._storage import NAMES
from fgp_sklearn._torch_settings import usual_settings
from fgp_sklearn._validation import HasMethods, Interval, StrOptions, fit_context
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._known_operations import KnownOperations
from fgp_sklearn.estimators._encoder_input import EncoderInput
from fgp_sklearn.estimators._fit_task import CallbackSupportMixin, FitTask
from fgp_sklearn.estimators._pretext_part import PretextPart
from fgp_sklearn.estimators._pretext_targets import make_pretext, pretext_parts, read_proxies
from fgp_sklearn.estimators._stores_encoder import StoresEncoder
from fgp_sklearn.estimators._targets import normal_scores
from fgp_sklearn.nn import Head, InputSpec, Predictor, make_backbone
from fgp_sklearn.nn._node_features import n_node_features_of
from fgp_sklearn.operations import OperationTable
from fgp_sklearn.preprocessing._attribute_groups import AttributeGroups
from fgp_sklearn.preprocessing._attribute_scale import AttributeScale
from fgp_sklearn.preprocessing._base import FeatureTransformer
from fgp_sklearn.training import Checkpoint, GraphDataset, TrainingPlan, apply_in_batches, group_on, train

FloatArray = NDArray[np.float64]


class FGPEncoder(StoresEncoder, CallbackSupportMixin, FeatureTransformer):
    """Encoder of architectures that is pre-trained on the flow through them, without labels.

    `fit` pre-trains a fast graph network on a pool of unlabelled architectures. The network learns to predict
    the outcome of fixed random flows over each architecture and, if zero-cost proxies are given, to rank
    architectures by them. `transform` computes embeddings. `FGPRegressor` fine-tunes the encoder on labels.

    Parameters
    ----------
    backbone : str or callable, default="gated_gcn"
        The network: "gated_gcn", "gin", "dagnn", "graph_transformer", "flowerformer", "nn_former" or "mlp".
        The classes in `fgp_sklearn.nn` document them and their `backbone_params`. A module class is accepted
        as well; see `fgp_sklearn.nn.make_backbone` for its signature.
    hidden_dim : int, default=64
        Dimension of node states and embeddings.
    n_layers : int, default=3
        Depth of the network.
    dropout : float, default=0.0
        Probability of zeroing an entry of a node state during training.
    backbone_params : dict, optional
        Further parameters of the backbone, as ``{"directed": False, "ends": False}``.
    surrogate : transformer, optional
        Any transformer of architectures, such as a `FlowSurrogate` or a `FeatureUnion`. The encoder learns to
        reconstruct its output, with each column standardised over the pool. By default flows, path sums and
        path statistics, and for chains the operation of each stage. If nodes have attributes, also sums,
        means and sums of products of these. It is cloned before it is fitted.
    surrogate_weight : float, default=0.5
        Weight of the reconstruction loss.
    proxy_weight : float, default=2.0
        Weight of the ranking loss on the proxies, if there are any. The paper uses 0.5.
    null_ops : "auto", or sequence of str or int, default="auto"
        Operations that carry no flow. They are removed first, with all nodes that are then disconnected. With
        "auto" the role of an operation decides.
    identity_ops : "auto", or sequence of str or int, default="auto"
        Operations that pass on their input. They are contracted, unless the pool consists of plain chains, as
        in macro search spaces, where such an operation holds the place of a stage. "auto" as for `null_ops`.
    operations : dict or OperationTable, optional
        What you know about operations: by name an `Operation`, or a dict with the keys ``"kind"``, ``"role"``
        and ``"attributes"``. It wins over the table of the library (see `fgp_sklearn.operations.describe`).
    max_pool : int or None, default=32768
        Largest number of distinct functional graphs to pre-train on. From a larger pool, this many are drawn
        at random. The whole pool still decides which operations and attributes are known. None is no limit.
    max_epochs : int, default=25
        Passes over the pool.
    batch_size : int or "all", default=256
        Architectures per step.
    lr : float, default=3e-3
        Peak learning rate of AdamW under a one-cycle schedule.
    weight_decay : float, default=1e-6
        Weight decay of AdamW.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`.
    device : str, default="cpu"
        A device of torch; "auto" for CUDA or MPS if available, otherwise the CPU; or "accelerate" for the
        device that accelerate chooses. Several processes of ``accelerate launch`` share each batch of
        pre-training; all of them must call `fit`, with the same pool, parameters and integer `random_state`.
    precision : {"float32", "bfloat16", "auto"}, default="float32"
        Dtype of matrix products at inference, in `transform` and `FGPRegressor.predict`. Training always uses
        float32. "bfloat16" changes the third digit of embeddings. "auto" uses bfloat16 if it is faster
        (processors with AMX, AMD processors with AVX512-BF16, CUDA from compute capability 8.0) and the
        backbone is not recurrent.
    verbose : bool, default=False
        Whether to show a progress bar.
    random_state : int, RandomState instance or None, default=None
        Seed of weights, batches and surrogate.

    Attributes
    ----------
    vocabulary_ : tuple of str
        Operations of the simplified pool.
    backbone_ : torch.nn.Module
        The pre-trained network.
    surrogate_ : transformer
        The fitted surrogate.
    history_ : History
        One dict per epoch: loss, learning rate and seconds. ``history_.to_frame()`` returns a data frame.
    input_ : EncoderInput
        Reads architectures: simplifies them and codes their operations.
    device_ : str
        Device of the last `to`, otherwise `device`.

    See Also
    --------
    FGPRegressor : Fine-tunes the encoder on labels.

    Notes
    -----
    Architectures with identical functional graphs are encoded once.

    Attributes of nodes are scaled by the pool. Backbones read them with a flag for each attribute that a node
    lacks, and with the position of the node along the longest path.

    References
    ----------
    Kim, Hwang, Shin, "Learning to Flow from Generative Pretext Tasks for Neural Architecture
    Encoding", NeurIPS 2025 (arXiv 2510.18360).

    Examples
    --------
    >>> from fgp_sklearn import FGPEncoder
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> pool = nasbench201_space()[:500]
    >>> encoder = FGPEncoder(hidden_dim=16, max_epochs=2, random_state=0).fit(pool)
    >>> encoder.transform(pool).shape
    (500, 16)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "backbone": [str, callable],
        "hidden_dim": [Interval(Integral, 1, None, closed="left")],
        "n_layers": [Interval(Integral, 1, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "backbone_params": [dict, None],
        "surrogate": [HasMethods(["fit_transform", "get_params"]), None],
        "surrogate_weight": [Interval(Real, 0, None, closed="left")],
        "proxy_weight": [Interval(Real, 0, None, closed="left")],
        "null_ops": [StrOptions({"auto"}), list, tuple, set, frozenset],
        "identity_ops": [StrOptions({"auto"}), list, tuple, set, frozenset],
        "operations": [dict, OperationTable, None],
        "max_pool": [Interval(Integral, 2, None, closed="left"), None],
        "max_epochs": [Interval(Integral, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"all"})],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "op_attr": [Hashable],
        "attributes": [list, tuple, None],
        "device": [str],
        "precision": [StrOptions({"float32", "bfloat16", "auto"})],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    _suggested_ranges: ClassVar = {
        "backbone": ["gated_gcn", "gin"],
        "hidden_dim": [32, 64, 128],
        "n_layers": [2, 3, 4],
        "dropout": [0.0, 0.1],
    }
    _stored_attributes: ClassVar[dict[str, Any]] = {
        "vocabulary_": NAMES,
        "spec_": InputSpec,
        "backbone_": dict[str, Tensor],
        "surrogate_": BaseEstimator,
        "history_": list[dict[str, float]],
        "_n_features_out": int,
        "_contracts_identities": bool,
        "_pool_ops": NAMES,
        "_renames": bool,
        "_pool_names": NAMES,
        "_scale": AttributeScale,
        "_groups": AttributeGroups,
    }
    backbone_: nn.Module
    _optional_attributes: ClassVar = frozenset({"surrogate_", "history_", "_scale", "_groups"})
    _contracts_identities: bool = True
    _pool_names: tuple[str, ...] = ()
    _renames: bool = False  # files of older versions lack it, and have names as given
    _scale: AttributeScale = AttributeScale()
    _moved_to: str | None = None

    def __init__(
        self,
        backbone: str | Callable[..., nn.Module] = "gated_gcn",
        *,
        hidden_dim: int = 64,
        n_layers: int = 3,
        dropout: float = 0.0,
        backbone_params: dict[str, Any] | None = None,
        surrogate: Any = None,
        surrogate_weight: float = 0.5,
        proxy_weight: float = 2.0,
        null_ops: Any = "auto",
        identity_ops: Any = "auto",
        operations: Any = None,
        max_pool: int | None = 32768,
        max_epochs: int = 25,
        batch_size: int | str = 256,
        lr: float = 3e-3,
        weight_decay: float = 1e-6,
        op_attr: Any = "op",
        attributes: Any = None,
        device: str = "cpu",
        precision: str = "float32",
        verbose: bool = False,
        random_state: Any = None,
    ) -> None:
        self.backbone = backbone
        self.hidden_dim = hidden_dim
        self.n_layers = n_layers
        self.dropout = dropout
        self.backbone_params = backbone_params
        self.surrogate = surrogate
        self.surrogate_weight = surrogate_weight
        self.proxy_weight = proxy_weight
        self.null_ops = null_ops
        self.identity_ops = identity_ops
        self.operations = operations
        self.max_pool = max_pool
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.op_attr = op_attr
        self.attributes = attributes
        self.device = device
        self.precision = precision
        self.verbose = verbose
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        proxies: Any = None,
        checkpoint: str | PathLike[str] | None = None,
        resume: bool = True,
    ) -> Self:
        """Pre-train on architectures without labels.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            The pool: if possible, all architectures that will be encoded later.
        y : None
            Ignored.
        proxies : array-like of shape (n_architectures,) or (n_architectures, n_proxies), \
                transformer or callable, optional
            Label-free scores, which the encoder learns to rank by. NaN marks unknown values. A transformer
            such as `MeasuredProxies` is cloned and fitted. A callable maps an `ArchitectureBatch` to scores.
        checkpoint : str or path-like, optional
            Folder for checkpoints, from which an interrupted training continues: call `fit` again with the
            same arguments. The result is equal to the bit to that of an uninterrupted run.
        resume : bool, default=True
            Whether to continue from the checkpoints in the folder. If False, they are replaced.

        Returns
        -------
        FGPEncoder
            The fitted encoder.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed.
        ValueError
            If proxies do not fit the pool, or if `checkpoint` is of another training. With several processes
            of accelerate, if their pools or parameters differ, or if there is a `checkpoint`.
        """
        batch = self._decode(X)
        saved = Checkpoint.of(checkpoint, resume, self.random_state)
        task = FitTask.whole(self, batch, n_subtasks=self.max_epochs)
        self._pretrain(batch, normal_scores(read_proxies(proxies, batch)), task, saved)
        task.end(dict)
        return self

    @property
    def input_(self) -> EncoderInput:
        """How the fitted encoder reads architectures."""
        return replace(
            self._unlearnt_input(),
            contracts_identities=self._contracts_identities,
            vocabulary=self.vocabulary_,
            scale=self._scale,
            pool_ops=self._pool_ops,
        )

    @property
    def groups_(self) -> AttributeGroups | None:
        """Columns about operations and attributes, scaled by the pool; None for cells without attributes."""
        return self.__dict__.get("_groups")

    def _unlearnt_input(self) -> EncoderInput:
        given = self.null_ops, self.identity_ops, self.operations
        names = KnownOperations(*given, self._renames, self._pool_names)
        return EncoderInput(self.op_attr, self.attributes, names)

    @property
    def device_(self) -> str:
        """Device of the last `to`, otherwise `device`."""
        return self.device if self._moved_to is None else self._moved_to

    def __sklearn_clone__(self) -> Self:
        twin: Self = super().__sklearn_clone__()
        if self._moved_to is not None:
            twin._moved_to = self._moved_to
        return twin

    @rolls_back
    @usual_settings()
    def to(self, device: str) -> Self:
        """Move the encoder to another device. Later fits, and clones, compute there too.

        The parameter `device` is not changed. An encoder that is loaded from a file computes on that device.

        Parameters
        ----------
        device : str
            A device as in the parameter `device`.

        Returns
        -------
        FGPEncoder
            Itself. Its weights are moved.

        Examples
        --------
        >>> from fgp_sklearn import FGPEncoder
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> encoder = FGPEncoder(hidden_dim=16, max_epochs=0).fit(nasbench201_space()[:100])
        >>> encoder.to("cpu").device_
        'cpu'
        """
        self._moved_to = device
        if hasattr(self, "backbone_"):  # a copy: if memory runs out, the original is still complete
            self.backbone_ = copy.deepcopy(self.backbone_).to(group_on(device).device)
        return self

    def _pretrain(
        self, batch: ArchitectureBatch, proxies: FloatArray, task: FitTask, checkpoint: Checkpoint | None
    ) -> None:
        weight_seed, order_seed, surrogate_seed = draw_seeds(self.random_state, 3)
        functional = self._build(batch, weight_seed)
        pretext = make_pretext(self._pretext_parts(proxies), functional, surrogate_seed, self.max_pool)
        self.surrogate_ = pretext.surrogate
        network = initialise(
            lambda: Predictor(self.backbone_, Head(self.hidden_dim, pretext.targets.shape[1])), weight_seed
        )
        self.history_ = train(
            network,
            pretext.loss,
            GraphDataset(self._scale.applied_to(pretext.pool), pretext.targets),
            TrainingPlan(
                max_epochs=int(self.max_epochs),
                batch_size=-1 if self.batch_size == "all" else int(self.batch_size),
                lr=self.lr,
                weight_decay=self.weight_decay,
                schedule="one_cycle",
                device=self.device_,
                verbose=bool(self.verbose),
                description="pre-training",
            ),
            seed=order_seed,
            on_epoch=task.on_epoch(lambda: {"backbone_": copy.deepcopy(self.backbone_)}),
            checkpoint=checkpoint,
            shared=True,
        )

    def _pretext_parts(self, proxies: FloatArray) -> list[PretextPart]:
        """What the network learns: one row per part, in the order of the columns of the targets."""
        return pretext_parts(
            self.surrogate,
            proxies,
            (self.surrogate_weight, self.proxy_weight),
            of_chains=not self._contracts_identities,
            has_attributes=bool(self._scale.names),
        )

    def _build(self, batch: ArchitectureBatch, seed: int) -> ArchitectureBatch:
        """Learn how to read architectures, draw the first weights, and return the functional graphs."""
        self._renames = True
        unlearnt = self._unlearnt_input()
        unlearnt.names.warn_of_absent(batch)
        reading, functional = unlearnt.learn(batch)
        self._contracts_identities = reading.contracts_identities
        self._pool_ops, self._pool_names = reading.pool_ops, reading.names.pool_names
        self._scale = reading.scale
        self.__dict__.pop("_groups", None)
        if reading.scale.names or not reading.contracts_identities:
            self._groups = AttributeGroups().fit(functional)
        self.vocabulary_ = reading.vocabulary
        self.spec_ = InputSpec(
            n_ops=len(reading.vocabulary),
            n_node_features=n_node_features_of(len(reading.scale.names)),
            max_nodes=int(functional.n_nodes.max()),
        )
        self.backbone_ = initialise(lambda: self._new_backbone(self.spec_), seed)
        self._n_features_out = self.hidden_dim
        return functional

    def _new_backbone(self, spec: InputSpec) -> nn.Module:
        sizes: dict[str, Any] = {
            "hidden_dim": self.hidden_dim,
            "n_layers": self.n_layers,
            "dropout": self.dropout,
        }
        return make_backbone(self.backbone, spec, **sizes, **(self.backbone_params or {}))

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        functional = self.input_.functional(batch)
        return apply_in_batches(self.backbone_, functional, device=self.device_, precision=self.precision)


def untrained(encoder: FGPEncoder, batch: ArchitectureBatch, seed: int) -> FGPEncoder:
    """Give an encoder the vocabulary of a batch and random weights, without pre-training; returns it."""
    encoder._build(batch, seed)
    return encoder


def with_backbone(encoder: FGPEncoder, backbone: str, seed: int) -> FGPEncoder:
    """An encoder that reads architectures as a fitted one does, with random weights of another backbone."""
    other = copy.copy(encoder).set_params(backbone=backbone, backbone_params=None)
    for name in ("surrogate_", "history_"):  # of a pre-training that it has not had
        other.__dict__.pop(name, None)
    other.backbone_ = initialise(lambda: other._new_backbone(other.spec_), seed)
    return other
