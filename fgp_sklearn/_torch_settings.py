"""torch's settings while the library computes: as if nobody had set any."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch.overrides import TorchFunctionMode

_KINDS = ("cpu", "cuda", "mps", "xpu")  # of devices, with an autocast each


@contextmanager
def usual_settings() -> Iterator[None]:
    """Compute as torch does where nobody has set anything; behind it the caller's settings hold again.

    Gradients, inference mode, autocast and default device are settings of a thread and are set for this
    thread. The default dtype is one of the process. To switch it would pull it from under other threads,
    for as long as a training takes; a function mode, which is of this thread too, replaces it. It slows
    torch down, but only those who have set another default dtype. How exactly matrices are multiplied
    is a setting of the process as well, and nothing replaces it: it is raised meanwhile, which does other
    threads no harm.

    Code of the user's that is no part of a network (callbacks, `proxies`, transformers) stays outside.
    """
    import torch  # takes a second, which who only imports the transformers need not wait

    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        for kind in _KINDS:
            if torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        if torch.get_default_dtype() != torch.float32:
            stack.enter_context(_float32_by_default()())
        stack.enter_context(_EXACT)
        yield


@cache
def _float32_by_default() -> type[TorchFunctionMode]:
    import torch
    from torch import Tensor
    from torch.overrides import TorchFunctionMode

    makers = {
        *(torch.empty, torch.zeros, torch.ones, torch.rand, torch.randn, torch.eye),
        *(torch.linspace, torch.logspace, torch.empty_strided, torch.empty_permuted),
    }
    named = {getattr(Tensor, name) for name in ("double", "half", "bfloat16", "type")}

    class Float32ByDefault(TorchFunctionMode):
        """What would be of the default dtype is of float32."""

        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
        ) -> Any:
            kwargs = kwargs or {}
            if func in makers and kwargs.get("dtype") is None and kwargs.get("out") is None:
                return func(*args, **kwargs | {"dtype": torch.float32})
            result = func(*args, **kwargs)
            if (
                isinstance(result, Tensor)
                and result.dtype == torch.get_default_dtype() != torch.float32
                and func not in named
                and not any(map(_has_float_dtype, _leaves([*args, *kwargs.values()])))
            ):
                return result.to(torch.float32)  # as of integers that were divided
            return result

    return Float32ByDefault


def _leaves(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _leaves(value)
        else:
            yield value


def _has_float_dtype(value: Any) -> bool:
    """Whether it is, or has, a dtype of floats: then a result that has one need not be by default."""
    import torch

    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind == "f"
    dtype = value if isinstance(value, torch.dtype) else getattr(value, "dtype", None)
    return isinstance(dtype, torch.dtype) and dtype.is_floating_point


class _ExactProducts:
    """Multiplies float32 matrices in float32 for as long as any thread is inside."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_inside = 0
        self._lowered: list[tuple[Any, str]] = []

    def __enter__(self) -> None:
        with self._lock:
            if not self._n_inside:
                values = [(product, product.fp32_precision) for product in _products()]
                self._lowered = [(product, value) for product, value in values if value in ("bf16", "tf32")]
                for product, _ in self._lowered:
                    product.fp32_precision = "ieee"
            self._n_inside += 1

    def __exit__(self, *_: Any) -> None:
        with self._lock:
            self._n_inside -= 1
            if not self._n_inside:
                for product, value in self._lowered:
                    product.fp32_precision = "none"  # as that of all products, which may have been set alone
                    if product.fp32_precision != value:
                        product.fp32_precision = value


_EXACT = _ExactProducts()


def _products() -> list[Any]:
    """Whatever has an `fp32_precision` that a setting of the user's may lower."""
    from torch import backends

    if hasattr(backends.mkldnn, "matmul"):
        of_cpu: Any = backends.mkldnn
        return [of_cpu.matmul, of_cpu.conv, of_cpu.rnn, backends.cuda.matmul]
    return [_ProductsBefore29()]


class _ProductsBefore29:
    """The one setting that torch had before 2.9, under the names of today."""

    @property
    def fp32_precision(self) -> str:
        import torch

        return {"highest": "ieee", "high": "tf32", "medium": "bf16"}[torch.get_float32_matmul_precision()]

    @fp32_precision.setter
    def fp32_precision(self, value: str) -> None:
        import torch

        names = {"ieee": "highest", "none": "highest", "tf32": "high", "bf16": "medium"}
        torch.set_float32_matmul_precision(names[value])
