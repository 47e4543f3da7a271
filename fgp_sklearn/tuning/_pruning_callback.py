"""PruningCallback: prunes a trial by its Kendall tau after some epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fgp_sklearn.metrics import kendall_tau_score

if TYPE_CHECKING:
    from optuna import Trial


class PruningCallback:
    """Callback that reports the Kendall tau on held-out architectures and prunes the trial by it.

    Every few epochs of fine-tuning, the current network and Gaussian process rank the held-out
    architectures. The callback reports Kendall's tau to Optuna. If the pruner of the study decides to prune
    the trial, `fit` raises `optuna.TrialPruned`. The held-out labels are not used for fitting.

    The callback follows scikit-learn's callback protocol (scikit-learn 1.9 or later). Pass it to
    ``FGPRegressor.set_callbacks``.

    Parameters
    ----------
    trial : optuna.Trial
        Trial that the callback reports to.
    X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
        Held-out architectures.
    y : array-like of shape (n_architectures,)
        Labels of the held-out architectures.
    every : int, default=10
        Number of epochs between two reports.
    earlier_taus : sequence of float, default=()
        Kendall's tau of the earlier folds of a cross-validation. The callback reports the mean over the
        folds so far. The steps of a fold continue those of the fold before it, so that reports of different
        trials at the same step are comparable.

    See Also
    --------
    tune : Hyperparameter search that uses this callback.

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
        """Report Kendall's tau after an epoch, and prune the trial if the pruner decides so.

        Parameters
        ----------
        estimator : FGPRegressor
            The regressor during its fit.
        context : sklearn.callback.CallbackContext
            A task of its fit.

        Raises
        ------
        optuna.TrialPruned
            If the pruner of the study decides to prune the trial.
        """
        epoch = context.task_id + 1
        if context.task_name != "epoch" or epoch % self.every:
            return
        tau = kendall_tau_score(self.y, estimator.predict_midway(self.X))
        so_far = float(np.mean([*self.earlier_taus, tau]))
        self.trial.report(so_far, len(self.earlier_taus) * estimator.max_epochs + epoch)
        if self.trial.should_prune():
            from optuna import TrialPruned

            raise TrialPruned(f"pruned after epoch {epoch} with a tau of {so_far:.3f}")
