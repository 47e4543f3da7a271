"""Example inputs of a torch module: what `forward` is called with while it is exported."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fgp_sklearn.architectures._errors import ArchitectureError

if TYPE_CHECKING:
    from torch.fx import Node
    from torch.nn import Module


def call_of(module: Module, example: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of `forward`.

    Parameters
    ----------
    module : torch.nn.Module
        The module.
    example : torch.Tensor, tuple, mapping, callable or None
        One tensor, all positional arguments, arguments by name, or a function of the module that returns one
        of these. None takes the shapes that are recorded in a `torch.fx.GraphModule`.

    Returns
    -------
    args : tuple
        Positional arguments, with tensors on the device of the module.
    kwargs : dict
        Arguments by name.

    Raises
    ------
    ArchitectureError
        If there are no inputs, or they have another type.
    """
    import torch

    if callable(example):
        example = example(module)
    if example is None:
        example = _recorded(module)
    place = _on_device_of(module)
    if isinstance(example, torch.Tensor):
        return (place(example),), {}
    if isinstance(example, tuple):
        return place(example), {}
    if isinstance(example, Mapping):
        return (), place(dict(example))
    raise ArchitectureError(
        f"its example inputs are {type(example).__name__}; give a tensor, a tuple of all positional "
        "arguments, or a mapping of arguments by name. A list has one of these for each module of a list"
    )


def _recorded(module: Module) -> tuple[Any, ...]:
    """Inputs with the shapes that tracing or `torch.fx.passes.shape_prop` recorded."""
    from torch.fx import GraphModule

    nodes = list(module.graph.nodes) if isinstance(module, GraphModule) else []
    found = tuple(_empty(node) for node in nodes if node.op == "placeholder")
    if not found or any(tensor is None for tensor in found):
        recorded = "it has no recorded shapes" if isinstance(module, GraphModule) else "there are none"
        try:
            signature = str(inspect.signature(module.forward))
        except (TypeError, ValueError):
            signature = "(...)"
        raise ArchitectureError(
            f"{type(module).__name__:.60} needs example inputs, and {recorded}; pass the arguments of "
            f"forward{signature:.200} as example_inputs, such as example_inputs=torch.zeros(1, 3, 224, 224)"
        )
    return found


def _empty(node: Node) -> Any:
    """A tensor with the shape and the type that are recorded at an input; None if there are none."""
    import torch

    names = ("val", "example_value", "tensor_meta")
    known: Any = next((node.meta[name] for name in names if name in node.meta), None)
    if not hasattr(known, "shape") or not hasattr(known, "dtype"):
        return None
    return torch.zeros(tuple(int(size) for size in known.shape), dtype=known.dtype, device="meta")


def _on_device_of(module: Module) -> Callable[[Any], Any]:
    """Function that moves tensors to the device of a module, if all its tensors are on one."""
    import torch

    devices = {tensor.device for tensors in (module.parameters(), module.buffers()) for tensor in tensors}

    def placed(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            device = devices.copy().pop() if len(devices) == 1 else value.device
            if value.device.type == "meta" and device.type != "meta":
                return torch.zeros_like(value, device=device)
            return value.to(device)
        if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
            return type(value)(placed(item) for item in value)
        if isinstance(value, Mapping):
            return {name: placed(item) for name, item in value.items()}
        return value

    return placed


def refuse_inputs(inputs: Any, n_modules: int) -> None:
    """Raise an error unless a list of example inputs has one entry per module."""
    if len(inputs) != n_modules:
        raise ArchitectureError(
            f"example_inputs is a list of {len(inputs)} for {n_modules} modules; give one per "
            "module, or a tensor, tuple, mapping or function for all"
        )
