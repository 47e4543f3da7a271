"""Number of cores that torch operations use."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

from threadpoolctl import ThreadpoolController

Given = TypeVar("Given")
Made = TypeVar("Made")

_LIBRARIES = (".so", ".dylib", ".dll")


@contextmanager
def one_core() -> Iterator[None]:
    """Run torch operations of the calling Python thread on one core. Other threads are not affected.

    Cores that share an operation wait for each other at its end. The operations of a small network are so
    short that the wait takes longer than the computation, many times so if other programs use the cores.
    """
    import torch  # not at the top: the import takes a second, and the transformers do not need torch

    torch.get_num_threads()  # otherwise the first operation of a new thread resets its number of cores
    set_threads_of_mkl = _setter_of_mkl()
    before = set_threads_of_mkl(1)  # it divides products by this number, also where OpenMP runs one thread
    try:
        with _controller().limit(limits=1, user_api="openmp"):  # OpenMP keeps this limit per thread
            yield
    finally:
        set_threads_of_mkl(before)


def map_on_cores(
    work: Callable[[Given], Made],
    given: Iterable[Given],
    *,
    at_once: int | None = None,
    watch: Callable[[Iterator[Made]], Iterable[Made]] = iter,
) -> list[Made]:
    """Apply `work` to the items in parallel threads, each on one core.

    There are as many threads as torch would use cores.

    Parameters
    ----------
    work : callable
        Function of one item. Several threads may call it at the same time.
    given : iterable
        The items.
    at_once : int, optional
        Maximum number of threads.
    watch : callable, optional
        Receives an iterator of the results and passes them on, such as a progress bar.

    Returns
    -------
    list
        Results, in the order of the items.
    """
    import torch

    def on_one_core(item: Given) -> Made:
        with one_core():
            return work(item)

    items = list(given)
    n_cores = min(torch.get_num_threads(), len(items), at_once or len(items))
    if n_cores <= 1:
        return list(watch(map(on_one_core, items)))
    with ThreadPoolExecutor(n_cores) as pool:
        return list(watch(pool.map(on_one_core, items)))


@cache
def _setter_of_mkl() -> Callable[[int], int]:
    """Sets the number of threads of torch's MKL for the calling thread, and returns the one before.

    threadpoolctl does not find a library that torch contains. Without MKL, nothing is set.
    """
    import torch

    folder = Path(torch.__file__).parent / "lib"
    for library in (path for path in folder.glob("*torch_cpu.*") if path.suffix in _LIBRARIES):
        try:
            setter: Callable[[int], int] = ctypes.CDLL(str(library)).MKL_Set_Num_Threads_Local
        except (OSError, AttributeError):
            continue
        return setter
    return lambda n: n


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()  # cached: finding the libraries that torch has loaded takes milliseconds
