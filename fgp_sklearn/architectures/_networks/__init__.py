"""Networks as operators: what the readers of torch modules and of ONNX models have in common.

A reader turns every value of its graph into a `NetworkNode`, in topological order, and all nodes of one graph
into a `Network`. `batch_of` makes an `ArchitectureBatch` of several networks.

- A *parameter* is a node of kind ``"constant"`` with `weights`: the number of elements of the tensor, by a
  name that tied tensors share. Buffers, constants and numbers are nodes of kind ``"constant"`` without
  `weights`, or are left out.
- An *operator* is a node of kind `Described.kind` with `Described.attributes`. The functions ``..._of`` of
  this folder, such as `conv_of`, compute both from shapes. For operators without such a function, take
  `plain_of` with the canonical name of `fgp_sklearn.operations`. All inputs are listed, parameters too.
- An operator without effect, such as a cast or a dropout, has the kind ``"identity"``.
- Inputs of the network have the kind ``"input"``; `plain_of` gives their attributes too. One node of kind
  ``"output"`` has all outputs as inputs, and no attributes.

`batch_of` leaves out what depends on no input and what no output depends on, contracts identities, and counts
each parameter once, at the first node that uses it. A constant that is computed from parameters hands them on
to the node that uses it.
"""

from fgp_sklearn.architectures._networks._batch_of import batch_of
from fgp_sklearn.architectures._networks._described import Described
from fgp_sklearn.architectures._networks._network import Network, NetworkNode
from fgp_sklearn.architectures._networks._others import norm_of, plain_of, pool_of
from fgp_sklearn.architectures._networks._products import (
    attention_of,
    conv_of,
    einsum_of,
    embedding_of,
    linear_of,
    matmul_of,
    recurrent_of,
)

__all__ = [
    "Described",
    "Network",
    "NetworkNode",
    "attention_of",
    "batch_of",
    "conv_of",
    "einsum_of",
    "embedding_of",
    "linear_of",
    "matmul_of",
    "norm_of",
    "plain_of",
    "pool_of",
    "recurrent_of",
]
