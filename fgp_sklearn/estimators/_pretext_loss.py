"""PretextLoss: the loss of pre-training."""

from __future__ import annotations

from torch import Tensor, nn

from fgp_sklearn.nn import ColumnwiseLoss, PairwiseHingeLoss, SquaredErrorLoss


class PretextLoss(nn.Module):
    """Reconstruction of the surrogate, and ranking by the proxies.

    Parameters
    ----------
    n_surrogate : int
        Number of leading columns that are reconstructed; the rest are proxies.
    surrogate_weight, proxy_weight : float
        Weights of the two parts.
    """

    def __init__(self, n_surrogate: int, surrogate_weight: float, proxy_weight: float) -> None:
        super().__init__()
        self.n_surrogate = n_surrogate
        self.surrogate_weight = surrogate_weight
        self.proxy_weight = proxy_weight
        self.reconstruction = SquaredErrorLoss()
        self.ranking = ColumnwiseLoss(PairwiseHingeLoss())

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Weighted sum of both parts."""
        k = self.n_surrogate
        loss = outputs.sum() * 0.0
        if self.surrogate_weight:
            loss = loss + self.surrogate_weight * self.reconstruction(outputs[:, :k], targets[:, :k])
        if self.proxy_weight and targets.shape[1] > k:
            loss = loss + self.proxy_weight * self.ranking(outputs[:, k:], targets[:, k:])
        return loss
