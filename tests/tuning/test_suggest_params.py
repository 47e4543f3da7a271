import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import FixedTrial
from sklearn.ensemble import VotingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline

from fgp_sklearn import (
    ArchitectureSimplifier,
    FGPEncoder,
    FGPRegressor,
    FlowGaussianProcessRegressor,
    FlowSurrogate,
    PathStatistics,
    WeisfeilerLehmanEncoding,
)
from fgp_sklearn.tuning import SuggestsParams, suggest_params
from tests.public_names import public_estimators
from tests.sklearn_compatibility.spaces import cells, default, labels, tiny_encoder, tiny_regressor

PAIRS = cells(12)
FINE_TUNING = {"loss", "lr", "weight_decay"}
ENCODER = {"backbone", "hidden_dim", "n_layers", "dropout"}


def trials(n):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    return [study.ask() for _ in range(n)]


def pretrained():
    return tiny_regressor().fit_pretrain(PAIRS)


@pytest.mark.parametrize(
    ("estimator", "names"),
    [
        (None, FINE_TUNING | {f"encoder__{name}" for name in ENCODER}),
        (FGPRegressor(), FINE_TUNING | {f"encoder__{name}" for name in ENCODER}),
        (tiny_regressor(), FINE_TUNING | {f"encoder__{name}" for name in ENCODER}),
        (pretrained(), FINE_TUNING),
        (pretrained().set_params(process_weight=0.5), FINE_TUNING | {"process_weight"}),
        (tiny_regressor(FrozenEstimator(tiny_encoder().fit(PAIRS))), FINE_TUNING),
        (tiny_regressor(FrozenEstimator(tiny_encoder())), FINE_TUNING),
        (FGPEncoder(), ENCODER),
    ],
    ids=[
        "nothing",
        "default encoder",
        "own encoder",
        "pre-trained",
        "two members",
        "frozen",
        "unfitted",
        "encoder",
    ],
)
def test_suggestions_are_parameters_that_fit(estimator, names):
    for trial in trials(30):
        params = suggest_params(trial, estimator)
        assert set(trial.params) - {"margin"} == names
        assert ("margin" in trial.params) == (params.get("loss") == "hinge")
        target = FGPRegressor() if estimator is None else estimator
        before = target.get_params()
        target.set_params(**params)._validate_params()
        for name, value in trial.params.items():
            assert target.get_params()[name] == value
        target.set_params(**{name: before[name] for name in params})


def test_where_labels_weigh_the_members_no_weight_is_suggested():
    blocks = [([[0, 1], [0, 0]], ["input", {"op": "block", "width": width}]) for width in range(12)]
    reader = tiny_encoder(attributes=["width"])
    fitted = tiny_encoder(attributes=["width"]).fit(blocks)
    for regressor in (
        tiny_regressor(reader),
        tiny_regressor(reader).fit_pretrain(blocks),
        tiny_regressor(FrozenEstimator(reader)),
        tiny_regressor(FrozenEstimator(fitted)),
    ):
        (trial,) = trials(1)
        suggest_params(trial, regressor)
        assert "lr" in trial.params
        assert "process_weight" not in trial.params


def test_other_parameters_of_the_encoder_are_kept():
    regressor = FGPRegressor(tiny_encoder(lr=0.123))
    regressor.set_params(**suggest_params(trials(1)[0], regressor))
    assert regressor.encoder.lr == 0.123
    assert regressor.encoder.hidden_dim >= 32


def test_suggested_regressors_can_be_fitted():
    for trial in trials(3):
        regressor = FGPRegressor(max_epochs=1).set_params(**suggest_params(trial))
        assert np.isfinite(regressor.fit(PAIRS, labels(PAIRS)).predict(PAIRS)).all()


def test_pipelines_and_prefixes():
    pipeline = Pipeline([("simplify", ArchitectureSimplifier()), ("fgp", tiny_regressor())])
    (trial,) = trials(1)
    pipeline.set_params(**suggest_params(trial, pipeline))
    assert all(name.startswith("fgp__") for name in trial.params)
    assert pipeline.get_params()["fgp__lr"] == trial.params["fgp__lr"]
    fixed = FixedTrial({"a__loss": "mse", "a__lr": 1e-3, "a__weight_decay": 1e-3, "a__process_weight": 1.0})
    two_members = pretrained().set_params(process_weight=0.5)
    assert suggest_params(fixed, two_members, prefix="a__") == fixed.params


def distributions_of(estimator):
    """What a study stores of a trial, in the order in which it was asked."""
    for trial in trials(30):
        suggested = suggest_params(trial, estimator)
        if "hinge" in suggested.values() or not any(name.endswith("loss") for name in suggested):
            break
    return list(trial.distributions.items())


def test_names_order_and_ranges_are_those_of_stored_studies():
    fine_tuning = [
        ("loss", CategoricalDistribution(["hinge", "logistic", "listmle", "mse"])),
        ("lr", FloatDistribution(3e-4, 1e-2, log=True)),
        ("weight_decay", FloatDistribution(1e-7, 1e-1, log=True)),
        ("margin", FloatDistribution(0.03, 1.0, log=True)),
    ]
    of_two_members = [
        *fine_tuning[:3],
        ("process_weight", FloatDistribution(0.0, 1.0)),
        fine_tuning[3],
    ]
    encoder = [
        ("backbone", CategoricalDistribution(["gated_gcn", "gin"])),
        ("hidden_dim", CategoricalDistribution([32, 64, 128])),
        ("n_layers", CategoricalDistribution([2, 3, 4])),
        ("dropout", CategoricalDistribution([0.0, 0.1])),
    ]
    of_encoder = [(f"encoder__{name}", distribution) for name, distribution in encoder]
    assert distributions_of(FGPEncoder()) == encoder
    assert distributions_of(pretrained()) == fine_tuning
    assert distributions_of(pretrained().set_params(process_weight=0.5)) == of_two_members
    for estimator in (None, FGPRegressor(), tiny_regressor()):
        assert distributions_of(estimator) == fine_tuning + of_encoder
    pipeline = Pipeline([("simplify", ArchitectureSimplifier()), ("fgp", tiny_regressor())])
    assert distributions_of(pipeline) == [(f"fgp__{name}", d) for name, d in fine_tuning + of_encoder]


@pytest.mark.parametrize("cls", public_estimators(), ids=lambda cls: cls.__name__)
def test_every_estimator_knows_its_ranges_and_its_defaults_are_within(cls):
    assert issubclass(cls, SuggestsParams)
    estimator = default(cls)
    assert all(name.startswith("a__") for name in estimator.suggest_params(trials(1)[0], "a__"))
    given = FixedTrial(estimator.given_params())
    estimator.set_params(**estimator.suggest_params(given))
    for name, value in given.params.items():
        assert value == default(cls).given_params()[name] == estimator.given_params()[name]


def test_every_part_of_a_pipeline_is_tuned():
    features = FeatureUnion(
        [("wl", WeisfeilerLehmanEncoding()), ("frozen", FrozenEstimator(FlowSurrogate()))]
    )
    members = [("process", FlowGaussianProcessRegressor()), ("ridge", make_pipeline(features, Ridge()))]
    pipeline = Pipeline([("simplify", ArchitectureSimplifier()), ("both", VotingRegressor(members))])
    trial = trials(1)[0]
    params = suggest_params(trial, pipeline, "a__")
    assert params == trial.params
    names = ["both__process__view", "both__ridge__featureunion__wl__n_iterations"]
    assert list(params) == [f"a__{name}" for name in names]
    pipeline.set_params(**{name: params[f"a__{name}"] for name in names})


def test_strangers_are_named():
    for stranger, name in (
        (Ridge(), "Ridge"),
        (make_pipeline(PathStatistics(), Ridge()), "Pipeline"),
        (FrozenEstimator(FGPEncoder()), "FrozenEstimator"),
        (7, "int"),
    ):
        with pytest.raises(TypeError, match=f"no ranges are known for {name}; .*space=function"):
            suggest_params(trials(1)[0], stranger)
