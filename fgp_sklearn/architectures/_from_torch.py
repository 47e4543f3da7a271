"""from_torch: torch modules as architectures."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import named
from fgp_sklearn.architectures._networks import Network, batch_of
from fgp_sklearn.architectures._networks._example_inputs import refuse_inputs

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.nn import Module

_LEVELS = ("operator", "module")


def from_torch(
    module: Module | ExportedProgram | Iterable[Module | ExportedProgram],
    example_inputs: Any = None,
    *,
    level: Literal["operator", "module"] = "operator",
    n_jobs: int | None = None,
    verbose: bool = False,
) -> ArchitectureBatch:
    """Read torch modules as architectures, with kinds and numbers of their operators.

    Each module is exported by `torch.export` in evaluation mode. Nothing is computed, so modules may be on
    the meta device (``with torch.device("meta"): ...``), where they take no memory. Weights, constants and
    the arithmetic of shapes are left out, operations without effect are contracted, and blocks that repeat
    are kept.

    Parameters
    ----------
    module : torch.nn.Module, torch.fx.GraphModule, torch.export.ExportedProgram, or sequence of them
        One network, or several.
    example_inputs : torch.Tensor, tuple, mapping, callable or list, optional
        What the network is called with: a tensor, a tuple of all positional arguments, or arguments by name.
        A callable gets the module and returns one of these. A list has one entry for each module of a
        sequence; anything else is for all. Only shapes and types matter. None is enough for an
        `ExportedProgram`, and for a `GraphModule` with recorded shapes.
    level : {"operator", "module"}, default="operator"
        "operator": each ATen operator is a node, so a network has the same graph however its code is
        divided into modules. "module": each call of a module that has no modules inside is a node, and so is
        each operator outside of such modules. A call with several operators has the name of the class as
        its operation.
    n_jobs : int, optional
        Number of processes for a sequence, as in joblib. Modules are sent to them without weights.
    verbose : bool, default=False
        Whether to show a progress bar.

    Returns
    -------
    ArchitectureBatch
        One architecture per module. Operations are canonical names of `fgp_sklearn.operations`; see Notes for
        the attributes of nodes.

    Raises
    ------
    ArchitectureError
        If a module cannot be exported, or its inputs are lacking. The message gives its index, the module
        inside it, and the cure.

    Warns
    -----
    UserWarning
        If operators are not in the table of the library, or parameters are not used with these inputs.

    See Also
    --------
    ArchitectureBatch.to_networkx : The graphs, with all attributes.

    Notes
    -----
    Attributes of nodes, NaN where they make no sense:

    - ``parameters``: number of elements of the parameters that the node reads. A parameter counts once, at
      the first node that reads it, so sums are those of the module.
    - ``flops``: two per multiply-add of convolutions, matrix products, attention and recurrent layers, as
      `torch.utils.flop_counter` counts; 0 for other operators. The batch of the example inputs counts.
    - ``elements``: number of elements of the output.
    - ``in_channels``, ``out_channels``, ``kernel``, ``stride``, ``dilation``, ``groups``, ``heads``. A kernel
      of unequal sides has their geometric mean.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.architectures import from_torch
    >>> net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten())
    >>> batch = from_torch(net, torch.zeros(1, 3, 8, 8))
    >>> batch[0].ops
    ('input', 'conv', 'relu', 'reshape', 'output')
    >>> batch.attributes["parameters"]
    array([  0., 224.,   0.,   0.,   0.])
    """
    from fgp_sklearn.architectures._networks._read_torch import read_modules  # needs more packages

    if level not in _LEVELS:
        raise ValueError(f"level must be one of {', '.join(map(repr, _LEVELS))}, got {level!r:.60}")
    modules = _as_list(module)
    per_module = isinstance(example_inputs, list)
    if per_module:
        refuse_inputs(example_inputs, len(modules))
    inputs = example_inputs if per_module else [example_inputs] * len(modules)
    networks = read_modules(modules, inputs, n_jobs, verbose)
    batch = batch_of(networks, level)
    _warn_of_unknown(networks)
    _warn_of_unused(networks, batch)
    return batch


def _as_list(module: Any) -> list[Any]:
    import torch
    from torch.export import ExportedProgram

    if isinstance(module, (torch.nn.Module, ExportedProgram)):
        return [module]
    if isinstance(module, (str, bytes)) or not isinstance(module, Iterable):
        raise ArchitectureError(
            f"expected a torch.nn.Module or a sequence of them, got {type(module).__name__}"
        )
    modules = list(module)
    if not modules:
        raise ArchitectureError("there are no modules; give at least one")
    return modules


def _warn_of_unknown(networks: Sequence[Network]) -> None:
    unknown = sorted({name for network in networks for name in network.unknown})
    if unknown:
        warnings.warn(
            f"operators that the library does not know keep their names and have 0 FLOPs: {named(unknown)}. "
            "Describe them with operations= of the estimator if they matter",
            UserWarning,
            stacklevel=3,
        )


def _warn_of_unused(networks: Sequence[Network], batch: ArchitectureBatch) -> None:
    counted = np.bincount(batch.node_owner, weights=batch.attributes["parameters"], minlength=len(batch))
    unused = [
        f"{network.n_parameters - int(n):,} of {network.n_parameters:,} in architecture {index}"
        for index, (network, n) in enumerate(zip(networks, counted.tolist(), strict=True))
        if network.n_parameters is not None and network.n_parameters > n
    ]
    if unused:
        warnings.warn(
            "parameters that the output does not depend on are not counted, such as those of heads for "
            f"training: {'; '.join(unused[:3])}{f' and {len(unused) - 3} more' if len(unused) > 3 else ''}",
            UserWarning,
            stacklevel=3,
        )
