"""Text about the attributes of a node in pictures."""

from __future__ import annotations

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._messages import printable


def attribute_lines(batch: ArchitectureColumns, node: int, *, at_most: int, width: int = 24) -> list[str]:
    """Attributes of a node, one on each line.

    Parameters
    ----------
    batch : ArchitectureBatch
        Architectures.
    node : int
        Position of the node in the batch.
    at_most : int
        Number of attributes to list. A last line says how many more there are.
    width : int, default=24
        Longest name that is not cut.

    Returns
    -------
    list of str
        Such as ``["kernel 5", "width 0.25"]``; empty if the node has no attributes.

    Examples
    --------
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.architectures._node_text import attribute_lines
    >>> nodes = [{"op": "conv", "kernel": 5, "width": 0.25}]
    >>> batch = as_batch([([[0]], nodes)], attributes=["kernel", "width"])
    >>> attribute_lines(batch, 0, at_most=5), attribute_lines(batch, 0, at_most=1)
    (['kernel 5', 'width 0.25'], ['kernel 5', 'and 1 more'])
    """
    if batch.attribute_values is None:
        return []
    named = zip(batch.attribute_names, batch.attribute_values[node].tolist(), strict=True)
    present = [(name, number) for name, number in named if number == number]  # NaN: it has none
    lines = [f"{printable(name, width)} {number:.6g}" for name, number in present[:at_most]]
    return lines if len(present) <= at_most else [*lines, f"and {len(present) - at_most:,} more"]
