import hashlib
import inspect
import json
import pickle
import pkgutil
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import safetensors
import safetensors.numpy
import torch
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline, make_union
from torch import nn

import fgp_sklearn
from fgp_sklearn import (
    AdjacencyEncoding,
    FGPEncoder,
    FGPRegressor,
    FlowGaussianProcessRegressor,
    FlowSurrogate,
    GraphTensorizer,
    PathStatistics,
    _archive,
)
from fgp_sklearn._storage import FORMAT, read_archive, write_archive
from fgp_sklearn._storage._declared_kinds import conforms
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.nn import BACKBONES
from fgp_sklearn.persistence import PersistenceError, _load, load, save
from fgp_sklearn.proxies import MeasuredProxies, StructuralProxies
from tests.sklearn_compatibility.spaces import (
    OPS,
    assert_same,
    cells,
    every_estimator,
    labels,
    output,
    small,
    tiny_encoder,
    tiny_regressor,
)
from tests.stored.store import with_widths

resource = pytest.importorskip("resource")

POOL, TEST = cells(40), cells(30, seed=3)
Y = labels(POOL)
OTHER_BACKBONES = sorted(BACKBONES.keys() - {"gated_gcn", "gin"})
STORED = Path(__file__).parent / "stored"


def reloaded(estimator, folder):
    save(estimator, folder)
    return load(folder)


def params_of(estimator):
    """All parameters, nested estimators by their class."""
    params = estimator.get_params(deep=True)
    return {k: type(v) if isinstance(v, BaseEstimator) else v for k, v in params.items()}


# --------------------------------------------------------------------------- round trips


#: What a file of data cannot hold.
NOT_SAVED = {MeasuredProxies: "its builder is code"}

each_saved = pytest.mark.parametrize("estimator", every_estimator(NOT_SAVED), ids=lambda e: type(e).__name__)


@each_saved
def test_every_estimator_answers_the_same_bits(tmp_path, estimator):
    fitted = clone(estimator).fit(POOL, Y)
    loaded = reloaded(fitted, tmp_path)
    assert type(loaded) is type(fitted)
    assert params_of(loaded) == params_of(fitted)
    assert_same(output(loaded, TEST), output(fitted, TEST))


@each_saved
def test_unfitted_estimators_can_be_saved(tmp_path, estimator):
    loaded = reloaded(estimator, tmp_path)
    assert params_of(loaded) == params_of(estimator)
    assert_same(output(loaded.fit(POOL, Y), TEST), output(clone(estimator).fit(POOL, Y), TEST))


@each_saved
def test_parameters_may_be_numbers_of_numpy(tmp_path, estimator):
    """As those of a grid are."""
    numbers = {
        name: np.asarray(value)[()]
        for name, value in estimator.get_params(deep=True).items()
        if type(value) in (int, float)
    }
    given = clone(estimator).set_params(**numbers).fit(POOL, Y)
    expected = output(clone(estimator).fit(POOL, Y), TEST)
    assert_same(output(given, TEST), expected)
    assert_same(output(reloaded(given, tmp_path), TEST), expected)


@pytest.mark.parametrize("cls", NOT_SAVED, ids=lambda cls: cls.__name__)
def test_what_cannot_be_saved_says_so(tmp_path, cls):
    with pytest.raises(PersistenceError, match=cls.__name__):
        save(small(cls), tmp_path / "refused")
    assert not (tmp_path / "refused").exists()


@pytest.mark.parametrize(
    "estimator",
    [
        tiny_regressor(),
        tiny_regressor(early_stopping=True, batch_size=8),
        tiny_regressor(tiny_encoder(surrogate=FlowSurrogate(4), dropout=0.2)),
        tiny_regressor(tiny_encoder(backbone="gin", backbone_params={"directed": False, "ends": False})),
        *(tiny_regressor(tiny_encoder(backbone=name, max_epochs=1)) for name in OTHER_BACKBONES),
        FlowGaussianProcessRegressor(view="both", random_state=0),
        FlowGaussianProcessRegressor(features=[PathStatistics()], max_inducing=10, random_state=0),
    ],
    ids=["default", "early-stopping", "surrogate", "gin", *OTHER_BACKBONES, "process", "inducing"],
)
def test_predictions_and_their_spread_to_the_bit(tmp_path, estimator):
    fitted = clone(estimator)
    if isinstance(fitted, FGPRegressor):
        fitted.fit_pretrain(TEST)
    fitted.fit(POOL, Y)
    loaded = reloaded(fitted, tmp_path)
    for found, expected in zip(
        loaded.predict(TEST, return_std=True), fitted.predict(TEST, return_std=True), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(loaded.decision_function(TEST), fitted.decision_function(TEST))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(TEST), fitted.predict(TEST))
    if isinstance(fitted, FGPRegressor):
        np.testing.assert_array_equal(loaded.encoder_.transform(TEST), fitted.encoder_.transform(TEST))
        assert loaded.history_ == fitted.history_
        assert type(loaded.history_) is type(fitted.history_)


def test_clones_of_the_loaded_keep_the_pretraining(tmp_path):
    fitted = tiny_regressor().fit_pretrain(TEST)
    loaded = reloaded(fitted, tmp_path)
    expected = clone(fitted).fit(POOL, Y).predict(TEST)
    np.testing.assert_array_equal(clone(loaded).fit(POOL, Y).predict(TEST), expected)
    assert loaded.pretrained_encoder_.history_ == fitted.pretrained_encoder_.history_
    with pytest.raises(ValueError, match="changed after fit_pretrain"):
        loaded.set_params(encoder__hidden_dim=4).fit(POOL, Y)


def test_a_loaded_encoder_can_be_frozen_into_a_regressor(tmp_path):
    encoder = tiny_encoder().fit(TEST)
    expected = tiny_regressor(FrozenEstimator(encoder)).fit(POOL, Y)
    frozen = tiny_regressor(FrozenEstimator(reloaded(encoder, tmp_path / "encoder"))).fit(POOL, Y)
    loaded = reloaded(frozen, tmp_path / "regressor")
    np.testing.assert_array_equal(loaded.predict(TEST), expected.predict(TEST))
    np.testing.assert_array_equal(clone(loaded).fit(POOL, Y).predict(TEST), expected.predict(TEST))


def test_what_was_shared_stays_shared(tmp_path):
    loaded = reloaded(tiny_regressor().fit_pretrain(TEST).fit(POOL, Y), tmp_path)
    assert loaded._untuned is loaded.pretrained_encoder_
    assert loaded.network_.backbone is loaded.encoder_.backbone_
    assert loaded.encoder_.backbone_ is not loaded.pretrained_encoder_.backbone_


def test_pipelines_and_unions(tmp_path):
    pipeline = make_pipeline(GraphTensorizer(), tiny_regressor()).fit(POOL, Y)
    np.testing.assert_array_equal(reloaded(pipeline, tmp_path / "p").predict(TEST), pipeline.predict(TEST))
    union = make_union(FlowSurrogate(4, random_state=0), PathStatistics(), AdjacencyEncoding()).fit(POOL)
    loaded = reloaded(union, tmp_path / "u")
    np.testing.assert_array_equal(loaded.transform(TEST), union.transform(TEST))
    assert list(loaded.get_feature_names_out()) == list(union.get_feature_names_out())


def test_proxies_of_own_costs(tmp_path):
    costs = {op: {"size": float(i), "time": 1.0} for i, op in enumerate(["input", *OPS, "output"])}
    proxies = StructuralProxies(op_costs=costs).fit(POOL)
    loaded = reloaded(proxies, tmp_path)
    np.testing.assert_array_equal(loaded.transform(TEST), proxies.transform(TEST))
    assert list(loaded.get_feature_names_out()) == list(proxies.get_feature_names_out())


def test_attributes_and_parallel_edges(tmp_path):
    generator = np.random.default_rng(0)
    n = 12
    pool = ArchitectureBatch(
        ops=np.tile([0, 1, 2], n),
        edges=np.tile([[0, 1], [1, 2]], n),
        node_ptr=np.arange(n + 1) * 3,
        edge_ptr=np.arange(n + 1) * 2,
        vocabulary=["in", "größe \ud800", 'a"|<b>\\'],
        multiplicity=generator.integers(1, 4, size=2 * n),
        attributes={"width": generator.normal(size=3 * n), "größe": np.tile([np.nan, 3, np.nan], n)},
        names=[f"name {i} ü" for i in range(n)],
    )
    fitted = tiny_regressor().fit_pretrain(pool).fit(pool, np.arange(n))
    loaded = reloaded(fitted, tmp_path)
    np.testing.assert_array_equal(loaded.predict(pool), fitted.predict(pool))
    assert loaded._labelled[0] == pool
    np.testing.assert_array_equal(loaded._labelled[0].attribute_values, pool.attribute_values)
    assert loaded._labelled[0].names.tolist() == pool.names.tolist()


@pytest.mark.parametrize(
    "params",
    [
        {"null_ops": {"none", 3}, "identity_ops": frozenset({"skip_connect"}), "op_attr": ("a", 1)},
        {"random_state": np.random.RandomState(5), "lr": np.float64(0.1), "batch_size": "all"},
        {"max_epochs": np.int32(3), "backbone_params": {"directed": True}, "verbose": 0},
    ],
    ids=["sets", "numpy", "others"],
)
def test_parameters_keep_values_and_types(tmp_path, params):
    estimator = FGPEncoder(**params)
    loaded = reloaded(estimator, tmp_path)
    for name, value in params.items():
        found = getattr(loaded, name)
        assert type(found) is type(value)
        if name == "random_state":
            np.testing.assert_array_equal(found.randint(100, size=700), value.randint(100, size=700))
        else:
            assert found == value


def test_output_configuration_and_metadata_requests_are_kept(tmp_path):
    encoder = tiny_encoder().fit(POOL).set_output(transform="pandas")
    assert reloaded(encoder, tmp_path / "e").transform(TEST).equals(encoder.transform(TEST))
    with config_context(enable_metadata_routing=True):
        regressor = tiny_regressor().set_fit_request(X_unlabeled=True, proxies="costs")
        found = reloaded(regressor, tmp_path / "r").get_metadata_routing().fit.requests
        assert found == regressor.get_metadata_routing().fit.requests
        assert found["X_unlabeled"] is True
        assert found["proxies"] == "costs"


def test_callbacks_of_a_fit_are_not_part_of_what_is_saved(tmp_path):
    callback = pytest.importorskip("sklearn.callback").ScoringMonitor(scoring="r2")
    regressor = tiny_regressor().set_callbacks(callback).fit(POOL, Y)
    loaded = reloaded(regressor, tmp_path)
    np.testing.assert_array_equal(loaded.predict(TEST), regressor.predict(TEST))
    assert not hasattr(loaded, "_skl_callbacks")


def test_training_that_diverged_can_be_saved(tmp_path):
    encoder = tiny_encoder().fit(POOL)
    encoder.history_[-1]["train_loss"] = float("nan")
    encoder.history_[0]["train_loss"] = float("-inf")
    loaded = reloaded(encoder, tmp_path)
    assert np.isnan(loaded.history_[-1]["train_loss"])
    assert loaded.history_[0]["train_loss"] == float("-inf")


def test_device_can_be_chosen_anew(tmp_path):
    elsewhere = tiny_encoder(device="meta")
    fitted = tiny_regressor(tiny_encoder()).fit_pretrain(TEST).fit(POOL, Y)
    expected = fitted.predict(TEST)
    fitted.encoder, fitted.encoder_.device, fitted.pretrained_encoder_.device = elsewhere, "meta", "meta"
    fitted._pretrained_params["device"] = "meta"
    save(fitted, tmp_path)
    loaded = load(tmp_path, device="cpu")
    np.testing.assert_array_equal(loaded.predict(TEST), expected)
    loaded.fit(POOL, Y)  # nothing seems changed
    assert load(tmp_path).encoder.device == "meta"


def test_device_can_be_chosen_anew_beside_types_that_skops_writes(tmp_path):
    pytest.importorskip("skops")
    pipeline = make_pipeline(tiny_encoder(), RandomForestRegressor(2, random_state=0)).fit(POOL, Y)
    expected = pipeline.predict(TEST)
    pipeline[0].device = "meta"
    save(pipeline, tmp_path)
    np.testing.assert_array_equal(load(tmp_path, device="cpu").predict(TEST), expected)


def test_the_random_state_of_the_process_is_left_alone(tmp_path):
    save(tiny_encoder().fit(POOL), tmp_path)
    state = torch.get_rng_state()
    load(tmp_path)
    assert torch.equal(torch.get_rng_state(), state)


def test_equal_estimators_make_equal_files(tmp_path):
    for name in ("a", "b"):
        encoder = tiny_encoder().fit(POOL)
        encoder.history_.clear()  # it has seconds
        encoder.save(tmp_path / name)
    first, second = ((tmp_path / name / "model.safetensors").read_bytes() for name in "ab")
    assert first == second


# ------------------------------------------------------------------------------- the file


def test_any_reader_of_safetensors_shows_the_weights(tmp_path):
    regressor = tiny_regressor().fit_pretrain(TEST).fit(POOL, Y)
    regressor.save(tmp_path)
    file = tmp_path / "model.safetensors"
    weights = safetensors.numpy.load_file(file)
    np.testing.assert_array_equal(
        weights["encoder_.backbone_.readout.projection.weight"],
        regressor.encoder_.backbone_.readout.projection.weight.detach().numpy(),
    )
    with safetensors.safe_open(file, "numpy") as opened:
        document = json.loads(opened.metadata()["fgp_sklearn"])
    assert document["format"] == 2
    assert set(document["versions"]) >= {"fgp-sklearn", "torch", "scikit-learn", "numpy"}
    raw = file.read_bytes()
    zeroed = raw.replace(document["checksum"].encode(), b"0" * 64)
    assert hashlib.sha256(zeroed).hexdigest() == document["checksum"]
    encoders = [node for node in document["objects"] if node["class"] == "FGPEncoder"]
    vocabulary = [
        node["state"]["vocabulary_"]["tuple"] for node in encoders if "vocabulary_" in node["state"]
    ]
    assert list(regressor.encoder_.vocabulary_) in vocabulary


def test_folder_and_file_load_alike(tmp_path):
    tiny_encoder(hidden_dim=5).save(tmp_path / "new" / "folder")
    for path in (tmp_path / "new" / "folder", str(tmp_path / "new" / "folder" / "model.safetensors")):
        assert load(path).hidden_dim == 5


def test_model_card_tells_what_was_learnt(tmp_path):
    regressor = tiny_regressor(early_stopping=True).fit_pretrain(TEST).fit(POOL, Y)
    regressor.save(tmp_path)
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    seconds = sum(row["time"] for row in regressor.history_)
    for text in (
        "# FGPRegressor",
        "- Labels learnt from: 40",
        "- Pre-trained for 2 epochs",
        f"- Trained for 3 epochs in {seconds:.1f} s",
        "- Best validation tau: ",
        "<code>conv3x3</code>",  # the canonical name of "conv3"
        "## encoder: FGPEncoder",
        "| hidden_dim | <code>8</code> |",
        f"| torch | <code>{torch.__version__}</code> |",
    ):
        assert text in card


def test_model_card_takes_names_for_text(tmp_path):
    encoder = tiny_encoder(op_attr="<script>|\n`x`")
    encoder.save(tmp_path)
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "| op_attr | <code>&lt;script&gt;&#124; &#96;x&#96;</code> |" in card


def test_saving_again_replaces(tmp_path):
    tiny_encoder(hidden_dim=5).save(tmp_path)
    tiny_encoder(hidden_dim=6).save(tmp_path)
    assert load(tmp_path).hidden_dim == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "model.safetensors"]


def test_a_full_disk_leaves_what_was_there(tmp_path):
    tiny_encoder(hidden_dim=5).save(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, limits[1]))
    try:
        with pytest.raises(OSError, match="large"):
            tiny_encoder(hidden_dim=6).save(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert load(tmp_path).hidden_dim == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "model.safetensors"]


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(PersistenceError, match="holds other things"):
        tiny_encoder().save(tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"


def test_missing_files_are_missing_files(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"nowhere is not a saved estimator .*; fgp_sklearn\.save wri"
    ):
        load(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"not a saved estimator \(it has no model\.safetensors\)"):
        load(tmp_path)


# -------------------------------------------------------------------- what cannot be saved


class Own(FGPEncoder):
    pass


class OwnTransformer(TransformerMixin, BaseEstimator):
    pass


def own_backbone(spec, *, hidden_dim, n_layers, dropout):
    return nn.Identity()


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (FGPEncoder(own_backbone), "backbone is code of your own.*save its weights"),
        (FGPRegressor(FGPEncoder(own_backbone)), "backbone is code of your own"),
        (
            FGPEncoder(surrogate=OwnTransformer()),
            "surrogate is a OwnTransformer, which a file of data cannot",
        ),
        (FGPEncoder(op_attr=print), "op_attr is a builtin_function_or_method"),
        (FGPEncoder(op_attr=object), "op_attr is the class object"),
        (FGPEncoder(backbone_params={"a": np.zeros(1, dtype="i4,f4")}), r"backbone_params\.a is an array of"),
        (make_pipeline(PathStatistics(), OwnTransformer()), r"steps\[1\]\[1\] is a OwnTransformer"),
        (make_pipeline(PathStatistics(), memory="cache"), "memory of Pipeline"),
        (FGPRegressor(effort="high"), "it cannot be saved: The 'effort' parameter of FGPRegressor must be"),
        (make_pipeline(FGPEncoder(max_epochs=-1)), r"steps\[0\]\[1\] cannot be saved: The 'max_epochs'"),
        (Own(), "it is a Own"),
        (OwnTransformer(), "it is a OwnTransformer"),
        (5, "save takes an estimator, not a int"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_what_a_file_cannot_hold_is_named(tmp_path, estimator, message):
    with pytest.raises(PersistenceError, match=message):
        save(estimator, tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_attributes_that_nobody_declared_are_named(tmp_path):
    encoder = tiny_encoder().fit(POOL)
    encoder.note = 5
    with pytest.raises(PersistenceError, match="FGPEncoder has an attribute 'note'"):
        encoder.save(tmp_path)


def test_what_holds_itself_is_named(tmp_path):
    encoder = tiny_encoder()
    encoder.surrogate = FrozenEstimator(encoder)
    with pytest.raises(PersistenceError, match="holds itself"):
        encoder.save(tmp_path)


def test_every_class_that_declares_what_it_stores_can_be_loaded():
    for info in pkgutil.walk_packages(fgp_sklearn.__path__, "fgp_sklearn."):
        for _, cls in inspect.getmembers(import_module(info.name), inspect.isclass):
            if isinstance(vars(cls).get("_stored_attributes"), dict):
                assert _load._CLASSES[cls.__name__] is cls


# ----------------------------------------------------------------------------- other formats


@pytest.mark.parametrize("name", sorted(path.stem for path in STORED.glob("format*.json")))
def test_every_format_loads_for_ever(name):
    regressor = load(STORED / name)
    expected = json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))
    of = with_widths if name.endswith("-attributes") else list
    predictions, std = regressor.predict(of(TEST), return_std=True)
    np.testing.assert_allclose(predictions, expected["predictions"], rtol=1e-4)
    np.testing.assert_allclose(std, expected["std"], rtol=1e-3)
    regressor.fit(of(POOL), Y)
    assert regressor.score(of(POOL), Y) > 0


def test_every_format_is_stored():
    assert {f"format{n}" for n in range(1, FORMAT + 1)} <= {path.stem for path in STORED.glob("*.json")}


def test_a_later_reader_migrates_step_by_step(monkeypatch):
    def rename(document):
        for node in document["objects"]:
            if node["class"] == "FGPEncoder":
                node["params"]["hidden_dim"] = node["params"].pop("hidden_dim")
        assert document["format"] == 2
        return {**document, "format": 3}

    def drop(document):
        assert document["format"] == 3
        return {**document, "format": 4}

    monkeypatch.setattr(_load, "FORMAT", 4)
    monkeypatch.setattr(_load, "_MIGRATIONS", {**_load._MIGRATIONS, 2: rename, 3: drop})
    assert load(STORED / "format1").predict(TEST).shape == (30,)


def test_an_estimator_with_nameless_features_is_to_be_fitted_again(tmp_path):
    document, arrays = read_archive(STORED / "format1" / "model.safetensors")
    document["objects"][0]["params"]["feature_attr"] = "width"
    write_archive(tmp_path / "model.safetensors", document, arrays)
    with pytest.raises(PersistenceError, match="feature_attr; fit it again, with attributes="):
        load(tmp_path)


def test_there_is_a_migration_from_every_older_format():
    assert set(_load._MIGRATIONS) == set(range(1, _load.FORMAT))


# --------------------------------------------------------------------------- corrupted files


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A small file with everything in it."""
    folder = tmp_path_factory.mktemp("sound")
    tiny_regressor(tiny_encoder(hidden_dim=4, random_state=np.random.RandomState(0))).fit_pretrain(TEST).fit(
        POOL, Y
    ).save(folder)
    return folder / "model.safetensors"


def flipped(raw, generator):
    """One bit of the header, or of the arrays."""
    size = 8 + int.from_bytes(raw[:8], "little")
    where = generator.integers(size) if generator.random() < 0.6 else generator.integers(size, len(raw))
    changed = bytearray(raw)
    changed[where] ^= 1 << generator.integers(8)
    return bytes(changed)


def cut(raw, generator):
    """Truncated, lengthened, with a hole, or of another kind."""
    where = int(generator.integers(len(raw)))
    return [
        raw[:where],
        raw[: int(generator.integers(20))],
        raw + bytes(1 + where % 50),
        raw[:where] + bytes(min(64, len(raw) - where)) + raw[where + 64 :] + b"\0" * (where % 2),
        raw[:where] + raw[where + 1 :],
        raw[where:],
    ][generator.integers(6)]


def node_of(document, name, last=True):
    return [node for node in document["objects"] if node["class"] == name][-1 if last else 0]


def fitted_encoder(document):
    return next(n for n in document["objects"] if n["class"] == "FGPEncoder" and "spec_" in n["state"])


def set_class(name):
    return lambda document, arrays: document["objects"][-1].update({"class": name})


def set_param(cls, name, value):
    return lambda document, arrays: node_of(document, cls)["params"].update({name: value})


def set_state(cls, name, value):
    def change(document, arrays):
        node = fitted_encoder(document) if cls == "FGPEncoder" else node_of(document, cls)
        node["state"][name] = value

    return change


def set_top(name, value):
    return lambda document, arrays: document.update({name: value})


def set_array(cls, name, array):
    """Replace an array that an attribute refers to."""

    def change(document, arrays):
        (reference,) = node_of(document, cls)["state"][name].values()
        arrays[reference] = array

    return change


def rename_array(name):
    def change(document, arrays):
        """Also where it is referred to, so that only the name is wrong."""
        old = next(iter(arrays))
        arrays[name] = arrays.pop(old)
        text = json.dumps(document["objects"]).replace(json.dumps(old), json.dumps(name))
        document["objects"] = json.loads(text)

    return change


def extra_array(document, arrays):
    arrays["extra"] = np.zeros(3)


def twice_the_same_array(document, arrays):
    node = node_of(document, "MonotoneCalibration")["state"]
    node["values_"] = node["scores_"]


def missing_array(document, arrays):
    arrays.pop(next(iter(arrays)))


def missing(cls, part):
    return lambda document, arrays: node_of(document, cls).pop(part)


def without_state(cls, name):
    def change(document, arrays):
        node = fitted_encoder(document) if cls == "FGPEncoder" else node_of(document, cls)
        node["state"].pop(name)

    return change


WRONG_TYPES = [
    *(set_param("FGPEncoder", "hidden_dim", v) for v in ("4", 4.5, None, -4, [4], {"tuple": [4]}, True, 5)),
    *(set_param("FGPEncoder", "backbone", v) for v in (5, None, "transformer", ["gin"], "gin")),
    *(set_param("FGPRegressor", "loss", v) for v in ("huber", 1, None)),
    *(set_param("FGPRegressor", "encoder", v) for v in ("FGPEncoder", 5, {"object": 99})),
    set_param("FGPRegressor", "unknown", 1),
    set_param("FeatureUnion", "transformer_list", 5),
    set_param("FeatureUnion", "transformer_list", [5]),
    set_param("FeatureUnion", "transformer_list", [{"tuple": ["a", {"tensor": "a"}]}]),
    *(
        set_state("FGPEncoder", "vocabulary_", v)
        for v in (5, "conv", {"tuple": [1, 2]}, ["a"], {"tuple": ["a"]})
    ),
    *(set_state("FGPEncoder", "history_", v) for v in (5, {"dict": {}}, [5], [{"dict": {"epoch": "1"}}])),
    *(set_state("FGPEncoder", "spec_", v) for v in (5, None, {"object": 0}, {"tuple": []})),
    *(set_state("FGPEncoder", "backbone_", v) for v in (None, {"dict": {}}, {"dict": {"a": 1}})),
    set_state("FGPEncoder", "_n_features_out", "4"),
    set_state("InputSpec", "n_ops", "4"),
    set_state("InputSpec", "max_nodes", 1.5),
    set_state("MonotoneCalibration", "slopes_", {"tuple": [1.0, "2"]}),
    set_state("MonotoneCalibration", "scores_", [1.0, 2.0]),
    set_state("ArchitectureBatch", "vocabulary", {"tuple": ["a", "a"]}),
    set_state("FlowSurrogate", "seed_", {"float": "nan"}),
    set_state("FGPRegressor", "calibrations_", {"object": 0}),
    set_state("FGPRegressor", "_labelled", {"tuple": []}),
    set_state("FGPRegressor", "_pretrained", 1),
    set_array("ArchitectureBatch", "node_ptr", np.array([0, 2**40])),
    set_array("ArchitectureBatch", "ops", np.array([[7.5]])),
    set_array("ArchitectureBatch", "edges", np.array([-1])),
    missing_array,
    extra_array,
    twice_the_same_array,
    missing("FGPRegressor", "params"),
    missing("FGPRegressor", "state"),
    missing("FGPEncoder", "class"),
    without_state("FGPEncoder", "spec_"),
    without_state("FGPEncoder", "backbone_"),
    without_state("FGPRegressor", "encoder_"),
    *(set_top("format", v) for v in (0, -1, 3, 2.0, True, "1", None, [1])),
    *(set_top("kind", v) for v in (None, "checkpoint", 1)),
    *(set_top("objects", v) for v in (None, {}, [], "x", [5], [[]], 7)),
    *(
        set_top("root", v)
        for v in (None, 5, "a", {"object": -1}, {"object": "0"}, {"object": True}, {}, {"a": 1})
    ),
    *(
        set_top("root", {tag: 5})
        for tag in ("tuple", "dict", "pairs", "set", "text", "random_state", "scalar")
    ),
]

TRICKS = [
    *map(
        set_class,
        [
            "os.system",
            "builtins.eval",
            "subprocess.Popen",
            "../../../etc/passwd",
            "/etc/passwd",
            "fgp_sklearn.estimators.FGPEncoder",
            "sklearn.pipeline.Pipeline",
            "Predictor",
            "type",
            "__import__",
            "",
            "FGPRegressor\0",
            5,
            None,
            ["FGPRegressor"],
        ],
    ),
    *map(
        rename_array,
        ["../../weights", "/etc/passwd", "a/b", "..", "a\0b", "C:\\x", "a b", "%2e%2e/", "é"],
    ),
    *(
        set_state("FGPRegressor", name, 5)
        for name in ("__class__", "__dict__", "predict", "__init__", "../x", "encoder", "_repr_html_", "")
    ),
    set_param("FGPRegressor", "self", 5),
    set_param("FGPRegressor", "__class__", 5),
    set_param("FGPEncoder", "backbone", {"object": 0}),
    set_param("FGPEncoder", "backbone", "os.system"),
    set_param("FGPEncoder", "backbone_params", {"dict": {"spec": 5}}),
    set_param("FGPEncoder", "surrogate", "os.system"),
    set_state("FGPEncoder", "_metadata_request", {"dict": {"__class__": {"dict": {"a": True}}}}),
]

HUGE = [
    set_param("FGPEncoder", "hidden_dim", 2**40),
    set_param("FGPEncoder", "n_layers", 10**12),
    set_param("FGPEncoder", "n_layers", 10**400),
    set_state("InputSpec", "n_ops", 10**12),
    set_state("InputSpec", "n_node_features", 2**60),
    set_state("FGPEncoder", "_n_features_out", 10**15),
    set_array("ArchitectureBatch", "edge_ptr", np.array([0, 2**62])),
    set_array("ArchitectureBatch", "node_ptr", np.array([2**63], dtype=np.uint64)),
    set_top("root", json.loads("[" * 900 + "]" * 900)),
]


def header(raw, change):
    """The file with another safetensors header, and a checksum that is right."""
    size = int.from_bytes(raw[:8], "little")
    parsed = json.loads(raw[8 : 8 + size])
    change(parsed)
    text = json.dumps(parsed).encode()
    made = len(text).to_bytes(8, "little") + text + raw[8 + size :]
    before, mark, after = made.partition(b'\\"checksum\\":\\"')
    blank = before + mark + b"0" * 64 + after[64:]
    return before + mark + hashlib.sha256(blank).hexdigest().encode() + after[64:] if mark else made


def set_entry(name, value):
    return lambda parsed: next(v for k, v in parsed.items() if k != "__metadata__").update({name: value})


HEADERS = [
    *(
        lambda raw, size=size: size.to_bytes(8, "little") + raw[8:]
        for size in (0, 1, 2**24 + 1, 2**40, 2**64 - 1)
    ),
    *(
        lambda raw, offsets=offsets: header(raw, set_entry("data_offsets", offsets))
        for offsets in ([0, 2**62], [2**62, 2**63], [-8, 8], [8, 0], ["0", "8"], [0], None, {})
    ),
    *(
        lambda raw, shape=shape: header(raw, set_entry("shape", shape))
        for shape in ([2**62], [2**32, 2**32], [-1], "8", [10**30], [1.5])
    ),
    *(lambda raw, dtype=dtype: header(raw, set_entry("dtype", dtype)) for dtype in ("O", "F65", 5, "BF16")),
    lambda raw: header(raw, lambda parsed: parsed.pop("__metadata__")),
    lambda raw: header(raw, lambda parsed: parsed.update({"__metadata__": {"fgp_sklearn": "[" * 200_000}})),
    lambda raw: header(raw, lambda parsed: parsed.update({"__metadata__": {"fgp_sklearn": "{}"}})),
    lambda raw: header(raw, lambda parsed: parsed.update({"__metadata__": {"fgp_sklearn": "9" * 10_000}})),
    lambda raw: header(raw, lambda parsed: parsed.update({"__metadata__": {"other": "{}"}})),
    lambda raw: header(raw, lambda parsed: parsed.update({"__metadata__": []})),
    lambda raw: (8).to_bytes(8, "little") + b"[[[[[[[[",
    lambda raw: (200_000).to_bytes(8, "little") + b"[" * 200_000,
    lambda raw: b"PK\x03\x04" + raw,
    lambda raw: b"\x80\x04cos\nsystem\n(S'touch pwned'\ntR." + raw,
]


def corrupted(sound):
    """Bytes of corrupted files, and what was done to them."""
    raw = sound.read_bytes()
    generator = np.random.default_rng(0)
    for i in range(60):
        yield f"flip {i}", flipped(raw, generator)
    for i in range(40):
        yield f"cut {i}", cut(raw, generator)
    for i, change in enumerate(HEADERS):
        yield f"header {i}", change(raw)
    for kind, changes in {"type": WRONG_TYPES, "trick": TRICKS, "huge": HUGE}.items():
        for i, change in enumerate(changes):  # with a checksum that is right
            document, arrays = read_archive(sound)
            change(document, arrays)
            path = sound.with_name("changed.safetensors")
            write_archive(path, document, arrays)
            yield f"{kind} {i}", path.read_bytes()


class Watch:
    """Notes what loading does beyond reading its file."""

    def __init__(self):
        self.path, self.events = None, []
        sys.addaudithook(self.note)  # for good: there is no way to remove it

    def note(self, event, arguments):
        if self.path is None or event in {"object.__getattr__", "sys._getframe"}:
            return
        harmless = event == "open" and arguments[0] == str(self.path) and arguments[1] in ("rb", "r")
        if (
            event.split(".")[0]
            in {
                "open",
                "import",
                "exec",
                "compile",
                "os",
                "subprocess",
                "pickle",
                "marshal",
                "socket",
                "ctypes",
                "shutil",
            }
            and not harmless
        ):
            self.events.append((event, str(arguments)[:200]))


def test_corrupted_files_are_refused_without_executing_or_allocating(sound, tmp_path):
    repr(load(sound))  # whatever is imported at first use
    files = dict(corrupted(sound))
    assert len(files) >= 200
    watch, path = Watch(), tmp_path / "model.safetensors"
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    accepted = []
    for name, raw in files.items():
        path.write_bytes(raw)
        resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, limits[1]))
        watch.path = path
        try:
            load(path)
            accepted.append(name)
        except PersistenceError as error:
            assert "memory" not in repr(error.__cause__).lower(), name
        finally:
            watch.path = None
            resource.setrlimit(resource.RLIMIT_AS, limits)
    assert accepted == []
    assert watch.events == []
    watch.path = path
    with open(sound, "rb"):
        assert watch.events  # it does watch
    watch.path = None
    assert not Path("pwned").exists()


def test_a_sound_file_passes_where_corrupted_ones_do_not(sound):
    """The ways in which files are rewritten are sound themselves."""
    document, arrays = read_archive(sound)
    path = sound.with_name("same.safetensors")
    write_archive(path, document, arrays)
    assert path.read_bytes() == sound.read_bytes()
    path.write_bytes(header(sound.read_bytes(), lambda parsed: None))
    np.testing.assert_array_equal(load(path).predict(TEST), load(sound).predict(TEST))


def test_what_is_no_regular_file_is_refused(tmp_path):
    with pytest.raises(PersistenceError, match="not a regular file"):
        load("/dev/zero")


def test_a_document_too_large_to_read_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(_archive, "_MAX_HEADER", 1000)
    with pytest.raises(PersistenceError, match="shorten names or history"):
        tiny_encoder(op_attr="x" * 1000).save(tmp_path)


# --------------------------------------------------------------------------------------- kinds


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (1, int, True),
        (True, int, False),
        (1, float, True),
        (1.0, int, False),
        (True, float, False),
        ("a", str | None, True),
        (None, str | None, True),
        (1, str | None, False),
        (("a", "b"), tuple[str, ...], True),
        ((), tuple[str, ...], True),
        (("a", 1), tuple[str, ...], False),
        (("a", 1), tuple[str, int], True),
        (("a",), tuple[str, int], False),
        ([("a", 1)], list[tuple[str, int]], True),
        ({"a": [1.0]}, dict[str, list[float]], True),
        ({1: [1.0]}, dict[str, list[float]], False),
        (frozenset("ab"), frozenset[str], True),
        (["a"], tuple[str, ...], False),
    ],
)
def test_kinds(value, kind, expected):
    assert conforms(value, kind) is expected
