"""Pairs of parents."""

from __future__ import annotations

from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError


def check_pairs(first: ArchitectureBatch, second: ArchitectureBatch) -> None:
    """Raise an error if there are not as many first as second parents."""
    if len(first) != len(second):
        raise ArchitectureError(
            f"there are {len(first):,} first and {len(second):,} second parents; give them in pairs"
        )
