"""Kills a training at random moments, each time goes on with it, and stores what it predicts.

``python -m tests.training.trainings FOLDER`` prints how many were killed before they had ended.
"""

import multiprocessing
import sys
import time
from pathlib import Path

import numpy as np
import torch

import fgp_sklearn.training._make_net  # noqa: F401  # so that no fork spends its time importing
from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.datasets import nasbench201_space

POOL = nasbench201_space()[::100]
LABELLED = POOL[::4]
Y = np.array([sum("conv" in op for op in cell.ops) + cell.ops.count("avg_pool_3x3") / 3 for cell in LABELLED])


def train(checkpoint: Path) -> None:
    """Pre-train and fine-tune with all that has a state, and store predictions and losses."""
    torch.set_num_threads(1)
    encoder = FGPEncoder(hidden_dim=16, dropout=0.1, max_epochs=12, batch_size=64)
    model = FGPRegressor(
        encoder,
        max_epochs=16,
        batch_size=16,
        early_stopping=True,
        process_weight=0,  # it is not trained, and takes longer than the rest
        random_state=0,
    )
    model.fit(LABELLED, Y, POOL, checkpoint=checkpoint)
    with checkpoint.with_suffix(".npy").open("wb") as file:
        np.save(file, np.r_[model.predict(POOL), [row["train_loss"] for row in model.history_]])


def started(checkpoint: Path) -> multiprocessing.Process:
    process = multiprocessing.get_context("fork").Process(target=train, args=(checkpoint,))
    process.start()
    return process


def main(folder: Path) -> None:
    begin = time.monotonic()
    started(folder / "whole").join()
    duration = time.monotonic() - begin
    n_killed = 0
    for i, moment in enumerate(np.random.default_rng(0).uniform(0.02, 0.9, size=10)):
        process = started(folder / f"run{i}")
        process.join(moment * duration)
        process.kill()
        process.join()
        n_killed += process.exitcode != 0
        started(folder / f"run{i}").join()
    print(n_killed)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
