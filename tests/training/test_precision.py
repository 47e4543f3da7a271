"""bfloat16 beside float32."""

import numpy as np
import pytest
import torch

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn._seeding import initialise
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.datasets import load_nasbench201, nasbench201_space
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.nn import BACKBONES, Head, InputSpec, Predictor, make_backbone
from fgp_sklearn.preprocessing import ArchitectureSimplifier
from fgp_sklearn.training import _apply_in_batches as inference
from fgp_sklearn.training import apply_in_batches
from fgp_sklearn.training._precision import multiplies_in_bfloat16

CELLS = ArchitectureSimplifier(identity_ops=["skip_connect"]).fit_transform(nasbench201_space()[::300])
SPEC = InputSpec(n_ops=len(CELLS.vocabulary), max_nodes=int(CELLS.n_nodes.max()))


def network(backbone="gated_gcn", spec=SPEC):
    """A backbone and a head with fresh weights."""
    return initialise(
        lambda: Predictor(make_backbone(backbone, spec, hidden_dim=32, n_layers=3, dropout=0.0), Head(32, 1)),
        seed=0,
    )


def applied(module, precision, data=CELLS):
    return apply_in_batches(module, data, precision=precision)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_half_the_bytes_give_nearly_the_same(backbone):
    module = network(backbone)
    exact, rough = applied(module, "float32"), applied(module, "bfloat16")
    assert not np.array_equal(exact, rough)
    np.testing.assert_allclose(rough, exact, atol=0.1 * exact.std())
    assert len(np.unique(rough)) > 0.9 * len(np.unique(exact))  # the head has all digits


def test_nodes_with_attributes():
    numbers = np.random.default_rng(0).normal(size=(len(CELLS.ops), 3))
    columns = CELLS.columns() | {"attribute_names": ("x", "y", "z"), "attribute_values": numbers}
    featured = ArchitectureBatch.from_valid_columns(**columns)
    module = network(spec=InputSpec(n_ops=SPEC.n_ops, n_node_features=7))
    exact, rough = (applied(module, precision, featured) for precision in ("float32", "bfloat16"))
    np.testing.assert_allclose(rough, exact, atol=0.1 * exact.std())


def test_means_over_thousands_of_nodes_stay_exact():
    n = 3000  # sums of bfloat16 numbers would stand still at a tenth of it
    lone = ArchitectureBatch(
        ops=np.zeros(n, dtype=int), edges=[[], []], node_ptr=[0, n], edge_ptr=[0, 0], vocabulary=("a",)
    )
    module = network("gin", InputSpec(n_ops=1))
    np.testing.assert_allclose(
        applied(module, "bfloat16", lone), applied(module, "float32", lone), rtol=0.02, atol=1e-3
    )


def test_ranking_of_a_space_stays():
    space, accuracies = load_nasbench201(return_X_y=True)
    pool, y = space[::8], accuracies[::8]
    encoder = FGPEncoder(hidden_dim=32, max_epochs=4, random_state=0)
    regressor = FGPRegressor(encoder, max_epochs=50, effort="fast", random_state=0)
    regressor.fit_pretrain(pool).fit(pool[::20], y[::20])
    functional = regressor.encoder_.input_.functional(pool)
    exact, rough = (applied(regressor.network_, name, functional) for name in ("float32", "bfloat16"))
    taus = [kendall_tau_score(y, scores[:, 0]) for scores in (exact, rough)]
    assert taus[0] > 0.5
    assert abs(taus[0] - taus[1]) < 0.005


@pytest.mark.parametrize(
    ("backbone", "is_faster", "taken"),
    [("gated_gcn", True, "bfloat16"), ("gated_gcn", False, "float32"), ("dagnn", True, "float32")],
)
def test_auto_takes_what_is_faster(monkeypatch, backbone, is_faster, taken):
    monkeypatch.setattr(inference, "multiplies_in_bfloat16", lambda device: is_faster)
    module = network(backbone)
    np.testing.assert_array_equal(applied(module, "auto"), applied(module, taken))


INTEL, AMD = ({"cpu_name": name, "avx512_bf16": True} for name in ("Intel Xeon", "AMD EPYC"))


@pytest.mark.parametrize(
    ("has", "expected"),
    [
        ({**INTEL, "amx_bf16": True}, True),
        ({**INTEL, "amx_bf16": False}, False),
        (AMD, True),
        ({"cpu_name": "AMD EPYC"}, False),
        ({"architecture": "aarch64"}, False),
    ],
)
def test_processors_that_multiply_in_bfloat16(monkeypatch, has, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has, raising=False)
    assert multiplies_in_bfloat16("cpu") is expected


def test_torch_that_cannot_tell(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not multiplies_in_bfloat16("cpu")


def test_accelerators_that_multiply_in_bfloat16(monkeypatch):
    for capability, expected in (((7, 5), False), ((8, 0), True)):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _, found=capability: found)
        assert multiplies_in_bfloat16("cuda:0") is expected
    assert not multiplies_in_bfloat16("meta")


def test_the_encoder_transforms_in_its_precision():
    encoder = FGPEncoder(hidden_dim=16, max_epochs=1, random_state=0).fit(CELLS)
    rough = FGPEncoder(hidden_dim=16, max_epochs=1, precision="bfloat16", random_state=0).fit(CELLS)
    for weight, same in zip(encoder.backbone_.parameters(), rough.backbone_.parameters(), strict=True):
        assert torch.equal(weight, same)  # training is in float32
    expected = apply_in_batches(encoder.backbone_, encoder.input_.functional(CELLS), precision="bfloat16")
    np.testing.assert_array_equal(rough.transform(CELLS), expected)
    assert not np.array_equal(encoder.transform(CELLS), expected)


def test_the_regressor_predicts_in_the_precision_of_its_encoder():
    y = np.arange(len(CELLS), dtype=float)
    exact, rough = (
        FGPRegressor(
            FGPEncoder(hidden_dim=16, precision=precision, random_state=0),
            max_epochs=5,
            batch_size="all",
            lr=1e-3,
            random_state=0,
        )
        .fit(CELLS, y)
        .predict(CELLS)
        for precision in ("float32", "bfloat16")
    )
    assert not np.array_equal(exact, rough)
    np.testing.assert_allclose(rough, exact, atol=0.1 * exact.std())
