import json

import numpy as np
import pytest
import torch

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.nn import BACKBONES
from fgp_sklearn.persistence import PersistenceError, _onnx, onnx_inputs, to_onnx
from tests.sklearn_compatibility.spaces import cells, labels, tiny_encoder, tiny_regressor

POOL, TEST = cells(40), cells(30, seed=3)


def session_of(estimator, path):
    runtime = pytest.importorskip("onnxruntime")
    to_onnx(estimator, path)
    return runtime.InferenceSession(path)


def network_scores(regressor, X):
    inputs = map(torch.from_numpy, onnx_inputs(regressor, X).values())
    with torch.inference_mode():
        return regressor.network_(_onnx.GraphTensors(*inputs)).numpy()


#: Backbones that are exported, and the parameters with which this test exports them.
EXPORTED = {"gated_gcn": {"directed": True, "ends": True}, "gin": {"directed": False, "ends": False}}


def test_every_backbone_is_exported_or_has_a_reason():
    refused = {name for name, cls in BACKBONES.items() if issubclass(cls, tuple(_onnx._NOT_EXPORTED))}
    assert BACKBONES.keys() - refused == EXPORTED.keys()
    assert {name for name in BACKBONES if f'"{name}"' in (to_onnx.__doc__ or "")} == EXPORTED.keys()


@pytest.fixture(scope="module", params=EXPORTED.items(), ids=EXPORTED)
def exported(request, tmp_path_factory):
    """A regressor and its network in onnxruntime."""
    backbone, params = request.param
    encoder = tiny_encoder(backbone=backbone, backbone_params=params)
    regressor = tiny_regressor(encoder).fit(POOL, labels(POOL))
    return regressor, session_of(regressor, tmp_path_factory.mktemp("onnx") / "network.onnx")


LONELY = [([[0]], ["conv1"]), ([[0]], ["conv3"])]


@pytest.mark.parametrize("X", [TEST, TEST[:1], TEST[:2], POOL + TEST, LONELY, LONELY + TEST])
def test_scores_and_embeddings_are_those_of_the_network(exported, X):
    regressor, session = exported
    embeddings, scores = session.run(None, onnx_inputs(regressor, X))
    np.testing.assert_allclose(embeddings, regressor.encoder_.transform(X), atol=1e-5)
    np.testing.assert_allclose(scores, network_scores(regressor, X), atol=1e-5)
    centre, spread = regressor._network_scale  # supervised, so that the network answers alone
    np.testing.assert_allclose((scores[:, 0] - centre) / spread, regressor.decision_function(X), atol=1e-4)


def test_encoder_with_attributes_and_parallel_edges(tmp_path):
    generator = np.random.default_rng(0)

    def batch(n):
        return ArchitectureBatch(
            ops=np.tile([0, 1, 2], n),
            edges=np.tile([[0, 1], [1, 2]], n),
            node_ptr=np.arange(n + 1) * 3,
            edge_ptr=np.arange(n + 1) * 2,
            vocabulary=["in", "conv", "out"],
            multiplicity=generator.integers(1, 4, size=2 * n),
            attributes={
                "width": 64 + generator.normal(size=3 * n),
                "kernel": np.tile([np.nan, 3, np.nan], n),
            },
        )

    encoder = tiny_encoder().fit(batch(20))
    session = session_of(encoder, tmp_path / "network.onnx")
    X = batch(7)
    (embeddings,) = session.run(None, onnx_inputs(encoder, X))
    np.testing.assert_allclose(embeddings, encoder.transform(X), atol=1e-5)
    features = onnx_inputs(encoder, X)["node_features"]
    assert [i.shape[1] for i in session.get_inputs() if i.name == "node_features"] == [5]
    pool = encoder.input_.scale
    widths = (X.attributes["width"] - pool.centre[1]) / pool.spread[1]
    expected = [np.zeros(21), widths, np.tile([1, 0, 1], 7), np.zeros(21), np.tile([0, 0.5, 1], 7)]
    np.testing.assert_allclose(features, np.transpose(expected), atol=1e-6)


def test_signature_and_metadata_are_as_documented(exported):
    regressor, session = exported
    inputs = {i.name: (i.type, len(i.shape)) for i in session.get_inputs()}
    assert inputs == {
        "ops": ("tensor(int64)", 1),
        "edge_index": ("tensor(int64)", 2),
        "owner": ("tensor(int64)", 1),
        "n_nodes": ("tensor(int64)", 1),
        "is_source": ("tensor(bool)", 1),
        "is_sink": ("tensor(bool)", 1),
        "multiplicity": ("tensor(float)", 2),
    }
    assert [o.name for o in session.get_outputs()] == ["embeddings", "scores"]
    metadata = session.get_modelmeta().custom_metadata_map
    assert tuple(json.loads(metadata["vocabulary"])) == regressor.encoder_.vocabulary_
    assert json.loads(metadata["null_ops"]) == ["none"]
    assert "skip_connect" in json.loads(metadata["identity_ops"])


@pytest.mark.parametrize("backbone", sorted(BACKBONES.keys() - EXPORTED.keys()))
def test_other_backbones_are_refused(tmp_path, backbone):
    pytest.importorskip("onnxscript")
    cure = f"cannot export backbone '{backbone}', which .*; use {' or '.join(map(repr, EXPORTED))}"
    with pytest.raises(PersistenceError, match=cure):
        to_onnx(tiny_encoder(backbone=backbone).fit(POOL), tmp_path / "network.onnx")


def test_without_onnx_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(_onnx, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"fgp-sklearn\[onnx\]"):
        to_onnx(tiny_encoder().fit(POOL), tmp_path / "network.onnx")


@pytest.mark.parametrize("write", [to_onnx, onnx_inputs])
def test_other_estimators_are_refused(tmp_path, monkeypatch, write):
    monkeypatch.setattr(_onnx, "find_spec", lambda _: True)
    process = FlowGaussianProcessRegressor(random_state=0).fit(cells(10), labels(cells(10)))
    with pytest.raises(TypeError, match=r"FGPEncoder and FGPRegressor .* is FlowGaussianProcessRegressor"):
        write(process, tmp_path / "network.onnx")
