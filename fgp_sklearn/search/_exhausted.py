"""ExhaustedSpaceError: a search asks for more architectures than are left."""

from __future__ import annotations


class ExhaustedSpaceError(ValueError):
    """A search space holds fewer unasked architectures than a search is asked for.

    Parameters
    ----------
    message : str
        What happened, and the cure.
    remaining : int
        Number of architectures that are left.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.search import ExhaustedSpaceError, PoolSpace, RandomSearch
    >>> search = RandomSearch(PoolSpace(nasbench201_space()[:3]), random_state=0)
    >>> try:
    ...     search.ask(5)
    ... except ExhaustedSpaceError as error:
    ...     print(error.remaining)
    3
    """

    def __init__(self, message: str, remaining: int) -> None:
        super().__init__(message, remaining)
        self.remaining = remaining

    def __str__(self) -> str:
        return str(self.args[0])
