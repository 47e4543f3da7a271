"""from_onnx: ONNX models as architectures."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import named
from fgp_sklearn.architectures._onnx._inputs import Dims, check_dims
from fgp_sklearn.architectures._onnx._sources import Source, sources_of

if TYPE_CHECKING:
    from fgp_sklearn.architectures._onnx._read_models import ReadModel


def from_onnx(
    models: Any,
    *,
    dims: Mapping[str, int | Sequence[int]] | None = None,
    n_jobs: int | None = None,
    verbose: bool = False,
) -> ArchitectureBatch:
    """Read ONNX models as graphs of operators.

    Each operator becomes a node with its kind, such as ``"conv"`` or ``"linear"``, and attributes such as
    ``kernel``, ``in_channels``, ``parameters`` and ``flops``, as `from_torch` with ``level="operator"``
    gives them. Weights, constants, computations of shapes, casts and dropout are left out.

    Models are never run. Neither weights in other files nor libraries of custom operators are loaded.

    Parameters
    ----------
    models : str, path-like, bytes, onnx.ModelProto, or sequence of them
        Files, contents of files, or models. A folder stands for its files that end with ``.onnx``, sorted by
        name.
    dims : dict of str to int or sequence of int, optional
        Sizes of dimensions that a model leaves open, by the name of the dimension, as in
        ``{"height": 224}``, or the shape of an input by its name. The batch is 1 by default: dimensions that
        are called so, or else the first one of each input.
    n_jobs : int, default=None
        Number of processes, as in joblib.
    verbose : bool, default=False
        Whether to show a progress bar.

    Returns
    -------
    ArchitectureBatch
        The architectures in the given order. Their names are those of the files without ``.onnx``, or of the
        graphs.

    Raises
    ------
    ArchitectureError
        If something is not an ONNX model, is malformed, or leaves a size open; the message gives its index
        and its file.
    ImportError
        If the extra ``onnx`` is not installed.
    OSError
        If a file cannot be read.

    Warns
    -----
    UserWarning
        If costs are NaN: those of custom operators, of loops and branches, and of operators whose shapes
        depend on data.

    See Also
    --------
    from_torch : The same for torch modules.

    Notes
    -----
    FLOPs are two per multiply-add in convolutions, matrix products, attention and recurrent layers, 0
    elsewhere. Products of queries, keys and values with a softmax between them become one ``"attention"``, a
    product and its bias one ``"linear"``.

    ``parameters`` counts each tensor once, at the first node that uses it. Models that
    ``torch.onnx.export(dynamo=True)`` wrote say which tensors are parameters. In other models, these are the
    weights of operators that have some, such as ``Conv``, and vectors of real numbers that are added,
    multiplied or concatenated. Running statistics are none. An exporter that merges batch normalisations
    into convolutions, or equal tensors into one, leaves fewer or, with tied tensors, more parameters than the
    module had; ``torch.onnx.export(..., optimize=False)`` keeps them.

    A branch whose condition is constant is read in place of the ``If``. Functions of a model are expanded.

    Examples
    --------
    >>> from onnx import parser
    >>> from fgp_sklearn.architectures import from_onnx
    >>> model = parser.parse_model('''
    ...     <ir_version: 10, opset_import: ["" : 20]>
    ...     small (float[batch, 2, height, 32] image) => (float[batch, 1, height, 32] out)
    ...     <float[1, 2, 1, 1] weight = {0.5, 2.0}>
    ...     {
    ...         convolved = Conv (image, weight)
    ...         out = Relu (convolved)
    ...     }''')
    >>> batch = from_onnx(model, dims={"height": 10})
    >>> batch[0].ops, batch.attributes["parameters"], batch.attributes["flops"]
    (('input', 'conv', 'relu', 'output'), array([0., 2., 0., 0.]), array([   0., 1280.,    0.,    0.]))
    """
    if find_spec("onnx") is None:
        raise ImportError('from_onnx requires onnx; install it with: pip install "fgp-sklearn[onnx]"')
    from fgp_sklearn.architectures._onnx._read_models import read_models  # needs more packages

    sizes = check_dims(dims)
    sources = sources_of(models)
    found = read_models(sources, sizes, n_jobs, verbose)
    _check_used(sizes, found)
    _warn_of_unknown(sources, found)
    return ArchitectureBatch.concatenate([one.batch for one in found])


def _check_used(sizes: Dims, found: Sequence[ReadModel]) -> None:
    known = frozenset().union(*(one.symbols for one in found))
    unused = [name for name in sizes if name not in known]
    if unused:
        raise ArchitectureError(
            f"no model has an input or a dimension of the name {named(unused)} that dims gives a size; "
            f"there are {named(sorted(known))}"
        )


def _warn_of_unknown(sources: Sequence[Source], found: Sequence[ReadModel]) -> None:
    unknown = sum((one.unknown for one in found), Counter[str]())
    if unknown:
        first = next(i for i, one in enumerate(found) if one.unknown)
        warnings.warn(
            f"{unknown.total():,} nodes have no costs, which are NaN, because their operators are not "
            f"standard or their shapes depend on data: {named(unknown)}, first in architecture {first} "
            f"({named([sources[first].name])}); export the model without them, or leave attributes out "
            "with as_batch(X, attributes=())",
            UserWarning,
            stacklevel=3,
        )
