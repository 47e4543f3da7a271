"""Ctrl-C reaches who called; what was learnt until then lies in the checkpoint and nowhere else."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV, cross_val_score

from fgp_sklearn import FGPEncoder, FGPRegressor, FlowGaussianProcessRegressor, UnlabeledPool
from fgp_sklearn.metrics import kendall_tau_scorer
from fgp_sklearn.proxies import MeasuredProxies
from fgp_sklearn.training._net import Net
from tests.proxies.networks import tiny_builder
from tests.sklearn_compatibility.spaces import cells, labels, tiny_encoder, tiny_regressor

PAIRS, POOL = cells(16), cells(40, seed=2)
Y = labels(PAIRS)


@pytest.fixture
def press_ctrl_c(monkeypatch):
    """Ctrl-C in the given step of what is trained next."""

    def arm(step):
        def interrupted(self, *args, **kwargs):
            nonlocal step
            step -= 1
            if step == 0:
                raise KeyboardInterrupt
            return trained(self, *args, **kwargs)

        trained = Net.train_step_single
        monkeypatch.setattr(Net, "train_step_single", interrupted)

    yield arm
    monkeypatch.undo()


def test_in_pretraining_and_in_finetuning(press_ctrl_c):
    model = tiny_regressor().fit_pretrain(POOL).fit(PAIRS, Y)
    before, expected = dict(vars(model)), model.predict(POOL)
    for call in (lambda: model.fit_pretrain(POOL[:30]), lambda: model.fit(PAIRS[:9], Y[:9])):
        press_ctrl_c(2)
        with pytest.raises(KeyboardInterrupt):
            call()
        assert vars(model) == before
    np.testing.assert_array_equal(model.predict(POOL), expected)


@pytest.mark.parametrize("pool", [None, UnlabeledPool(POOL[:35])])
def test_in_a_fold(press_ctrl_c, pool):
    n_scored = 0

    def score(*args):
        nonlocal n_scored
        n_scored += 1
        return kendall_tau_scorer(*args)

    press_ctrl_c(6)
    with pytest.raises(KeyboardInterrupt):
        cross_val_score(
            tiny_regressor(), PAIRS, Y, cv=2, scoring=score, params=pool and {"X_unlabeled": pool}
        )
    assert n_scored <= 1


def test_in_a_search(press_ctrl_c):
    press_ctrl_c(4)
    with pytest.raises(KeyboardInterrupt):
        GridSearchCV(tiny_regressor(), {"lr": [1e-3, 1e-2]}, cv=2).fit(PAIRS, Y)


def test_in_a_study(press_ctrl_c):
    pytest.importorskip("optuna")
    from fgp_sklearn.tuning import tune

    press_ctrl_c(4)
    with pytest.raises(KeyboardInterrupt):
        tune(tiny_regressor(), PAIRS, Y, n_trials=2, cv=2, random_state=0)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_in_a_stream_and_in_measuring(n_jobs, monkeypatch):
    process = FlowGaussianProcessRegressor(random_state=0).fit(PAIRS, Y)
    measured = MeasuredProxies(tiny_builder, null_ops=(), n_jobs=n_jobs, random_state=0).fit(PAIRS)

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(FlowGaussianProcessRegressor, "predict", interrupted)
    monkeypatch.setattr("fgp_sklearn.proxies._measuring.content_key", interrupted)
    with parallel_config("threading"):
        with pytest.raises(KeyboardInterrupt):
            list(process.predict_stream([PAIRS, PAIRS], n_jobs=n_jobs))
        with pytest.raises(KeyboardInterrupt):
            measured.transform(PAIRS)


def model_of_child():
    encoder = FGPEncoder(hidden_dim=8, dropout=0.1, max_epochs=60, batch_size=16)
    return FGPRegressor(encoder, max_epochs=4, process_weight=0, random_state=0)


def child(folder):
    """What a script does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell may have switched off
    model = model_of_child()
    try:
        model.fit(PAIRS, Y, POOL, checkpoint=folder)
    except KeyboardInterrupt:
        print(sorted(vars(model).keys() - vars(model_of_child()).keys()))
    print("behind")


def test_a_signal_leaves_a_checkpoint_that_goes_on_to_the_bit(tmp_path):
    folder = tmp_path / "checkpoint"
    script = f"from {__name__} import child; child({str(folder)!r})"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        while not (folder / "pre-training.safetensors").exists() and process.poll() is None:
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate()
    assert output.split() == ["[]", "behind"]
    found = model_of_child().fit(PAIRS, Y, POOL, checkpoint=folder).predict(POOL)
    np.testing.assert_array_equal(found, model_of_child().fit(PAIRS, Y, POOL).predict(POOL))


def test_an_interrupted_run_goes_on(press_ctrl_c, tmp_path, monkeypatch):
    press_ctrl_c(3)
    with pytest.raises(KeyboardInterrupt):
        tiny_encoder(batch_size=8).fit(POOL, checkpoint=tmp_path)
    monkeypatch.undo()
    found = tiny_encoder(batch_size=8).fit(POOL, checkpoint=tmp_path).transform(PAIRS)
    np.testing.assert_array_equal(found, tiny_encoder(batch_size=8).fit(POOL).transform(PAIRS))
