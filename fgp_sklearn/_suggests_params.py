"""SuggestsParams: an estimator declares ranges in which its parameters are worth tuning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

if TYPE_CHECKING:
    from optuna.trial import BaseTrial


class Between(NamedTuple):
    """Real numbers from `low` to `high`, on a logarithmic scale if `log`."""

    low: float
    high: float
    log: bool = False


Range = Between | Sequence[Any]  # a sequence lists the choices


class SuggestsParams:
    """Base of estimators that suggest their own parameters to an Optuna study.

    Every estimator of the library is one. A child lists ranges in ``_suggested_ranges``, in the order of the
    suggestions: a `Between` or a list of choices for each parameter. Defaults should be within the ranges, so
    that a study can begin with them.

    Examples
    --------
    >>> from optuna.trial import FixedTrial
    >>> from fgp_sklearn import FlowGaussianProcessRegressor
    >>> from fgp_sklearn.tuning import SuggestsParams
    >>> process = FlowGaussianProcessRegressor()
    >>> isinstance(process, SuggestsParams)
    True
    >>> process.suggest_params(FixedTrial({"process__view": "both"}), "process__")
    {'process__view': 'both'}
    """

    _suggested_ranges: ClassVar[Mapping[str, Range]] = {}

    def suggest_params(self, trial: BaseTrial, prefix: str = "") -> dict[str, Any]:
        """Suggest parameters for an Optuna trial.

        Parameters
        ----------
        trial : optuna.trial.BaseTrial
            Suggests the values.
        prefix : str, default=""
            Prefix of each name, such as ``"fgp__"`` for the parameters of a step "fgp".

        Returns
        -------
        dict of str
            Values by name, for ``set_params`` of the object that contains the estimator. Empty if there is
            nothing to tune.
        """
        return suggest_from(trial, self._suggested_ranges, prefix)

    def given_params(self) -> dict[str, Any]:
        """Values of the first trial of a study: the current parameters.

        Returns
        -------
        dict of str
            Values by name, without prefix. Some of the names `suggest_params` does not suggest.
        """
        params: dict[str, Any] = self.get_params(deep=True)  # type: ignore[attr-defined]  # of BaseEstimator
        return params


def suggest_from(trial: BaseTrial, ranges: Mapping[str, Range], prefix: str) -> dict[str, Any]:
    """Suggest a value from each range, under its name with a prefix."""
    return {
        f"{prefix}{name}": trial.suggest_float(f"{prefix}{name}", found.low, found.high, log=found.log)
        if isinstance(found, Between)
        else trial.suggest_categorical(f"{prefix}{name}", list(found))
        for name, found in ranges.items()
    }
