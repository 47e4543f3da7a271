"""Stores small estimators in the present format, and their predictions, for the tests of later ones.

``python -m tests.stored.store``: run it once a format, before the first release that writes it.
"""

import json
from pathlib import Path

import numpy as np

from fgp_sklearn._storage import FORMAT
from tests.sklearn_compatibility.spaces import cells, labels, tiny_encoder, tiny_regressor

POOL, TEST = cells(40), cells(30, seed=3)
FOLDER = Path(__file__).parent


def with_widths(pairs):
    """The same cells; inner nodes have an attribute besides their operation."""
    generator = np.random.default_rng(0)
    return [
        (adjacency, [first, *({"op": op, "width": int(generator.choice([8, 16, 32]))} for op in inner), last])
        for adjacency, (first, *inner, last) in pairs
    ]


def stored(name, encoder, pool, test):
    """Store an estimator that learns from a pool, and what it answers for other architectures."""
    regressor = tiny_regressor(encoder).fit_pretrain(test).fit(pool, labels(POOL[: len(pool)]))
    predictions, std = regressor.predict(test, return_std=True)
    regressor.save(FOLDER / name)
    expected = {"predictions": predictions.tolist(), "std": std.tolist()}
    (FOLDER / f"{name}.json").write_text(json.dumps(expected), encoding="utf-8")


if __name__ == "__main__":
    stored(f"format{FORMAT}", tiny_encoder(hidden_dim=4), POOL[:4], TEST)
    reader = tiny_encoder(hidden_dim=4, attributes=["width"])
    stored(f"format{FORMAT}-attributes", reader, with_widths(POOL[:4]), with_widths(TEST))
