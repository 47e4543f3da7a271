"""On how many cores the operations of torch compute here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

Given = TypeVar("Given")
Made = TypeVar("Made")


@contextmanager
def one_core() -> Iterator[None]:
    """Let operations that the calling Python thread starts compute on one core; other threads keep theirs.

    Cores that share an operation wait for each other at its end. Those of a small network are so short
    that the wait takes longer, many times so where other programs use the cores too.
    """
    import torch  # takes a second, which who only imports the transformers need not wait

    torch.get_num_threads()  # else the first operation of a new thread would set its number of cores
    with _controller().limit(limits=1, user_api="openmp"):  # which OpenMP keeps for each thread by itself
        yield


def map_on_cores(
    work: Callable[[Given], Made], given: Iterable[Given], *, at_once: int | None = None
) -> list[Made]:
    """Apply `work` to each item on a core of its own, on as many at once as torch would compute on.

    Parameters
    ----------
    work : callable
        From an item to a result; may be called by several threads at once.
    given : iterable
        The items.
    at_once : int, optional
        On how many at most.

    Returns
    -------
    list
        The results in the given order.
    """
    import torch

    def on_one_core(item: Given) -> Made:
        with one_core():
            return work(item)

    items = list(given)
    n_cores = min(torch.get_num_threads(), len(items), at_once or len(items))
    if n_cores <= 1:
        return list(map(on_one_core, items))
    with ThreadPoolExecutor(n_cores) as pool:
        return list(pool.map(on_one_core, items))


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()  # finds what torch has loaded, in milliseconds
