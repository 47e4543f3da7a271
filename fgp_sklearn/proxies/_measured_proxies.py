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
from tqdm.auto import tqdm

from fgp_sklearn._jobs import in_order
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
_NAMED = 10  # in a warning
_AT_ONCE = 16  # architectures a task: what an interruption may lose
_AT_ONCE_TIMED = 64  # with a process to start for each task


class MeasuredProxies(FeatureTransformer):
    """Zero-cost proxies measured on an untrained network of each architecture.

    A builder makes a torch module of each architecture, random images pass through it, and each
    proxy makes a score of what happens, larger for what it takes to be the better network. No data
    and no training are needed. The result is a feature matrix, or the `proxies` that `FGPRegressor`
    ranks by when it is pre-trained.

    ``"naswot"``
        Log-determinant of the kernel that counts on how many ReLUs two images agree [1]_. Needs
        `torch.nn.ReLU` modules.
    ``"jacov"``
        How little the gradients of the output with respect to different images correlate [2]_.
    ``"synflow"``
        ``log(1 + x)`` of the synaptic flow ``x``, the sum of weight times gradient in the network
        with positive weights and without normalisation, on one image of ones [3]_ [2]_.
    ``"grad_norm"``, ``"snip"``
        Norms of the gradients of a cross-entropy loss, summed over layers [2]_; and the sum of the
        sizes of weight times gradient [4]_. Labels are the classes in turn.
    ``"zen"``
        Log of how far a perturbed image moves the features before global average pooling, in a
        network with standard normal weights, corrected for batch normalisation [5]_. The features
        are what enters the last ``AdaptiveAvgPool`` module, or the output.
    ``"params"``
        Number of trainable parameters, exact where costs per operation are not.

    Parameters
    ----------
    builder : callable
        Makes a `torch.nn.Module` of one `Architecture`, with one output row an image. It should draw
        weights as torch modules do. `NASBench201Builder`, `NASBench101Builder`, `NASBenchGraphBuilder`, or
        your own.
    proxies : sequence of str, default=("naswot", "jacov", "synflow")
        What to measure.
    batch_size : int, default=32
        Number of images.
    input_shape : sequence of int or "auto", default="auto"
        Shape of an image, channels first. "auto" is the `input_shape` of the builder if it has such an
        attribute, and (3, 8, 8) if not.
    noise : float, default=0.2
        How rough the images are. An image has a random colour; pixels deviate from it with a
        standard deviation that is `noise` times that of the colours.
    null_ops : sequence of str or int, or None, default=("none", "zeroize", "zero")
        Operations that carry no flow: they are removed, with everything that is then on no path from an
        input to an output, before the builder sees the architecture, and what is equal then is measured
        once. None: architectures are built as they are, dead operations and all.
    memory : str or path-like, default=None
        Folder that keeps every value, so that a run that was interrupted goes on and values are
        shared between runs. Needs a `random_state`. Values are measured again where the code of the
        builder has changed, its settings, or the version of this library; see the notes for what of
        the code is seen.
    timeout : float, default=None
        Seconds that one architecture may take, all proxies together. What takes longer is ended: its
        proxies are NaN and are not kept in `memory`, and a warning names it. Architectures are then
        measured in a process beside each job, which takes some seconds to start for every 64
        architectures. None for no limit, and no further process.
    n_jobs : int, default=None
        Number of processes, as in joblib. Values do not depend on it.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    feature_attr : hashable, optional
        Node attribute that holds further numbers, for NetworkX input.
    verbose : bool, default=False
        Whether to show a progress bar.
    random_state : int, RandomState instance or None, default=None
        Seed of images and weights. The weights of a network depend on it and on the architecture
        alone, neither on the others nor on the order; images are the same for all.

    Attributes
    ----------
    seed_ : int
        Seed of images and weights.

    See Also
    --------
    StructuralProxies : Costs and sizes, at no cost.

    Notes
    -----
    The defaults are made for ranking, not for published values: 32 images of 8 x 8 pixels and, in
    the builders, shallow networks. They take less than 0.1 s of one core per NAS-Bench-201 cell and
    rank the cells by accuracy about as well as the published proxies, which come from CIFAR-10
    images of 32 x 32 pixels and networks more than twice as deep (``benchmarks/proxies.py`` shows
    it). Depth, size and `noise` were chosen there. White noise does worse as input: images that
    differ in nothing but pixels look the same to a network that pools.

    A network through which nothing flows gets the lowest value of a proxy's scale. NaN stands for a
    value that is not finite because numbers overflowed.

    Weights are drawn afresh from the same seed for each proxy, so the others that are measured
    beside it do not matter. Architectures that differ in the order of their nodes alone are
    measured apart, with different weights. Values are equal for any `n_jobs` as long as torch uses
    as many threads; more threads round differently.

    `memory` tells builders apart by their state and by their code: that of the function or class, and
    of all functions and classes of your own that it refers to, with the numbers, text, tuples and
    dictionaries of modules that these name. Code of installed packages is told by the version of the
    package, Python by its bytecode. It does not see what is imported inside a function, or lists and
    other objects that modules hold: give another folder where these have changed. In the file each line has
    a digest: damaged lines are skipped with a warning and measured again, and so is what earlier
    versions kept without digests.

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

    As the proxies of pre-training:

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
        "null_ops": [list, tuple, set, frozenset, None],
        "memory": [str, os.PathLike, None],
        "timeout": [Interval(Real, 0, None, closed="neither"), None],
        "n_jobs": [Integral, None],
        "op_attr": [Hashable],
        "feature_attr": [Hashable],
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
        null_ops: Any = ("none", "zeroize", "zero"),
        memory: Any = None,
        timeout: float | None = None,
        n_jobs: int | None = None,
        op_attr: Any = "op",
        feature_attr: Any = None,
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
        self.feature_attr = feature_attr
        self.verbose = verbose
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Check parameters and architectures, and draw the seed; nothing is measured.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
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
            If there is no such proxy, a shape is none, or there is a `memory` without a seed.
        """
        unknown = [name for name in self.proxies if not isinstance(name, str) or name not in MEASURES]
        if unknown or not self.proxies or len(set(self.proxies)) < len(self.proxies):
            raise ValueError(
                f"proxies are {shown(self.proxies)}; name each of those you want once: {named(MEASURES)}"
            )
        shape = self._input_shape()
        if not shape or not all(isinstance(k, Integral) and int(k) > 0 for k in shape):
            raise ValueError(
                f"input_shape is {shown(shape)}; give positive integers, as (3, 32, 32): channels first"
            )
        if self.memory is not None and self.random_state is None:
            raise ValueError("memory keeps values by seed; give a random_state, or no memory")
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
            As in `proxies`.
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
        """Values of distinct architectures, from memory or measured; `rows` is where they come from."""
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
        with tqdm(total=len(todo), desc="proxies", disable=not self.verbose) as bar:
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
            self._tell_of(rows[late].tolist())
        return values

    def _tell_of(self, late: list[int]) -> None:
        named = ", ".join(map(str, late[:_NAMED]))
        if len(late) > _NAMED:
            named += f" and {len(late) - _NAMED:,} more"
        warnings.warn(
            f"{len(late):,} architectures took longer than timeout={self.timeout} s and have NaN in place "
            f"of what was not measured: {named}; give a longer timeout, or leave them out",
            stacklevel=2,
        )

    def _settings(self) -> dict[str, Any]:
        """What a value depends on besides the architecture and the name of the proxy."""
        try:
            builder = joblib.hash(self.builder)
        except Exception as error:  # whatever its pickling raises
            raise ValueError(
                f"memory must tell builders apart, and this one cannot be hashed ({error}); make it a "
                "function of a module or a class that pickles, or do without memory"
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
