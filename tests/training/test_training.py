import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from fgp_sklearn._seeding import draw_seeds, initialise
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.nn import GatedGCN, Head, InputSpec, Predictor, SquaredErrorLoss
from fgp_sklearn.training import GraphDataset, TrainingPlan, apply_in_batches, group_on, train
from fgp_sklearn.training._data import BatchIterator
from fgp_sklearn.training._processes import Group

CELLS = nasbench201_space()[::250]
CONVOLUTIONS = np.array([sum("conv" in op for op in cell.ops) for cell in CELLS], dtype=float)


def data(architectures=CELLS, targets=CONVOLUTIONS):
    return GraphDataset(architectures, (targets - 3) / 2)


def network(seed=0, dropout=0.0):
    spec = InputSpec(n_ops=len(CELLS.vocabulary))
    return initialise(
        lambda: Predictor(GatedGCN(spec, hidden_dim=8, n_layers=2, dropout=dropout), Head(8, 1)), seed
    )


def plan(**changes):
    params = {"max_epochs": 6, "batch_size": 16, "lr": 1e-2, "weight_decay": 0.0, "schedule": "one_cycle"}
    return TrainingPlan(**(params | changes))


def weights(module):
    return torch.cat([p.detach().ravel() for p in module.parameters()])


def indexed():
    return GraphDataset(CELLS, np.arange(len(CELLS), dtype=float))


def orders(seed, n_epochs=3, batch_size=16):
    iterator = BatchIterator(indexed(), batch_size, torch.Generator().manual_seed(seed))
    return [torch.cat([targets for _, targets in iterator]).ravel().tolist() for _ in range(n_epochs)]


# ---------------------------------------------------------------------------------- batches


def test_every_epoch_has_each_sample_once_in_another_order():
    epochs = orders(seed=0)
    for epoch in epochs:
        assert sorted(epoch) == list(range(len(CELLS)))
    assert epochs[0] != epochs[1]
    assert orders(seed=0) == epochs
    assert orders(seed=1) != epochs


@pytest.mark.parametrize(("batch_size", "sizes"), [(25, [25, 25, 13]), (-1, [63]), (1000, [63]), (63, [63])])
def test_sizes_of_batches_and_their_pairing(batch_size, sizes):
    iterator = BatchIterator(indexed(), batch_size, torch.Generator().manual_seed(0))
    assert len(CELLS) == 63
    assert len(iterator) == len(sizes)
    seen = list(iterator)
    assert [len(graphs) for graphs, _ in seen] == sizes
    for graphs, targets in seen:
        ops = CELLS.take(targets.ravel().long().numpy()).ops
        np.testing.assert_array_equal(graphs.ops.numpy(), ops)


def test_without_a_generator_the_order_is_kept():
    iterator = BatchIterator(indexed(), 16)
    assert torch.cat([targets for _, targets in iterator]).ravel().tolist() == list(range(len(CELLS)))


# ------------------------------------------------------------------------------------- loop


@pytest.mark.parametrize(
    ("schedule", "batch_size"), [("one_cycle", 16), ("one_cycle", -1), ("cosine", -1), ("constant", -1)]
)
def test_loss_goes_down(schedule, batch_size):
    module = network()
    history = train(
        module,
        SquaredErrorLoss(),
        data(),
        plan(schedule=schedule, batch_size=batch_size, max_epochs=15),
        seed=0,
    )
    assert [row["epoch"] for row in history] == list(range(1, 16))
    assert history[-1]["train_loss"] < 0.5 * history[0]["train_loss"]
    assert set(history[0]) == {"epoch", "train_loss", "lr", "time"}
    rates = [row["lr"] for row in history]
    assert max(rates) <= 1e-2 + 1e-12
    assert (rates[-1] < 1e-4) == (schedule != "constant")
    assert not module.training


def test_the_same_bits_in_four_threads_at_once():
    state, n_threads = torch.get_rng_state(), torch.get_num_threads()

    def trained(seed):
        module = network(seed, dropout=0.3)
        history = train(module, SquaredErrorLoss(), data(), plan(max_epochs=3), seed=seed)
        return weights(module), [row["train_loss"] for row in history]

    seeds = [0, 1, 0, 1]
    expected = [trained(seed) for seed in seeds]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(trained, seeds))
    for (bits, losses), (expected_bits, expected_losses) in zip(results, expected, strict=True):
        assert torch.equal(bits, expected_bits)
        assert losses == expected_losses
    assert not torch.equal(results[0][0], results[1][0])
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == n_threads


def test_dropout_depends_on_the_seed_of_training():
    def losses(seed):
        history = train(network(0, dropout=0.3), SquaredErrorLoss(), data(), plan(batch_size=-1), seed=seed)
        return [row["train_loss"] for row in history]

    assert losses(0) == losses(0)
    assert losses(0) != losses(1)


# --------------------------------------------------------------------- validation, interruption

VALIDATION = data(nasbench201_space()[7::400], np.arange(40.0))  # targets that cannot be learned


def validation_score(module):
    outputs = apply_in_batches(module, VALIDATION.architectures)
    return kendall_tau_score(VALIDATION.targets.numpy().ravel(), outputs.ravel())


def tau(y_true, y_pred):
    return kendall_tau_score(y_true.ravel(), y_pred.ravel())


def negative_error(y_true, y_pred):
    return -float(np.mean((y_true - y_pred) ** 2))


@pytest.mark.parametrize("score", [tau, negative_error])
def test_the_best_epoch_is_restored(score):
    module = network()
    history = train(
        module, SquaredErrorLoss(), data(), plan(max_epochs=12), seed=0, validation=VALIDATION, score=score
    )
    scores = [row["valid_score"] for row in history]
    assert len(set(scores)) > 1
    assert len(scores) == 12
    restored = score(VALIDATION.targets.double().numpy(), apply_in_batches(module, VALIDATION.architectures))
    assert restored == pytest.approx(max(scores), abs=1e-9)
    assert scores[-1] < max(scores)  # so that there was something to restore


def test_early_stopping_is_no_interruption():
    scores = iter([0.1, 0.3, 0.2, 0.3, 0.1, 0.9])
    kept = []
    module = network()

    def score(y_true, y_pred):
        kept.append(weights(module))
        return next(scores)

    early = plan(max_epochs=50, n_iter_no_change=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = train(module, SquaredErrorLoss(), data(), early, seed=0, validation=VALIDATION, score=score)
    assert [row["valid_score"] for row in history] == [0.1, 0.3, 0.2, 0.3, 0.1]  # three without progress
    assert torch.equal(weights(module), kept[1])


class Interrupted(nn.Module):
    """A loss during which the user presses Ctrl-C, at the given step."""

    def __init__(self, step):
        super().__init__()
        self.steps_left = step

    def forward(self, outputs, targets):
        if self.training:
            self.steps_left -= 1
        if self.steps_left == 0:
            raise KeyboardInterrupt
        return (outputs - targets).square().mean()


def press_ctrl_c(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("criterion", "options"),
    [
        (Interrupted(4 * 3 + 2), {}),  # the second of four steps of the fourth epoch
        (SquaredErrorLoss(), {"on_epoch": press_ctrl_c}),
        (SquaredErrorLoss(), {"validation": VALIDATION, "score": press_ctrl_c}),
    ],
    ids=["step", "epoch", "score"],
)
def test_ctrl_c_reaches_the_caller(criterion, options, capsys):
    with pytest.raises(KeyboardInterrupt):
        train(network(), criterion, data(), plan(max_epochs=9, verbose=True), seed=0, **options)
    assert capsys.readouterr().err.endswith("\n")  # the bar is closed: what is printed next has its own line


def test_ctrl_c_while_weights_are_compared_is_no_early_stop(monkeypatch):
    monkeypatch.setattr("fgp_sklearn.training._callbacks.EarlyStopping.on_epoch_end", press_ctrl_c)
    early = plan(max_epochs=9, n_iter_no_change=1)
    with pytest.raises(KeyboardInterrupt):
        train(network(), SquaredErrorLoss(), data(), early, seed=0, validation=VALIDATION, score=tau)


@pytest.mark.parametrize("validation", [None, VALIDATION])
def test_no_epochs_change_nothing(validation):
    module = network()
    history = train(
        module, SquaredErrorLoss(), data(), plan(max_epochs=0), seed=0, validation=validation, score=tau
    )
    assert history == []
    assert torch.equal(weights(module), weights(network()))


def test_progress_is_shown_where_asked(capsys):
    train(network(), SquaredErrorLoss(), data(), plan(verbose=True, description="flow"), seed=0)
    assert "flow: 100%" in capsys.readouterr().err
    train(network(), SquaredErrorLoss(), data(), plan(), seed=0)
    assert capsys.readouterr() == ("", "")


# ------------------------------------------------------------------------ applying, seeding


def test_outputs_do_not_depend_on_how_many_at_once():
    module = network()
    outputs = apply_in_batches(module, CELLS)
    assert outputs.dtype == np.float64
    assert outputs.shape == (len(CELLS), 1)
    np.testing.assert_allclose(apply_in_batches(module, CELLS, batch_nodes=80), outputs, atol=1e-6)


def test_weights_depend_on_the_seed_alone():
    state = torch.get_rng_state()
    assert torch.equal(weights(network(0)), weights(network(0)))
    assert not torch.equal(weights(network(0)), weights(network(1)))
    assert torch.equal(torch.get_rng_state(), state)


def test_seeds():
    assert draw_seeds(0, 3) == draw_seeds(np.random.RandomState(0), 3)
    assert len({*draw_seeds(0, 3), *draw_seeds(1, 3)}) == 6
    shared = np.random.RandomState(0)
    assert draw_seeds(shared, 3) != draw_seeds(shared, 3)


@pytest.mark.parametrize(
    ("has_cuda", "has_mps", "expected"),
    [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_is_the_best_device_there_is(monkeypatch, has_cuda, has_mps, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: has_mps)
    assert group_on("auto") == Group(expected)


def test_auto_trains_and_applies_as_the_device_it_stands_for(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    outputs = []
    for device in ("auto", "cpu"):
        module = network()
        train(module, SquaredErrorLoss(), data(), plan(device=device), seed=0)
        outputs.append(apply_in_batches(module, CELLS, device=device))
    np.testing.assert_array_equal(*outputs)
