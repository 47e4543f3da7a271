"""scikit-learn's checks: all of them on doubles that read matrices, those without X on the real classes."""

from functools import partial

import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.utils import estimator_checks as checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from fgp_sklearn import FGPEncoder, FGPRegressor, FlowGaussianProcessRegressor, FlowSurrogate
from tests.proxies.networks import tiny_builder
from tests.public_names import public_estimators
from tests.sklearn_compatibility.doubles import (
    AttributesOfMatrices,
    ConnectionsOfMatrices,
    CostsOfMatrices,
    EncoderOfMatrices,
    EncodingOfMatrices,
    FramesOfMatrices,
    LabelsOfMatrices,
    MeasuresOfMatrices,
    PathsOfMatrices,
    ProcessOfMatrices,
    RegressorOfMatrices,
    SimplifierOfMatrices,
    SoftStagesOfMatrices,
    StagesOfMatrices,
    StatisticsOfMatrices,
    SumsOfMatrices,
    SurrogateOfMatrices,
    TensorizerOfMatrices,
    TotalsOfMatrices,
)
from tests.sklearn_compatibility.spaces import default

TINY = FGPEncoder(hidden_dim=8, n_layers=1, max_epochs=1)

DOUBLES = [
    SimplifierOfMatrices(),
    TensorizerOfMatrices(),
    FramesOfMatrices(),
    TensorizerOfMatrices(unknown_op="unknown"),
    SurrogateOfMatrices(n_components=4, n_draws=2),
    SurrogateOfMatrices(n_components=4, aggregation="max", standardize=True),
    StatisticsOfMatrices(),
    EncodingOfMatrices(),
    PathsOfMatrices(binary=False),
    LabelsOfMatrices(),
    ConnectionsOfMatrices(),
    StagesOfMatrices(),
    SoftStagesOfMatrices(),
    AttributesOfMatrices(),
    TotalsOfMatrices(),
    EncoderOfMatrices(hidden_dim=8, n_layers=1, max_epochs=1),
    EncoderOfMatrices("gin", hidden_dim=8, n_layers=1, max_epochs=1, surrogate=FlowSurrogate(4)),
    RegressorOfMatrices(TINY, loss="logistic", max_epochs=10, batch_size="all", lr=0.1),
    ProcessOfMatrices(view="both"),
    SumsOfMatrices(6),
    CostsOfMatrices(op_costs={"conv": 2.0}),
    MeasuresOfMatrices(tiny_builder, proxies=["naswot", "params"], batch_size=2, input_shape=(2, 4, 4)),
]

#: Estimators of which no double can be made, each with its reason.
WITHOUT_DOUBLE: dict[type, str] = {}


def test_every_public_estimator_has_a_double():
    """A new estimator fails here until a double of it has passed scikit-learn's checks."""
    without = set(public_estimators()).difference(*(type(double).__mro__ for double in DOUBLES))
    assert without == WITHOUT_DOUBLE.keys()


def expected_failures(estimator):
    if not isinstance(estimator, FGPRegressor | FlowGaussianProcessRegressor):
        return {}
    return {"check_regressors_no_decision_function": "scores without the unit of y are offered on purpose"}


@pytest.mark.filterwarnings("ignore:view='both' predicts")  # two columns make a chain
@pytest.mark.filterwarnings("ignore:the attributes 'value' make .* labels")  # values of matrices rarely recur
@parametrize_with_checks(DOUBLES, expected_failed_checks=expected_failures)
def test_every_check_on_doubles(estimator, check, monkeypatch):
    if "check_methods_subset_invariance" in repr(check):  # networks compute in float32: not to 1e-7
        monkeypatch.setattr(checks, "assert_allclose", partial(within_float32, checks.assert_allclose))
    check(estimator)


def within_float32(compare, *args, **kwargs):
    compare(*args, **{**kwargs, "atol": 1e-5, "rtol": 1e-5})


#: Estimators by themselves: each with its defaults where it has one for every parameter, and with others.
REAL = [
    *(default(cls) for cls in public_estimators()),
    FGPRegressor(FGPEncoder(hidden_dim=8)),
    FGPRegressor(FrozenEstimator(FGPEncoder(hidden_dim=8))),
]

CHECKS_WITHOUT_X = [
    checks.check_do_not_raise_errors_in_init_or_set_params,
    checks.check_estimator_cloneable,
    checks.check_estimator_repr,
    checks.check_estimator_tags_renamed,
    checks.check_get_params_invariance,
    checks.check_mixin_order,
    checks.check_no_attributes_set_in_init,
    checks.check_parameters_default_constructible,
    checks.check_set_params,
    checks.check_valid_tag_types,
]


@pytest.mark.parametrize("check", CHECKS_WITHOUT_X, ids=lambda check: check.__name__)
@pytest.mark.parametrize("estimator", REAL, ids=lambda estimator: repr(estimator)[:60])
def test_checks_without_matrices_on_the_real_classes(estimator, check):
    check(type(estimator).__name__, estimator)
