"""FGPSampler: trials of Optuna that a predictor chooses."""

from itertools import product

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import InMemoryStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState, create_trial
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fgp_sklearn import FlowGaussianProcessRegressor, FrameTensorizer, search
from fgp_sklearn.architectures import ArchitectureError, from_frame
from fgp_sklearn.search import FGPSampler, _fgp_sampler
from fgp_sklearn.search._claims import all_trials, claims_of, write_claim
from fgp_sklearn.search._imagined_trial import ImaginedTrial
from fgp_sklearn.search._scalarised import scalarised
from fgp_sklearn.search._study_trials import read_trials

OPS = ("conv3x3", "conv5x5", "pool", "skip_connect")
GAIN = {"conv3x3": 1.0, "conv5x5": 1.3, "pool": 0.4, "skip_connect": 0.0}


@pytest.fixture(autouse=True)
def _quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def chain(layers):
    ops = ["input", *layers, "output"]
    return np.eye(len(ops), k=1, dtype=int), ops


def layers_of(params):
    """What a chain computes: skip connections change nothing."""
    return tuple(op for _, op in sorted(params.items()) if op != "skip_connect")


def to_architecture(params):
    return chain([op for _, op in sorted(params.items())])


def define(trial, n=4):
    return chain([trial.suggest_categorical(f"layer{i}", OPS) for i in range(n)])


def value(layers):
    """Gains that add up, and a bonus for a pool between convolutions."""
    bonus = sum(layers[i] == "pool" and 0 < i < len(layers) - 1 for i in range(len(layers)))
    return sum(GAIN[op] for op in layers) + 1.5 * (bonus == 1)


def objective(trial):
    _, ops = define(trial)
    return value([op for op in ops[1:-1] if op != "skip_connect"])


def quick(seed=0, **settings):
    given = {"define_architecture": define, "n_startup_trials": 6, "n_candidates": 80, "seed": seed}
    return FGPSampler(**given | settings)


def study_of(sampler, n_trials=0, objective=objective, **settings):
    study = optuna.create_study(**{"direction": "maximize"} | settings, sampler=sampler)
    if n_trials:
        study.optimize(objective, n_trials=n_trials)
    return study


def params_of(study):
    return [trial.params for trial in study.trials]


@pytest.fixture(scope="module")
def finished():
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return study_of(quick(), 25)


def test_trials_get_better_than_three_quarters_of_all(finished):
    every = [value([op for op in layers if op != "skip_connect"]) for layers in product(OPS, repeat=4)]
    assert np.mean([trial.value for trial in finished.trials[10:]]) > np.quantile(every, 0.75)


def test_no_trial_computes_what_another_does(finished):
    assert len({layers_of(params) for params in params_of(finished)}) == len(finished.trials)


def test_same_seed_same_trials_also_if_interrupted(finished):
    study = study_of(quick(), 9)
    study.sampler = quick()
    study.optimize(objective, n_trials=3)
    assert params_of(study) == params_of(finished)[:12]
    assert params_of(study_of(quick(seed=1), 3)) != params_of(finished)[:3]


def test_minimising_the_negative_asks_the_same(finished):
    study = study_of(quick(), 12, lambda trial: -objective(trial), direction="minimize")
    assert params_of(study) == params_of(finished)[:12]


def test_parameters_are_learnt_from_trials_without_a_definition():
    sampler = quick(to_architecture=to_architecture, define_architecture=None)
    study = study_of(sampler, 14)
    assert len({layers_of(params) for params in params_of(study)}) == 14
    assert study.best_value > value(["conv5x5"] * 4)


def test_asked_without_being_told_all_differ():
    study = study_of(quick(), 7)
    trials = [study.ask() for _ in range(5)]
    for trial in trials:
        define(trial)
    assert len({layers_of(params) for params in params_of(study)}) == 12
    study.enqueue_trial({f"layer{i}": "pool" for i in range(4)})  # waits, so nobody else is given it
    assert layers_of(study.ask().params) == ()


@pytest.mark.parametrize("given", [{"acquisition": "ei"}, {"acquisition": "thompson"}])
def test_every_acquisition_learns(given):
    study = study_of(quick(**given), 20)
    at_random = [objective(optuna.trial.FixedTrial(one.params)) for one in study.trials[:6]]
    assert study.best_value > max(at_random)


def test_another_predictor():
    process = FlowGaussianProcessRegressor(view="cost", random_state=3)
    study = study_of(quick(predictor=process), 9)
    assert params_of(study) != params_of(study_of(quick(), 9))
    assert "processes_" not in vars(process)  # a clone is fitted


@pytest.mark.parametrize(
    ("predictor", "message"),
    [
        (RandomForestRegressor(), "return_std"),
        (make_pipeline(StandardScaler(), FlowGaussianProcessRegressor()), "return_std"),
        (FlowGaussianProcessRegressor, "pass an instance, FlowGaussianProcessRegressor"),
        ("gp", "must be a regressor, got 'gp'"),
    ],
    ids=["forest", "pipeline", "class", "str"],
)
def test_what_is_no_predictor(predictor, message):
    with pytest.raises(TypeError, match=message):
        quick(predictor=predictor)


def test_constraints_that_are_a_number_are_an_error():
    study = study_of(quick(constraints_func=lambda trial: 0.5), 1)
    with pytest.raises(TypeError, match=r"must return a list .* got 0\.5 for trial 0"):
        study.ask().suggest_categorical("layer0", OPS)


def test_the_folder_lists_the_sampler_and_no_names_of_typing():
    assert dir(search) == sorted(search.__all__)


def test_identities_count_if_the_predictor_says_so():
    process = FlowGaussianProcessRegressor(identity_ops=())
    sampler = quick(predictor=process, define_architecture=lambda trial: define(trial, 2))
    study = study_of(sampler, 16, lambda trial: value(define(trial, 2)[1][1:-1]))  # 9 without identities
    assert len({tuple(params.items()) for params in params_of(study)}) == 16


# --------------------------------------------------------------------- parameters of all kinds


def test_parameters_that_depend_on_others_are_chosen_together(monkeypatch):
    """Nothing is left to be drawn independently."""

    def by_depth(trial):
        depth = trial.suggest_int("depth", 1, 4)
        return define(trial, depth)

    monkeypatch.setattr(FGPSampler, "sample_independent", None)
    sampler = quick(define_architecture=by_depth)
    study = study_of(sampler, 12, lambda trial: value(by_depth(trial)[1][1:-1]))
    asked = {tuple(params[f"layer{i}"] for i in range(params["depth"])) for params in params_of(study)}
    assert len({tuple(op for op in layers if op != "skip_connect") for layers in asked}) == 12


def test_without_a_definition_functions_pick_the_parameters_that_they_need():
    def pick(params):
        return chain([params[f"layer{i}"] for i in range(params["depth"])])

    def by_depth(trial):
        depth = trial.suggest_int("depth", 1, 3)
        return value(define(trial, depth)[1][1:-1])

    sampler = quick(to_architecture=pick, define_architecture=None)
    study = study_of(sampler)
    study.enqueue_trial({"depth": 1})
    study.optimize(by_depth, n_trials=14)
    assert {params["depth"] for params in params_of(study)} == {1, 2, 3}
    asked = {tuple(params[f"layer{i}"] for i in range(params["depth"])) for params in params_of(study)}
    assert len({tuple(op for op in layers if op != "skip_connect") for layers in asked}) >= 12


def test_a_choice_that_functions_never_read_is_left_out_in_the_end():
    names = {op: op for op in OPS[:3]}  # lacks the last one, which is no name of a parameter
    sampler = quick(
        to_architecture=lambda params: chain([names[op] for _, op in sorted(params.items())]),
        define_architecture=None,
    )
    with pytest.warns(UserWarning, match="raises KeyError.'skip_connect'. for some") as told:
        study = study_of(sampler, 16)
    assert len(told) == 1
    assert not any("skip_connect" in params.values() for params in params_of(study)[6:])


def test_columns_of_choices_need_no_function():
    def table(trial):
        kernels = [trial.suggest_int(f"stage{i}_kernel", 3, 7, step=2) for i in (1, 2)]
        widths = [trial.suggest_int(f"stage{i}_width", 16, 64, log=True) for i in (1, 2)]
        return sum(kernels) + np.log(widths).sum()

    sampler = FGPSampler(n_startup_trials=5, n_candidates=60, seed=0)
    study = study_of(sampler, 12, table)
    assert study.best_value > 0.95 * (14 + 2 * np.log(64))


def sizes(trial):
    numbers = [trial.suggest_int(f"stage{i}_kernel", 3, 7, step=2) for i in (1, 2)]
    numbers += [trial.suggest_int(f"stage{i}_layers", 1, 3) for i in (1, 2)]
    return [*numbers, trial.suggest_categorical("resolution", [1, 2, 4])]


@pytest.mark.parametrize("definition", [None, sizes])
def test_a_table_with_shared_columns_is_what_a_function_of_one_row_says(definition):
    columns = ["resolution", *(f"stage{i}_{name}" for i in (1, 2) for name in ("kernel", "layers"))]
    reading = {"shared": ["resolution"], "depth": "layers"}

    def of_one_row(params):
        return from_frame({name: [params[name]] for name in columns}, **reading)

    settings = {"define_architecture": definition, "n_startup_trials": 5, "n_candidates": 60, "seed": 0}
    asked = [
        params_of(study_of(FGPSampler(reader, **settings), 12, lambda trial: sum(sizes(trial))))
        for reader in (FrameTensorizer(**reading), of_one_row)
    ]
    assert asked[0] == asked[1]
    assert max(sum(one.values()) for one in asked[0]) >= 23  # of 24


def test_a_shared_column_that_no_trial_has_is_an_error():
    study = study_of(FGPSampler(FrameTensorizer(shared=["resolutoin"]), seed=0), 1, lambda t: sum(sizes(t)))
    with pytest.raises(ArchitectureError, match="no column 'resolutoin'; did you mean 'resolution'"):
        study.optimize(lambda trial: sum(sizes(trial)), n_trials=1)


def test_parameters_outside_the_architecture_are_drawn():
    def with_rate(trial):
        trial.suggest_float("rate", 1e-4, 1e-1, log=True)
        return objective(trial)

    study = study_of(quick(), 8, with_rate)
    rates = [params["rate"] for params in params_of(study)]
    assert len(set(rates)) == 8
    assert len({layers_of({k: v for k, v in p.items() if k != "rate"}) for p in params_of(study)}) == 8


@pytest.mark.parametrize(
    "distribution",
    [
        CategoricalDistribution([None, True, "a", 3]),
        IntDistribution(2, 11, step=3),
        IntDistribution(1, 64, log=True),
        FloatDistribution(-1.0, 2.0),
        FloatDistribution(0.0, 1.0, step=0.25),
        FloatDistribution(1e-5, 1e-1, log=True),
        IntDistribution(4, 4),
    ],
    ids=str,
)
def test_draws_and_changes_are_values_of_the_distribution(distribution):
    draws = np.random.default_rng(0)
    seen = []
    for _ in range(300):
        first = ImaginedTrial(draws)
        first.suggest("x", distribution)
        changed = ImaginedTrial(draws, first.params, lambda name: True)
        for trial in (first, changed):
            value = trial.suggest("x", distribution)
            seen.append(value)
            internal = distribution.to_internal_repr(value)
            assert distribution._contains(internal)
            assert distribution.to_external_repr(internal) == value
            assert type(value) is type(distribution.to_external_repr(internal))
        assert distribution.single() or first.params != changed.params
    choices = getattr(distribution, "choices", None)
    if choices is not None:
        assert set(seen) == set(choices)
    elif not distribution.single():  # all of the range, and a uniform one on its own scale
        scale = np.log if distribution.log else np.asarray
        low, high = scale(distribution.low), scale(distribution.high)
        assert abs(scale(np.array(seen, dtype=float)).mean() - (low + high) / 2) < 0.08 * (high - low)


def test_numbers_on_nodes_are_read_unless_the_predictor_names_others():
    def numbers(trial, n=2):
        kernels = [trial.suggest_int(f"kernel{i}", 1, 4) for i in range(n)]
        return chain([{"op": "conv", "kernel": kernel} for kernel in kernels])

    def total(trial):
        return sum(node["kernel"] for node in numbers(trial)[1][1:-1])

    study = study_of(quick(define_architecture=numbers), 12, total)
    assert len({tuple(params.values()) for params in params_of(study)}) == 12
    assert study.best_value == 8
    blind = quick(define_architecture=numbers, predictor=FlowGaussianProcessRegressor(attributes=()))
    with pytest.warns(UserWarning, match="may be exhausted.* attributes= of the predictor") as told:
        study_of(blind, 4, total)
    assert len(told) == 1


def test_parameters_that_are_no_columns_are_drawn_with_a_warning():
    def table(trial):
        trial.suggest_float("lr", 1e-4, 1e-1, log=True)
        return sum(trial.suggest_int(f"stage{i}_kernel", 3, 7, step=2) for i in (1, 2))

    message = r"parameters 'lr' are not named as columns of a table.*FrameTensorizer\(shared=\[\.\.\.\]\)"
    with pytest.warns(UserWarning, match=message) as told:
        study = study_of(FGPSampler(n_startup_trials=4, n_candidates=40, seed=0), 8, table)
    assert len(told) == 1
    assert len({params["lr"] for params in params_of(study)}) == 8
    assert len({(p["stage1_kernel"], p["stage2_kernel"]) for p in params_of(study)}) == 8


def test_names_that_are_no_columns_need_a_function():
    study = study_of(FGPSampler(seed=0), 1)
    with pytest.raises(ValueError, match="pass define_architecture= or to_architecture="):
        study.optimize(objective, n_trials=1)


@pytest.mark.parametrize("function", ["define_architecture", "to_architecture"])
def test_invalid_combinations_are_left_out(function):
    """Every trial of the study is valid, although most draws are not."""

    def checked(layers):
        if layers.count("conv3x3") != 1:
            raise optuna.TrialPruned
        return chain(layers)

    given = {
        "define_architecture": lambda trial: checked(define(trial)[1][1:-1]),
        "to_architecture": lambda params: checked([op for _, op in sorted(params.items())]),
    }
    study = study_of(quick(**{function: given[function]}), 10)
    assert all(list(params.values()).count("conv3x3") == 1 for params in params_of(study))
    assert len({layers_of(params) for params in params_of(study)}) == 10


def test_another_exception_for_some_candidates_warns_once():
    def checked(trial):
        _, ops = define(trial)
        if ops[1] == "pool":
            raise ValueError("a pool cannot be first")
        return chain(ops[1:-1])

    with pytest.warns(UserWarning, match="define_architecture raises ValueError.'a pool cannot") as told:
        study = study_of(quick(define_architecture=checked), 4)
    assert len(told) == 1
    assert not any(params["layer0"] == "pool" for params in params_of(study))


@pytest.mark.parametrize("error", [optuna.TrialPruned(), ZeroDivisionError("by 0")])
def test_an_exception_for_all_candidates_is_an_error(error):
    def fails(trial):
        define(trial)
        raise error

    with pytest.raises(
        ValueError, match=f"{type(error).__name__}.* for all candidates.*TrialPruned only for"
    ):
        study_of(quick(define_architecture=fails), 1)


def test_an_imagined_trial_ignores_what_concerns_trainings():
    def as_in_training(trial):
        trial.set_user_attr("depth", 4)
        trial.report(float(trial.number), 0)
        assert not trial.should_prune()
        return define(trial)

    assert params_of(study_of(quick(define_architecture=as_in_training), 2)) == params_of(
        study_of(quick(), 2)
    )
    with pytest.raises(ValueError, match="AttributeError") as caught:
        study_of(quick(define_architecture=lambda trial: trial.study), 1)
    assert "'study'. FGPSampler calls define_architecture with trials of no study" in str(
        caught.value.__cause__
    )


# --------------------------------------------------------------------- what trials tell


def trial_with(state, values=None, reports=None, **settings):
    distributions = {"layer0": CategoricalDistribution(OPS)}
    params = {"layer0": "pool"}
    return create_trial(
        state=state,
        values=values,
        params=params,
        distributions=distributions,
        intermediate_values=reports,
        **settings,
    )


def test_pruned_trials_count_with_their_last_report_and_failed_ones_without_a_value():
    study = study_of(quick(), direction="minimize")
    study.add_trial(trial_with(TrialState.COMPLETE, [2.0]))
    study.add_trial(trial_with(TrialState.PRUNED, reports={0: 9.0, 5: 7.0}))
    study.add_trial(trial_with(TrialState.PRUNED))
    study.add_trial(trial_with(TrialState.FAIL))
    study.ask()
    told = read_trials(study.trials, study.directions, 9, {4: {"layer0": "skip_connect"}}, None)
    np.testing.assert_array_equal(told.values[:, 0], [-2.0, -7.0, np.nan, np.nan, np.nan])
    assert told.pending.tolist() == [False] * 4 + [True]
    assert told.params[4] == {"layer0": "skip_connect"}


def test_failed_trials_are_not_repeated():
    def sometimes(trial):
        found = objective(trial)
        if trial.number % 3 == 2:
            raise ValueError
        return found

    study = study_of(quick())
    study.optimize(sometimes, n_trials=14, catch=ValueError)
    assert len({layers_of(params) for params in params_of(study)}) == 14
    assert sum(trial.state == TrialState.FAIL for trial in study.trials) == 4


def test_infinite_values_count_as_the_worst_finite_one():
    values = np.array([[1.0], [-np.inf], [3.0], [np.nan], [np.inf]])
    found = scalarised(values, np.random.default_rng(0))
    np.testing.assert_array_equal(found, [1.0, 1.0, 3.0, np.nan, 3.0])
    assert np.isnan(scalarised(np.full((2, 1), -np.inf), np.random.default_rng(0))).all()


def test_a_constant_objective_is_searched_for_what_tells_most():
    study = study_of(quick(), 9, lambda trial: 0.0 * objective(trial))
    assert len({layers_of(params) for params in params_of(study)}) == 9


def n_convolutions(trial):
    return sum("conv" in op for op in trial.params.values())


@pytest.mark.parametrize("stored", [True, False])
def test_candidates_that_break_a_constraint_are_left_out(stored):
    if stored and not hasattr(optuna.Trial, "set_constraint"):
        pytest.skip("Optuna 4 has no set_constraint")

    def constrained(trial):
        found = objective(trial)
        if stored:
            trial.set_constraint("convolutions", n_convolutions(trial) - 2)
        return found

    func = None if stored else (lambda trial: [n_convolutions(trial) - 2])
    study = study_of(quick(constraints_func=func, n_startup_trials=8), 22, constrained)
    chosen = [n_convolutions(trial) <= 2 for trial in study.trials[8:]]
    assert np.mean(chosen) > 0.75
    feasible = [trial.value for trial in study.trials if n_convolutions(trial) <= 2]
    assert max(feasible) == max(
        value([op for op in layers if op != "skip_connect"])
        for layers in product(OPS, repeat=4)
        if sum("conv" in op for op in layers) <= 2
    )


def test_several_objectives_reach_all_of_the_front():
    def both(trial):
        _, ops = define(trial)
        return ops.count("conv5x5"), ops.count("pool")

    study = study_of(quick(), 25, both, direction=None, directions=["maximize", "maximize"])
    front = {tuple(trial.values) for trial in study.best_trials}
    assert {(4.0, 0.0), (0.0, 4.0)} <= front
    assert len(front) == 5


def test_scalarised_prefers_what_dominates():
    draws = np.random.default_rng(0)
    values = draws.normal(size=(30, 3))
    values[4] = values.max(axis=0) + 1
    values[7] = values.min(axis=0) - 1
    values[9] = np.nan
    for _ in range(20):
        merit = scalarised(values, draws)
        assert np.nanargmax(merit) == 4
        assert np.nanargmin(merit) == 7
        assert np.flatnonzero(np.isnan(merit)).tolist() == [9]
        for row, other in product(range(30), repeat=2):
            if (values[row] > values[other]).all():
                assert merit[row] > merit[other]


# --------------------------------------------------------------------- several workers


def test_a_worker_gives_way_to_another_that_claims_the_same_meanwhile(monkeypatch):
    """The other one claims after this one has read, with a skip connection in another place."""
    study = study_of(quick(), 7)
    other = study.ask()
    written = []

    def also_by_another(study, number, params):
        write_claim(study, number, params)
        if not written:
            write_claim(study, other.number, params)
        written.append(params)

    monkeypatch.setattr(_fgp_sampler, "write_claim", also_by_another)
    trial = study.ask()
    define(trial)
    assert len(written) == 2
    assert layers_of(written[0]) != layers_of(written[1])
    assert trial.params == written[1] == claims_of(all_trials(study))[trial.number]


def test_all_brackets_of_hyperband_count():
    def reports(trial):
        found = objective(trial)
        for step in range(4):
            trial.report(found, step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return found

    pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=4, reduction_factor=2)
    study = study_of(quick(), 14, reports, pruner=pruner)
    assert len({layers_of(params) for params in params_of(study)}) == 14


@pytest.mark.parametrize("kind", ["memory", "journal", "database"])
def test_workers_with_one_seed_never_ask_the_same(kind, tmp_path):
    def storage():
        if kind == "journal":
            return JournalStorage(JournalFileBackend(str(tmp_path / "study.log")))
        return f"sqlite:///{tmp_path}/study.db" if kind == "database" else in_memory

    in_memory = InMemoryStorage()
    study = optuna.create_study(
        storage=storage(), study_name="a", sampler=quick(n_startup_trials=3), direction="maximize"
    )
    other = optuna.load_study(storage=storage(), study_name="a", sampler=quick(n_startup_trials=3))
    open_trials = []
    for _ in range(3):
        for worker in (study, other):
            open_trials.append(worker.ask())
            define(open_trials[-1])
        study.tell(open_trials.pop(0).number, 1.0 * len(open_trials))
        other.tell(open_trials.pop().number, state=TrialState.FAIL)
    assert len({layers_of(params) for params in params_of(study)}) == 6


def test_threads_share_a_sampler():
    study = study_of(quick())
    study.optimize(objective, n_trials=12, n_jobs=3)
    assert len({layers_of(params) for params in params_of(study)}) == 12


# --------------------------------------------------------------------- what cannot be


def test_a_search_space_that_is_exhausted_repeats_with_a_warning():
    study = study_of(quick(define_architecture=lambda trial: define(trial, 1)))
    study.optimize(lambda trial: value(define(trial, 1)[1][1:-1]), n_trials=4)
    with pytest.warns(UserWarning, match="may be exhausted"):
        study.optimize(lambda trial: value(define(trial, 1)[1][1:-1]), n_trials=1)


def test_a_wrong_name_of_a_parameter_is_an_error():
    sampler = quick(to_architecture=lambda params: chain([params["layr0"]]), define_architecture=None)
    study = study_of(sampler, 1)
    with pytest.raises(ValueError, match=r"raises KeyError.'layr0'. for all .* pass define_architecture"):
        study.optimize(objective, n_trials=1)


def test_a_malformed_architecture_is_an_error_that_tells_its_parameters():
    sampler = quick(to_architecture=lambda params: ([[0, 1], [1, 0]], ["input", "output"]))
    with pytest.raises(ArchitectureError) as caught:
        study_of(sampler, 1)
    assert "'layer0': " in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"acquisition": "best"}, ValueError, "acquisition must be one of"),
        ({"n_candidates": 0}, ValueError, "n_candidates"),
        ({"n_startup_trials": 2.5}, TypeError, "n_startup_trials"),
    ],
)
def test_malformed_parameters(settings, error, message):
    with pytest.raises(error, match=message):
        quick(**settings)
