"""torch's settings while the library computes: as if nobody had set any."""

from __future__ import annotations

import threading
from collections.abc import Iterator
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

    of_no_value = {torch.empty, torch.zeros, torch.ones, torch.empty_strided, torch.empty_permuted, torch.eye}
    of_no_value |= {torch.rand, torch.randn, torch.normal, torch.linspace, torch.logspace}
    of_a_value = {torch.tensor, torch.as_tensor, torch.asarray, torch.scalar_tensor, torch.full}
    of_a_value |= {torch.arange, torch.range}
    by_name = {Tensor.double, Tensor.half, Tensor.bfloat16, Tensor.type}

    class Float32ByDefault(TorchFunctionMode):
        """What would be of the default dtype is of float32: made of no tensor, or of integers."""

        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
        ) -> Any:
            kwargs = kwargs or {}
            in_float32 = kwargs | {"dtype": torch.float32}
            if func in of_no_value and not _are_tensors(args, kwargs) and kwargs.get("dtype") is None:
                return func(*args, **in_float32)
            result = func(*args, **kwargs)
            if (
                not isinstance(result, Tensor)
                or result.dtype == torch.float32
                or result.dtype != torch.get_default_dtype()
                or func in by_name
                or any(map(_has_float_dtype, _leaves([args, kwargs])))
            ):
                return result
            if func in of_a_value:
                return func(*args, **in_float32)
            return func(*_with_floats(args), **_with_floats(kwargs)).to(torch.float32)

    return Float32ByDefault


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def _are_tensors(*values: Any) -> bool:
    """Whether a tensor is among them."""
    import torch

    return any(isinstance(leaf, torch.Tensor) for leaf in _leaves(values))


def _has_float_dtype(value: Any) -> bool:
    """Whether it is, or has, a dtype of floats: then a result that has one need not be by default."""
    import torch

    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind == "f"
    dtype = value if isinstance(value, torch.dtype) else getattr(value, "dtype", None)
    return isinstance(dtype, torch.dtype) and dtype.is_floating_point


def _with_floats(value: Any) -> Any:
    """Tensors of integers as float32, within lists and dicts too; masks stay."""
    import torch

    if isinstance(value, torch.Tensor):
        return value if value.dtype == torch.bool else value.to(torch.float32)
    if isinstance(value, dict):
        return {name: _with_floats(part) for name, part in value.items()}
    return type(value)(map(_with_floats, value)) if type(value) in (list, tuple) else value


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
