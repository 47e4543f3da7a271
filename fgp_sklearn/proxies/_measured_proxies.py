"""MeasuredProxies: scores of untrained networks."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Hashable, Sequence
from importlib.metadata import version
from numbers import Integral, Real
from typing import Any, ClassVar, Self, cast

import joblib
import numpy as np
from joblib import delayed
from numpy.typing import NDArray

from fgp_sklearn._jobs import in_order
from fgp_sklearn._progress import progress_bar
from fgp_sklearn._seeding import draw_seeds
from fgp_sklearn._validation import Interval, StrOptions, fit_context
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._duplicates import distinct
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.architectures._simplify import without_dead
from fgp_sklearn.preprocessing._base import FeatureTransformer
from fgp_sklearn.proxies._builder_code import code_digest
from fgp_sklearn.proxies._measures import MEASURES
from fgp_sklearn.proxies._measuring import Builder, content_key, measure_each, random_images
from fgp_sklearn.proxies._value_file import ValueFile

FloatArray = NDArray[np.float64]

_IMAGE_SHAPE = (3, 8, 8)
_AT_ONCE = 16  # architectures per task; an interruption loses at most the tasks in progress
_AT_ONCE_TIMED = 64  # the same with a time limit, where each task starts a process


class MeasuredProxies(FeatureTransformer):
    """Zero-cost proxies measured on an untrained network of each architecture.

    A builder turns each architecture into a torch module. Random images pass through the module, and each
    proxy computes a score that is larger for networks that it considers better. Neither data nor training
    is needed. The result is a feature matrix. It can also serve as the `proxies` of
    `FGPRegressor.fit_pretrain`.

    ``"naswot"``
        Log-determinant of a kernel that counts the ReLUs on whose sign two images agree [1]_. The network
        must have `torch.nn.ReLU` modules.
    ``"jacov"``
        Jacobian covariance: larger if the gradients of the output for different images are less correlated
        [2]_.
    ``"synflow"``
        ``log(1 + x)`` of the synaptic flow ``x``: the sum of weight times gradient in the network with
        positive weights and without normalisation, for a single image of ones [3]_ [2]_.
    ``"grad_norm"``, ``"snip"``
        Norms of the gradients of a cross-entropy loss, summed over layers [2]_, and the sum of the absolute
        values of weight times gradient [4]_. The labels are arbitrary: the classes in turn.
    ``"zen"``
        Logarithm of the change of the features before global average pooling under a perturbed image, in a
        network with standard normal weights, corrected for batch normalisation [5]_. The features are the
        input of the last ``AdaptiveAvgPool`` module, or the output if there is none.
    ``"params"``
        Number of trainable parameters. It is exact, unlike a sum of costs per operation.

    Parameters
    ----------
    builder : callable
        Function that turns an `Architecture` into a `torch.nn.Module` with one output row per image. It
        should initialise weights as torch modules do. Use `NASBench201Builder`, `NASBench101Builder`,
        `NASBenchGraphBuilder`, or your own builder.
    proxies : sequence of str, default=("naswot", "jacov", "synflow")
        Names of the proxies to measure.
    batch_size : int, default=32
        Number of images.
    input_shape : sequence of int or "auto", default="auto"
        Shape of an image, channels first. "auto" uses the attribute `input_shape` of the builder, or
        (3, 8, 8) if it has none.
    noise : float, default=0.2
        Standard deviation of the pixel noise relative to that of the colours. Each image has one random
        colour, to which the pixel noise is added.
    null_ops : "auto", or sequence of str or int, or None, default="auto"
        Operations that output zeros whatever they receive. They are removed before the network is built,
        together with all nodes that are no longer on a path from an input to an output. Architectures that
        are equal after this step are measured once. If None, nothing is removed.
    memory : str or path-like, default=None
        Folder in which all values are stored, so that an interrupted run can resume and other runs can use
        the values. It requires a `random_state`. Values are measured again if the code or the settings of
        the builder change, or the version of this library; see Notes.
    timeout : float, default=None
        Time limit in seconds per architecture, for all proxies together. The proxies of an architecture that
        exceeds it are NaN and are not stored in `memory`, and a warning lists the architecture. With a
        limit, each job measures in an additional process, which takes some seconds to start for every 64
        architectures. None sets no limit.
    n_jobs : int, default=None
        Number of processes, as in joblib. Values do not depend on it.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`.
    verbose : bool, default=False
        Whether to show a progress bar.
    random_state : int, RandomState instance or None, default=None
        Seed of images and weights. All architectures share the images. The weights of a network depend only
        on the seed and the architecture, not on the other architectures or their order.

    Attributes
    ----------
    seed_ : int
        Seed of images and weights.

    See Also
    --------
    StructuralProxies : Proxies computed from the graph, without a network.

    Notes
    -----
    The defaults are chosen for ranking, not to reproduce published values: 32 images of 8 x 8 pixels and
    shallow networks. A NAS-Bench-201 cell takes less than 0.1 s on one core. The proxies rank the cells by
    accuracy about as well as the published proxies, which use CIFAR-10 images of 32 x 32 pixels and networks
    more than twice as deep (see ``benchmarks/proxies.py``). Depth, image size and `noise` were chosen on
    this benchmark. White noise is a worse input: after pooling, images that differ only in pixel noise look
    the same to a network.

    A network without any flow gets the lowest value of each proxy's scale. NaN stands for a value that is
    not finite because of an overflow.

    The weights are drawn again from the same seed for each proxy, so the value of a proxy does not depend
    on the other proxies. Architectures that differ only in the order of their nodes are measured separately,
    with different weights. Values are equal for any `n_jobs` as long as torch uses the same number of
    threads; a different number of threads changes rounding.

    `memory` identifies a builder by its state and its code: the code of the function or class, and of all
    your own functions and classes that it refers to, including numbers, strings, tuples and dictionaries of
    their modules. Installed packages are identified by their version, and Python by its bytecode. Imports
    inside functions, and lists and other objects in modules, are not covered: use another folder if these
    change. Each line of the file has a digest. Damaged lines, and lines of earlier versions without digests,
    are skipped with a warning and measured again.

    References
    ----------
    .. [1] J. Mellor, J. Turner, A. Storkey, E. Crowley, "Neural Architecture Search without
       Training", ICML 2021.
    .. [2] M. Abdelfattah, A. Mehrotra, L. Dudziak, N. Lane, "Zero-Cost Proxies for Lightweight NAS",
       ICLR 2021.
    .. [3] H. Tanaka, D. Kunin, D. Yamins, S. Ganguli, "Pruning neural networks without any data by
       iteratively conserving synaptic flow", NeurIPS 2020.
    .. [4] N. Lee, T. Ajanthan, P. Torr, "SNIP: Single-shot network pruning based on connection
       sensitivity", ICLR 2019.
    .. [5] M. Lin et al., "Zen-NAS: A Zero-Shot NAS for High-Performance Image Recognition", ICCV 2021.

    Examples
    --------
    >>> from fgp_sklearn import FGPEncoder, FGPRegressor
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.proxies import MeasuredProxies, NASBench201Builder
    >>> pool = nasbench201_space()[::1000]
    >>> measured = MeasuredProxies(NASBench201Builder(n_cells=1, channels=4), random_state=0)
    >>> measured.fit_transform(pool).shape
    (16, 3)

    Pre-train a regressor with these proxies:

    >>> regressor = FGPRegressor(FGPEncoder(hidden_dim=8, max_epochs=1), random_state=0)
    >>> regressor.fit_pretrain(pool, proxies=measured.fit_transform)
    FGPRegressor(...)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "builder": [callable],
        "proxies": [list, tuple],
        "batch_size": [Interval(Integral, 2, None, closed="left")],
        "input_shape": [list, tuple, StrOptions({"auto"})],
        "noise": [Interval(Real, 0, None, closed="left")],
        "null_ops": [StrOptions({"auto"}), list, tuple, set, frozenset, None],
        "memory": [str, os.PathLike, None],
        "timeout": [Interval(Real, 0, None, closed="neither"), None],
        "n_jobs": [Integral, None],
        "op_attr": [Hashable],
        "attributes": [list, tuple, None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        builder: Builder,
        *,
        proxies: Any = ("naswot", "jacov", "synflow"),
        batch_size: int = 32,
        input_shape: Any = "auto",
        noise: float = 0.2,
        null_ops: Any = "auto",
        memory: Any = None,
        timeout: float | None = None,
        n_jobs: int | None = None,
        op_attr: Any = "op",
        attributes: Any = None,
        verbose: bool | int = False,
        random_state: Any = None,
    ) -> None:
        self.builder = builder
        self.proxies = proxies
        self.batch_size = batch_size
        self.input_shape = input_shape
        self.noise = noise
        self.null_ops = null_ops
        self.memory = memory
        self.timeout = timeout
        self.n_jobs = n_jobs
        self.op_attr = op_attr
        self.attributes = attributes
        self.verbose = verbose
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Validate parameters and architectures, and draw the seed. Nothing is measured.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures.
        y : None
            Ignored.

        Returns
        -------
        MeasuredProxies
            The fitted transformer.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed.
        ValueError
            If a proxy is unknown or listed twice, `input_shape` is not a valid shape, or `memory` is given
            without `random_state`.
        """
        unknown = [name for name in self.proxies if not isinstance(name, str) or name not in MEASURES]
        if unknown or not self.proxies or len(set(self.proxies)) < len(self.proxies):
            raise ValueError(
                f"proxies is {shown(self.proxies)}; pass one or more of {named(MEASURES)}, each at most once"
            )
        shape = self._input_shape()
        if not shape or not all(isinstance(k, Integral) and int(k) > 0 for k in shape):
            raise ValueError(
                f"input_shape is {shown(shape)}; pass positive integers, channels first, such as (3, 32, 32)"
            )
        if self.memory is not None and self.random_state is None:
            raise ValueError("memory stores values by seed; set random_state, or leave memory out")
        self._decode(X)
        (self.seed_,) = draw_seeds(self.random_state, 1)
        return self

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the proxies.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str of shape (n_proxies,)
            The names in `proxies`.
        """
        self._check_is_fitted()
        return np.array(self.proxies, dtype=object)

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        functional = without_dead(batch, self.null_ops)
        positions, inverse = distinct(functional)
        values = self._measured(functional.take(positions), positions)
        table = [[of_one[name] for name in self.proxies] for of_one in values]
        return np.array(table, dtype=np.float64).reshape(len(positions), len(self.proxies))[inverse]

    def _input_shape(self) -> Sequence[int]:
        if not isinstance(self.input_shape, str):
            return cast("Sequence[int]", self.input_shape)
        return getattr(self.builder, "input_shape", _IMAGE_SHAPE)

    def _measured(self, batch: ArchitectureBatch, rows: NDArray[np.int64]) -> list[dict[str, float]]:
        """Values of distinct architectures, from memory or measured. `rows` are their input positions."""
        keys = [content_key(architecture) for architecture in batch]
        file = None if self.memory is None else ValueFile(self.memory, self._settings())
        known = file.read() if file else {}
        values = [dict(known.get(key, {})) for key in keys]
        missing = [[name for name in self.proxies if name not in of_one] for of_one in values]
        todo = np.array([i for i, names in enumerate(missing) if names], dtype=np.int64)
        at_once = _AT_ONCE if self.timeout is None else _AT_ONCE_TIMED
        tasks = [todo[start : start + at_once] for start in range(0, len(todo), at_once)]
        images = random_images(self.batch_size, self._input_shape(), self.noise, self.seed_)
        calls = (
            delayed(measure_each)(
                self.builder,
                batch.take(task),
                rows[task].tolist(),
                [missing[i] for i in task],
                images,
                self.seed_,
                self.timeout,
            )
            for task in tasks
        )
        results = in_order(calls, self.n_jobs)
        late = []
        with progress_bar(description="proxies", total=len(todo), shown=bool(self.verbose)) as bar:
            for task, measured in zip(tasks, results, strict=True):
                found = dict(zip(task.tolist(), measured, strict=True))
                in_time = {i: of_one for i, of_one in found.items() if of_one is not None}
                late += [i for i in found if i not in in_time]
                for i, of_one in in_time.items():
                    values[i] |= of_one
                if file:
                    file.append((keys[i], of_one) for i, of_one in in_time.items())
                bar.update(len(task))
        for i in late:
            values[i] |= dict.fromkeys(missing[i], math.nan)
        if late:
            self._warn_of_late(rows[late].tolist())
        return values

    def _warn_of_late(self, late: list[int]) -> None:
        warnings.warn(
            f"{len(late):,} architectures exceeded timeout={self.timeout} s, so their missing values are "
            f"NaN: {named(late)}; increase timeout, or leave these architectures out",
            stacklevel=2,
        )

    def _settings(self) -> dict[str, Any]:
        """Everything that a value depends on besides the architecture and the name of the proxy."""
        try:
            builder = joblib.hash(self.builder)
        except Exception as error:  # pickling a user's object may raise any error
            raise ValueError(
                f"memory requires a builder that can be hashed, but this one cannot ({error}); use a "
                "module-level function or a class that can be pickled, or leave memory out"
            ) from error
        return {
            "library": version("fgp-sklearn"),
            "builder": builder,
            "code": code_digest(self.builder),
            "batch_size": int(self.batch_size),
            "input_shape": [int(k) for k in self._input_shape()],
            "noise": float(self.noise),
            "seed": self.seed_,
        }
