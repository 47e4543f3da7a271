"""Networks of other authors: the ensemble of BANANAS."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from torch import Tensor, nn

Array = NDArray[np.float64]


class MLPEnsemble(RegressorMixin, BaseEstimator):
    """Mean of several perceptrons that differ by their first weights and the order of the labels.

    White, Neiswanger, Savani, "BANANAS: Bayesian Optimization with Neural Architectures for Neural
    Architecture Search", AAAI 2021, with the parameters of their code. They learn errors by the mean absolute
    percentage error above a lower bound, which is a standard deviation below the least error here.
    """

    def __init__(
        self,
        *,
        n_members: int = 5,
        n_layers: int = 10,
        width: int = 20,
        max_epochs: int = 150,
        batch_size: int = 32,
        lr: float = 0.01,
        random_state: int = 0,
    ) -> None:
        self.n_members = n_members
        self.n_layers = n_layers
        self.width = width
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.random_state = random_state

    def fit(self, X: Array, y: Array) -> MLPEnsemble:
        draws = torch.Generator().manual_seed(self.random_state)
        self.scale_ = float(np.std(y)) or 1.0
        self.least_ = -float(np.max(y)) - self.scale_
        inputs = torch.as_tensor(X, dtype=torch.float32)
        errors = torch.as_tensor((-np.asarray(y) - self.least_) / self.scale_, dtype=torch.float32)
        self.layers_ = self._layers(inputs.shape[1], draws)
        optimizer = torch.optim.Adam([*self.layers_], lr=self.lr, betas=(0.9, 0.99))
        for _ in range(self.max_epochs):
            order = torch.stack([torch.randperm(len(y), generator=draws) for _ in range(self.n_members)])
            for rows in order.split(self.batch_size, dim=1):
                optimizer.zero_grad()
                found = self._errors(inputs[rows])
                (found / errors[rows] - 1).abs().mean(dim=1).sum().backward()
                optimizer.step()
        return self

    def predict(self, X: Array) -> Array:
        inputs = torch.as_tensor(X, dtype=torch.float32)
        with torch.inference_mode():
            errors = self._errors(inputs.expand(self.n_members, *inputs.shape)).mean(dim=0)
        found: Array = -(errors.numpy() * self.scale_ + self.least_)
        return found

    def _layers(self, n_inputs: int, draws: torch.Generator) -> nn.ParameterList:
        """Weights and bias of each layer, all members side by side."""
        widths = [n_inputs, *[self.width] * self.n_layers, 1]
        layers = nn.ParameterList()
        for before, after in pairwise(widths):
            weights = torch.rand(self.n_members, before, after, generator=draws) * 2 - 1
            layers.append(nn.Parameter(weights * (6 / (before + after)) ** 0.5))
            layers.append(nn.Parameter(torch.zeros(self.n_members, 1, after)))
        return layers

    def _errors(self, states: Tensor) -> Tensor:
        """Errors that each member expects of its rows."""
        for i in range(0, len(self.layers_), 2):
            states = torch.baddbmm(self.layers_[i + 1], states, self.layers_[i])
            if i < len(self.layers_) - 2:
                states = torch.relu(states)
        return states[..., 0]
