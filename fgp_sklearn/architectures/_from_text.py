"""from_text and to_text: architectures in the forms in which benchmarks write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from fgp_sklearn.architectures._as_batch import as_batch
from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._forms._texts import fitting_forms, read_form
from fgp_sklearn.architectures._frames._table import is_table
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.architectures._texts import TEXT_FORMS, TextForm


def from_text(X: Any, *, form: str) -> ArchitectureBatch:
    """Read architectures in a form in which a benchmark or a search space writes them.

    :func:`as_batch` reads the forms that cannot be mistaken without their names.

    ===========================  ===========================================================  ========
    form                         one architecture                                             as_batch
    ===========================  ===========================================================  ========
    ``"nasbench101"``            ``{"module_adjacency": ..., "module_operations": ...}``,     if a
                                 a pair of a matrix and operations, or a pair of texts        dict
    ``"nasbench101-naslib"``     n * n entries of a matrix and n indices of input, output,    no
                                 maxpool3x3, conv1x1-bn-relu, conv3x3-bn-relu
    ``"nasbench201"``            ``"|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"``        yes
    ``"nasbench201-official"``   six indices of none, skip_connect, nor_conv_1x1,             no
                                 nor_conv_3x3, avg_pool_3x3 on the edges 01, 02, 12, 03,
                                 13, 23
    ``"nasbench201-naslib"``     six indices of skip_connect, none, nor_conv_3x3,             no
                                 nor_conv_1x1, avg_pool_3x3 on the edges 01, 02, 03, 12,
                                 13, 23
    ``"nats-size"``              ``"16:40:56:24:40"``                                         no
    ``"darts"``                  ``"Genotype(normal=[('skip_connect', 0), ...], ...)"``, a    yes
                                 named tuple or a dictionary
    ``"nasbench301"``            two cells of eight pairs (input, operation), in NASLib's     no
                                 order of operations
    ``"nasbench-macro"``         ``"01202120"``                                               no
    ``"transnas-micro"``         ``"64-41414-1_02_333"``, or its last six digits as           if text
                                 integers
    ``"transnas-macro"``         ``"64-1234-basic"``, or its digits as integers               if text
    ``"once-for-all"``           ``{"ks": [...], "e": [...], "d": [...]}``, perhaps ``"r"``   yes
    ``"hw-gpt"``                 ``{"sample_embed_dim": 768, "sample_n_layer": 12, ...}``     yes
    ``"autoformer"``             ``{"mlp_ratio": [...], "num_heads": [...], "embed_dim":      yes
                                 [...], "layer_num": 13}``
    ``"hugging-face"``           ``{"model_type": "gpt2", "n_layer": 12, ...}``, a            if a
                                 configuration of transformers, or the text of a              dict
                                 ``config.json``
    ===========================  ===========================================================  ========

    Tuples, lists and dictionaries may also be texts in Python or JSON, as in a column of a CSV file. They are
    parsed and never evaluated.

    Parameters
    ----------
    X : sequence
        Architectures in the form: a list, an array or a column of a data frame.
    form : str
        Name of the form.

    Returns
    -------
    ArchitectureBatch
        The architectures in the given order. Texts of at most one line are their names.

    Raises
    ------
    ArchitectureError
        If an architecture does not have the form; the message gives its index, and the forms that it could
        have.
    ValueError
        If there is no form of this name.

    See Also
    --------
    to_text : The inverse.

    Notes
    -----
    Operations on edges become nodes, as in :func:`~fgp_sklearn.datasets.nasbench201_space`. Choices per
    stage become chains whose nodes have attributes such as ``kernel`` and ``width``. Choices for blocks or
    layers that the depth leaves out are not read. Two cells become parts, as :func:`join_parts` joins them.

    Examples
    --------
    >>> from fgp_sklearn.architectures import from_text
    >>> batch = from_text(["16:40:56:24:40", "8:8:16:16:64"], form="nats-size")
    >>> batch.attributes["width"][1:6]
    array([16., 40., 56., 24., 40.])
    """
    row = _form(form)
    items = _items(X, row)
    try:
        columns = read_form(row, items)
    except ArchitectureError as error:
        raise _explained(error, items, row) from None
    return ArchitectureBatch.from_valid_columns(**vars(columns))


def to_text(X: Any, *, form: str) -> list[Any]:
    """Write architectures in a form in which a benchmark or a search space writes them.

    Parameters
    ----------
    X : ArchitectureBatch, or anything that `as_batch` reads
        Architectures whose nodes have the order and the names that `from_text` gives them.
    form : str
        Name of the form; `from_text` lists them.

    Returns
    -------
    list
        One item per architecture: text, a tuple of indices or a dictionary, as `from_text` reads them.

    Raises
    ------
    ArchitectureError
        If the form cannot hold an architecture, or would lose something of it; the message gives its index.
    ValueError
        If there is no form of this name.

    Examples
    --------
    >>> from fgp_sklearn.architectures import to_text
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> to_text(nasbench201_space()[:2], form="nasbench201-naslib")
    [(4, 4, 4, 4, 4, 4), (4, 4, 4, 4, 4, 1)]
    """
    row = _form(form)
    batch = as_batch(X)
    items = row.write(batch)
    unwritten = [index for index, item in enumerate(items) if item is None]
    if unwritten:
        raise ArchitectureError(f"the form {form!r} cannot hold it; it holds the {row.one}", unwritten[0])
    again = row.read(items)
    if again != batch:
        index = next((i for i in range(len(batch)) if again.take([i]) != batch.take([i])), None)
        raise ArchitectureError(
            f"the form {form!r} would lose edges, operations or attributes of it; leave out attributes with "
            "as_batch(X, attributes=()), or write it with to_pairs",
            index,
        )
    return items


def _form(name: Any) -> TextForm:
    if name not in TEXT_FORMS:
        raise ValueError(
            f"form must be one of {named(TEXT_FORMS, at_most=len(TEXT_FORMS))}, got {shown(name)}"
        )
    return TEXT_FORMS[name]


def _items(X: Any, form: TextForm) -> list[Any]:
    if isinstance(X, (str, bytes, Mapping)) or not isinstance(X, Iterable):
        raise ArchitectureError(f"expected a sequence of architectures, got {type(X).__name__}; wrap it: [X]")
    if is_table(X):
        raise ArchitectureError(
            "expected one column of architectures, got a data frame; give its column, or read one column per "
            "choice with from_frame"
        )
    items = list(X.tolist() if isinstance(X, np.ndarray) else X)
    if not items:
        raise ArchitectureError(
            "Found array with 0 sample(s): there are no architectures, while a minimum of 1 is required"
        )
    return items


def _explained(error: ArchitectureError, items: list[Any], form: TextForm) -> ArchitectureError:
    """The error, and the forms that the item could have instead."""
    if error.index is None:
        return error
    if form.name in fitting_forms(items):
        return ArchitectureError(
            f"expected a sequence of architectures, got one in the form {form.name!r}; wrap it: [X]"
        )
    others = fitting_forms(items[error.index])
    hint = f". It could have the form {named(others)}" if others else ""
    return type(error)(f"{error.problem}{hint}", error.index)
