"""What a fit tells: its history and its log."""

import json
import logging
import pickle

import numpy as np
import pandas as pd
import pytest

from fgp_sklearn.training import History
from tests.sklearn_compatibility.spaces import cells, labels, tiny_encoder, tiny_regressor

PAIRS = cells(20)
Y = labels(PAIRS)
POOL = cells(30, seed=2)
N_TWINS = 5  # architectures of the pool that equal another one once simplified


@pytest.fixture
def fitted():
    regressor = tiny_regressor(max_epochs=4, early_stopping=True, validation_fraction=0.3)
    return regressor.fit(PAIRS, Y, X_unlabeled=POOL)


def test_history_is_a_list_of_dicts_and_makes_a_frame(fitted):
    frame = fitted.history_.to_frame()
    assert frame.index.name == "epoch"
    assert frame.index.tolist() == [1, 2, 3, 4]
    assert frame.columns.tolist() == ["train_loss", "valid_score", "lr", "time"]
    assert np.isfinite(frame).all(axis=None)
    assert frame["valid_score"].between(-1, 1).all()
    assert (frame["time"] > 0).all()
    pd.testing.assert_frame_equal(frame, pd.DataFrame(fitted.history_).set_index("epoch"))
    pretraining = fitted.pretrained_encoder_.history_.to_frame()
    assert pretraining.columns.tolist() == ["train_loss", "lr", "time"]


def test_history_stays_one_through_pickle_and_json(fitted):
    assert type(pickle.loads(pickle.dumps(fitted)).history_) is History
    assert History(json.loads(json.dumps(fitted.history_))) == fitted.history_


def test_history_of_no_epochs():
    frame = tiny_regressor(max_epochs=0).fit(PAIRS, Y).history_.to_frame()
    assert frame.shape == (0, 4)
    assert frame.index.name == "epoch"


def test_phases_are_logged_as_info_and_epochs_as_debug(caplog):
    with caplog.at_level(logging.DEBUG, logger="fgp_sklearn"):
        regressor = tiny_regressor(effort="fast", max_epochs=4).fit_pretrain(POOL).fit(PAIRS, Y)
    told = {
        level: [record.getMessage() for record in caplog.records if record.levelno == level]
        for level in (logging.INFO, logging.DEBUG)
    }
    assert [line.partition(" and ")[0] for line in told[logging.INFO]] == [
        f"GatedGCN, pre-training: 2 epochs over {len(POOL) - N_TWINS} architectures",
        "GatedGCN, pre-training: done after 2 epochs",
        "GatedGCN, fine-tuning: 4 epochs over 20 architectures",
        "GatedGCN, fine-tuning: done after 4 epochs",
    ]
    epochs = [line for line in told[logging.DEBUG] if line.startswith("GatedGCN, fine-tuning: {'epoch'")]
    assert len(epochs) == 4
    assert f"'train_loss': {regressor.history_[-1]['train_loss']}" in epochs[-1]
    assert all(record.name.startswith("fgp_sklearn.training._") for record in caplog.records)


def test_nothing_is_written_unless_asked(capfd):
    tiny_regressor(early_stopping=True, validation_fraction=0.3).fit_pretrain(POOL).fit(PAIRS, Y)
    assert capfd.readouterr() == ("", "")
    tiny_regressor(tiny_encoder(verbose=True), verbose=True).fit_pretrain(POOL).fit(PAIRS, Y)
    out, bars = capfd.readouterr()
    assert not out
    assert "pre-training: 100%" in bars
    assert "fine-tuning: 100%" in bars
