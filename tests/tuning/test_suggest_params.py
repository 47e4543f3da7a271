import numpy as np
import optuna
import pytest
from optuna.trial import FixedTrial
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline

from fgp_sklearn import ArchitectureSimplifier, FGPEncoder, FGPRegressor
from fgp_sklearn.tuning import suggest_params
from tests.sklearn_compatibility.spaces import cells, labels, tiny_encoder, tiny_regressor

PAIRS = cells(12)
FINE_TUNING = {"loss", "lr", "weight_decay", "process_weight"}
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
        (tiny_regressor(FrozenEstimator(tiny_encoder().fit(PAIRS))), FINE_TUNING),
        (FGPEncoder(), ENCODER),
    ],
    ids=["nothing", "default encoder", "own encoder", "pre-trained", "frozen", "encoder"],
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
    assert suggest_params(fixed, pretrained(), prefix="a__") == fixed.params


def test_strangers_are_named():
    with pytest.raises(TypeError, match=r"no ranges are known for Ridge; .*space=function"):
        suggest_params(trials(1)[0], Ridge())
