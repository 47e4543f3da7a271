"""Losses of predicted scores against targets.

All losses accept sample weights. A sample of weight 2 counts like two samples, and a sample of weight 0 is
ignored. Only the proportions of the weights matter.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def _pairs(targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Pairs (i, j) with i < j of unequal finite targets, and the sign of ``targets[i] - targets[j]``."""
    i, j = torch.triu_indices(len(targets), len(targets), offset=1, device=targets.device)
    order = torch.sign(targets[i] - targets[j])
    keep = torch.isfinite(order) & (order != 0)
    return i[keep], j[keep], order[keep]


def _weighted_mean(values: Tensor, weights: Tensor | None) -> Tensor:
    """Weighted mean of `values`; 0 if there are none or all weights are 0."""
    if weights is None:
        return values.mean() if values.numel() else values.sum()
    total = weights.sum()
    return (weights * values).sum() / total.where(total > 0, torch.ones_like(total))


class PairwiseHingeLoss(nn.Module):
    """Mean over pairs of ``max(0, margin - sign(y_i - y_j) * (s_i - s_j))``.

    Pairs of equal targets and pairs with a NaN target are left out. If no pair is left, the loss is 0. The
    weight of a pair is the product ``w_i * w_j`` of the sample weights.

    Parameters
    ----------
    margin : float, default=0.5
        Difference of the two scores from which a correctly ordered pair has no loss.

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

    def forward(self, scores: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Loss of `scores` of shape (n,) against `targets` of shape (n,)."""
        i, j, order = _pairs(targets)
        losses = functional.relu(self.margin - order * (scores[i] - scores[j]))
        return _weighted_mean(losses, None if weights is None else weights[i] * weights[j])


class PairwiseLogisticLoss(nn.Module):
    """Mean over pairs of ``log(1 + exp(-sign(y_i - y_j) * (s_i - s_j)))``, as in RankNet.

    Pairs are left out and weighted as in `PairwiseHingeLoss`.

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

    def forward(self, scores: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Loss of `scores` of shape (n,) against `targets` of shape (n,)."""
        i, j, order = _pairs(targets)
        losses = functional.softplus(-order * (scores[i] - scores[j]))
        return _weighted_mean(losses, None if weights is None else weights[i] * weights[j])


class ListMLELoss(nn.Module):
    """Negative log-likelihood of the true order under the Plackett-Luce model, per item.

    Samples with equal targets keep their order in the batch. Samples with a NaN target are left out. With
    sample weights, scaled to mean 1, the loss is the weighted mean of ``log(sum_j w_j exp(s_j)) - s_i``,
    where the sum runs over ``j = i`` and all samples ranked after `i`. These are the case weights of the Cox
    partial likelihood with tied copies.

    References
    ----------
    Xia et al., "Listwise approach to learning to rank", ICML 2008.

    Breslow, "Covariance analysis of censored survival data", Biometrics 30(1), 1974 (ties).

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.nn import ListMLELoss
    >>> ListMLELoss()(torch.tensor([0.0, 0.0]), torch.tensor([1.0, 2.0]))
    tensor(0.3466)
    """

    def forward(self, scores: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Loss of `scores` of shape (n,) against `targets` of shape (n,)."""
        known = torch.isfinite(targets)
        if weights is not None:
            known = known & (weights > 0)
        order = known.nonzero()[:, 0]
        order = order[torch.argsort(targets[order], descending=True, stable=True)]
        masses = best_first = scores[order]
        if weights is not None:
            weights = weights[order] / weights[order].mean()
            masses = best_first + weights.log()
        rest = torch.logcumsumexp(masses.flip(0), dim=0).flip(0)
        return _weighted_mean(rest - best_first, weights)


class SquaredErrorLoss(nn.Module):
    """Mean squared error over the finite targets.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.nn import SquaredErrorLoss
    >>> SquaredErrorLoss()(torch.tensor([0.0, 1.0]), torch.tensor([2.0, float("nan")]))
    tensor(4.)
    """

    def forward(self, scores: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Loss of `scores` against `targets` of the same shape."""
        known = torch.isfinite(targets)
        if weights is not None:
            weights = weights.reshape(-1, *[1] * (targets.ndim - 1)).expand_as(targets)[known]
        return _weighted_mean((scores[known] - targets[known]).square(), weights)


class ColumnwiseLoss(nn.Module):
    """Mean of a loss over the columns of scores and targets.

    Parameters
    ----------
    loss : nn.Module
        Loss of a single column.

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

    def forward(self, scores: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Loss of `scores` against `targets`, both of shape (n, n_targets)."""
        columns = zip(scores.unbind(dim=1), targets.unbind(dim=1), strict=True)
        return torch.stack([self.loss(column, target, weights) for column, target in columns]).mean()
