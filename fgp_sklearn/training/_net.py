"""skorch's training loop on graph tensors."""

from __future__ import annotations

from typing import Any

import torch
from skorch import NeuralNet

from fgp_sklearn.nn import GraphTensors
from fgp_sklearn.nn._tensors import moved


class Converged(Exception):
    """Raised by a callback to end training."""


class Net(NeuralNet):
    """skorch's training loop on `GraphTensors`."""

    def initialize(self) -> Net:
        self.converged_ = False
        super().initialize()
        return self

    def infer(self, x: GraphTensors, **_: Any) -> Any:
        return self.module_(x.to(self.device))

    def _set_training(self, training: bool = True) -> None:
        if self.module_.training != training:  # otherwise every step would visit all submodules
            super()._set_training(training)

    def train_step_single(self, batch: Any, **fit_params: Any) -> Any:
        graphs, *truth = batch
        self._set_training(True)
        outputs = self.infer(graphs)
        loss = self.criterion_(outputs, *(moved(tensor, self.device) for tensor in truth))
        loss.backward()
        return {"loss": loss, "y_pred": outputs}

    def validation_step(self, batch: Any, **fit_params: Any) -> Any:
        graphs, *truth = batch
        self._set_training(False)
        with torch.inference_mode():
            outputs = self.infer(graphs)
            loss = self.criterion_(outputs, *(moved(tensor, self.device) for tensor in truth))
            return {"loss": loss, "y_pred": outputs}

    def partial_fit(self, X: Any, y: Any = None, classes: Any = None, **fit_params: Any) -> Net:
        """Train. Unlike in skorch, Ctrl-C reaches the caller."""
        self.notify("on_train_begin", X=X, y=y)
        try:
            self.fit_loop(X, y, **fit_params)
        except BaseException:
            if "progress" in dict(self.callbacks_):
                dict(self.callbacks_)["progress"].on_train_end(self)
            raise
        self.notify("on_train_end", X=X, y=y)
        return self

    def fit_loop(self, *args: Any, **kwargs: Any) -> Any:
        super()._set_training(True)  # sets the mode of all submodules, which may differ from the module's
        try:
            return super().fit_loop(*args, epochs=self.max_epochs - len(self.history), **kwargs)
        except Converged:
            return self
