"""Torch modules as networks: one by one, or in several processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fgp_sklearn._jobs import in_order
from fgp_sklearn._progress import progress_bar
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._networks._copied import copied
from fgp_sklearn.architectures._networks._example_inputs import call_of
from fgp_sklearn.architectures._networks._network import Network
from fgp_sklearn.architectures._networks._torch_export import exported
from fgp_sklearn.architectures._networks._torch_graph import network_of_program


def read_modules(
    modules: Sequence[Any], inputs: Sequence[Any], n_jobs: int | None, verbose: bool
) -> list[Network]:
    """Read torch modules.

    Parameters
    ----------
    modules : sequence of torch.nn.Module or torch.export.ExportedProgram
        The modules.
    inputs : sequence of object
        Example inputs of each.
    n_jobs : int or None
        Number of processes.
    verbose : bool
        Whether to show a progress bar.

    Returns
    -------
    list of Network
        One per module.

    Raises
    ------
    ArchitectureError
        If a module cannot be read; with its index.
    """
    from joblib import effective_n_jobs

    pairs = list(zip(modules, inputs, strict=True))
    elsewhere: Iterator[Network | None] = iter([None] * len(pairs))
    if effective_n_jobs(n_jobs) > 1 and len(pairs) > 1:
        elsewhere = in_order(_tasks(pairs), n_jobs)
    with progress_bar(elsewhere, description="networks", total=len(pairs), shown=verbose) as bar:
        return [
            found or _read_here(*pair, index)
            for index, (pair, found) in enumerate(zip(pairs, bar, strict=True))
        ]


def _tasks(pairs: Sequence[tuple[Any, Any]]) -> Iterator[Any]:
    import torch
    from joblib import delayed

    for module, example in pairs:
        is_module = isinstance(module, torch.nn.Module)
        yield delayed(_read_elsewhere)(copied(module, with_weights=False) if is_module else None, example)


def _read_elsewhere(module: Any, example: Any) -> Network | None:
    """Read a module without its weights; None if that fails, so that it is read, or refused, with them."""
    try:
        return None if module is None else _read(module, example)
    except Exception:  # the process of the user raises it again, if it does not come from missing weights
        return None


def _read_here(module: Any, example: Any, index: int) -> Network:
    try:
        return _read(module, example)
    except ArchitectureError as error:
        raise ArchitectureError(error.problem, index) from error


def _read(module: Any, example: Any) -> Network:
    import torch
    from torch.export import ExportedProgram

    name = type(module).__name__
    if isinstance(module, ExportedProgram):
        return network_of_program(module)
    if isinstance(module, torch.jit.ScriptModule):
        raise ArchitectureError("it is a ScriptModule, which torch.export refuses; give the original module")
    if not isinstance(module, torch.nn.Module):
        raise ArchitectureError(
            f"it is {name:.60}; give a torch.nn.Module, or a torch.export.ExportedProgram"
        )
    return network_of_program(exported(module, *call_of(module, example)), name)
