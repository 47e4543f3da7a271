"""PruningCallback: a trial that ranks worse than others at its epoch is given up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fgp_sklearn.metrics import kendall_tau_score

if TYPE_CHECKING:
    from optuna import Trial


class PruningCallback:
    """Callback that reports the Kendall tau of held-out architectures and prunes the trial by it.

    Every few epochs of fine-tuning the regressor of the moment, network and Gaussian process, ranks the
    held-out architectures. Optuna gets the tau, and where its pruner has seen enough, `fit` ends with
    `optuna.TrialPruned`. The fit itself never learns of these labels. It follows scikit-learn's protocol
    for callbacks (from 1.9 on) and is handed to ``FGPRegressor.set_callbacks``.

    Parameters
    ----------
    trial : optuna.Trial
        Gets the reports.
    X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
        Held-out architectures.
    y : array-like of shape (n_architectures,)
        Their labels.
    every : int, default=10
        Epochs from one report to the next.
    earlier_taus : sequence of float, default=()
        Those of the folds before. What is reported is the mean over folds so far, and a fold begins at the
        step where the one before it ended: so at each step all trials have been asked the same.

    See Also
    --------
    tune : Prunes by itself.

    Examples
    --------
    >>> import optuna
    >>> from fgp_sklearn import FGPRegressor
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.tuning import PruningCallback
    >>> X, y = nasbench201_space()[:60], range(60)
    >>> trial = optuna.create_study(direction="maximize").ask()
    >>> regressor = FGPRegressor(max_epochs=4, random_state=0)
    >>> regressor.set_callbacks(PruningCallback(trial, X[40:], y[40:], every=2)).fit(X[:40], y[:40])
    FGPRegressor(max_epochs=4, random_state=0)
    >>> sorted(trial.study.trials[0].intermediate_values)
    [2, 4]
    """

    def __init__(
        self, trial: Trial, X: Any, y: Any, *, every: int = 10, earlier_taus: Sequence[float] = ()
    ) -> None:
        self.trial = trial
        self.X = X
        self.y = y
        self.every = every
        self.earlier_taus = earlier_taus

    def setup(self, estimator: Any, context: Any) -> None:
        """Do nothing before the fit.

        Parameters
        ----------
        estimator : FGPRegressor
            The regressor.
        context : sklearn.callback.CallbackContext
            Its fit.
        """

    def teardown(self, estimator: Any, context: Any) -> None:
        """Do nothing after the fit.

        Parameters
        ----------
        estimator : FGPRegressor
            The regressor.
        context : sklearn.callback.CallbackContext
            Its fit.
        """

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Do nothing before an epoch.

        Parameters
        ----------
        estimator : FGPRegressor
            The regressor.
        context : sklearn.callback.CallbackContext
            A task of its fit.
        """

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        """Report after an epoch, and prune.

        Parameters
        ----------
        estimator : FGPRegressor
            The regressor in the middle of its fit.
        context : sklearn.callback.CallbackContext
            A task of its fit.

        Raises
        ------
        optuna.TrialPruned
            If the pruner of the study says so.
        """
        epoch = context.task_id + 1
        if context.task_name != "epoch" or epoch % self.every:
            return
        tau = kendall_tau_score(self.y, estimator._predict_midway(self.X))
        so_far = float(np.mean([*self.earlier_taus, tau]))
        self.trial.report(so_far, len(self.earlier_taus) * estimator.max_epochs + epoch)
        if self.trial.should_prune():
            from optuna import TrialPruned

            raise TrialPruned(f"pruned after epoch {epoch} with a tau of {so_far:.3f}")
