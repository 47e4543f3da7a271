"""exported: a torch module as an exported program, without a change to the module."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._networks._copied import copied
from fgp_sklearn.architectures._networks._torch_nodes import (
    nodes_in,
    operator_name,
    schema_of,
    written_arguments,
)
from fgp_sklearn.architectures._networks._torch_table import CONSTANTS

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Node
    from torch.nn import Module

_LONGEST = 300  # characters of a message of torch


def exported(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ExportedProgram:
    """Export a module in evaluation mode.

    Parameters
    ----------
    module : torch.nn.Module
        The module. A copy of it is exported that shares its weights, so that caches which the module fills
        while it runs stay as they are. A module that cannot be copied is exported itself, and its modes are
        restored.
    args, kwargs : tuple and dict
        Example inputs.

    Returns
    -------
    torch.export.ExportedProgram
        The program, in which no operator changes a value that another one reads under a second name.

    Raises
    ------
    ArchitectureError
        If the module cannot be exported. The message names the module inside it where that failed.
    """
    import torch

    module = copied(module, with_weights=True) or module
    with evaluating(module), _without_caches(module):
        try:
            program = torch.export.export(module, args, kwargs, strict=False)
        except Exception as error:  # whatever the module or torch raise
            raise ArchitectureError(_problem(module, error)) from error
        if changes_views(program):
            program = program.run_decompositions({})
    return program


@contextmanager
def evaluating(module: Module) -> Iterator[None]:
    """Evaluation mode, no gradients, no fused encoder layers and no warnings of torch, all for a while."""
    import torch

    modes = [(inner, inner.training) for inner in module.modules()]
    is_fused = torch.backends.mha.get_fastpath_enabled()
    try:
        module.eval()
        torch.backends.mha.set_fastpath_enabled(False)
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(is_fused)
        for inner, mode in modes:
            inner.training = mode


@contextmanager
def _without_caches(module: Module) -> Iterator[None]:
    """For a while, the cache of keys and values is off that models of Hugging Face return beside tensors."""
    fields = (getattr(getattr(inner, "config", None), "__dict__", None) for inner in module.modules())
    cached = [own for own in fields if isinstance(own, dict) and own.get("use_cache") is True]
    try:
        for own in cached:
            own["use_cache"] = False
        yield
    finally:
        for own in cached:
            own["use_cache"] = True


def changes_views(program: ExportedProgram) -> bool:
    """Whether an in-place operator changes a value that is read later under another name.

    Parameters
    ----------
    program : torch.export.ExportedProgram
        An exported program.

    Returns
    -------
    bool
        False if all later operators read the result of the in-place operator, or the value that it changed.
        Constants that are computed from constants do not count.
    """
    graph, inputs = program.graph, program.graph_signature.user_inputs
    live: set[Node] = set()
    position = {node: number for number, node in enumerate(graph.nodes)}
    base: dict[Node, Node] = {}
    aliases: dict[Node, list[Node]] = {}
    for node in graph.nodes:
        if node.name in inputs or (operator_name(node) not in CONSTANTS and live & set(node.all_input_nodes)):
            live.add(node)
        base[node] = base.get(_viewed(node), node)
        aliases.setdefault(base[node], []).append(node)
        for changed in written_arguments(node):
            others = (other for other in aliases[base[changed]] if other not in (changed, node))
            # A value that an earlier in-place operator changed is read under the name of its result.
            if node in live and any(
                position[user] > position[node] for other in others for user in other.users
            ):
                return True
    return False


def _viewed(node: Node) -> Any:
    """The argument whose memory the result of a node may share; None if it has its own."""
    schema = schema_of(node.target)
    if schema is None:
        return next(nodes_in(node.args), None) if node.op == "call_function" else None
    shares = any(result.alias_info is not None for result in schema.returns)
    return next(nodes_in(node.args), None) if shares else None


def _problem(module: Module, error: Exception) -> str:
    """What is wrong with a module that cannot be exported, and the cure."""
    place = _place(module, error)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    message = f"{type(error).__name__}: {lines[0] if lines else ''}"[:_LONGEST]
    names = " ".join(kind.__name__ for kind in type(error).__mro__) + str(error)
    if "data-dependent" in names.casefold() or "DataDependent" in names:
        return (
            f"{place} decides by values of its inputs what it computes, so there is no one graph "
            f"({message}); give a version of it without that decision"
        )
    if "Cache'> in output" in message:
        return f"{place} returns a cache ({message}); put use_cache=False into example_inputs"
    return (
        f"torch.export failed in {place} ({message}); check that module(*example_inputs) runs, and replace "
        "what torch.export does not support"
    )


def _place(module: Module, error: BaseException) -> str:
    """The innermost module that was running when an error was raised."""
    names = {id(inner): name for name, inner in module.named_modules()}
    found = f"the module ({type(module).__name__})"
    for raised in chain([error], filter(None, [error.__cause__])):
        trace = raised.__traceback__
        while trace is not None:
            running = trace.tb_frame.f_locals.get("self")
            if names.get(id(running)):
                found = f"{names[id(running)]!r:.100} ({type(running).__name__:.60})"
            trace = trace.tb_next
    return found
