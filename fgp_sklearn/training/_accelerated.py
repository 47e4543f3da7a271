"""What accelerate adds to the training loop: several processes that share each batch."""

from __future__ import annotations

from typing import Any

from skorch.hf import AccelerateMixin

from fgp_sklearn.training._net import Net


class AcceleratedNet(AccelerateMixin, Net):
    """skorch's loop in each of the processes that `accelerate launch` started.

    All of them shuffle alike, take their share of each batch and average gradients, so the weights
    stay equal in all.
    """

    module_: Any
    optimizer_: Any

    @property
    def place_(self) -> Any:
        return self.accelerator.device

    def _initialize_accelerator(self) -> Any:
        # The mixin's would wrap the loss too, which torch refuses where a module has no weights.
        with self._current_init_context("module"):
            self.module_ = self.accelerator.prepare(self.module_)
        with self._current_init_context("optimizer"):
            self.optimizer_ = self.accelerator.prepare(self.optimizer_)
        self._wrapped_with_accelerator = True
        return self

    def train_step_single(self, batch: Any, **fit_params: Any) -> Any:
        return Net.train_step_single(self, batch, **fit_params)  # takes weights, which the mixin does not

    def _backward(self, loss: Any) -> Any:
        self.accelerator.backward(loss)
        return self.accelerator.reduce(loss.detach(), "mean")
