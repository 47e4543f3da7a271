"""FGPSampler: an Optuna sampler that predicts the values of architectures."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from inspect import signature
from numbers import Integral
from typing import Any
from zlib import crc32

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial
from sklearn.base import clone
from sklearn.utils import check_scalar

from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.estimators import FlowGaussianProcessRegressor
from fgp_sklearn.preprocessing import FrameTensorizer
from fgp_sklearn.search._acquisition import ACQUISITIONS
from fgp_sklearn.search._claims import all_trials, claims_of, write_claim
from fgp_sklearn.search._imagined_trial import ImaginedTrial, drawn
from fgp_sklearn.search._parameter_choice import ParameterChoice
from fgp_sklearn.search._parameter_reader import ParameterReader
from fgp_sklearn.search._study_trials import read_trials

_ATTEMPTS = 10  # at parameters that no other worker claims at the same time


class FGPSampler(BaseSampler):
    """Optuna sampler that chooses trials by what a predictor says about their architectures.

    A study of architectures stays as it is: the objective suggests parameters, builds a network and trains
    it. The sampler turns the parameters of each trial into an architecture. It first chooses architectures
    that tell most about the others, as `select_diverse` does. Then it fits a predictor to the values so far
    and chooses the best of many candidates by an acquisition. Candidates are drawn at random, and are
    children of the best trials.

    Architectures that compute the same are not asked twice, whichever worker has asked first. Running and
    waiting trials count as if their values were those that are predicted.

    Parameters
    ----------
    to_architecture : callable or FrameTensorizer, optional
        Function from a dict of parameters to an architecture in any form that `as_batch` reads. Parameters
        of candidates may be more than those of a trial: the function picks those that it needs. A
        `FrameTensorizer` says which parameters are columns of a table, such as
        ``FrameTensorizer(shared=["resolution"])``.
    predictor : estimator, optional
        Regressor whose `predict` has `return_std`. By default `FlowGaussianProcessRegressor`. Its parameters
        `op_attr`, `attributes`, `operations`, `null_ops` and `identity_ops` also say how architectures are
        read and which of them compute the same. If it names no `attributes`, all numbers on nodes are read.
    define_architecture : callable, optional
        Function of a trial that calls ``trial.suggest_...``, as the objective does, and trains nothing. The
        sampler calls it with imagined trials. It tells which parameters there are before the first trial has
        ended, and which depend on others. If `to_architecture` is None, it returns the architecture. An
        imagined trial suggests parameters, and ignores attributes and reports. ``optuna.TrialPruned`` says
        that a combination of parameters is invalid.
    n_startup_trials : int, default=10
        Number of trials with values from which on the predictor chooses.
    n_candidates : int, default=500
        Number of candidates per trial.
    acquisition : {"ucb", "thompson", "ei", "greedy"}, default="ucb"
        How candidates are compared; see `choose_batch`.
    constraints_func : callable, optional
        Function from a finished trial to a sequence of constraints, at most 0 where they are met. By default
        those that trials store: ``trial.set_constraint`` of Optuna 5, or ``constraints_func`` of another
        sampler.
    seed : int, optional
        Seed. Draws depend on it and on the number of the trial, so all workers may have the same one, and a
        study that is interrupted continues as if it had not been.

    Raises
    ------
    TypeError
        If `n_startup_trials` or `n_candidates` is not an integer, or the predictor is no regressor with
        `return_std`.
    ValueError
        If one of these is less than 1, or `acquisition` is unknown.

    See Also
    --------
    PredictorGuidedSearch : The search without Optuna.

    Notes
    -----
    If there is neither `to_architecture` nor `define_architecture`, parameters are a row of a table for
    `from_frame`, with names such as ``stage2_kernel``. All candidates are then read at once, as they are with
    a `FrameTensorizer`. A function is called for each of the `n_candidates` of a trial, so one that takes
    2 ms adds a second to each trial; a function that calls `from_frame` for one row is such a function.

    Without `define_architecture`, parameters of the first trial are drawn at random, and later trials
    search the parameters that trials have had. If `to_architecture` raises `KeyError`, a trial draws the
    parameters that are lacking. Workers that start at the same time may then draw equal first
    trials. A parameter whose range changes between trials is drawn at random, as are those on which the
    architecture does not depend, such as a learning rate. To search these as well, make them numbers on
    nodes, such as ``{"op": "conv", "rate": 0.1}``.

    A pruned trial counts with the value that it reported last. One without a report and a failed trial have
    no value; their architectures are not asked again. Several objectives are weighed at random for each
    trial (ParEGO). Candidates that probably break a constraint are left out.

    Each trial keeps what was chosen for it as a system attribute, so that other workers see it at once. With
    `optuna.pruners.HyperbandPruner`, trials of all brackets count.

    References
    ----------
    Akiba, Sano, Yanase, Ohta, Koyama, "Optuna: A Next-generation Hyperparameter Optimization Framework",
    KDD 2019; Knowles, "ParEGO: a hybrid algorithm with on-line landscape approximation for expensive
    multiobjective optimization problems", IEEE Transactions on Evolutionary Computation 10 (2006).

    Examples
    --------
    >>> import numpy as np
    >>> import optuna
    >>> from fgp_sklearn.search import FGPSampler
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> def define_architecture(trial):
    ...     depth = trial.suggest_int("depth", 1, 4)
    ...     layers = [trial.suggest_categorical(f"layer{i}", ["conv", "pool"]) for i in range(depth)]
    ...     ops = ["input", *layers, "output"]
    ...     return np.eye(len(ops), k=1, dtype=int), ops
    >>> def objective(trial):
    ...     _, ops = define_architecture(trial)
    ...     return ops.count("conv") - 0.5 * ops.count("pool")  # stands for a training
    >>> sampler = FGPSampler(define_architecture=define_architecture, n_startup_trials=5, seed=0)
    >>> study = optuna.create_study(direction="maximize", sampler=sampler)
    >>> study.optimize(objective, n_trials=12)
    >>> study.best_value
    4.0
    """

    def __init__(
        self,
        to_architecture: Callable[[dict[str, Any]], Any] | FrameTensorizer | None = None,
        predictor: Any = None,
        *,
        define_architecture: Callable[[Any], Any] | None = None,
        n_startup_trials: int = 10,
        n_candidates: int = 500,
        acquisition: str = "ucb",
        constraints_func: Callable[[FrozenTrial], Sequence[float]] | None = None,
        seed: int | None = None,
    ) -> None:
        for name, number in {"n_startup_trials": n_startup_trials, "n_candidates": n_candidates}.items():
            check_scalar(number, name, Integral, min_val=1)
        if acquisition not in ACQUISITIONS:
            raise ValueError(f"acquisition must be one of {named(ACQUISITIONS)}, got {shown(acquisition)}")
        _check_predictor(predictor)
        self.to_architecture = to_architecture
        self.predictor = predictor
        self.define_architecture = define_architecture
        self.n_startup_trials = n_startup_trials
        self.n_candidates = n_candidates
        self.acquisition = acquisition
        self.constraints_func = constraints_func
        self.seed = seed
        self._entropy = int(np.random.default_rng(seed).integers(np.iinfo(np.int64).max))
        self._proposals: dict[tuple[str, int], dict[str, Any]] = {}
        self._warned: set[str] = set()

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Choose parameters for a trial, and return their distributions.

        Parameters
        ----------
        study : optuna.Study
            The study.
        trial : optuna.trial.FrozenTrial
            The trial that is to come.

        Returns
        -------
        dict
            Distributions of the parameters of the chosen architecture. Empty if none is known yet.
        """
        proposal = self._proposal(study, trial.number)
        self._proposals[study.study_name, trial.number] = proposal.params
        return proposal.distributions

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Parameters that `infer_relative_search_space` has chosen.

        Parameters
        ----------
        study : optuna.Study
            The study.
        trial : optuna.trial.FrozenTrial
            The trial that is to come.
        search_space : dict
            Their distributions.

        Returns
        -------
        dict
            Values by the names of parameters.
        """
        params = self._proposals.pop((study.study_name, trial.number), {})
        return {name: value for name, value in params.items() if name in search_space}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draw a parameter that no architecture was chosen for.

        Parameters
        ----------
        study : optuna.Study
            The study.
        trial : optuna.trial.FrozenTrial
            The trial.
        param_name : str
            Name of the parameter.
        param_distribution : optuna.distributions.BaseDistribution
            Its distribution.

        Returns
        -------
        object
            A value, drawn at random.
        """
        seeds = [self._entropy, trial.number, crc32(param_name.encode())]
        return drawn(param_distribution, np.random.default_rng(seeds))

    def _proposal(self, study: Study, number: int) -> ImaginedTrial:
        """Parameters for a trial whose architecture no other trial has and no other worker claims."""
        draws = np.random.default_rng([self._entropy, number])
        predictor = self._seeded_predictor()
        reader = ParameterReader(self.to_architecture, self.define_architecture, predictor)
        choice = ParameterChoice(
            reader,
            predictor,
            self.define_architecture,
            self.n_startup_trials,
            self.n_candidates,
            self.acquisition,
            self._warn_once,
        )
        for attempt in range(_ATTEMPTS):
            found = all_trials(study)
            claims = claims_of(found)
            trials = read_trials(found, study.directions, number, claims, self.constraints_func)
            if self.define_architecture is None and not trials.distributions:
                return ImaginedTrial(draws)
            if self.define_architecture is None and reader.reads_tables and trials.pending.all():
                return ImaginedTrial(draws)  # they may not have all of their parameters yet
            proposal = choice.best(trials, draws, thinned=attempt > 0)
            if not proposal.params:
                return proposal
            write_claim(study, number, proposal.params)
            claims[number] = proposal.params
            later = claims_of(all_trials(study))
            new = [params for other, params in later.items() if claims.get(other) != params]
            if not choice.is_taken(proposal.params, new):
                break
        return proposal

    def _warn_once(self, kind: str, text: str) -> None:
        if kind not in self._warned:
            self._warned.add(kind)
            warnings.warn(text, UserWarning, stacklevel=2)

    def _seeded_predictor(self) -> Any:
        seed = int(np.random.default_rng(self._entropy).integers(np.iinfo(np.int32).max))
        if self.predictor is None:
            return FlowGaussianProcessRegressor(random_state=seed)
        predictor = clone(self.predictor)
        if predictor.get_params(deep=False).get("random_state", seed) is None:
            predictor.set_params(random_state=seed)
        return predictor


def _check_predictor(predictor: Any) -> None:
    cure = "pass a FlowGaussianProcessRegressor() or an FGPRegressor()"
    if isinstance(predictor, type):
        raise TypeError(
            f"predictor is the class {predictor.__name__}; pass an instance, {predictor.__name__}()"
        )
    if predictor is None:
        return
    predict = getattr(predictor, "predict", None)
    if predict is None or not hasattr(predictor, "get_params"):
        raise TypeError(f"predictor must be a regressor, got {shown(predictor)}; {cure}")
    if "return_std" not in signature(predict).parameters:
        raise TypeError(
            f"predict of {shown(predictor)} has no return_std, so a search cannot tell what it is unsure of; "
            f"{cure}"
        )
