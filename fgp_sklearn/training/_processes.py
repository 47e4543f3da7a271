"""Which processes compute, and where: those that `accelerate launch` started, or this one alone."""

from __future__ import annotations

from typing import Any, NamedTuple


class Group(NamedTuple):
    """The processes that compute together, as one of them sees it.

    Parameters
    ----------
    device : str
        Where this process computes, as torch names it.
    rank : int, default=0
        Which of the processes this one is.
    size : int, default=1
        How many there are.
    """

    device: str
    rank: int = 0
    size: int = 1


def group_on(device: str) -> Group:
    """The processes behind the `device` of an estimator.

    Parameters
    ----------
    device : str
        One that torch knows, "auto" for CUDA or MPS where there is one and else the CPU, or "accelerate".

    Returns
    -------
    Group
        This process alone, unless `device` is "accelerate" and several were launched.

    Raises
    ------
    ImportError
        If accelerate is asked for and not installed.
    """
    if device == "auto":
        return Group(_best_device())
    if device != "accelerate":
        return Group(device)
    here = accelerator()
    return Group(str(here.device), here.process_index, here.num_processes)


def _best_device() -> str:
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def accelerator() -> Any:
    """What accelerate knows about this process; the first call meets the others."""
    try:
        from accelerate import Accelerator
    except ImportError as error:
        raise ImportError(
            "device='accelerate' needs a library more; get it with: pip install 'fgp-sklearn[accelerate]', "
            "or set another device"
        ) from error
    return Accelerator()


def check_alike(identity: dict[str, str], group: Group) -> None:
    """Refuse to share a training that is not the same one in every process.

    Parameters
    ----------
    identity : dict of str to str
        A digest for each part of the training.
    group : Group
        Who shares it; all must call this.

    Raises
    ------
    ValueError
        If a part differs; in every process, lest one wait for the others.
    """
    from accelerate.utils import gather_object

    everywhere = gather_object([identity])
    differ = [part for part in identity if len({found[part] for found in everywhere}) > 1]
    if differ:
        raise ValueError(
            f"the {group.size} processes would share different trainings: {', '.join(differ)} differ; give "
            "each the same pool, the same parameters and an integer random_state"
        )
