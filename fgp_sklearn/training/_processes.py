"""Processes that train together: those that `accelerate launch` started, or a single one."""

from __future__ import annotations

from typing import Any, NamedTuple

from fgp_sklearn.architectures._messages import shown


class Group(NamedTuple):
    """Group of processes that train together, with the device and rank of this process.

    Parameters
    ----------
    device : str
        Device of this process, as a torch device string.
    rank : int, default=0
        Rank of this process.
    size : int, default=1
        Number of processes.
    """

    device: str
    rank: int = 0
    size: int = 1


def group_on(device: str) -> Group:
    """Return the group of processes that the `device` of an estimator stands for.

    Parameters
    ----------
    device : str
        Device of torch, "auto" for CUDA or MPS if available and the CPU otherwise, or "accelerate".

    Returns
    -------
    Group
        All processes that `accelerate launch` started if `device` is "accelerate". Otherwise this process
        alone.

    Raises
    ------
    ImportError
        If `device` is "accelerate" and accelerate is not installed.
    ValueError
        If torch cannot compute on `device` here.
    """
    if device == "auto":
        return Group(_best_device())
    if device != "accelerate":
        _check_device(device)
        return Group(device)
    here = accelerator()
    return Group(str(here.device), here.process_index, here.num_processes)


def _check_device(device: str) -> None:
    if device == "cpu":
        return
    import torch

    try:
        torch.zeros(1, device=torch.device(device))
    except Exception as error:  # of many types, by device and version of torch
        raise ValueError(
            f"torch cannot compute on device {shown(device)} here ({shown(error)}); use 'cpu', or 'auto' for "
            "the best device of this machine"
        ) from error


def _best_device() -> str:
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def accelerator() -> Any:
    """Return the Accelerator of this process. The first call connects to the other processes."""
    try:
        from accelerate import Accelerator
    except ImportError as error:
        raise ImportError(
            "device='accelerate' requires accelerate; install it with: pip install "
            "'fgp-sklearn[accelerate]', or set another device"
        ) from error
    return Accelerator()


def check_alike(identity: dict[str, str], group: Group) -> None:
    """Check that all processes of a group run the same training.

    Every process of the group must call this function.

    Parameters
    ----------
    identity : dict of str to str
        Digest of each part of the training, such as the pool.
    group : Group
        Processes that train together.

    Raises
    ------
    ValueError
        If a part differs between processes. It is raised in every process, so that none waits for the
        others.
    """
    from accelerate.utils import gather_object

    everywhere = gather_object([identity])
    differ = [part for part in identity if len({found[part] for found in everywhere}) > 1]
    if differ:
        raise ValueError(
            f"the {group.size} processes do not run the same training: {', '.join(differ)} differ; pass the "
            "same pool, the same parameters and an integer random_state in each"
        )
