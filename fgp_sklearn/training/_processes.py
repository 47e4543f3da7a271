"""Where to compute, and with whom, if `accelerate launch` started this process."""

from __future__ import annotations

from typing import Any


def accelerator() -> Any:
    """What accelerate gave this process: a device and a rank among others.

    Returns
    -------
    accelerate.Accelerator
        One process, if none was launched.
    """
    from accelerate import Accelerator

    return Accelerator()


def place(device: str) -> str:
    """A device that torch knows.

    Parameters
    ----------
    device : str
        One that torch knows, or "accelerate".

    Returns
    -------
    str
        As "cpu" or "cuda:1".
    """
    return str(accelerator().device) if device == "accelerate" else device
