import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn._seeding import initialise
from fgp_sklearn._storage import read_archive, write_archive
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.nn import (
    ColumnwiseLoss,
    GatedGCN,
    Head,
    InputSpec,
    PairwiseHingeLoss,
    Predictor,
    SquaredErrorLoss,
)
from fgp_sklearn.persistence import PersistenceError, load
from fgp_sklearn.training import Checkpoint, GraphDataset, TrainingPlan, _checkpoint
from fgp_sklearn.training import train as train_module

resource = pytest.importorskip("resource")

CELLS = nasbench201_space()[::400]
CONVOLUTIONS = np.array([sum("conv" in op for op in cell.ops) for cell in CELLS], dtype=float)
N_EPOCHS = 6


class Killed(Exception):
    pass


@pytest.fixture
def after_every_epoch(monkeypatch):
    monkeypatch.setattr(_checkpoint, "_SHARE", 0)


def network(seed=0, hidden_dim=8):
    spec = InputSpec(n_ops=len(CELLS.vocabulary))
    return initialise(
        lambda: Predictor(
            GatedGCN(spec, hidden_dim=hidden_dim, n_layers=2, dropout=0.2), Head(hidden_dim, 1)
        ),
        seed,
    )


def plan(**changes):
    params = {"max_epochs": N_EPOCHS, "batch_size": 16, "lr": 1e-2, "weight_decay": 1e-3}
    return TrainingPlan(**(params | {"schedule": "one_cycle"} | changes))


def trained(
    folder=None, *, module=None, loss=None, data=None, seed=0, held_out=False, stop_at=None, **options
):
    """Train on all cells, or, with `held_out`, on every other one; `stop_at` is the epoch that kills."""
    resume = options.pop("resume", True)
    module = network() if module is None else module
    data = GraphDataset(CELLS, CONVOLUTIONS) if data is None else data
    validation = None
    if held_out:
        data = GraphDataset(CELLS[::2], CONVOLUTIONS[::2])
        validation = GraphDataset(CELLS[1::2], CONVOLUTIONS[1::2])

    epochs = []

    def on_epoch(epoch):
        epochs.append(epoch["epoch"])
        if epoch["epoch"] == stop_at:
            raise Killed
        return False

    history = train_module(
        module,
        SquaredErrorLoss() if loss is None else loss,
        data,
        plan(**options),
        seed=seed,
        validation=validation,
        score=lambda y, scores: kendall_tau_score(y[:, 0], scores[:, 0]),
        on_epoch=on_epoch,
        checkpoint=None if folder is None else Checkpoint(folder, resume),
    )
    weights = torch.cat([parameter.detach().ravel() for parameter in module.parameters()])
    return weights, [{k: v for k, v in row.items() if k != "time"} for row in history], epochs


def assert_same_bits(first, second):
    assert torch.equal(first[0], second[0])
    assert first[1] == second[1]


def interrupt(folder, stop_at, **options):
    with pytest.raises(Killed):
        trained(folder, stop_at=stop_at, **options)


# ------------------------------------------------------------------------------ resuming


@pytest.mark.usefixtures("after_every_epoch")
@pytest.mark.parametrize("stop_at", range(1, N_EPOCHS + 1))
@pytest.mark.parametrize(
    "options",
    [
        {"schedule": "one_cycle"},
        {"schedule": "cosine", "batch_size": -1},
        {"schedule": "constant"},
        {"schedule": "cosine", "held_out": True, "n_iter_no_change": 2, "lr": 0.3},
    ],
    ids=["one_cycle", "full-batch", "constant", "early-stopping"],
)
def test_interrupted_in_any_epoch_the_bits_are_those_of_a_whole_run(tmp_path, options, stop_at):
    whole = trained(**options)
    if stop_at not in whole[2]:  # it had converged
        return
    interrupt(tmp_path, stop_at, **options)
    resumed = trained(tmp_path, **options)
    assert_same_bits(resumed, whole)
    assert resumed[2][0] == stop_at  # it did not begin anew


@pytest.mark.usefixtures("after_every_epoch")
def test_interrupted_again_and_again(tmp_path):
    for stop_at in (2, 3, 3, 5):
        interrupt(tmp_path, stop_at)
    assert_same_bits(trained(tmp_path), trained())


def test_a_finished_training_is_not_repeated(tmp_path):
    whole = trained(tmp_path)
    again = trained(tmp_path)
    assert_same_bits(again, whole)
    assert again[2] == []


def test_checkpoints_change_nothing(tmp_path):
    assert_same_bits(trained(tmp_path), trained())


def test_writing_takes_a_small_part_of_the_time(tmp_path, monkeypatch):
    written = []
    write = _checkpoint.write_archive
    monkeypatch.setattr(_checkpoint, "write_archive", lambda *a, **k: (written.append(1), write(*a, **k)))
    start = time.monotonic()
    trained(tmp_path, max_epochs=100)
    assert 2 <= len(written) < 60, time.monotonic() - start


def test_without_resume_it_begins_anew(tmp_path):
    trained(tmp_path, seed=1)
    assert_same_bits(trained(tmp_path, seed=0, resume=False), trained(seed=0))


@pytest.mark.slow
def test_killed_at_ten_random_moments_the_result_is_that_of_a_whole_run(tmp_path):
    command = [sys.executable, "-m", "tests.training.trainings", str(tmp_path)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 5, done.stderr  # the others had ended before their moment came
    whole = np.load(tmp_path / "whole.npy")
    for i in range(10):
        np.testing.assert_array_equal(np.load(tmp_path / f"run{i}.npy"), whole)


# ---------------------------------------------------------------------- other trainings


@pytest.mark.usefixtures("after_every_epoch")
@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": 1}, "seed"),
        ({"lr": 2e-2}, "a parameter of training such as max_epochs or lr"),
        ({"max_epochs": 7}, "a parameter of training such as max_epochs or lr"),
        ({"module": network(seed=1)}, "initial weights"),
        ({"module": network(hidden_dim=4)}, "initial weights, the network"),
        ({"loss": PairwiseHingeLoss()}, "loss"),
        ({"data": GraphDataset(CELLS[::-1], CONVOLUTIONS)}, "data"),
        ({"data": GraphDataset(CELLS, CONVOLUTIONS, weights=CONVOLUTIONS + 1)}, "data"),
        ({"held_out": True}, "data, validation data"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_checkpoint_of_another_training_is_named_and_left_alone(tmp_path, changes, named):
    interrupt(tmp_path, stop_at=3)
    with pytest.raises(
        ValueError, match=f"another training, with a different value of: {named};.*resume=False"
    ):
        trained(tmp_path, **changes)
    assert_same_bits(trained(tmp_path), trained())


def test_settings_of_layers_count_too(tmp_path):
    loss = ColumnwiseLoss(PairwiseHingeLoss(margin=0.1))
    trained(tmp_path, loss=loss)
    with pytest.raises(ValueError, match="with a different value of: loss;"):
        trained(tmp_path, loss=ColumnwiseLoss(PairwiseHingeLoss(margin=0.2)))


def test_verbosity_does_not_count(tmp_path, capsys):
    trained(tmp_path)
    assert trained(tmp_path, verbose=True)[2] == []


@pytest.mark.usefixtures("after_every_epoch")
def test_progress_goes_on_where_it_was(tmp_path, capsys):
    interrupt(tmp_path, stop_at=4)
    trained(tmp_path, verbose=True)
    assert "6/6" in capsys.readouterr().err


def test_other_versions_of_libraries_are_told(tmp_path, monkeypatch):
    trained(tmp_path)
    monkeypatch.setattr(_checkpoint, "versions", lambda: {"torch": "9.9"})
    with pytest.warns(UserWarning, match="torch"):
        trained(tmp_path)


# ------------------------------------------------------------------------------- damage


@pytest.mark.usefixtures("after_every_epoch")
@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "missing"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path, damage):
    interrupt(tmp_path, stop_at=4)  # so that 3 epochs are kept, and 2 before
    newest = tmp_path / "training.safetensors"
    raw = bytearray(newest.read_bytes())
    raw[len(raw) // 2] ^= 1
    if damage == "missing":  # killed between two renamings
        newest.unlink()
        resumed = trained(tmp_path)
    else:
        newest.write_bytes({"truncated": raw[: len(raw) // 2], "flipped": raw, "empty": b""}[damage])
        with pytest.warns(
            UserWarning, match=r"training\.safetensors is damaged.*resuming from the previous checkpoint"
        ):
            resumed = trained(tmp_path)
    assert resumed[2][0] == 3
    assert_same_bits(resumed, trained())


@pytest.mark.usefixtures("after_every_epoch")
def test_the_sound_checkpoint_outlives_the_damaged_one(tmp_path):
    interrupt(tmp_path, stop_at=4)
    (tmp_path / "training.safetensors").write_bytes(b"damaged")
    with pytest.warns(UserWarning, match="damaged"):
        interrupt(tmp_path, stop_at=3)  # dies before it writes
    assert trained(tmp_path)[2][0] == 3


@pytest.mark.usefixtures("after_every_epoch")
def test_without_a_sound_checkpoint_there_is_an_error(tmp_path):
    interrupt(tmp_path, stop_at=4)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(PersistenceError, match=r"no checkpoint can be read: .*resume=False"):
        trained(tmp_path)
    assert_same_bits(trained(tmp_path, resume=False), trained())


def rewritten(path, change):
    """Change the state in a checkpoint, and let its checksum be right again."""
    document, state = _checkpoint._read(path)
    change(state)
    about = {name: document[name] for name in ("format", "kind", "versions", "fingerprint")}
    body, arrays = _checkpoint.encode(state)
    _checkpoint.write_archive(path, {**about, **body}, arrays)


def replaced(*keys, by):
    def change(state):
        for key in keys[:-1]:
            state = state[key]
        state[keys[-1]] = by

    return change


def without(*keys):
    def change(state):
        for key in keys[:-1]:
            state = state[key]
        del state[keys[-1]]

    return change


UNUSABLE = {
    **{
        f"without {part}": without(part)
        for part in ("finished", "module", "optimizer", "generators", "history")
    },
    "without schedule": without("schedule"),
    "without best": without("best"),
    "another part": replaced("other", by=1),
    "a weight is missing": without("module", "head.0.weight"),
    "a weight of another shape": replaced("module", "head.0.weight", by=torch.zeros(3, 3)),
    "a weight of another type": replaced("module", "head.0.bias", by=torch.zeros(8, dtype=torch.float64)),
    "a weight that is text": replaced("module", "head.0.bias", by="zeros"),
    "a moment is missing": without("optimizer", "state", 0, "exp_avg"),
    "a moment of another shape": replaced("optimizer", "state", 0, "exp_avg_sq", by=torch.zeros(2)),
    "moments of no weight": replaced("optimizer", "state", 999, by={}),
    "moments by name": replaced("optimizer", "state", by={"a": {}}),
    "a learning rate that is text": replaced("optimizer", "param_groups", 0, "lr", by="fast"),
    "a learning rate without end": replaced("optimizer", "param_groups", 0, "lr", by=float("inf")),
    "no groups": replaced("optimizer", "param_groups", by=[]),
    "weights of another group": replaced("optimizer", "param_groups", 0, "params", 0, by=7),
    "a generator is missing": without("generators", "dropout"),
    "a generator of another length": replaced(
        "generators", "shuffling", by=torch.zeros(3, dtype=torch.uint8)
    ),
    "a generator that torch refuses": replaced(
        "generators", "shuffling", by=torch.full((5056,), 255, dtype=torch.uint8)
    ),
    "history of text": replaced("history", by="long"),
    "an epoch too many": lambda state: state["history"].extend(state["history"] * 9),
    "an epoch without loss": without("history", 0, "train_loss"),
    "an epoch of text": replaced("history", 0, "lr", by="fast"),
    "epochs in another order": lambda state: state["history"].reverse(),
    "a far step": replaced("schedule", "batch_idx", by=10**9),
    "a far step of the scheduler": replaced("schedule", "scheduler", "last_epoch", by=10**9),
    "a scheduler without an attribute": without("schedule", "scheduler", "base_lrs"),
    "a scheduler with a new attribute": replaced("schedule", "scheduler", "step", by=None),
    "best weights of another shape": replaced(
        "best", "best_model_weights_", "head.0.bias", by=torch.zeros(1)
    ),
    "the best epoch is to come": replaced("best", "best_epoch_", by=99),
    "misses that are text": replaced("best", "misses_", by="0"),
}


@pytest.mark.usefixtures("after_every_epoch")
@pytest.mark.parametrize("damage", UNUSABLE)
def test_a_whole_checkpoint_with_a_state_that_cannot_be_gives_way_to_the_one_before(tmp_path, damage):
    interrupt(tmp_path, stop_at=4, held_out=True)
    newest, previous = tmp_path / "training.safetensors", tmp_path / "training.previous.safetensors"
    rewritten(newest, UNUSABLE[damage])
    with pytest.warns(
        UserWarning, match="does not contain a state of this training: .*; resuming from the"
    ) as told:
        resumed = trained(tmp_path, held_out=True)
    assert max(len(str(warning.message)) for warning in told) < 1000
    assert resumed[2][0] == 3
    assert_same_bits(resumed, trained(held_out=True))
    for path in (newest, previous):
        previous.exists() and rewritten(path, replaced("finished", by=None))
    with pytest.raises(PersistenceError, match=r"no checkpoint can be read: .*resume=False"):
        trained(tmp_path, held_out=True)


@pytest.mark.parametrize(
    "change",
    [
        without("history"),
        without("module", "head.0.bias"),
        replaced("module", "head.0.bias", by=torch.zeros(2)),
        replaced("history", 0, "time", by=None),
        lambda state: state["history"].append({}),
        replaced("finished", by=1),
    ],
)
def test_a_finished_training_that_cannot_be_is_refused(tmp_path, change):
    trained(tmp_path)
    (tmp_path / "training.previous.safetensors").unlink(missing_ok=True)
    rewritten(tmp_path / "training.safetensors", change)
    with pytest.raises(PersistenceError, match=r"no checkpoint can be read: .*resume=False"):
        trained(tmp_path)


@pytest.mark.usefixtures("after_every_epoch")
@pytest.mark.parametrize("part", ["versions", "fingerprint"])
@pytest.mark.parametrize("value", [None, [], {"torch": 1}])
def test_a_checkpoint_that_does_not_say_what_it_is_of(tmp_path, part, value):
    interrupt(tmp_path, stop_at=4)
    newest = tmp_path / "training.safetensors"
    document, arrays = read_archive(newest)
    write_archive(newest, {**document, part: value}, arrays)
    with pytest.warns(UserWarning, match="resuming from the previous checkpoint"):
        assert_same_bits(trained(tmp_path), trained())


@pytest.mark.usefixtures("after_every_epoch")
def test_sixty_mutations_of_both_checkpoints_are_refused_or_change_nothing(tmp_path):
    interrupt(tmp_path, stop_at=4)
    whole = trained()
    paths = sorted(tmp_path.iterdir())
    raws = [path.read_bytes() for path in paths]
    generator = np.random.default_rng(123)
    for i in range(60):
        for path, raw in zip(paths, raws, strict=True):
            mutated = bytearray(raw)
            for place in generator.integers(0, len(raw), generator.integers(1, 9)):
                mutated[place] = generator.integers(256)
            path.write_bytes(raw if i % 20 == 0 and path == paths[0] else mutated)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            try:
                resumed = trained(tmp_path)
            except PersistenceError:
                continue
        assert_same_bits(resumed, whole)


def test_a_checkpoint_is_no_estimator(tmp_path):
    trained(tmp_path)
    with pytest.raises(PersistenceError, match="'checkpoint', not a saved estimator"):
        load(tmp_path / "training.safetensors")


@pytest.mark.usefixtures("after_every_epoch")
def test_an_estimator_is_no_checkpoint(tmp_path):
    FGPEncoder().save(tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").rename(tmp_path / "training.safetensors")
    with pytest.raises(PersistenceError, match="of another kind"):
        trained(tmp_path)


@pytest.mark.usefixtures("after_every_epoch")
def test_a_full_disk_is_told_once_and_costs_nothing(tmp_path):
    interrupt(tmp_path, stop_at=3)
    kept = (tmp_path / "training.safetensors").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            resumed = trained(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert ["cannot write the checkpoint" in str(warning.message) for warning in told] == [True]
    assert_same_bits(resumed, trained())
    assert (tmp_path / "training.safetensors").read_bytes() == kept
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "training.previous.safetensors",
        "training.safetensors",
    ]


def test_what_a_killed_writer_left_is_removed(tmp_path):
    left = tmp_path / ".training.safetensors.0123456789abcdef.partial"
    left.write_bytes(b"half")
    trained(tmp_path)
    assert not left.exists()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        trained(tmp_path / "file" / "folder")


def test_a_file_cannot_hold_checkpoints(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(NotADirectoryError, match=r"checkpoint is to be a folder, and .*file is a file"):
        trained(tmp_path / "file")


# --------------------------------------------------------------------------- estimators


@pytest.mark.parametrize("estimator", [FGPEncoder(), FGPRegressor()], ids=["encoder", "regressor"])
def test_without_random_state_there_is_nothing_to_repeat(tmp_path, estimator):
    with pytest.raises(ValueError, match="give random_state an integer"):
        estimator.fit(CELLS, CONVOLUTIONS, checkpoint=tmp_path)
    assert not any(tmp_path.iterdir())


def test_regressor_needs_a_seed_for_pretraining_unless_its_encoder_has_one(tmp_path):
    with pytest.raises(ValueError, match="give random_state an integer"):
        FGPRegressor(FGPEncoder(max_epochs=1)).fit_pretrain(CELLS, checkpoint=tmp_path)
    FGPRegressor(FGPEncoder(max_epochs=1, random_state=0)).fit_pretrain(CELLS, checkpoint=tmp_path)
    assert (tmp_path / "pre-training.safetensors").exists()


def test_pretraining_and_finetuning_share_a_folder(tmp_path):
    def fitted(**checkpoint):
        encoder = FGPEncoder(hidden_dim=8, max_epochs=3)
        regressor = FGPRegressor(encoder, max_epochs=3, random_state=0)
        return regressor.fit_pretrain(CELLS, **checkpoint).fit(CELLS, CONVOLUTIONS, **checkpoint)

    first, second = fitted(checkpoint=tmp_path), fitted(checkpoint=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} >= {
        "pre-training.safetensors",
        "fine-tuning.safetensors",
    }
    for model in (first, second):
        np.testing.assert_array_equal(model.predict(CELLS), fitted().predict(CELLS))
    assert second.history_ == first.history_  # seconds too: it was not trained again
    assert second.pretrained_encoder_.history_ == first.pretrained_encoder_.history_


def test_another_pool_is_another_training(tmp_path):
    encoder = FGPEncoder(hidden_dim=8, max_epochs=2, random_state=0)
    encoder.fit(CELLS, checkpoint=tmp_path)
    other = ArchitectureBatch.concatenate([CELLS, nasbench201_space()[1:3]])
    with pytest.raises(ValueError, match="another training"):
        encoder.fit(other, checkpoint=tmp_path)
    encoder.fit(other, checkpoint=tmp_path, resume=False)
