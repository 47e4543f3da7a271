"""FineTunedNetwork: an encoder with a head, trained on labels, and the scale of its scores."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from torch import nn

from fgp_sklearn._progress import progress_bar
from fgp_sklearn._seeding import initialise
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.estimators._architecture_regressor import Labelled
from fgp_sklearn.estimators._fgp_encoder import FGPEncoder
from fgp_sklearn.estimators._targets import normal_scores
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.nn import Head, Predictor
from fgp_sklearn.nn._side_by_side import SideBySide
from fgp_sklearn.training import GraphDataset, History, TrainingPlan, apply_in_batches, train

FloatArray = NDArray[np.float64]
Scale = tuple[FloatArray, FloatArray]
ROUNDING = 1e-6  # of the largest output: the network computes in single precision


@dataclass(frozen=True)
class FineTunedNetwork:
    """A network of one member of the blend: it reads functional graphs and returns scores.

    Parameters
    ----------
    encoder : FGPEncoder
        The encoder. Training changes its weights.
    module : Predictor
        The backbone of the encoder with a head.
    scale : tuple of two ndarray of shape (n_targets,), optional
        Mean and standard deviation of the outputs for the labelled architectures; see `scale_for`.
    verbose : bool, default=False
        Whether to show a progress bar if the outputs take long.
    """

    encoder: FGPEncoder
    module: Predictor
    scale: Scale | None = None
    verbose: bool = False

    @classmethod
    def with_new_head(cls, encoder: FGPEncoder, n_targets: int, seed: int) -> Self:
        """Put a head with random weights on an encoder."""
        module = initialise(lambda: Predictor(encoder.backbone_, Head(encoder.hidden_dim, n_targets)), seed)
        return cls(encoder, module)

    def train(
        self, labelled: Labelled, validation: Labelled | None, loss: nn.Module, plan: TrainingPlan, **how: Any
    ) -> History:
        """Fine-tune the weights in place.

        Parameters
        ----------
        labelled : Labelled
            Architectures and labels to learn from.
        validation : Labelled or None
            Held-out ones, which choose the epoch whose weights are kept.
        loss : nn.Module
            Compares outputs with normal scores of the labels.
        plan : TrainingPlan
            Epochs, learning rate and so on.
        **how
            Seed, callback and checkpoint; see `fgp_sklearn.training.train`.

        Returns
        -------
        History
            One entry per epoch.
        """
        functional, y, weights = self.encoder.input_.functional(labelled.architectures), *labelled[1:]
        held_out = None
        if validation is not None:
            held_out = GraphDataset(self.encoder.input_.functional(validation.architectures), *validation[1:])
        data = GraphDataset(functional, normal_scores(y, weights), weights)
        return train(self.module, loss, data, plan, validation=held_out, score=_mean_tau, **how)

    def scale_for(self, batch: ArchitectureBatch) -> Scale:
        """The scale with which scores have mean 0 and standard deviation 1 for these architectures.

        Outputs that differ by no more than rounding count as equal, and their standard deviation as 1.
        """
        outputs = self._outputs(self.module, self.encoder.input_.functional(batch))
        spread = outputs.std(axis=0)
        differ = spread > ROUNDING * np.abs(outputs).max(axis=0)
        return outputs.mean(axis=0), np.where(differ, spread, 1.0)

    def scores(self, functional: ArchitectureBatch) -> FloatArray:
        """Scores of shape (n_architectures, n_targets) for functional graphs."""
        return self._scaled(self._outputs(self.module, functional))

    def scores_and_embeddings(
        self, functional: ArchitectureBatch, other: FGPEncoder
    ) -> tuple[FloatArray, FloatArray]:
        """Scores, and embeddings by another encoder with the same input, computed in one go."""
        both = self._outputs(SideBySide([self.module, other.backbone_]), functional)
        outputs, embeddings = np.split(both, [-other.hidden_dim], axis=1)
        return self._scaled(outputs), embeddings

    def _outputs(self, module: nn.Module, functional: ArchitectureBatch) -> FloatArray:
        how: dict[str, Any] = {"device": self.encoder.device_, "precision": self.encoder.precision}
        return apply_in_batches(module, functional, verbose=self.verbose, **how)

    def _scaled(self, outputs: FloatArray) -> FloatArray:
        if self.scale is None:
            raise ValueError("the network has no scale yet; see scale_for")
        centre, spread = self.scale
        return (outputs - centre) / spread


def held_out_scores(
    encoder: FGPEncoder,
    labelled: Labelled,
    folds: NDArray[np.int64],
    loss: nn.Module,
    plan: TrainingPlan,
    seed: int,
) -> FloatArray:
    """Scores of each labelled architecture by a network that learnt from other folds.

    Parameters
    ----------
    encoder : FGPEncoder
        The encoder with which fine-tuning begins. It is not changed.
    labelled : Labelled
        Architectures and labels.
    folds : ndarray of int of shape (n_architectures,)
        Fold of each architecture. Those in fold -1 are left out.
    loss, plan
        As for `FineTunedNetwork.train`.
    seed : int
        Seed of heads and batches.

    Returns
    -------
    ndarray of float64 of shape (n_architectures, n_targets)
        The scores, 0 for architectures that are left out.
    """
    scores, n_folds = np.zeros_like(labelled.y), folds.max(initial=-1) + 1
    silent = replace(plan, verbose=False)
    description = f"{type(encoder.backbone_).__name__}, weighing members"
    with progress_bar(
        range(n_folds), description=description, total=n_folds, shown=plan.verbose, unit="fold"
    ) as bar:
        for fold in bar:
            learnt = labelled.take(np.flatnonzero((folds >= 0) & (folds != fold)))
            network = FineTunedNetwork.with_new_head(copy.deepcopy(encoder), scores.shape[1], seed)
            network.train(learnt, None, loss, silent, seed=seed)
            network = replace(network, scale=network.scale_for(learnt.architectures))
            held_out = np.flatnonzero(folds == fold)
            functional = encoder.input_.functional(labelled.architectures.take(held_out))
            scores[held_out] = network.scores(functional)
    return scores


def _mean_tau(y_true: FloatArray, y_pred: FloatArray, weights: FloatArray | None = None) -> float:
    return kendall_tau_score(y_true, y_pred, sample_weight=weights)
