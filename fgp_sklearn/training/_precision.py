"""Where bfloat16 is faster than float32."""

from __future__ import annotations

import torch


def multiplies_in_bfloat16(device: str) -> bool:
    """Whether a device has instructions that multiply matrices in bfloat16 several times as fast.

    Parameters
    ----------
    device : str
        As torch names it.

    Returns
    -------
    bool
        True on a processor with AMX, which torch before 2.6 cannot tell, and on CUDA from compute
        capability 8.0.
    """
    kind = torch.device(device).type
    if kind == "cpu":  # with AVX512-BF16 alone, bfloat16 was measured to take one and a half times as long
        return bool(getattr(torch.cpu, "_is_amx_tile_supported", bool)())
    return kind == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)
