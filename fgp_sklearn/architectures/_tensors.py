"""Values as NumPy reads them: tensors of torch become arrays, without importing torch."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray


def readable(values: Any) -> Any:
    """Convert a tensor of torch to an array; return anything else unchanged.

    A tensor may require a gradient, be on any device, be sparse, or have a floating-point dtype that NumPy
    lacks. Such a dtype (bfloat16, for example) becomes float32 without loss. A list or tuple of tensors
    becomes a list of arrays.

    Parameters
    ----------
    values : object
        Values as given by the user.

    Returns
    -------
    object
        An ndarray, a `scipy.sparse.coo_array` for a sparse matrix, or the given object.

    Raises
    ------
    RuntimeError
        If the tensor holds no values, as on the meta device.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.architectures._tensors import readable
    >>> readable(torch.eye(2, dtype=torch.bfloat16, requires_grad=True))
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    torch = sys.modules.get("torch")  # without it, no value is a tensor
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
    if tensor.ndim != 2 or tensor.dense_dim():  # SciPy has no such sparse array
        return tensor.to_dense().numpy(force=True)
    entries = tensor.to_sparse_coo().coalesce()
    where, found = (part.numpy(force=True) for part in (entries.indices(), entries.values()))
    return scipy.sparse.coo_array((found, tuple(where)), shape=tuple(tensor.shape))


def dense_array(values: Any) -> NDArray[Any]:
    """The values as a dense array; raises whatever the conversion raises."""
    given = readable(values)
    return np.asarray(given.toarray() if isinstance(given, scipy.sparse.coo_array) else given)
