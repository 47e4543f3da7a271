"""Default settings of torch while the library computes, whatever the user has set."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch.overrides import TorchFunctionMode

_DEVICE_TYPES = ("cpu", "cuda", "mps", "xpu")  # each has an autocast setting


@contextmanager
def usual_settings() -> Iterator[None]:
    """Compute with torch's default settings inside the block and restore the caller's settings afterwards.

    Gradient mode, inference mode, autocast and default device are settings of a thread, so they are set for
    this thread. The default dtype is a setting of the process: changing it would affect other threads for as
    long as a training runs. A function mode, which is a setting of this thread, replaces it. The mode slows
    torch down, but is used only if the user has set another default dtype. The precision of float32 matrix
    products is also a setting of the process and cannot be replaced, so it is raised inside the block. This
    makes products of other threads more precise, too.

    User code that is not part of a network (callbacks, `proxies`, transformers) must run outside the block.
    """
    import torch  # not at the top: the import takes a second, and the transformers do not need torch

    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        for device_type in _DEVICE_TYPES:
            if torch.amp.is_autocast_available(device_type) and torch.is_autocast_enabled(device_type):
                stack.enter_context(torch.autocast(device_type, enabled=False))
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
        """Uses float32 in place of the default dtype, for results of no tensor and of integer tensors."""

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
    """Whether the values, or lists and dicts among them, hold a tensor."""
    import torch

    return any(isinstance(leaf, torch.Tensor) for leaf in _leaves(values))


def _has_float_dtype(value: Any) -> bool:
    """Whether the value is or has a float dtype, which the dtype of a result may come from."""
    import torch

    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind == "f"
    dtype = value if isinstance(value, torch.dtype) else getattr(value, "dtype", None)
    return isinstance(dtype, torch.dtype) and dtype.is_floating_point


def _with_floats(value: Any) -> Any:
    """Convert tensors to float32, also inside lists and dicts, except for Boolean masks."""
    import torch

    if isinstance(value, torch.Tensor):
        return value if value.dtype == torch.bool else value.to(torch.float32)
    if isinstance(value, dict):
        return {name: _with_floats(part) for name, part in value.items()}
    return type(value)(map(_with_floats, value)) if type(value) in (list, tuple) else value


class _ExactProducts:
    """Context in which torch multiplies float32 matrices in float32, while any thread is inside."""

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
                    product.fp32_precision = "none"  # inherit the setting of all products
                    if product.fp32_precision != value:
                        product.fp32_precision = value


_EXACT = _ExactProducts()


def _products() -> list[Any]:
    """Objects of torch with an `fp32_precision` that the user may have lowered."""
    from torch import backends

    if hasattr(backends.mkldnn, "matmul"):
        of_cpu: Any = backends.mkldnn
        return [of_cpu.matmul, of_cpu.conv, of_cpu.rnn, backends.cuda.matmul]
    return [_ProductsBefore29()]


class _ProductsBefore29:
    """Precision setting of torch before 2.9, with the interface of later versions."""

    @property
    def fp32_precision(self) -> str:
        import torch

        return {"highest": "ieee", "high": "tf32", "medium": "bf16"}[torch.get_float32_matmul_precision()]

    @fp32_precision.setter
    def fp32_precision(self, value: str) -> None:
        import torch

        names = {"ieee": "highest", "none": "highest", "tf32": "high", "bf16": "medium"}
        torch.set_float32_matmul_precision(names[value])
