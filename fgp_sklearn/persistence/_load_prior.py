"""load_prior: a fitted predictor that comes with the library."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import Any

from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.estimators import TransferredPredictor
from fgp_sklearn.persistence._load import load

#: Names of the priors, and what their labels are.
PRIORS = {"image-cells": "accuracies of cells of convolutional networks on small images"}


def load_prior(
    name: str = "image-cells", *, operations: Any = None, op_attr: Any = "op"
) -> TransferredPredictor:
    """Load a predictor that was trained on public benchmarks and ranks other spaces without a label.

    "image-cells" is a small network. It was distilled from Gaussian processes that learnt the accuracies of
    NAS-Bench-101 and NAS-Bench-201. It ranks cells of convolutions, poolings and skip connections. The
    ranking is far from that of a predictor with 100 labels: use it to choose the first architectures to
    train, and as one of the `sources` of a regressor afterwards. Both spaces are in the prior, so do not
    judge it on them.

    Parameters
    ----------
    name : {"image-cells"}, default="image-cells"
        Name of the prior. The file ``README.md`` beside it is its model card.
    operations : dict or OperationTable, optional
        What you know about operations, if the table of the library lacks them; see
        `fgp_sklearn.operations.describe`.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.

    Returns
    -------
    TransferredPredictor
        The fitted predictor.

    Raises
    ------
    ValueError
        If there is no such prior.

    Examples
    --------
    >>> from fgp_sklearn import FlowGaussianProcessRegressor, load_prior
    >>> from fgp_sklearn.datasets import nasbench101_space
    >>> prior = load_prior("image-cells")
    >>> cells = nasbench101_space()[:1000]
    >>> prior.decision_function(cells).shape
    (1000,)
    >>> process = FlowGaussianProcessRegressor(sources=[prior], random_state=0)
    """
    if name not in list(PRIORS):
        raise ValueError(f"there is no prior {shown(name)}; use one of {named(PRIORS)}")
    with as_file(files("fgp_sklearn") / "persistence" / "priors" / name) as folder:
        return TransferredPredictor(load(folder), operations=operations, op_attr=op_attr)
