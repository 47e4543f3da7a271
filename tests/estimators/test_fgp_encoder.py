import numpy as np
import pytest
import torch
from scipy.stats import kendalltau
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_union

from fgp_sklearn import (
    ArchitectureBatch,
    ArchitectureSimplifier,
    FGPEncoder,
    FlowSurrogate,
    PathStatistics,
    UnlabeledPool,
    as_batch,
)
from fgp_sklearn.nn import BACKBONES, GIN
from fgp_sklearn.proxies import StructuralProxies
from tests.sklearn_compatibility.spaces import cells, graph_of, labels, tiny_encoder, tiny_regressor

POOL = cells(80)
POOL_OPS = sorted({op for _, ops in POOL for op in ops})
PROXY = labels(POOL)
CHAIN = np.eye(3, k=1, dtype=int)


def weights(module):
    return [weight.numpy().copy() for weight in module.state_dict().values()]


def probe(encoder):
    """Kendall tau on one half of the pool of a linear probe fitted to the other half."""
    embeddings = encoder.transform(POOL)
    linear = LinearRegression().fit(embeddings[::2], PROXY[::2])
    return kendalltau(linear.predict(embeddings[1::2]), PROXY[1::2]).statistic


# ------------------------------------------------------------------ what is learnt


def proxy_encoder(**params):
    return tiny_encoder(surrogate_weight=0, proxy_weight=1, max_epochs=60, lr=0.02, **params)


def test_proxies_alone_teach_their_ranking():
    assert probe(proxy_encoder().fit(POOL, proxies=PROXY)) > 0.8


def test_missing_proxies_are_left_out():
    known = PROXY.copy()
    known[::3] = np.nan
    assert probe(proxy_encoder().fit(POOL, proxies=known)) > 0.8


@pytest.mark.parametrize("change", [np.exp, lambda proxy: proxy * 100 - 5], ids=["exp", "linear"])
def test_only_the_ranking_of_a_proxy_counts(change):
    first = proxy_encoder().set_params(max_epochs=3).fit(POOL, proxies=PROXY)
    second = proxy_encoder().set_params(max_epochs=3).fit(POOL, proxies=change(PROXY))
    np.testing.assert_array_equal(first.transform(POOL), second.transform(POOL))


def test_proxies_may_be_a_function_of_the_pool():
    def count_nodes(batch):
        assert isinstance(batch, ArchitectureBatch)
        return PROXY

    first = tiny_encoder().fit(POOL, proxies=count_nodes).transform(POOL)
    np.testing.assert_array_equal(first, tiny_encoder().fit(POOL, proxies=PROXY).transform(POOL))
    np.testing.assert_array_equal(first, tiny_encoder().fit(POOL, proxies=PROXY[:, None]).transform(POOL))
    assert not np.array_equal(first, tiny_encoder().fit(POOL).transform(POOL))


def test_proxies_may_be_a_transformer_which_is_cloned():
    proxies = StructuralProxies({op: (1.0 + i, 1.0) for i, op in enumerate(POOL_OPS)})
    for pretrain, encoder_of in (
        (tiny_encoder().fit, lambda fitted: fitted),
        (tiny_regressor().fit_pretrain, lambda fitted: fitted.pretrained_encoder_),
    ):
        found, expected = (
            encoder_of(pretrain(POOL, proxies=given)).transform(POOL)
            for given in (proxies, clone(proxies).fit_transform)
        )
        np.testing.assert_array_equal(found, expected)
    assert not hasattr(proxies, "n_features_in_")
    assert not hasattr(proxies, "ops_")


def test_proxies_that_are_all_the_same_are_a_warning():
    constant = np.ones((len(POOL), 2))
    with pytest.warns(UserWarning, match="proxies have no effect, since they are the same for all") as told:
        tiny_encoder().fit(POOL, proxies=constant)
    assert len(told) == 1
    with pytest.warns(UserWarning, match="proxies have no effect") as told:
        tiny_regressor().fit(POOL[:20], PROXY[:20], X_unlabeled=POOL, proxies=constant)
    assert len(told) == 1


@pytest.mark.parametrize("backbone", [*BACKBONES, GIN])
def test_pretraining_lowers_the_loss(backbone):
    history = tiny_encoder(backbone=backbone, max_epochs=80, lr=0.02).fit(POOL).history_
    assert len(history) == 80
    assert history[-1]["train_loss"] < 0.8 * history[0]["train_loss"]


@pytest.mark.parametrize(
    "surrogate",
    [
        FlowSurrogate.from_paper("nasbench201"),
        FlowSurrogate(4, n_draws=2, random_state=3),
        PathStatistics(),
        make_union(FlowSurrogate(3), PathStatistics()),
    ],
    ids=["paper", "flow", "paths", "union"],
)
def test_surrogate_of_the_user(surrogate):
    encoder = tiny_encoder(surrogate=surrogate).fit(POOL)
    assert type(encoder.surrogate_) is type(surrogate)
    assert encoder.surrogate_ is not surrogate
    assert encoder.surrogate_.transform(encoder.input_.read(POOL)).shape[0] == len(POOL)
    assert not np.array_equal(encoder.transform(POOL), tiny_encoder().fit(POOL).transform(POOL))


# ------------------------------------------------------------------ what is seen


def test_null_operations_are_simplified_away_by_default():
    assert any("none" in ops for _, ops in POOL)
    simplified = ArchitectureSimplifier().fit_transform(POOL)
    first, second = tiny_encoder().fit(POOL), tiny_encoder().fit(simplified)
    assert "none" not in first.vocabulary_
    np.testing.assert_array_equal(first.transform(POOL), second.transform(simplified))
    np.testing.assert_array_equal(first.transform(POOL), first.transform(simplified))


def test_null_operations_are_kept_on_demand():
    encoder = tiny_encoder(null_ops=(), identity_ops=()).fit(POOL)
    assert {"none", "skip_connect"} < set(encoder.vocabulary_)


def with_widths(values):
    """Chains that differ in one number at their inner node."""
    graphs = []
    for value in values:
        graph = graph_of(CHAIN, ["input", "conv1", "output"])
        for i, node in enumerate(graph):
            graph.nodes[node]["width"] = value if i == 1 else 0.0
        graphs.append(graph)
    return graphs


def test_attributes_tell_graphs_apart():
    varied = [graph_of(*pair) for pair in POOL[:6]]
    for graph in varied:
        for node in graph:
            graph.nodes[node]["width"] = 1.0
    encoder = tiny_encoder(attributes=["width"]).fit([*with_widths([0.0, 1.0]), *varied])
    a, b, again = encoder.transform(with_widths([0.0, 1.0, 0.0]))
    np.testing.assert_array_equal(a, again)
    assert np.abs(a - b).max() > 1e-3


@pytest.mark.parametrize("names", [[], ["depth", "width"]])
def test_other_attributes_are_an_error(names):
    pool = [*with_widths([0.0, 1.0]), *with_widths([2.0])]
    encoder = tiny_encoder().fit(as_batch(pool, attributes=["width"]), proxies=[1, 2, 3])
    X = ArchitectureBatch.from_arrays(
        CHAIN, [[0, 1, 2]], ["input", "conv1", "output"], attributes={name: np.ones((1, 3)) for name in names}
    )
    found = ", ".join(map(repr, names)) or "none"
    with pytest.raises(
        ValueError, match=f"nodes have the attributes {found}, but the pool had 'width'; give"
    ):
        encoder.transform(X)


def test_equal_architectures_get_equal_embeddings():
    embeddings = tiny_encoder().fit(POOL).transform([POOL[0], POOL[1], POOL[0]])
    np.testing.assert_array_equal(embeddings[0], embeddings[2])
    assert embeddings.dtype == np.float64
    assert embeddings.shape == (3, 8)


def test_repeating_the_pool_teaches_nothing_new():
    first, second = tiny_encoder().fit(POOL), tiny_encoder().fit([*POOL, *POOL])
    np.testing.assert_array_equal(first.transform(POOL), second.transform(POOL))


def test_operation_attribute_of_the_user():
    graphs = [graph_of(*pair) for pair in POOL]
    for graph in graphs:
        for attributes in graph.nodes.values():
            attributes["kind"] = attributes.pop("op")
    expected = tiny_encoder().fit(POOL).transform(POOL)
    for pool in (graphs, UnlabeledPool(graphs, op_attr="kind")):
        np.testing.assert_array_equal(tiny_encoder(op_attr="kind").fit(pool).transform(graphs), expected)


# ------------------------------------------------------------------ chance


def test_random_state_decides_everything():
    first = tiny_encoder(random_state=3, dropout=0.2, batch_size=16).fit(POOL)
    again = tiny_encoder(random_state=3, dropout=0.2, batch_size=16).fit(POOL)
    other = tiny_encoder(random_state=4, dropout=0.2, batch_size=16).fit(POOL)
    np.testing.assert_array_equal(first.transform(POOL), again.transform(POOL))
    assert not np.array_equal(first.transform(POOL), other.transform(POOL))


def test_global_random_states_are_left_alone_and_do_not_matter():
    expected = tiny_encoder(dropout=0.2).fit(POOL).transform(POOL)
    torch.manual_seed(7)
    np.random.seed(7)  # noqa: NPY002
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    np.testing.assert_array_equal(tiny_encoder(dropout=0.2).fit(POOL).transform(POOL), expected)
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_without_epochs_the_weights_are_random_but_the_vocabulary_is_known():
    encoder = tiny_encoder(max_epochs=0).fit(POOL)
    assert encoder.history_ == []
    again = tiny_encoder(max_epochs=0).fit(POOL)
    for weight, same in zip(weights(encoder.backbone_), weights(again.backbone_), strict=True):
        np.testing.assert_array_equal(weight, same)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"hidden_dim": 0}, "'hidden_dim' parameter of FGPEncoder"),
        ({"backbone": "transformer"}, "unknown backbone 'transformer'; known ones are"),
        ({"backbone_params": {"head": 3}}, r"gated_gcn has no parameter 'head'; .*arameters are '"),
        ({"null_ops": "none"}, "'null_ops' parameter of FGPEncoder"),
        ({"batch_size": "some"}, "'batch_size' parameter of FGPEncoder"),
        ({"lr": 0}, "'lr' parameter of FGPEncoder"),
        ({"surrogate": "flow"}, "'surrogate' parameter of FGPEncoder"),
        ({"device": 3.5}, "'device' parameter of FGPEncoder"),
        ({"precision": "float16"}, "'precision' parameter of FGPEncoder"),
        ({"op_attr": []}, "'op_attr' parameter of FGPEncoder"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_parameters_are_named(params, message):
    with pytest.raises(ValueError, match=message):
        FGPEncoder(**params).fit(POOL)


@pytest.mark.parametrize("weights", [{"surrogate_weight": 0}, {"surrogate_weight": 0, "proxy_weight": 0}])
def test_nothing_to_learn_is_an_error(weights):
    pool = cells(20)
    proxies = np.arange(20.0) if "proxy_weight" in weights else None
    with pytest.raises(ValueError, match="nothing to learn: surrogate_weight is 0"):
        FGPEncoder(hidden_dim=8, max_epochs=1, **weights).fit(pool, proxies=proxies)


def test_identities_in_plain_chains_hold_their_place():
    chain = [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    early = (chain, ["in", "conv", "skip", "out"])
    late = (chain, ["in", "skip", "conv", "out"])
    encoder = FGPEncoder(hidden_dim=8, max_epochs=1, random_state=0).fit([early, late])
    first, second = encoder.transform([early, late])
    assert not np.allclose(first, second)
    branched = ([[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]], ["in", "skip", "conv", "out"])
    encoder.fit([early, late, branched])
    first, second = encoder.transform([early, late])
    np.testing.assert_allclose(first, second)
