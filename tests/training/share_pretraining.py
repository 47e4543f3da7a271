"""What each process of test_accelerate.py runs: pre-training that they share."""

import sys
from pathlib import Path

import numpy as np
from accelerate import PartialState

from fgp_sklearn import FGPEncoder, FGPRegressor
from tests.sklearn_compatibility.spaces import cells, labels

PAIRS = cells(20)
POOL = cells(90, seed=2)


def main(folder):
    encoder = FGPEncoder(hidden_dim=8, max_epochs=3, batch_size=32, device="accelerate", random_state=0)
    regressor = FGPRegressor(encoder, max_epochs=3, random_state=0).fit_pretrain(POOL)
    embeddings = regressor.pretrained_encoder_.transform(PAIRS)
    losses = [epoch["train_loss"] for epoch in regressor.pretrained_encoder_.history_]
    predictions = regressor.fit(PAIRS, labels(PAIRS)).predict(PAIRS)
    state = PartialState()
    np.savez(
        Path(folder) / f"process{state.process_index}.npz",
        n_processes=state.num_processes,
        embeddings=embeddings,
        losses=losses,
        predictions=predictions,
    )


if __name__ == "__main__":
    main(sys.argv[1])
