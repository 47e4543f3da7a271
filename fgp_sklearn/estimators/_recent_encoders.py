"""RecentEncoders: a cache of pre-trained encoders, so that equal fits pre-train once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

import joblib

from fgp_sklearn._validation import same_value
from fgp_sklearn.estimators._fgp_encoder import FGPEncoder
from fgp_sklearn.estimators._without_workers import without_workers


@dataclass(slots=True)
class _Entry:
    data: str
    params: dict[str, Any]
    lock: threading.Lock = field(default_factory=threading.Lock)
    encoder: FGPEncoder | None = None


class RecentEncoders:
    """Cache of the encoders that were last pre-trained in this process.

    A search fits each configuration once per fold, on the same pool. The first fold pre-trains; the other
    folds find the encoder in the cache. Threads that need the same encoder wait for the first of them.

    Parameters
    ----------
    capacity : int, default=64
        Largest number of encoders. The default space of `tune` has 36 configurations.
    max_bytes : int, default=2**28
        Largest memory of their weights. The newest encoder is kept even if it is larger.
    """

    def __init__(self, capacity: int = 64, max_bytes: int = 2**28) -> None:
        self._entries: deque[_Entry] = deque(maxlen=capacity)
        self._max_bytes = max_bytes
        self._lock = threading.Lock()

    def fetch(self, encoder: FGPEncoder, data: Any, pretrain: Callable[[], FGPEncoder]) -> FGPEncoder:
        """Return the cached result for an equal encoder and equal data, or that of `pretrain`.

        The cache keeps only complete pre-trainings that `random_state` determines.
        """
        params = encoder.get_params(deep=True) | {"device": encoder.device_}
        if not isinstance(encoder.random_state, Integral) or _draws_from_a_stream(params):
            return pretrain()
        entry = self._entry(joblib.hash((type(encoder), data)), params)
        with entry.lock:
            if entry.encoder is not None:
                return entry.encoder
            with without_workers():
                fitted = pretrain()
            if len(fitted.history_) == fitted.max_epochs:
                entry.encoder = fitted
                self._forget()
            return fitted

    def _entry(self, data: str, params: dict[str, Any]) -> _Entry:
        with self._lock:
            for entry in self._entries:
                if entry.data == data and same_value(entry.params, params):
                    return entry
            self._entries.append(_Entry(data, params))
            return self._entries[-1]

    def _forget(self) -> None:
        """Drop the oldest encoders until the weights fit into the memory limit."""
        with self._lock:
            sizes = [_n_bytes(entry.encoder) for entry in self._entries]
            while len(sizes) > 1 and sum(sizes) > self._max_bytes:
                self._entries.popleft()
                sizes.pop(0)


def _n_bytes(encoder: FGPEncoder | None) -> int:
    """Bytes of the weights of an encoder; 0 for None."""
    weights = [] if encoder is None else encoder.backbone_.state_dict().values()
    return sum(tensor.numel() * tensor.element_size() for tensor in weights)


def _draws_from_a_stream(params: dict[str, Any]) -> bool:
    """Whether a nested random_state is a generator, whose draws differ from fit to fit."""
    seeds = (value for name, value in params.items() if name.rpartition("__")[2] == "random_state")
    return any(not isinstance(seed, (Integral, type(None))) for seed in seeds)
