"""Explicit lists of what a file may name of scikit-learn and skops.

An estimator is on the list if its parameters and attributes are numbers, text, arrays, estimators and the few
types below. If it has compiled code, nothing that `check_foreign` accepts may lead that code out of its
arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def _pairs(names_by_module: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Names with their modules. In the tables below, spaces separate the names of a module."""
    for module, names in names_by_module.items():
        for name in names.split():
            yield name, module


#: Estimators, by the public module that exports them.
_BY_MODULE = {
    "sklearn.compose": "ColumnTransformer TransformedTargetRegressor",
    "sklearn.cross_decomposition": "CCA PLSCanonical PLSRegression PLSSVD",
    "sklearn.decomposition": (
        "DictionaryLearning FactorAnalysis FastICA IncrementalPCA KernelPCA MiniBatchDictionaryLearning "
        "MiniBatchNMF MiniBatchSparsePCA NMF PCA SparsePCA TruncatedSVD"
    ),
    "sklearn.dummy": "DummyRegressor",
    "sklearn.ensemble": (
        "AdaBoostRegressor BaggingRegressor ExtraTreesRegressor GradientBoostingRegressor "
        "HistGradientBoostingRegressor RandomForestRegressor StackingRegressor VotingRegressor"
    ),
    "sklearn.ensemble._hist_gradient_boosting.binning": "_BinMapper",
    "sklearn.feature_selection": (
        "GenericUnivariateSelect RFE RFECV SelectFdr SelectFpr SelectFromModel SelectFwe SelectKBest "
        "SelectPercentile SequentialFeatureSelector VarianceThreshold"
    ),
    "sklearn.gaussian_process": "GaussianProcessRegressor",
    "sklearn.impute": "MissingIndicator SimpleImputer",
    "sklearn.isotonic": "IsotonicRegression",
    "sklearn.kernel_approximation": "AdditiveChi2Sampler Nystroem RBFSampler SkewedChi2Sampler",
    "sklearn.kernel_ridge": "KernelRidge",
    "sklearn.linear_model": (
        "ARDRegression BayesianRidge ElasticNet ElasticNetCV GammaRegressor HuberRegressor Lars LarsCV Lasso "
        "LassoCV LassoLars LassoLarsCV LassoLarsIC LinearRegression MultiTaskElasticNet "
        "MultiTaskElasticNetCV MultiTaskLasso MultiTaskLassoCV OrthogonalMatchingPursuit "
        "OrthogonalMatchingPursuitCV PoissonRegressor QuantileRegressor RANSACRegressor Ridge RidgeCV "
        "SGDRegressor TheilSenRegressor TweedieRegressor"
    ),
    "sklearn.model_selection": "GridSearchCV RandomizedSearchCV",
    "sklearn.model_selection._search_successive_halving": "HalvingGridSearchCV HalvingRandomSearchCV",
    "sklearn.multioutput": "MultiOutputRegressor RegressorChain",
    "sklearn.neural_network": "MLPRegressor",
    "sklearn.preprocessing": (
        "Binarizer FunctionTransformer KBinsDiscretizer KernelCenterer LabelBinarizer MaxAbsScaler "
        "MinMaxScaler Normalizer OneHotEncoder OrdinalEncoder PolynomialFeatures PowerTransformer "
        "QuantileTransformer RobustScaler StandardScaler"
    ),
    "sklearn.random_projection": "GaussianRandomProjection",
    "sklearn.svm": "LinearSVR NuSVR SVR",
    "sklearn.tree": "DecisionTreeRegressor ExtraTreeRegressor",
}

#: Module of each estimator.
ESTIMATORS: Mapping[str, str] = dict(_pairs(_BY_MODULE))

_NOT_ASKED = {
    "sklearn.compose",
    "sklearn.ensemble._hist_gradient_boosting.binning",
    "sklearn.isotonic",
    "sklearn.model_selection",
    "sklearn.model_selection._search_successive_halving",
    "sklearn.multioutput",
}
#: Estimators that read numbers only. They are applied to one row before they are trusted.
ASKED = frozenset(name for name, module in ESTIMATORS.items() if module not in _NOT_ASKED) - {
    "AdaBoostRegressor",  # these contain estimators, mostly of architectures
    "BaggingRegressor",
    "DictionaryLearning",  # these iterate as often as the file says
    "MiniBatchDictionaryLearning",
    "MiniBatchNMF",
    "NMF",
    "FunctionTransformer",  # its function may do anything
    "KernelCenterer",  # reads a square matrix
    "LabelBinarizer",  # reads labels
    "OneHotEncoder",  # read categories
    "OrdinalEncoder",
    "RANSACRegressor",
    "RFE",
    "RFECV",
    "SelectFromModel",
    "SequentialFeatureSelector",
    "StackingRegressor",
    "VotingRegressor",
}

_FUNCTIONS = {
    "numpy": (
        "absolute cbrt exp exp2 expm1 log log10 log1p log2 negative reciprocal sqrt square tanh arctanh "
        "arcsinh sinh"
    ),
    "scipy.special._ufuncs": "expit logit",
    "fgp_sklearn.metrics": "kendall_tau_score precision_at_top_score regret_at_k_score spearman_score",
    "sklearn.feature_selection._univariate_selection": "chi2 f_classif f_regression r_regression",
    "sklearn.feature_selection._mutual_info": "mutual_info_classif mutual_info_regression",
    "sklearn.metrics._regression": (
        "explained_variance_score max_error mean_absolute_error mean_squared_error median_absolute_error "
        "r2_score root_mean_squared_error"
    ),
}

_TYPES = {
    "fgp_sklearn.model_selection._isomorphism_group_k_fold": "IsomorphismGroupKFold",
    "fgp_sklearn.model_selection._label_budget_split": "LabelBudgetSplit",
    "sklearn._loss._loss": (
        "CyAbsoluteError CyHalfGammaLoss CyHalfPoissonLoss CyHalfSquaredError CyHalfTweedieLoss "
        "CyHalfTweedieLossIdentity CyHuberLoss CyPinballLoss"
    ),
    "sklearn._loss.link": "IdentityLink Interval LogLink",
    "sklearn._loss.loss": (
        "AbsoluteError HalfGammaLoss HalfPoissonLoss HalfSquaredError HalfTweedieLoss "
        "HalfTweedieLossIdentity HuberLoss PinballLoss"
    ),
    "sklearn.ensemble._hist_gradient_boosting.predictor": "TreePredictor",
    "sklearn.gaussian_process.kernels": (
        "CompoundKernel ConstantKernel DotProduct ExpSineSquared Exponentiation Hyperparameter Matern "
        "PairwiseKernel Product RBF RationalQuadratic Sum WhiteKernel"
    ),
    "sklearn.linear_model._sgd_fast": "EpsilonInsensitive Huber SquaredEpsilonInsensitive",
    "sklearn.metrics._scorer": "_Scorer",
    "sklearn.model_selection._split": (
        "GroupKFold KFold LeaveOneOut PredefinedSplit RepeatedKFold ShuffleSplit TimeSeriesSplit "
        "_CVIterableWrapper"
    ),
    "sklearn.neural_network._stochastic_optimizers": "AdamOptimizer SGDOptimizer",
    "sklearn.tree._tree": "Tree",
}

#: Types and functions that skops may write and read, beside numbers, text and arrays.
LEAVES = frozenset(f"{module}.{name}" for table in (_FUNCTIONS, _TYPES) for name, module in _pairs(table))
