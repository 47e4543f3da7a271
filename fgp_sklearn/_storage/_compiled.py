"""Checks of trees and support vectors, which the compiled code of scikit-learn reads without checks."""

from __future__ import annotations

from typing import Any

import numpy as np


def check_support(value: Any) -> None:
    """Check a support vector regressor.

    Raises
    ------
    ValueError
        If its arrays do not belong together.
    """
    n = len(value.support_)
    shapes = {
        "support_vectors_": (n, value.n_features_in_),
        "dual_coef_": (1, n),
        "_dual_coef_": (1, n),
        "_n_support": (2,),
        "intercept_": (1,),
        "_intercept_": (1,),
    }
    for name, shape in shapes.items():
        if np.shape(getattr(value, name)) != shape:
            raise ValueError(f"{name} of {type(value).__name__} must have shape {shape}")
    state = vars(value)
    if state["_sparse"] or int(state["_n_support"][0]) != n or value.kernel == "precomputed":
        raise ValueError(f"support vectors of {type(value).__name__} do not belong together")


def check_compiled(value: Any) -> None:
    """Check a tree, if it is one.

    Raises
    ------
    ValueError
        If a walk over the tree would leave its arrays or never end.
    """
    kind = type(value).__name__
    if kind == "Tree":
        n = value.node_count
        left, right, feature = value.children_left, value.children_right, value.feature
        _check_children(left, right, left == -1, n, np.flatnonzero(right == -1))
        inner = left != -1
        if ((feature[inner] < 0) | (feature[inner] >= value.n_features)).any():
            raise ValueError("a tree splits by a feature that does not exist")
        if not np.isfinite(value.value).all() or value.max_depth != _depth(left, right):
            raise ValueError("values or depth of a tree are wrong")
    elif kind == "TreePredictor":
        nodes = value.nodes
        is_leaf = nodes["is_leaf"].astype(bool)
        left, right = nodes["left"].astype(np.int64), nodes["right"].astype(np.int64)
        _check_children(left, right, is_leaf, len(nodes), np.flatnonzero(is_leaf))
        if nodes["is_categorical"].any():
            raise ValueError("a tree splits by categories, which cannot be checked")
        if not np.isfinite(nodes["value"]).all() or (nodes["feature_idx"][~is_leaf] < 0).any():
            raise ValueError("values or features of a tree are wrong")


def _check_children(left: Any, right: Any, is_leaf: Any, n: int, leaves: Any) -> None:
    """Check that each node but the first is the child of exactly one earlier node."""
    inner = np.flatnonzero(~is_leaf)
    children = np.concatenate([left[inner], right[inner]])
    before = np.concatenate([inner, inner])
    wrong = not n or not np.array_equal(np.flatnonzero(is_leaf), leaves)
    if wrong or (children <= before).any() or not np.array_equal(np.sort(children), np.arange(1, n)):
        raise ValueError("the nodes are no tree")


def _depth(left: Any, right: Any) -> int:
    depth = [0] * len(left)
    for node, children in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        for child in children:
            if child >= 0:
                depth[child] = depth[node] + 1
    return max(depth)
