"""Losses of scores against targets."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def _pairs(targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Pairs (i, j), i < j, of unequal finite targets, and which of the two is better."""
    i, j = torch.triu_indices(len(targets), len(targets), offset=1, device=targets.device)
    order = torch.sign(targets[i] - targets[j])
    keep = torch.isfinite(order) & (order != 0)
    return i[keep], j[keep], order[keep]


class PairwiseHingeLoss(nn.Module):
    """Mean over pairs of ``max(0, margin - sign(y_i - y_j) * (s_i - s_j))``.

    Pairs of equal targets, and those with a NaN, are left out; without a pair the loss is 0.

    Parameters
    ----------
    margin : float, default=0.5
        By how much the better one must lead.

    References
    ----------
    Kim, Hwang, Shin, arXiv 2510.18360 (fine-tuning loss).

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.nn import PairwiseHingeLoss
    >>> PairwiseHingeLoss(margin=0.5)(torch.tensor([0.0, 0.2]), torch.tensor([1.0, 2.0]))
    tensor(0.3000)
    """

    def __init__(self, margin: float = 0.5) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        """Loss of `scores` of shape (n,) against `targets` of shape (n,)."""
        i, j, order = _pairs(targets)
        if not len(order):
            return scores.sum() * 0.0
        return functional.relu(self.margin - order * (scores[i] - scores[j])).mean()


class PairwiseLogisticLoss(nn.Module):
    """Mean over pairs of ``log(1 + exp(-sign(y_i - y_j) * (s_i - s_j)))``, as in RankNet.

    References
    ----------
    Burges et al., "Learning to rank using gradient descent", ICML 2005.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.nn import PairwiseLogisticLoss
    >>> PairwiseLogisticLoss()(torch.tensor([0.0, 0.0]), torch.tensor([1.0, 2.0]))
    tensor(0.6931)
    """

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        """Loss of `scores` of shape (n,) against `targets` of shape (n,)."""
        i, j, order = _pairs(targets)
        if not len(order):
            return scores.sum() * 0.0
        return functional.softplus(-order * (scores[i] - scores[j])).mean()


class ListMLELoss(nn.Module):
    """Negative log-likelihood of the true order under the Plackett-Luce model, per item.

    Equal targets keep the order in which they come; entries with a NaN target are left out.

    References
    ----------
    Xia et al., "Listwise approach to learning to rank", ICML 2008.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.nn import ListMLELoss
    >>> ListMLELoss()(torch.tensor([0.0, 0.0]), torch.tensor([1.0, 2.0]))
    tensor(0.3466)
    """

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        """Loss of `scores` of shape (n,) against `targets` of shape (n,)."""
        known = torch.isfinite(targets)
        scores, targets = scores[known], targets[known]
        if not len(scores):
            return scores.sum()
        best_first = scores[torch.argsort(targets, descending=True, stable=True)]
        rest = torch.logcumsumexp(best_first.flip(0), dim=0).flip(0)
        return (rest - best_first).mean()


class SquaredErrorLoss(nn.Module):
    """Mean squared error over the finite targets.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.nn import SquaredErrorLoss
    >>> SquaredErrorLoss()(torch.tensor([0.0, 1.0]), torch.tensor([2.0, float("nan")]))
    tensor(4.)
    """

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        """Loss of `scores` against `targets`, of one shape."""
        known = torch.isfinite(targets)
        if not known.any():
            return scores.sum() * 0.0
        return (scores[known] - targets[known]).square().mean()


class ColumnwiseLoss(nn.Module):
    """Mean of a loss over several columns of scores and targets.

    Parameters
    ----------
    loss : nn.Module
        Loss of one column.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.nn import ColumnwiseLoss, SquaredErrorLoss
    >>> ColumnwiseLoss(SquaredErrorLoss())(torch.zeros(3, 2), torch.ones(3, 2))
    tensor(1.)
    """

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        """Loss of `scores` against `targets`, both of shape (n, n_targets)."""
        columns = zip(scores.unbind(dim=1), targets.unbind(dim=1), strict=True)
        return torch.stack([self.loss(column, target) for column, target in columns]).mean()
