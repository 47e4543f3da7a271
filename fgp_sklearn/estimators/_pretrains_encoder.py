"""PretrainsEncoder: pre-training of the encoder of a regressor."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from typing import Any, Self

from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from fgp_sklearn._rollback import rolls_back
from fgp_sklearn._seeding import draw_seeds
from fgp_sklearn._validation import fit_context, same_value
from fgp_sklearn.architectures import ArchitectureBatch, as_batch
from fgp_sklearn.estimators._fgp_encoder import FGPEncoder, untrained
from fgp_sklearn.estimators._fit_task import FitTask
from fgp_sklearn.estimators._pretext_targets import read_proxies
from fgp_sklearn.estimators._recent_encoders import RecentEncoders

_OLD_DEFAULTS = {
    "null_ops": ("none", "zeroize", "zero"),
    "identity_ops": ("skip_connect", "identity", "skip", "Identity"),
}
_RECENT = RecentEncoders()


class PretrainsEncoder(BaseEstimator):
    """Mixin of regressors with an `encoder`: pre-trained by `fit_pretrain`, frozen, or untrained.

    Clones keep the pre-trained encoder and the device.
    """

    encoder: FGPEncoder | FrozenEstimator | None
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
        proxies : array-like of shape (n_architectures,) or (n_architectures, n_proxies), \
                transformer or callable, optional
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
        encoder = self._configured_encoder()
        task = FitTask.whole(self, X, n_subtasks=1)
        with task.part("pre-train").handed_to(encoder), self._as_verbose(encoder):
            encoder.fit(X, proxies=proxies, checkpoint=checkpoint, resume=resume)
        self._take_pretrained(encoder)
        task.end()
        return self

    def _pretrain_once(self, X: Any, proxies: Any, task: FitTask, **checkpoint: Any) -> None:
        """Pre-train, or take the encoder that an equal regressor has pre-trained, as in another fold."""
        encoder = self._configured_encoder()
        pool = self._decode(X)
        values = read_proxies(proxies, pool)

        def pretrain() -> FGPEncoder:
            with task.handed_to(encoder), self._as_verbose(encoder):
                return encoder.fit(pool, proxies=values if values.size else None, **checkpoint)

        pretrained = _RECENT.fetch(encoder, (pool, values), pretrain)
        if pretrained is not encoder:
            task.begin().end()
        self._take_pretrained(pretrained)

    def _take_pretrained(self, encoder: FGPEncoder) -> None:
        self._pretrained = encoder
        self._pretrained_params = self._encoder_params()

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
        for name in ("_pretrained", "_pretrained_params"):
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
        for name in ("_pretrained", "_pretrained_params", "_moved_to"):
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
            return self._on_device(pretrained)
        return untrained(self._configured_encoder(), batch, seed)


def _in_this_version(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters that make an encoder what it is.

    An older file lacks newer ones, and has defaults that "auto" has replaced.
    """
    params = FGPEncoder().get_params() | params
    usual = {name: "auto" for name, old in _OLD_DEFAULTS.items() if tuple(params[name]) == old}
    return {name: value for name, value in (params | usual).items() if name != "verbose"}
