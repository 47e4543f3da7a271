"""Names of parts of an architecture, which stand before the names of operations."""

from __future__ import annotations

#: Between the name of a part and the name of an operation; see `fgp_sklearn.architectures.join_parts`.
PART_MARK = "/"


def split_part(name: str) -> tuple[str, str]:
    """Take the name of an operation apart.

    Parameters
    ----------
    name : str
        Name of an operation, such as ``"normal/none"``.

    Returns
    -------
    part : str
        The name of the part with its mark, such as ``"normal/"``; empty if there is none.
    operation : str
        What follows the last mark.

    Examples
    --------
    >>> from fgp_sklearn.operations._part import split_part
    >>> split_part("normal/none"), split_part("none")
    (('normal/', 'none'), ('', 'none'))
    """
    part, mark, operation = name.rpartition(PART_MARK)
    return (part + mark, operation) if part and operation else ("", name)
