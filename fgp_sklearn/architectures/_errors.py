"""Errors for malformed architectures, the one error family of the library."""

from typing import Any


class ArchitectureError(ValueError):
    """An architecture is malformed.

    The message gives the index of the architecture, what is wrong with it, and how to fix it.

    Parameters
    ----------
    problem : str
        What is wrong and how to fix it.
    index : int, optional
        Position of the malformed architecture in the input.

    Attributes
    ----------
    index : int or None
        Position of the malformed architecture in the input. None if the error concerns no single one.

    Examples
    --------
    >>> raise ArchitectureError("it has no nodes; remove it", index=3)
    Traceback (most recent call last):
    ...
    fgp_sklearn.architectures._errors.ArchitectureError: architecture 3: it has no nodes; remove it
    """

    def __init__(self, problem: str, index: int | None = None) -> None:
        super().__init__(problem if index is None else f"architecture {index}: {problem}")
        self.problem = problem
        self.index = index

    def __reduce__(self) -> tuple[type["ArchitectureError"], tuple[Any, ...]]:
        return type(self), (self.problem, self.index)


class CyclicArchitectureError(ArchitectureError):
    """An architecture has a cycle, but architectures must be acyclic.

    Parameters
    ----------
    problem : str
        What is wrong and how to fix it.
    index : int, optional
        Position of the malformed architecture in the input.

    Examples
    --------
    >>> from fgp_sklearn.architectures import CyclicArchitectureError, as_batch
    >>> try:
    ...     as_batch([([[0, 1], [1, 0]], ["conv", "pool"])])
    ... except CyclicArchitectureError as error:
    ...     print(error.index)
    0
    """


class UnknownOperationError(ArchitectureError):
    """An architecture uses an operation that is not in the fitted vocabulary.

    Parameters
    ----------
    problem : str
        What is wrong and how to fix it.
    index : int, optional
        Position of the malformed architecture in the input.
    op : str, optional
        Name of the operation.
    known : tuple of str, default=()
        Names in the vocabulary.

    Attributes
    ----------
    op : str or None
        Name of the operation. None if it has no name.
    known : tuple of str
        Names in the vocabulary. Empty if there is none.

    Examples
    --------
    >>> from fgp_sklearn.architectures import UnknownOperationError, as_batch
    >>> batch = as_batch([([[0, 1], [0, 0]], ["conv", "pool"])])
    >>> try:
    ...     batch.recode(["conv", "linear"])
    ... except UnknownOperationError as error:
    ...     print(error.index)
    0
    """

    def __init__(
        self, problem: str, index: int | None = None, op: str | None = None, known: tuple[str, ...] = ()
    ) -> None:
        super().__init__(problem, index)
        self.op = op
        self.known = known

    def __reduce__(self) -> tuple[type["ArchitectureError"], tuple[Any, ...]]:
        return type(self), (self.problem, self.index, self.op, self.known)
