"""PretextLoss: the loss of pre-training."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor, nn

from fgp_sklearn.estimators._pretext_part import PretextPart


class PretextLoss(nn.Module):
    """Weighted sum of the losses of all parts of the pretext.

    Parameters
    ----------
    parts : iterable of (PretextPart, int)
        Parts and their numbers of columns, in the order of the columns.
    """

    def __init__(self, parts: Iterable[tuple[PretextPart, int]]) -> None:
        super().__init__()
        self.terms = nn.ModuleDict()
        start = 0
        for part, width in parts:
            if part.weight and width:
                self.terms[part.name] = _Term(start, width, part.weight, part.loss)
            start += width

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Weighted sum over all parts that have columns."""
        loss = outputs.sum() * 0.0
        for term in self.terms.values():
            loss = loss + term(outputs, targets)
        return loss


class _Term(nn.Module):
    """Weighted loss of consecutive columns. Its attributes enter the fingerprint of a training."""

    def __init__(self, start: int, width: int, weight: float, loss: nn.Module) -> None:
        super().__init__()
        self.start, self.stop = start, start + width
        self.weight = float(weight)
        self.loss = loss

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        loss: Tensor = self.loss(outputs[:, self.start : self.stop], targets[:, self.start : self.stop])
        return self.weight * loss
