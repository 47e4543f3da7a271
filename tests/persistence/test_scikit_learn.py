"""Whatever scikit-learn's own estimators make of ours is saved, and what is not says where and why."""

import json
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    RandomForestRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, Matern, WhiteKernel
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV
from sklearn.multioutput import MultiOutputRegressor, RegressorChain
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, PolynomialFeatures, StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils import all_estimators

from fgp_sklearn import (
    AdjacencyEncoding,
    FGPRegressor,
    FlowGaussianProcessRegressor,
    FlowSurrogate,
    PathStatistics,
)
from fgp_sklearn._storage import read_archive, write_archive
from fgp_sklearn._storage._trusted import ESTIMATORS
from fgp_sklearn.metrics import kendall_tau_scorer
from fgp_sklearn.persistence import PersistenceError, load, save
from tests.sklearn_compatibility.spaces import cells, labels, tiny_regressor

pytest.importorskip("skops")

POOL, TEST = cells(30), cells(15, seed=3)
Y = labels(POOL)
P = FlowGaussianProcessRegressor(random_state=0)
ON_FEATURES = make_pipeline(PathStatistics(), StandardScaler(), Ridge())

MADE = {
    "voting": VotingRegressor([("process", P), ("pipeline", ON_FEATURES)]),
    "voting of networks": VotingRegressor([("a", tiny_regressor()), ("b", ON_FEATURES)]),
    "stacking": StackingRegressor([("process", P), ("pipeline", ON_FEATURES)], cv=2),
    "scaled target": TransformedTargetRegressor(P, transformer=StandardScaler()),
    "exponential target": TransformedTargetRegressor(P, func=np.expm1, inverse_func=np.log1p),
    "union": make_pipeline(make_union(PathStatistics(), FlowSurrogate(4, random_state=0)), Ridge()),
    "forest": make_pipeline(PathStatistics(), RandomForestRegressor(5, random_state=0)),
    "kernel": make_pipeline(AdjacencyEncoding(), GaussianProcessRegressor(RBF() + WhiteKernel() * Matern())),
    "support vectors": make_pipeline(PathStatistics(), StandardScaler(), SVR()),
    "grid": GridSearchCV(P, {"view": ["cost", "accuracy"]}, cv=KFold(2), scoring=kendall_tau_scorer),
    "grid of estimators": GridSearchCV(
        make_pipeline(PathStatistics(), Ridge()), {"ridge": [Ridge(), DecisionTreeRegressor()]}, cv=2
    ),
    "random search": RandomizedSearchCV(P, {"view": ["cost", "both"]}, n_iter=2, cv=2, random_state=0),
    "own features": FlowGaussianProcessRegressor(features=[AdjacencyEncoding()], random_state=0),
    "pipeline as a feature": FlowGaussianProcessRegressor(
        features=[make_pipeline(PathStatistics(), StandardScaler())], random_state=0
    ),
    "embeddings": FlowGaussianProcessRegressor(
        features=[FrozenEstimator(tiny_regressor().fit_pretrain(POOL).pretrained_encoder_)], random_state=0
    ),
}


def reloaded(estimator, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save(estimator, folder)
        return load(folder)


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_what_scikit_learn_makes_of_ours_answers_the_same_bits(tmp_path, made):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a kernel that wants more data
        fitted = clone(made).fit(POOL, Y)
    loaded = reloaded(fitted, tmp_path)
    assert type(loaded) is type(made)
    np.testing.assert_array_equal(loaded.predict(TEST), fitted.predict(TEST))
    assert repr(loaded) == repr(fitted)
    unfitted = reloaded(made, tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.testing.assert_array_equal(unfitted.fit(POOL, Y).predict(TEST), fitted.predict(TEST))


@pytest.mark.parametrize("made", [MultiOutputRegressor(P), RegressorChain(ON_FEATURES[1:])])
def test_several_targets(tmp_path, made):
    X = POOL if isinstance(made, MultiOutputRegressor) else PathStatistics().fit_transform(POOL)
    fitted = clone(made).fit(X, np.stack([Y, -Y], axis=1))
    np.testing.assert_array_equal(reloaded(fitted, tmp_path).predict(X), fitted.predict(X))


@pytest.mark.parametrize(
    "made", [BaggingRegressor(P, 2, random_state=0), AdaBoostRegressor(P, n_estimators=2)]
)
def test_ensembles_on_a_frame(tmp_path, made):
    pandas = pytest.importorskip("pandas")
    from fgp_sklearn.architectures import as_batch

    frame = pandas.DataFrame({"cell": list(as_batch(POOL))})
    fitted = clone(made).set_params(random_state=0).fit(frame, Y)
    np.testing.assert_array_equal(reloaded(fitted, tmp_path).predict(frame), fitted.predict(frame))


def test_columns_of_a_frame(tmp_path):
    pandas = pytest.importorskip("pandas")
    from fgp_sklearn.architectures import as_batch

    frame = pandas.DataFrame({"cell": list(as_batch(POOL)), "size": np.arange(30.0)})
    columns = ColumnTransformer([("graph", PathStatistics(), "cell"), ("number", StandardScaler(), ["size"])])
    fitted = columns.fit(frame)
    loaded = reloaded(fitted, tmp_path)
    np.testing.assert_array_equal(loaded.transform(frame), fitted.transform(frame))


def test_what_is_shared_between_ours_and_theirs_stays_shared(tmp_path):
    fitted = clone(MADE["voting"]).fit(POOL, Y)
    loaded = reloaded(fitted, tmp_path)
    assert loaded.named_estimators_["process"] is loaded.estimators_[0]


# ------------------------------------------------------------------------------ the whole list

OF_PARTS = "holds estimators, and stands in MADE"
LEFT_OUT = {
    **dict.fromkeys(
        [
            "BaggingRegressor",
            "AdaBoostRegressor",
            "ColumnTransformer",
            "FeatureUnion",
            "MultiOutputRegressor",
        ],
        OF_PARTS,
    ),
    **dict.fromkeys(
        ["RegressorChain", "StackingRegressor", "TransformedTargetRegressor", "VotingRegressor"], OF_PARTS
    ),
    **dict.fromkeys(["StackingClassifier", "VotingClassifier", "LinearDiscriminantAnalysis"], "classifier"),
    **dict.fromkeys(
        ["Birch", "BisectingKMeans", "FeatureAgglomeration", "KMeans", "MiniBatchKMeans"],
        "clusters; its compiled code trusts shapes",
    ),
    **dict.fromkeys(
        [
            *("KNNImputer", "KNeighborsRegressor", "KNeighborsTransformer", "RadiusNeighborsRegressor"),
            *("RadiusNeighborsTransformer", "NeighborhoodComponentsAnalysis", "Isomap"),
            *("LocallyLinearEmbedding", "TSNE", "BernoulliRBM"),
        ],
        "neighbours and embeddings; the trees of neighbours trust positions",
    ),
    **dict.fromkeys(
        ["DictVectorizer", "FeatureHasher", "HashingVectorizer", "PatchExtractor", "TfidfTransformer"],
        "reads text, dicts or pictures",
    ),
    **dict.fromkeys(["LabelEncoder", "MultiLabelBinarizer", "TargetEncoder"], "encodes categories or labels"),
    **dict.fromkeys(["LatentDirichletAllocation", "PolynomialCountSketch"], "of counts or for classifiers"),
    **dict.fromkeys(["RandomTreesEmbedding", "SparseCoder", "SparseRandomProjection"], "of sparse matrices"),
    "PassiveAggressiveRegressor": "deprecated",
    "SplineTransformer": "the splines of scipy trust their knots",
}


THEIRS = {
    name
    for kind in ("regressor", "transformer")
    for name, cls in all_estimators(type_filter=kind)
    if cls.__module__.startswith("sklearn.")
}
LISTED = THEIRS & set(ESTIMATORS)


def test_an_estimator_of_scikit_learn_is_on_the_list_or_left_out_for_a_reason():
    assert THEIRS - LISTED <= set(LEFT_OUT)
    assert set(LEFT_OUT) <= THEIRS


ON_NUMBERS = sorted(
    {
        n
        for kind in ("regressor", "transformer")
        for n, _ in all_estimators(type_filter=kind)
        if n in ESTIMATORS
    }
    - set(LEFT_OUT)
)


@pytest.mark.parametrize("name", ON_NUMBERS)
def test_estimators_on_our_features_answer_the_same_bits(tmp_path, name):
    cls = dict(all_estimators())[name]
    given = {
        **{key: {"n_components": 1} for key in ("CCA", "PLSCanonical", "PLSSVD")},
        **{key: {"estimator": Ridge()} for key in ("RFE", "RFECV", "SelectFromModel")},
        "FunctionTransformer": {"func": np.log1p},
        "GaussianRandomProjection": {"n_components": 5},
        "GenericUnivariateSelect": {"mode": "k_best", "param": 3},
        "KBinsDiscretizer": {"encode": "ordinal"},
        "LassoLarsIC": {"noise_variance": 1.0},
        "OneHotEncoder": {"handle_unknown": "ignore", "sparse_output": False},
        "OrdinalEncoder": {"handle_unknown": "use_encoded_value", "unknown_value": -1},
        "RANSACRegressor": {"estimator": Ridge(), "min_samples": 10, "random_state": 0},
        "SequentialFeatureSelector": {"estimator": Ridge(), "n_features_to_select": 2},
    }.get(name, {})
    X, target = PathStatistics().fit_transform(POOL) + 1.0, Y
    if name.startswith("MultiTask"):
        target = np.stack([Y, Y**2], axis=1)
    elif name in ("GammaRegressor", "PoissonRegressor"):
        target = np.exp(Y)
    elif name == "IsotonicRegression":
        X = X[:, :1]
    elif name == "KernelCenterer":
        X = X @ X.T
    elif name == "LabelBinarizer":
        X, target = X[:, 0], None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fits that do not converge
        estimator = cls(**given).fit(X) if target is None else cls(**given).fit(X, target)
        save(estimator, tmp_path)
        loaded = load(tmp_path)
        others = X.copy()  # a product of a matrix with itself rounds otherwise
        for method in ("predict", "transform"):
            if hasattr(estimator, method):
                found, expected = (getattr(one, method)(others) for one in (loaded, estimator))
                np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


# --------------------------------------------------------------------- what cannot be saved


class Own(TransformerMixin, BaseEstimator):
    """Somebody's own features."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return PathStatistics().fit_transform(X)


def halved(y):
    return y / 2


@pytest.mark.parametrize(
    ("estimator", "path"),
    [
        (FlowGaussianProcessRegressor(features=[PathStatistics(), Own()]), "features[1] is a Own"),
        (
            TransformedTargetRegressor(
                make_pipeline(PathStatistics(), FlowGaussianProcessRegressor(features=[Own()]))
            ),
            "regressor.steps[1][1].features[0] is a Own",
        ),
        (
            VotingRegressor([("a", P), ("b", make_pipeline(Own(), Ridge()))]),
            "estimators[1][1].steps[0][1] is a Own",
        ),
        (TransformedTargetRegressor(P, func=halved), "func is a function"),
        (make_pipeline(PathStatistics(), FunctionTransformer(halved)), "steps[1][1].func is a function"),
        (GridSearchCV(P, {"features": [None, [Own()]]}), "param_grid.features[1][0] is a Own"),
        (make_pipeline(PathStatistics(), FunctionTransformer(eval)), "steps[1][1].func is a builtin"),
    ],
    ids=range(7),
)
def test_what_cannot_be_saved_is_said_with_its_path(tmp_path, estimator, path):
    with pytest.raises(PersistenceError, match=re.escape(path)) as caught:
        save(estimator, tmp_path / "folder")
    assert "Leave it out" in str(caught.value)
    assert not (tmp_path / "folder").exists()


def test_a_cache_of_pickles_is_not_saved_anywhere(tmp_path):
    pipeline = make_pipeline(PathStatistics(), Ridge(), memory="cache")
    with pytest.raises(PersistenceError, match="memory"):
        save(VotingRegressor([("a", pipeline)]), tmp_path)


# ------------------------------------------------------------------------- files of strangers


@pytest.fixture(scope="module")
def forest(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forest")
    save(MADE["forest"].fit(POOL, Y), folder)
    return folder / "model.safetensors"


def test_a_file_names_only_estimators_on_the_list(forest, tmp_path):
    for name in ("KNeighborsRegressor", "Memory", "SVC", "skops", "_BaseScorer"):
        document, arrays = read_archive(forest)
        node = next(n for n in document["objects"] if n["class"] == "RandomForestRegressor")
        node["class"] = name
        write_archive(tmp_path / "model.safetensors", document, arrays)
        with pytest.raises(PersistenceError):
            load(tmp_path)


def rewritten_schema(raw, change):
    """The bytes of skops with another schema."""
    import io
    import zipfile

    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw.tobytes())) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "schema.json":
                content = json.dumps(change(json.loads(content))).encode()
            new.writestr(name, content)
    return np.frombuffer(made.getvalue(), dtype=np.uint8)


def renamed(old, new):
    return lambda schema: json.loads(json.dumps(schema).replace(json.dumps(old), json.dumps(new)))


def many_types(schema):
    part = {"__loader__": "ObjectNode", "__module__": "evil", "content": None}
    schema["extra"] = {
        "__loader__": "ListNode",
        "__class__": "list",
        "__module__": "builtins",
        "content": [{**part, "__class__": f"C{i}"} for i in range(3000)],
    }
    return schema


@pytest.mark.parametrize(
    "change",
    [
        renamed("Tree", "BestSplitter"),
        renamed("sklearn.tree._tree", "os"),
        renamed("TreeNode", "MethodNode"),
        renamed("NdArrayNode", "SparseMatrixNode"),
        renamed("TreeNode", "OperatorFuncNode"),
        lambda schema: {**schema, "protocol": 0},
        many_types,
    ],
    ids=["type", "module", "method", "sparse", "operator", "protocol", "many"],
)
def test_skops_makes_only_types_on_the_list(forest, tmp_path, change):
    document, arrays = read_archive(forest)
    name = next(n["skops"] for n in document["objects"] if n["class"] == "skops")
    arrays[name] = rewritten_schema(arrays[name], change)
    write_archive(tmp_path / "model.safetensors", document, arrays)
    with pytest.raises(PersistenceError) as caught:
        load(tmp_path)
    assert len(str(caught.value)) < 1000


def test_a_tree_that_leads_out_of_its_arrays_is_refused(tmp_path):
    """scikit-learn walks over trees without looking where it steps."""
    for field, value in (
        ("left_child", 10**6),
        ("right_child", 0),
        ("feature", 10**6),
        ("feature", -5),
        ("left_child", -1),
    ):
        pipeline = make_pipeline(PathStatistics(), DecisionTreeRegressor()).fit(POOL, Y)
        tree = pipeline[1].tree_
        state = tree.__getstate__()
        nodes = state["nodes"].copy()
        nodes[field][0] = value
        tree.__setstate__({**state, "nodes": nodes})
        with pytest.raises(PersistenceError, match=r"steps\[1\]\[1\] .*tree"):
            save(pipeline, tmp_path / field)


def test_without_skops_the_rest_is_saved_and_the_error_names_the_extra(tmp_path):
    code = (
        "import sys; sys.modules['skops'] = None\n"
        "from sklearn.linear_model import Ridge\n"
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler\n"
        "from sklearn.gaussian_process import GaussianProcessRegressor\n"
        "from sklearn.gaussian_process.kernels import RBF\n"
        "from fgp_sklearn import PathStatistics, load, save\n"
        f"save(make_pipeline(PathStatistics(), StandardScaler(), Ridge()), {str(tmp_path)!r})\n"
        f"print(load({str(tmp_path)!r}))\n"
        "try: save(make_pipeline(PathStatistics(), GaussianProcessRegressor(RBF())), 'nowhere')\n"
        "except ValueError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "StandardScaler" in done.stdout
    assert "steps[1][1].kernel" in done.stdout
    assert "fgp-sklearn[skops]" in done.stdout


def test_one_that_was_emptied_is_refused_at_load(tmp_path):
    pipeline = make_pipeline(PathStatistics(), StandardScaler(), PolynomialFeatures(2), LinearRegression())
    save(pipeline.fit(POOL, Y), tmp_path)
    document, arrays = read_archive(tmp_path / "model.safetensors")
    for name in ("steps[1][1].mean_", "steps[3][1].coef_"):
        for cut in (arrays[name][:-1], arrays[name][:0], np.full_like(arrays[name], np.nan)):
            write_archive(tmp_path / "model.safetensors", document, {**arrays, name: cut})
            with pytest.raises(PersistenceError):
                load(tmp_path)


def test_regressors_of_this_library_stay_what_they_are(tmp_path):
    assert isinstance(
        reloaded(VotingRegressor([("r", tiny_regressor())]), tmp_path).estimators[0][1], FGPRegressor
    )
