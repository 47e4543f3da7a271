"""input_types: the shapes of a model's inputs, with sizes for the dimensions that have none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import named, shown

if TYPE_CHECKING:
    import onnx

Dims = Mapping[str, int | Sequence[int]]


def check_dims(dims: Any) -> Dims:
    """Check what a user gives as sizes.

    Parameters
    ----------
    dims : mapping of str to int or sequence of int, or None
        Sizes by name of the dimension, or shapes by name of the input.

    Returns
    -------
    mapping of str to int or tuple of int
        The sizes.

    Raises
    ------
    ValueError
        If it is something else.
    """
    if dims is None:
        return {}
    if not isinstance(dims, Mapping):
        raise ValueError(f"dims must be a dict such as {{'height': 224}}, got {shown(dims)}")
    return {name: _checked(name, sizes) for name, sizes in dims.items()}


def _checked(name: Any, sizes: Any) -> int | tuple[int, ...]:
    given = [sizes] if isinstance(sizes, Integral) else sizes
    is_shape = isinstance(given, Sequence) and not isinstance(given, (str, bytes))
    if not isinstance(name, str) or not is_shape or not all(map(_is_size, given)):
        raise ValueError(
            f"dims[{shown(name)}] must be a size or a shape of sizes from 1 on, such as 224 or "
            f"(1, 3, 224, 224), got {shown(sizes)}"
        )
    return int(sizes) if isinstance(sizes, Integral) else tuple(map(int, given))


def _is_size(size: Any) -> bool:
    is_whole = isinstance(size, Integral) and not isinstance(size, bool)
    return is_whole and 1 <= int(size) < 2**31


def input_types(model: onnx.ModelProto, dims: Dims) -> dict[str, onnx.TypeProto]:
    """The types of a model's inputs, with a number for every size.

    Parameters
    ----------
    model : onnx.ModelProto
        The model.
    dims : mapping of str to int or tuple of int
        Sizes by name of the dimension, or shapes by name of the input.

    Returns
    -------
    dict of str to onnx.TypeProto
        By name of the input. A batch without a size has 1.

    Raises
    ------
    ArchitectureError
        If a size is not known, or the model has another one.
    """
    tensors = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in tensors]
    sizes = dict.fromkeys(_batch_symbols([_dims(value.type) for value in inputs]), 1)
    sizes |= {name: size for name, size in dims.items() if isinstance(size, int)}
    types = {value.name: _sized(value.name, value.type, sizes, dims.get(value.name)) for value in inputs}
    lacking = list(dict.fromkeys(one for name, of_input in types.items() for one in _lacking(name, of_input)))
    if lacking:
        example = f"{{{shown(lacking[0])}: {'(1, 3, 224, 224)' if lacking[0] in types else 224}}}"
        raise ArchitectureError(
            f"its inputs have no sizes for {named(lacking)}; give a number per dimension, or a shape per "
            f"input, such as dims={example}"
        )
    return types


def _batch_symbols(inputs: Sequence[Sequence[Any]]) -> set[str]:
    """Symbols that call themselves a batch; if there are none, those of the first dimensions."""
    every = {dim.dim_param for dims in inputs for dim in dims if "batch" in dim.dim_param.lower()}
    return every or {dim.dim_param for dims in inputs for dim in dims[:1]}


def _dims(of_input: onnx.TypeProto) -> list[Any]:
    return list(of_input.tensor_type.shape.dim)


def _sized(name: str, given: onnx.TypeProto, sizes: Mapping[str, int], shape: Any) -> onnx.TypeProto:
    """A type with the sizes that are known; a first dimension without a name has the size 1."""
    of_input = type(given)()
    of_input.CopyFrom(given)
    if isinstance(shape, tuple):
        _check_shape(name, given, shape)
        del of_input.tensor_type.shape.dim[:]
        for size in shape:
            of_input.tensor_type.shape.dim.add(dim_value=size)
        return of_input
    for axis, dim in enumerate(_dims(of_input)):
        size = sizes.get(dim.dim_param) if dim.dim_param else None if axis else 1
        if dim.dim_value <= 0 and size is not None:
            dim.dim_value = size
    return of_input


def _check_shape(name: str, given: onnx.TypeProto, shape: tuple[int, ...]) -> None:
    """Raise an error if an input cannot have a shape."""
    sizes = [dim.dim_value if dim.dim_value > 0 else dim.dim_param or "?" for dim in _dims(given)]
    said = f"dims gives its input {shown(name)} the shape {shown(shape)}, but the model has {shown(sizes)}"
    if given.tensor_type.HasField("shape") and len(shape) != len(sizes):
        raise ArchitectureError(f"{said}; give {len(sizes)} sizes")
    for axis, (size, own) in enumerate(zip(shape, sizes, strict=False)):
        if isinstance(own, int) and own != size:
            raise ArchitectureError(f"{said}; dimension {axis} is fixed: give {own} instead of {size}")


def _lacking(name: str, of_input: onnx.TypeProto) -> Iterator[str]:
    """Names of dimensions without a size; the name of the input if they have none."""
    if of_input.HasField("tensor_type") and not of_input.tensor_type.HasField("shape"):
        yield name
    for dim in _dims(of_input):
        if dim.dim_value < 0 or not dim.HasField("dim_value"):
            yield dim.dim_param or name


def symbols(model: onnx.ModelProto) -> Iterator[str]:
    """Names that `dims` may have for a model.

    Parameters
    ----------
    model : onnx.ModelProto
        The model.

    Yields
    ------
    str
        Names of inputs and of their dimensions.
    """
    for value in model.graph.input:
        yield value.name
        yield from (dim.dim_param for dim in _dims(value.type) if dim.dim_param)
