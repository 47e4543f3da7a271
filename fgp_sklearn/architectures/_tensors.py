"""Tensors of torch as arrays, without importing torch."""

from __future__ import annotations

import sys
from typing import Any

import scipy.sparse


def readable(values: Any) -> Any:
    """What numpy can read: a tensor of torch becomes the array of its values, all else stays.

    A tensor may require a gradient, lie on any device, be sparse, or have a floating-point type that numpy
    lacks, as bfloat16, which becomes float32 without loss. A list or tuple of tensors is a list of arrays.

    Parameters
    ----------
    values : object
        Values as a user gives them.

    Returns
    -------
    object
        An ndarray, of a sparse matrix a `scipy.sparse.coo_array`, or the given object.

    Raises
    ------
    RuntimeError
        If torch cannot tell the values, as those on the meta device.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.architectures._tensors import readable
    >>> readable(torch.eye(2, dtype=torch.bfloat16, requires_grad=True))
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    torch = sys.modules.get("torch")  # whoever holds a tensor has imported it
    if torch is None:
        return values
    if isinstance(values, (list, tuple)):
        if any(isinstance(row, torch.Tensor) for row in values):
            return [readable(row) for row in values]
        return values
    if not isinstance(values, torch.Tensor):
        return values
    tensor = values.detach()
    if tensor.dtype.is_floating_point and tensor.dtype not in (torch.float16, torch.float32, torch.float64):
        tensor = tensor.float()
    if tensor.layout is torch.strided:
        return tensor.numpy(force=True)
    if tensor.ndim != 2 or tensor.dense_dim():  # more than a sparse matrix of SciPy holds
        return tensor.to_dense().numpy(force=True)
    entries = tensor.to_sparse_coo().coalesce()
    where, found = (part.numpy(force=True) for part in (entries.indices(), entries.values()))
    return scipy.sparse.coo_array((found, tuple(where)), shape=tuple(tensor.shape))
