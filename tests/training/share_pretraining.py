"""What each process of test_accelerate.py runs: pre-trainings that they share."""

import contextlib
import io
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.architectures import as_batch
from fgp_sklearn.architectures._duplicates import distinct
from tests.sklearn_compatibility.spaces import cells, labels

PAIRS = cells(20)
POOL = cells(90, seed=2)
UNTRAINED = FGPEncoder(hidden_dim=8, max_epochs=0).fit(POOL)
N_DISTINCT = len(distinct(UNTRAINED.input_.functional(as_batch(POOL)))[0])  # of those it trains on
PROXIES = np.random.default_rng(0).normal(size=(len(POOL), 2))
PROXIES[::3, 1] = np.nan

#: Parameters of encoders, and whether there are proxies.
CASES = {
    "gated_gcn": ({}, False),
    "proxies": ({}, True),
    "ranking alone": ({"surrogate_weight": 0.0}, True),
    "gin": ({"backbone": "gin"}, True),
    "mlp": ({"backbone": "mlp"}, True),
    "one batch": ({"batch_size": "all"}, True),
    "one left over": ({"batch_size": N_DISTINCT - 1}, True),  # fewer than processes
}


def pretrained(name, **others):
    params, with_proxies = CASES[name]
    encoder = FGPEncoder(**{"hidden_dim": 8, "max_epochs": 3, "batch_size": 32, **params, **others})
    return encoder.fit(POOL, proxies=PROXIES if with_proxies else None)


def refusal(**others):
    """What an encoder says that cannot be trained in several processes."""
    checkpoint = others.pop("checkpoint", None)
    try:
        FGPEncoder(hidden_dim=8, max_epochs=1, device="accelerate", **others).fit(POOL, checkpoint=checkpoint)
    except ValueError as error:
        return str(error)
    return "nothing"


def main(folder):
    from accelerate import Accelerator

    state = Accelerator()
    arrays = {"n_processes": state.num_processes}
    for name in CASES:
        encoder = pretrained(name, device="accelerate", random_state=0)
        arrays[f"{name} embeddings"] = encoder.transform(PAIRS)
        arrays[f"{name} losses"] = [epoch["train_loss"] for epoch in encoder.history_]
    arrays["dropout"] = pretrained("proxies", dropout=0.2, device="accelerate", random_state=0).transform(
        PAIRS
    )
    with contextlib.redirect_stderr(io.StringIO()) as shown, contextlib.redirect_stdout(shown):
        encoder = FGPEncoder(hidden_dim=8, max_epochs=1, device="accelerate", verbose=True)
        regressor = FGPRegressor(encoder, max_epochs=3, verbose=True, random_state=0).fit_pretrain(POOL)
        arrays["predictions"] = regressor.fit(PAIRS, labels(PAIRS)).predict(PAIRS)
    with tempfile.TemporaryDirectory() as checkpoint:
        said = {
            "shown": shown.getvalue(),
            "seed": refusal(random_state=state.process_index),
            "no seed": refusal(),
            "parameter": refusal(random_state=0, lr=1e-3 * (1 + state.process_index)),
            "checkpoint": refusal(random_state=0, checkpoint=checkpoint),
        }
    np.savez(Path(folder, f"process{state.process_index}.npz"), **arrays)
    Path(folder, f"process{state.process_index}.json").write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
