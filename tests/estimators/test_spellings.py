"""All spellings of operations give equal predictions, to the bit."""

import pickle
import warnings

import numpy as np
import pytest

from fgp_sklearn import FGPEncoder, FGPRegressor, FlowGaussianProcessRegressor, as_batch, load
from fgp_sklearn.architectures import UnknownOperationError
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.operations import Operation, OperationTable
from fgp_sklearn.preprocessing import ArchitectureSimplifier, FlowSurrogate, PathSums
from fgp_sklearn.proxies import StructuralProxies
from fgp_sklearn.search import select_diverse

SPACE = nasbench201_space()[::25]
TRAIN = np.arange(0, len(SPACE), 20)
Y = np.array([sum(op == "nor_conv_3x3" for op in ops) + 0.1 * len(set(ops)) for _, ops in SPACE.to_pairs()])
SPELLINGS = {
    "NASLib": {
        "none": "Zero",
        "skip_connect": "Identity",
        "nor_conv_1x1": "ReLUConvBN1x1",
        "nor_conv_3x3": "ReLUConvBN3x3",
        "avg_pool_3x3": "AvgPool1x1",
    },
    "camel case": {"none": "Zero", "skip_connect": "SkipConnect"},
    "hyphens": {"none": "None", "skip_connect": "skip-connect", "nor_conv_3x3": "nor-conv-3x3"},
    "upper case": {name: name.upper() for name in SPACE.vocabulary},
}


def spelled(batch, names):
    return batch.renamed([names.get(op, op) for op in batch.vocabulary])


@pytest.fixture(scope="module", params=SPELLINGS)
def other(request):
    return spelled(SPACE, SPELLINGS[request.param])


def process(**params):
    return FlowGaussianProcessRegressor(random_state=0, **params)


def regressor(**params):
    encoder = FGPEncoder(hidden_dim=8, n_layers=2, max_epochs=2, random_state=0, **params)
    return FGPRegressor(encoder, max_epochs=2, random_state=0)


@pytest.mark.parametrize("view", ["accuracy", "cost", "both"])
def test_process(other, view):
    expected = process(view=view).fit(SPACE[TRAIN], Y[TRAIN], SPACE).predict(SPACE)
    fitted = process(view=view).fit(other[TRAIN], Y[TRAIN], other)
    np.testing.assert_array_equal(fitted.predict(other), expected)
    np.testing.assert_array_equal(fitted.predict(SPACE), expected)
    np.testing.assert_array_equal(fitted.predict(as_batch(other.to_pairs())), expected)


def test_regressor(other):
    expected = regressor().fit_pretrain(SPACE).fit(SPACE[TRAIN], Y[TRAIN]).predict(SPACE, return_std=True)
    fitted = regressor().fit_pretrain(other).fit(other[TRAIN], Y[TRAIN])
    for found in (fitted.predict(other, return_std=True), fitted.predict(SPACE, return_std=True)):
        np.testing.assert_array_equal(found, expected)
    supervised = regressor().fit(other[TRAIN], Y[TRAIN]).predict(SPACE)
    np.testing.assert_array_equal(supervised, regressor().fit(SPACE[TRAIN], Y[TRAIN]).predict(SPACE))


@pytest.mark.parametrize("transformer", [FlowSurrogate(8, random_state=0), PathSums(random_state=0)])
def test_flows(other, transformer):
    np.testing.assert_array_equal(transformer.fit_transform(other), transformer.fit_transform(SPACE))


def test_proxies_and_choices(other):
    structural = StructuralProxies()
    np.testing.assert_array_equal(structural.fit_transform(other), structural.fit_transform(SPACE))
    np.testing.assert_array_equal(
        select_diverse(other, 5, random_state=0), select_diverse(SPACE, 5, random_state=0)
    )


def test_features_of_the_user_read_names_as_given():
    costs = {"Zero": 0.0, "Identity": 0.0, "ReLUConvBN1x1": 1.0, "ReLUConvBN3x3": 9.0, "AvgPool1x1": 0.5}
    other = spelled(SPACE, SPELLINGS["NASLib"])
    fitted = process(features=[StructuralProxies(costs)]).fit(other[TRAIN], Y[TRAIN], other)
    assert np.isfinite(fitted.predict(other)).all()


GIVEN = {
    "a": {"role": "null"},
    "b": {"kind": "skip", "role": "identity"},
    "c": {"kind": "conv", "attributes": {"kernel": 1}},
    "d": Operation("d", "conv", attributes={"kernel": 3}),
}
ROLES = GIVEN | {"c": {"kind": "conv"}, "d": Operation("d", "conv")}
LETTERS = {"none": "a", "skip_connect": "b", "nor_conv_1x1": "c", "nor_conv_3x3": "d"}


@pytest.mark.parametrize("operations", [ROLES, OperationTable(ROLES)], ids=["dict", "table"])
def test_operations_of_the_user(operations):
    """They are simplified as the lists say."""
    other = spelled(SPACE, LETTERS)
    for made in (process, regressor):
        by_roles = made(operations=operations).fit(other[TRAIN], Y[TRAIN], other)
        by_names = made(null_ops=["a"], identity_ops=["b"]).fit(other[TRAIN], Y[TRAIN], other)
        np.testing.assert_array_equal(by_roles.predict(other), by_names.predict(other))
    simplifier = ArchitectureSimplifier(identity_ops="auto", operations=operations)
    expected = ArchitectureSimplifier(null_ops=["a"], identity_ops=["b"]).fit_transform(other)
    assert simplifier.fit_transform(other) == expected


@pytest.mark.parametrize("operations", [GIVEN, OperationTable(GIVEN)], ids=["dict", "table"])
def test_a_file_keeps_operations_of_the_user(operations, tmp_path):
    other = spelled(SPACE, LETTERS)
    for made in (process, regressor):
        fitted = made(operations=operations).fit(other[TRAIN], Y[TRAIN], other)
        fitted.save(tmp_path / made.__name__)
        np.testing.assert_array_equal(load(tmp_path / made.__name__).predict(other), fitted.predict(other))


def test_operations_of_the_user_are_read_as_the_attributes_that_they_stand_for():
    other = spelled(SPACE, LETTERS)
    kernels = {"c": ("conv", 1), "d": ("conv", 3), "avg_pool_3x3": ("avg_pool_3x3", 3)}
    nodes = {name: {"op": op, "kernel": kernel} for name, (op, kernel) in kernels.items()}
    plain = [(adjacency, [nodes.get(op, op) for op in ops]) for adjacency, ops in other.to_pairs()]
    plain = as_batch(plain, attributes=["kernel"])
    expected = process(operations=ROLES).fit(plain[TRAIN], Y[TRAIN], plain).predict(plain)
    described = process(operations=GIVEN).fit(other[TRAIN], Y[TRAIN], other)
    np.testing.assert_array_equal(described.predict(other), expected)


@pytest.mark.parametrize("made", [process, FGPEncoder, ArchitectureSimplifier])
def test_malformed_operations_are_named(made):
    with pytest.raises(ValueError, match="role of operation 'conv' must be one of"):
        made(operations={"conv": {"role": "nil"}}).fit(SPACE[TRAIN], Y[TRAIN])


@pytest.mark.parametrize("parameter", ["null_ops", "identity_ops"])
def test_a_name_that_no_architecture_has_is_a_warning(parameter):
    message = f"{parameter} names 'nor_conv_3x4', but .* the nearest name of one is 'nor_conv_3x3'"
    params = {parameter: ["nor_conv_3x4"]}
    for made in (process, FGPEncoder(max_epochs=0).set_params, ArchitectureSimplifier):
        with pytest.warns(UserWarning, match=message) as caught:
            made(**params).fit(SPACE[TRAIN], Y[TRAIN])
        assert len(caught) == 1


def test_the_regressor_warns_once():
    mistyped = regressor(null_ops=["none", "nonne"])
    with pytest.warns(UserWarning, match="null_ops names 'nonne'") as caught:
        mistyped.fit_pretrain(SPACE)
    assert len(caught) == 1
    mistyped.fit(SPACE[TRAIN], Y[TRAIN]).predict(SPACE, return_std=True)  # warnings are errors


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        ({"nor_cnv_3x3": {"kind": "conv"}}, "'nor_cnv_3x3' .the nearest name in the pool is 'nor_conv_3x3'."),
        ({"SKIP_CONNECT": {"kind": "s"}}, "'SKIP_CONNECT' .the nearest name in the pool is 'skip_connect'."),
        (
            {"none": {}, "skip_conect": {}},
            "has: 'skip_conect' .the nearest name in the pool is 'skip_connect'",
        ),
        ({"xyz": {}}, "has: 'xyz'. Correct"),
    ],
)
def test_a_description_that_no_architecture_has_is_a_warning(operations, message):
    for made in (process, FGPEncoder(max_epochs=0).set_params, ArchitectureSimplifier):
        with pytest.warns(UserWarning, match=f"^operations describes .*{message}") as caught:
            made(operations=operations).fit(SPACE[TRAIN], Y[TRAIN])
        assert sum(str(warning.message).startswith("operations describes") for warning in caught) == 1


def test_the_regressor_warns_of_descriptions_once():
    mistyped = regressor(operations={"skip_conect": {"role": "null"}})
    with pytest.warns(UserWarning, match="operations describes") as caught:
        mistyped.fit_pretrain(SPACE)
    assert len(caught) == 1
    mistyped.fit(SPACE[TRAIN], Y[TRAIN]).predict(SPACE, return_std=True)  # warnings are errors


def test_descriptions_for_other_spaces_are_no_typos():
    operations = {"skip_connect": {}, "nor_conv_7x7": {"kind": "conv"}, "maxpool": {}, "skip_connec": {}}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        process(operations=operations).fit(SPACE[TRAIN], Y[TRAIN])


def test_nothing_is_suggested_for_a_name_that_resembles_none():
    with pytest.warns(UserWarning, match="has this operation. Correct the name"):
        process(null_ops=["xyz"]).fit(SPACE[TRAIN], Y[TRAIN])


def test_names_of_other_spaces_are_no_typos():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        process(null_ops=["none", "Zero", "zeroize"], identity_ops=["skip_connect", "skip"]).fit(
            SPACE[TRAIN], Y[TRAIN]
        )


def test_lists_are_read_in_any_spelling(other):
    expected = process().fit(SPACE[TRAIN], Y[TRAIN], SPACE).predict(SPACE)
    for batch in (SPACE, other):
        fitted = process(null_ops=["ZERO"], identity_ops=["SkipConnect"]).fit(batch[TRAIN], Y[TRAIN], batch)
        np.testing.assert_array_equal(fitted.predict(batch), expected)


@pytest.mark.parametrize("attribute", ["depth", "size"])
@pytest.mark.parametrize("uses_network", [False, True])
def test_numbers_in_names_and_attributes_of_any_name_are_both_learnt(attribute, uses_network):
    draws = np.random.default_rng(0).integers(1, 5, size=(80, 2, 4))
    chains = [
        ["input", *({"op": f"conv_d{i}", attribute: j} for i, j in zip(*both, strict=True)), "output"]
        for both in draws.tolist()
    ]
    pool = as_batch([(np.eye(6, k=1, dtype=int), ops) for ops in chains], attributes=[attribute])
    y = (draws.sum(axis=2) @ [1, 2]).astype(float)
    model = process()
    if uses_network:
        encoder = FGPEncoder(hidden_dim=8, n_layers=2, max_epochs=1)
        model = FGPRegressor(encoder, max_epochs=1, random_state=0).fit_pretrain(pool)
    predicted = model.fit(pool[:40], y[:40]).predict(pool[40:])
    assert np.corrcoef(predicted, y[40:])[0, 1] > 0.95


@pytest.mark.parametrize("uses_network", [False, True])
def test_operations_that_the_user_described_are_predicted_unseen(uses_network):
    widths = {"blk_small": 16, "blk_large": 64, "blk_x": 112}
    operations = {name: {"kind": "blk", "attributes": {"width": width}} for name, width in widths.items()}
    draws = np.random.default_rng(0).choice(["blk_small", "blk_large"], size=(40, 5))
    chain = np.eye(7, k=1, dtype=int)
    pool = [(chain, ["input", *ops, "output"]) for ops in draws.tolist()]
    y = np.array([sum(map(widths.get, ops)) for ops in draws.tolist()], dtype=float)
    model = process(operations=operations)
    if uses_network:
        encoder = FGPEncoder(hidden_dim=8, n_layers=2, max_epochs=1, operations=operations)
        model = FGPRegressor(encoder, max_epochs=1, random_state=0).fit_pretrain(pool)
    unseen = [(chain, ["input", *(["blk_small"] * (5 - n)), *(["blk_x"] * n), "output"]) for n in range(6)]
    assert (np.diff(model.fit(pool, y).predict(unseen)) > 0).all()


@pytest.mark.parametrize("chains", [False, True])
@pytest.mark.parametrize("made", [process, regressor])
def test_errors_name_an_unknown_operation_as_the_user_wrote_it(made, chains):
    adjacency = np.eye(5, k=1, dtype=int)
    if not chains:
        adjacency[0, 2] = adjacency[1, 3] = 1
    draws = np.random.default_rng(0).choice(["ReLUConvBN1x1", "ReLUConvBN3x3", "Zero"], size=(30, 3)).tolist()
    pool = [(adjacency, ["input", *ops, "output"]) for ops in draws]
    fitted = made().fit(pool, np.arange(30.0))
    known = [(adjacency, ["input", *["ReLUConvBN1x1"] * 3, "output"])]
    for name, text in [
        ("GATConv", "unknown operation 'GATConv', read as 'gat'; known ones are .*[^n]$"),
        ("my_op", "unknown operation 'my_op'; known ones are .*'unknown'.$"),
        (
            "NorConv5x5",
            "unknown operation 'NorConv5x5', read as 'nor_conv_5x5'; .* describe them in operations=",
        ),
    ]:
        unknown = [(adjacency, ["input", *["ReLUConvBN1x1"] * 2, name, "output"])]
        with pytest.raises(UnknownOperationError, match=f"^architecture 31: {text}") as caught:
            fitted.predict([*pool, *known, *unknown, *known])
        assert (caught.value.index, caught.value.op) == (31, name)
        copy = pickle.loads(pickle.dumps(caught.value))
        assert (str(copy), copy.index, copy.op) == (str(caught.value), 31, name)
