"""RecentEncoders: what was pre-trained lately, so that equal fits need not do it again."""

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
    """The last encoders that were pre-trained in this process.

    A search fits each configuration once a fold, on the same pool: the first fold pre-trains, the
    others find its encoder here. Threads that want the same one wait for the first of them.

    Parameters
    ----------
    capacity : int, default=64
        How many are kept at most; the default space of `tune` has 36 configurations.
    max_bytes : int, default=2**28
        How much memory their weights take at most; the newest is kept whatever it takes.
    """

    def __init__(self, capacity: int = 64, max_bytes: int = 2**28) -> None:
        self._entries: deque[_Entry] = deque(maxlen=capacity)
        self._max_bytes = max_bytes
        self._lock = threading.Lock()

    def fetch(self, encoder: FGPEncoder, data: Any, pretrain: Callable[[], FGPEncoder]) -> FGPEncoder:
        """The encoder that an equal one became on equal data, else what `pretrain` returns.

        Only whole pre-trainings are kept, and only those which `random_state` determines.
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
        """Drop the oldest while all take too much memory."""
        with self._lock:
            sizes = [_n_bytes(entry.encoder) for entry in self._entries]
            while len(sizes) > 1 and sum(sizes) > self._max_bytes:
                self._entries.popleft()
                sizes.pop(0)


def _n_bytes(encoder: FGPEncoder | None) -> int:
    """Memory that the weights of an encoder take; 0 without one."""
    weights = [] if encoder is None else encoder.backbone_.state_dict().values()
    return sum(tensor.numel() * tensor.element_size() for tensor in weights)


def _draws_from_a_stream(params: dict[str, Any]) -> bool:
    """Tell whether a nested random_state is a generator, whose next draws differ from its last."""
    seeds = (value for name, value in params.items() if name.rpartition("__")[2] == "random_state")
    return any(not isinstance(seed, (Integral, type(None))) for seed in seeds)
