"""torch's global settings change no number and no file, nor whether anything runs."""

import threading
import warnings
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import nn

from fgp_sklearn import FGPEncoder, FlowGaussianProcessRegressor, FlowSurrogate, load
from fgp_sklearn._torch_settings import usual_settings
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.persistence import onnx_inputs
from fgp_sklearn.preprocessing import PathSums
from fgp_sklearn.proxies import MeasuredProxies, NASBench201Builder
from tests.sklearn_compatibility.spaces import cells, labels, quick_regressor, tiny_encoder, tiny_regressor

PAIRS, POOL = cells(16), cells(24, seed=2)
Y = labels(PAIRS)
CELLS = nasbench201_space()[::5000]


def setting(change, given):
    """A setting of the process, for a block."""

    @contextmanager
    def changed(value):
        before = given()
        change(value)
        try:
            yield
        finally:
            change(before)

    return changed


@contextmanager
def default_device(device):
    torch.set_default_device(device)
    try:
        yield
    finally:
        torch.set_default_device(None)


@contextmanager
def anomalies_detected():
    with warnings.catch_warnings(action="ignore"), torch.autograd.detect_anomaly():
        yield


default_dtype = setting(torch.set_default_dtype, torch.get_default_dtype)
matmul_precision = setting(torch.set_float32_matmul_precision, torch.get_float32_matmul_precision)
deterministic = setting(torch.use_deterministic_algorithms, torch.are_deterministic_algorithms_enabled)

SETTINGS = {
    "float64": lambda: default_dtype(torch.float64),
    "bfloat16": lambda: default_dtype(torch.bfloat16),
    "inference_mode": torch.inference_mode,
    "no_grad": torch.no_grad,
    "default_device": lambda: default_device("meta"),
    "device": lambda: torch.device("meta"),
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "matmul_precision": lambda: matmul_precision("medium"),
    "deterministic": lambda: deterministic(True),
    "anomalies": anomalies_detected,
}


class Own(nn.Module):
    """A backbone of the user's, who heeds no dtype and no device."""

    def __init__(self, spec, *, hidden_dim, n_layers, dropout):
        super().__init__()
        self.rows = nn.Parameter(torch.Tensor(spec.n_ops, hidden_dim))
        nn.init.normal_(self.rows)
        self.mixing = nn.Parameter(torch.rand(hidden_dim, hidden_dim) - 0.5)
        self.linear = nn.Linear(hidden_dim, hidden_dim)

    def forward(self, graphs):
        total = torch.zeros(len(graphs), self.rows.shape[1]).index_add(0, graphs.owner, self.rows[graphs.ops])
        size = (graphs.n_nodes / 7).sqrt()[:, None] * torch.tensor(0.3)
        return self.linear(torch.tanh(total * size) @ self.mixing) + torch.full((1,), 0.1) + torch.arange(1.0)


def regressor():
    model = tiny_regressor(tiny_encoder(dropout=0.1, hidden_dim=16), early_stopping=True)
    model.fit_pretrain(POOL).fit(PAIRS, Y)
    losses = [row["train_loss"] for row in model.history_]
    return np.r_[model.predict(POOL), model.encoder_.transform(POOL).ravel(), losses]


def own_backbone():
    encoder = FGPEncoder(Own, hidden_dim=8, max_epochs=2, random_state=0)
    return tiny_regressor(encoder).fit(PAIRS, Y, POOL).predict(POOL)


def losses_and_targets():
    models = [
        quick_regressor(tiny_encoder(max_epochs=0), loss=loss) for loss in ("logistic", "listmle", "mse")
    ]
    targets, weights = np.c_[Y, Y**2], np.arange(16.0)
    return np.hstack([model.fit(PAIRS, targets, sample_weight=weights).predict(POOL) for model in models])


def process():
    features = [FlowSurrogate(3, aggregation="max", standardize=True, random_state=0)]
    return FlowGaussianProcessRegressor(features=features, random_state=0).fit(PAIRS, Y).predict(POOL)


def flows():
    single = FlowSurrogate(4, precision="float32", aggregation="mean", random_state=0)
    return np.hstack([single.fit_transform(PAIRS), PathSums(5, random_state=0).fit_transform(PAIRS)])


def measured():
    builder, names = NASBench201Builder(n_cells=1, channels=4), ("jacov", "naswot", "snip", "synflow", "zen")
    return MeasuredProxies(builder, proxies=names, random_state=0).fit_transform(CELLS)


PARTS = [regressor, own_backbone, losses_and_targets, process, flows, measured]


@pytest.fixture(scope="module")
def expected():
    return {part: part() for part in PARTS}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
@pytest.mark.parametrize("name", SETTINGS)
def test_no_setting_changes_a_bit(name, part, expected):
    with SETTINGS[name]():
        found = part()
    np.testing.assert_array_equal(found, expected[part])


@pytest.mark.parametrize(
    "backbone", ["gin", "dagnn", "graph_transformer", "flowerformer", "nn_former", "mlp"]
)
@pytest.mark.parametrize("name", ["float64", "inference_mode", "default_device"])
def test_any_backbone(name, backbone):
    def embeddings():
        return tiny_encoder(backbone=backbone, dropout=0.1).fit(POOL).transform(PAIRS)

    with SETTINGS[name]():
        found = embeddings()
    np.testing.assert_array_equal(found, embeddings())


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_change_between_calls_and_files(name, tmp_path):
    def pretrained():
        return tiny_regressor(tiny_encoder()).fit_pretrain(POOL)

    expected = pretrained().fit(PAIRS, Y).predict(POOL)
    with SETTINGS[name]():
        begun = pretrained()
        begun.fit(PAIRS[:8], Y[:8]).save(tmp_path / "begun")
    np.testing.assert_array_equal(begun.fit(PAIRS, Y).predict(POOL), expected)
    np.testing.assert_array_equal(load(tmp_path / "begun").fit(PAIRS, Y).predict(POOL), expected)
    ended = pretrained()
    ended.save(tmp_path / "ended")
    with SETTINGS[name]():
        loaded = load(tmp_path / "ended").to("cpu")
        np.testing.assert_array_equal(ended.fit(PAIRS, Y).predict(POOL), expected)
    np.testing.assert_array_equal(loaded.fit(PAIRS, Y).predict(POOL), expected)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_checkpoint_goes_on_under_other_settings(name, tmp_path):
    def train():
        return tiny_encoder(random_state=1).fit(POOL, checkpoint=tmp_path).transform(PAIRS)

    with SETTINGS[name]():
        found = train()
    np.testing.assert_array_equal(train(), found)


def test_inputs_of_onnx():
    model = tiny_encoder().fit(POOL)
    expected = onnx_inputs(model, PAIRS)
    for name in SETTINGS:
        with SETTINGS[name]():
            found = onnx_inputs(model, PAIRS)
        assert {k: v.dtype for k, v in found.items()} == {k: v.dtype for k, v in expected.items()}


def settings_of_thread():
    return (
        torch.get_default_dtype(),
        torch.is_inference_mode_enabled(),
        torch.is_grad_enabled(),
        torch.get_default_device(),
        torch.is_autocast_enabled("cpu"),
        torch.get_float32_matmul_precision(),
    )


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_are_there_again(name):
    with SETTINGS[name]():
        before = settings_of_thread()
        with usual_settings():
            assert torch.ones(1, requires_grad=True).mul(2).requires_grad
        assert settings_of_thread() == before
        tiny_encoder().fit(POOL)
        assert settings_of_thread() == before


def test_other_threads_keep_the_default_dtype():
    found = []
    with default_dtype(torch.float64), usual_settings():
        thread = threading.Thread(target=lambda: found.append(torch.zeros(1).dtype))
        thread.start()
        thread.join()
        found.append(torch.zeros(1).dtype)
    assert found == [torch.float64, torch.float32]


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_what_is_of_a_dtype_by_name_stays(dtype):
    with default_dtype(dtype), usual_settings():
        ones = torch.ones(2, dtype=torch.float64)
        assert (ones + 1).dtype == torch.tensor(np.ones(2)).dtype == torch.float64
        assert torch.ones(2).double().dtype == torch.arange(2).to(torch.float64).dtype == torch.float64
        assert torch.arange(2).bfloat16().dtype == torch.bfloat16
        assert (torch.arange(2) / 3).equal(torch.arange(2, dtype=torch.float32) / 3)
        assert torch.tensor([0.1, 0.2]).equal(torch.tensor([0.1, 0.2], dtype=torch.float32))
