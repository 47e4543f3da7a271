"""Stores a small estimator in the present format, and its predictions, for the tests of later ones.

``python -m tests.stored.store``: run it once a format, before the first release that writes it.
"""

import json
from pathlib import Path

from fgp_sklearn._storage import FORMAT
from tests.sklearn_compatibility.spaces import cells, labels, tiny_encoder, tiny_regressor

POOL, TEST = cells(40), cells(30, seed=3)

if __name__ == "__main__":
    regressor = tiny_regressor(tiny_encoder(hidden_dim=4)).fit_pretrain(TEST).fit(POOL[:4], labels(POOL[:4]))
    predictions, std = regressor.predict(TEST, return_std=True)
    folder = Path(__file__).parent
    regressor.save(folder / f"format{FORMAT}")
    expected = {"predictions": predictions.tolist(), "std": std.tolist()}
    (folder / f"format{FORMAT}.json").write_text(json.dumps(expected), encoding="utf-8")
