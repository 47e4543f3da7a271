"""describe and canonical: what the table of the library says about a name."""

from __future__ import annotations

from fgp_sklearn.operations._operation import Operation
from fgp_sklearn.operations._table import OperationTable

_LIBRARY = OperationTable()


def describe(name: str) -> Operation:
    """What an operation is, told by its name.

    Case, underscores, hyphens, braces and white space do not matter, nor do modules before a class, as in
    ``"torch.nn.Conv2d"``. Numbers inside a name become attributes.

    Parameters
    ----------
    name : str
        Name of an operation. An integer operation, whose name is its digits, cannot be described.

    Returns
    -------
    Operation
        Its kind, role and attributes. The kind of an unknown name is the name itself, without numbers that a
        letter or a word explains, and its role is "compute".

    Raises
    ------
    TypeError
        If the name is not text.

    See Also
    --------
    canonical : The name that all spellings of an operation have in common.
    OperationTable : Adds operations to the table.

    Examples
    --------
    >>> from fgp_sklearn.operations import describe
    >>> describe("nor_conv_3x3")
    Operation(name='nor_conv_3x3', kind='conv', role='compute', attributes={'kernel': 3.0})
    >>> describe("MBConv_e6_k3_c24").attributes
    {'expansion': 6.0, 'kernel': 3.0, 'width': 24.0}
    >>> describe("Zero").role, describe("SkipConnect").role, describe("my_op").role
    ('null', 'identity', 'compute')
    """
    return _LIBRARY.describe(name)


def canonical(name: str) -> str:
    """The name that all spellings of an operation have in common.

    Parameters
    ----------
    name : str
        Name of an operation.

    Returns
    -------
    str
        Its canonical name. Names in published search spaces are their own canonical names. A name that the
        table does not know is returned unchanged.

    Raises
    ------
    TypeError
        If the name is not text.

    Examples
    --------
    >>> from fgp_sklearn.operations import canonical
    >>> canonical("ReLUConvBN3x3"), canonical("SKIP-CONNECT"), canonical("Zero"), canonical("my_op")
    ('nor_conv_3x3', 'skip_connect', 'none', 'my_op')
    """
    return _LIBRARY.canonical(name)
