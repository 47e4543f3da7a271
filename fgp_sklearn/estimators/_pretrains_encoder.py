"""PretrainsEncoder: pre-training of the encoder of a regressor."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from os import PathLike
from pathlib import Path
from typing import Any, Self

from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from fgp_sklearn._rollback import rolls_back
from fgp_sklearn._seeding import draw_seeds
from fgp_sklearn._validation import fit_context, same_value
from fgp_sklearn.architectures import ArchitectureBatch, as_batch
from fgp_sklearn.estimators._fgp_encoder import FGPEncoder, silenced, untrained
from fgp_sklearn.estimators._fit_task import FitTask
from fgp_sklearn.estimators._pretext_targets import read_proxies
from fgp_sklearn.estimators._recent_encoders import RecentEncoders

_OLD_DEFAULTS = {
    "null_ops": ("none", "zeroize", "zero"),
    "identity_ops": ("skip_connect", "identity", "skip", "Identity"),
}
_RECENT = RecentEncoders()
_SECOND = {"max_epochs": 20, "max_pool": 4000}  # ranks as well as longer pre-training on more
_LARGEST_CELL = 64  # nodes; the time of the second network grows with the depth, its memory with the square


class PretrainsEncoder(BaseEstimator):
    """Mixin of regressors with an `encoder`: pre-trained by `fit_pretrain`, frozen, or untrained.

    For a space of cells, and with ``effort="best"`` for any space, a second encoder is pre-trained, whose
    backbone passes messages in topological order. Clones keep the pre-trained encoders and the device.
    """

    encoder: FGPEncoder | FrozenEstimator | None
    effort: str
    process_weight: float | str
    sources: Any
    random_state: Any
    verbose: bool
    _moved_to: str | None = None

    @fit_context(prefer_skip_nested_validation=False)
    def fit_pretrain(
        self,
        X: Any,
        y: Any = None,
        *,
        proxies: Any = None,
        checkpoint: str | PathLike[str] | None = None,
        resume: bool = True,
    ) -> Self:
        """Pre-train the encoder on architectures without labels.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            The pool: if possible, all architectures that will be predicted later.
        y : None
            Ignored.
        proxies : array-like of shape (n_architectures,) or (n_architectures, n_proxies), or callable, \
                optional
            Label-free scores, which the encoder learns to rank by; see `FGPEncoder.fit`.
        checkpoint : str or path-like, optional
            Folder for checkpoints of pre-training; see `FGPEncoder.fit`.
        resume : bool, default=True
            Whether to continue from the checkpoints in the folder. If False, they are replaced.

        Returns
        -------
        FGPRegressor
            Itself; `fit` comes next.

        Raises
        ------
        ValueError
            If `encoder` is frozen, since it is pre-trained already.
        """
        task = FitTask.whole(self, X, n_subtasks=1)
        options: dict[str, Any] = {"proxies": proxies, "resume": resume}
        self._pretrain(
            lambda encoder, folder: encoder.fit(X, checkpoint=folder, **options),
            task.part("pre-train"),
            checkpoint,
        )
        task.end()
        return self

    def _pretrain_once(
        self, X: Any, proxies: Any, task: FitTask, *, checkpoint: str | PathLike[str] | None, resume: bool
    ) -> None:
        """Pre-train, or take the encoders that an equal regressor has pre-trained, as in another fold."""
        pool = self._decode(X)
        values = read_proxies(proxies, pool)
        options: dict[str, Any] = {"proxies": values if values.size else None, "resume": resume}
        self._pretrain(
            lambda encoder, folder: encoder.fit(pool, checkpoint=folder, **options),
            task,
            checkpoint,
            lambda encoder, train: _RECENT.fetch(encoder, (pool, values), train),
        )

    def _pretrain(
        self,
        fit: Callable[[FGPEncoder, Any], FGPEncoder],
        task: FitTask,
        checkpoint: str | PathLike[str] | None,
        fetch: Callable[[FGPEncoder, Callable[[], FGPEncoder]], FGPEncoder] = lambda _, train: train(),
    ) -> None:
        def trained(encoder: FGPEncoder, folder: Any, as_task: AbstractContextManager[None]) -> FGPEncoder:
            with as_task, self._as_verbose(encoder):
                return fit(encoder, folder)

        encoder = self._configured_encoder()
        pretrained = fetch(encoder, lambda: trained(encoder, checkpoint, task.handed_to(encoder)))
        if pretrained is not encoder:
            task.begin().end()
        second = None
        if self._asks_second(pretrained):
            own = silenced(self._configured_second())
            second = fetch(own, lambda: trained(own, within(checkpoint), nullcontext()))
        self._take_pretrained(pretrained, second)

    def _take_pretrained(self, encoder: FGPEncoder, second: FGPEncoder | None) -> None:
        self._pretrained = encoder
        self._pretrained_params = self._encoder_params()
        self.__dict__.pop("_second_encoder", None)
        if second is not None:
            self._second_encoder = second

    def _asks_second(self, pretrained: FGPEncoder) -> bool:
        """Whether there shall be a second network beside that of a pre-trained encoder.

        On plain chains it gains nothing, and neither beside a network of its own kind. Where nodes have
        attributes, the labels choose the weights of the members, so it would have to be trained five times,
        which only "best" may cost.
        """
        if self.effort != "default":
            return self.effort == "best"
        reading, largest = pretrained.input_, pretrained.spec_.max_nodes
        of_cells = reading.contracts_identities and not reading.scale.names and largest <= _LARGEST_CELL
        differs = pretrained.backbone != "flowerformer"
        return of_cells and differs and self.process_weight == "auto" and not self.sources

    def _tell_of_missing_second(self) -> None:
        if self.effort == "best":
            raise ValueError(
                "effort='best' needs a second network, which fit_pretrain trains if effort is set before: "
                "pre-train again with fit_pretrain(pool)"
            )
        if self._asks_second(self._pretrained):
            warnings.warn(
                "the blend lacks its second network: fit_pretrain left it out, because of effort='fast', of "
                "sources or of a number for process_weight then, or because it was that of an older version; "
                "call fit_pretrain(pool) again, or set effort='fast' to go without",
                UserWarning,
                stacklevel=4,
            )

    def _configured_second(self) -> FGPEncoder:
        """The encoder of the second network."""
        encoder = self._configured_encoder()
        few = {name: min(value, getattr(encoder, name) or value) for name, value in _SECOND.items()}
        backbone = "gated_gcn" if encoder.backbone == "flowerformer" else "flowerformer"
        return encoder.set_params(backbone=backbone, backbone_params=None, **few)

    @contextmanager
    def _as_verbose(self, encoder: FGPEncoder) -> Iterator[None]:
        """Within the block, an encoder shows its progress if this regressor does."""
        given = encoder.verbose
        encoder.verbose = given or self.verbose
        try:
            yield
        finally:
            encoder.verbose = given

    @rolls_back
    def reset_pretrain(self) -> Self:
        """Forget the pre-trained encoder.

        Returns
        -------
        FGPRegressor
            Itself; `fit` is then plain supervised learning.
        """
        for name in ("_pretrained", "_pretrained_params", "_second_encoder"):
            self.__dict__.pop(name, None)
        return self

    @property
    def pretrained_encoder_(self) -> FGPEncoder | None:
        """The encoder as `fit_pretrain` left it, or the frozen one; None without pre-training."""
        if isinstance(self.encoder, FrozenEstimator):
            return self._given_encoder()
        return self.__dict__.get("_pretrained")

    @property
    def device_(self) -> str:
        """Device of the last `to`, otherwise that of `encoder`."""
        if self._moved_to is not None:
            return self._moved_to
        return self._given_encoder().device_

    def __sklearn_clone__(self) -> Self:
        twin: Self = super().__sklearn_clone__()
        for name in ("_pretrained", "_pretrained_params", "_second_encoder", "_moved_to"):
            if name in self.__dict__:
                setattr(twin, name, self.__dict__[name])
        return twin

    def _decode(self, X: Any) -> ArchitectureBatch:
        """Read architectures in any form, as `encoder` does."""
        encoder = self._given_encoder()
        return as_batch(X, op_attr=encoder.op_attr, attributes=encoder.attributes)

    def _given_encoder(self) -> FGPEncoder:
        """The parameter `encoder`: the encoder in a FrozenEstimator, and the default for None."""
        if self.encoder is None:
            return FGPEncoder()
        if not isinstance(self.encoder, FrozenEstimator):
            return self.encoder
        frozen = self.encoder.estimator
        if not isinstance(frozen, FGPEncoder):
            raise ValueError(f"encoder must freeze an FGPEncoder, not a {type(frozen).__name__}")
        check_is_fitted(frozen)
        return frozen

    def _configured_encoder(self) -> FGPEncoder:
        if isinstance(self.encoder, FrozenEstimator):
            raise ValueError(
                "encoder is frozen, so it is pre-trained already; call fit, or pass an unfrozen FGPEncoder"
            )
        encoder = self._unfitted_encoder()
        if encoder.random_state is None and self.random_state is not None:
            encoder.set_params(random_state=draw_seeds(self.random_state, 1)[0])
        return self._on_device(encoder)

    def _on_device(self, encoder: FGPEncoder) -> FGPEncoder:
        """The encoder on the device of this regressor: a copy if it is on another device."""
        if self._moved_to in (None, encoder.device_):
            return encoder
        return copy.copy(encoder).to(self.device_)

    def _encoder_params(self) -> dict[str, Any]:
        """Parameters of the encoder, nested ones included."""
        params: dict[str, Any] = self._unfitted_encoder().get_params(deep=True)
        return params

    def _unfitted_encoder(self) -> FGPEncoder:
        encoder: FGPEncoder = FGPEncoder() if self.encoder is None else clone(self.encoder)
        return encoder

    def _encoder_to_tune(self, batch: ArchitectureBatch, seed: int) -> FGPEncoder:
        pretrained = self.pretrained_encoder_
        if pretrained is not None:
            if "_pretrained" in self.__dict__ and not same_value(
                _in_this_version(self._pretrained_params), _in_this_version(self._encoder_params())
            ):
                raise ValueError(
                    "parameters of encoder were changed after fit_pretrain; pre-train again with "
                    "fit_pretrain(pool), or forget the pre-trained encoder with reset_pretrain()"
                )
            if "_pretrained" in self.__dict__ and "_second_encoder" not in self.__dict__:
                self._tell_of_missing_second()
            return self._on_device(pretrained)
        return untrained(self._configured_encoder(), batch, seed)


def within(checkpoint: str | PathLike[str] | None) -> Path | None:
    """Folder of the second network in that of the regressor."""
    return None if checkpoint is None else Path(checkpoint) / "second"


def _in_this_version(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters of an encoder. An older file lacks newer ones, and has defaults that "auto" has replaced."""
    params = FGPEncoder().get_params() | params
    usual = {name: "auto" for name, old in _OLD_DEFAULTS.items() if tuple(params[name]) == old}
    return params | usual
