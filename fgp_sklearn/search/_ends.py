"""Operations of the first and the last node of the members of a space."""

from __future__ import annotations

from typing import Any

from fgp_sklearn.architectures._messages import shown


def check_ends(ends: Any) -> tuple[Any, Any]:
    """Check that there are two operations, for the first and the last node."""
    if isinstance(ends, str) or not isinstance(ends, list | tuple) or len(ends) != 2:
        raise ValueError(
            f"ends is {shown(ends)}; give the operations of the first and the last node, such as "
            "('input', 'output')"
        )
    return ends[0], ends[1]
