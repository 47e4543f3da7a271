"""to_onnx: exports the network of an estimator as an ONNX model."""

from __future__ import annotations

import json
import warnings
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from fgp_sklearn._storage import PersistenceError, write_atomically
from fgp_sklearn._torch_settings import usual_settings
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._messages import named
from fgp_sklearn.estimators import FGPEncoder, FGPRegressor
from fgp_sklearn.nn import BACKBONES, DAGNN, MLP, GraphTensors
from fgp_sklearn.nn._residual import ResidualNetwork

#: Inputs, and their axes of variable length.
_INPUTS = {
    "ops": {0: "nodes"},
    "edge_index": {1: "edges"},
    "owner": {0: "nodes"},
    "n_nodes": {0: "architectures"},
    "is_source": {0: "nodes"},
    "is_sink": {0: "nodes"},
    "multiplicity": {0: "edges"},
    "node_features": {0: "nodes"},
}

#: Backbones that cannot be exported, and why.
_NOT_EXPORTED: dict[type[nn.Module], str] = {
    MLP: "reads matrices of a fixed size",
    DAGNN: "walks over the generations of nodes",
    ResidualNetwork: "attends along relations that are derived from the edges",
}


@usual_settings()
def to_onnx(estimator: FGPEncoder | FGPRegressor, path: str | PathLike[str]) -> None:
    """Export the network as an ONNX model for any number of architectures of any size.

    The inputs, which `onnx_inputs` makes, describe all architectures one after the other:

    - ``ops``: int64 (nodes,), operations as positions in the vocabulary;
    - ``edge_index``: int64 (2, edges), source and target of each edge as positions in `ops`;
    - ``owner``: int64 (nodes,), architecture of each node;
    - ``n_nodes``: int64 (architectures,), nodes of each architecture;
    - ``is_source``, ``is_sink``: bool (nodes,), nodes without predecessors, and without successors;
    - ``multiplicity``: float32 (edges, 1), number of parallel edges, mostly 1;
    - ``node_features``: float32 (nodes, n_node_features), only if the pool has attributes.

    The outputs are ``embeddings`` of shape (architectures, hidden_dim) and, for a regressor, ``scores`` of
    shape (architectures, 1). The scores are those of the network, larger is better, without other members of
    the blend and without the calibration of `predict`. The metadata of the model contain ``vocabulary``,
    ``null_ops`` and ``identity_ops`` as JSON. Architectures are simplified by these operations before they
    are coded. All these names are canonical (see `fgp_sklearn.operations.canonical`).

    Parameters
    ----------
    estimator : FGPEncoder or FGPRegressor
        A fitted estimator with backbone "gated_gcn" or "gin".
    path : str or path-like
        The file. It is replaced if it exists.

    Raises
    ------
    ImportError
        If the extra ``onnx`` is not installed.
    PersistenceError
        If the backbone cannot be exported.
    TypeError
        If it is another estimator.

    See Also
    --------
    onnx_inputs : Makes the inputs.

    Examples
    --------
    >>> import onnxruntime  # doctest: +SKIP
    >>> to_onnx(regressor, "network.onnx")  # doctest: +SKIP
    >>> session = onnxruntime.InferenceSession("network.onnx")  # doctest: +SKIP
    >>> embeddings, scores = session.run(None, onnx_inputs(regressor, X))  # doctest: +SKIP
    """
    if find_spec("onnxscript") is None:
        raise ImportError("to_onnx requires onnxscript; install it with: pip install 'fgp-sklearn[onnx]'")
    encoder = _encoder_of(estimator)
    for backbone, reason in _NOT_EXPORTED.items():
        if isinstance(encoder.backbone_, backbone):
            raise PersistenceError(
                f"cannot export backbone {encoder.backbone!r}, which {reason}; use {_exported()}"
            )
    head = estimator.network_.head if isinstance(estimator, FGPRegressor) else None
    inputs = _inputs(_two_chains(encoder), encoder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warnings of the exporter about deprecations and names of axes
        program = torch.onnx.export(
            _Exported(encoder.backbone_, head).cpu().eval(),
            tuple(map(torch.from_numpy, inputs.values())),
            input_names=list(inputs),
            output_names=["embeddings", "scores"][: 1 if head is None else 2],
            dynamic_shapes=(tuple({i: torch.export.Dim.DYNAMIC for i in _INPUTS[name]} for name in inputs),),
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise PersistenceError("the exporter of torch returned no model")
    proto = program.model_proto
    for key, value in _metadata(encoder).items():
        proto.metadata_props.add(key=key, value=json.dumps(value))
    write_atomically(Path(path), [proto.SerializeToString()])


@usual_settings()
def onnx_inputs(estimator: FGPEncoder | FGPRegressor, X: Any) -> dict[str, NDArray[Any]]:
    """Make the inputs of the exported network.

    Parameters
    ----------
    estimator : FGPEncoder or FGPRegressor
        The exported estimator.
    X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
        Architectures.

    Returns
    -------
    dict of str to ndarray
        Inputs of a session of onnxruntime; see `to_onnx`.

    Examples
    --------
    >>> from fgp_sklearn import FGPEncoder
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.persistence import onnx_inputs
    >>> pool = nasbench201_space()[::100]
    >>> encoder = FGPEncoder(hidden_dim=16, max_epochs=1, random_state=0).fit(pool)
    >>> list(onnx_inputs(encoder, pool[:5]))
    ['ops', 'edge_index', 'owner', 'n_nodes', 'is_source', 'is_sink', 'multiplicity']
    """
    encoder = _encoder_of(estimator)
    return _inputs(encoder.input_.read(X), encoder)


class _Exported(nn.Module):
    """Backbone and head on plain tensors."""

    def __init__(self, backbone: nn.Module, head: nn.Module | None) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        embeddings: Tensor = self.backbone(GraphTensors(*inputs))
        return embeddings if self.head is None else (embeddings, self.head(embeddings))


def _exported() -> str:
    """Names of the backbones that can be exported."""
    refused = {
        name
        for name, cls in BACKBONES.items()
        if isinstance(cls, type) and issubclass(cls, tuple(_NOT_EXPORTED))
    }
    return named((name for name in BACKBONES if name not in refused), joint=" or ")


def _encoder_of(estimator: Any) -> FGPEncoder:
    if not isinstance(estimator, (FGPEncoder, FGPRegressor)):
        raise TypeError(
            f"only the networks of FGPEncoder and FGPRegressor are exported, but this is "
            f"{type(estimator).__name__}; give the step of a pipeline, and save other estimators with save"
        )
    check_is_fitted(estimator)
    encoder: FGPEncoder = estimator.encoder_ if isinstance(estimator, FGPRegressor) else estimator
    return encoder


def _inputs(functional: ArchitectureBatch, encoder: FGPEncoder) -> dict[str, NDArray[Any]]:
    graphs = GraphTensors.from_batch(functional)
    named = {name: getattr(graphs, name) for name in _INPUTS}
    if graphs.multiplicity is None:
        named["multiplicity"] = torch.ones(graphs.edge_index.shape[1], 1)
    return {name: tensor.numpy() for name, tensor in named.items() if tensor is not None}


def _two_chains(encoder: FGPEncoder) -> ArchitectureBatch:
    """Architectures for tracing. The exporter would take sizes of 0 and 1 for constants."""
    names = encoder.input_.scale.names
    return ArchitectureBatch(
        ops=np.zeros(5, dtype=int),
        edges=[[0, 0, 1], [1, 1, 2]],
        node_ptr=[0, 2, 5],
        edge_ptr=[0, 1, 3],
        vocabulary=encoder.vocabulary_,
        attributes={name: np.zeros(5) for name in names},
    )


def _metadata(encoder: FGPEncoder) -> dict[str, Any]:
    ops = {name: sorted(found) for name, found in encoder.input_.simplification.items()}
    return {"vocabulary": list(encoder.vocabulary_), **ops}
