"""The programs of the page on scaling run, one after the other as a reader would run them."""

import re
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fgp_sklearn import FGPEncoder, FGPRegressor, save
from fgp_sklearn.datasets import nasbench201_space

PAGE = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


def test_programs_compile():
    assert len(PROGRAMS) == 6
    for program in PROGRAMS:
        compile(program, "scaling.md", "exec")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of dask and ray about themselves
def test_programs_run(tmp_path, monkeypatch):
    dask, ray = pytest.importorskip("dask"), pytest.importorskip("ray")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    space = nasbench201_space()
    X, y = space[::400], np.random.default_rng(0).normal(size=len(space[::400]))
    encoder = FGPEncoder(hidden_dim=8, max_epochs=1)
    regressor = FGPRegressor(encoder, max_epochs=2, lr=1e-3, process_weight=0.0, random_state=0)
    regressor.fit_pretrain(space[::20]).fit(X, y)
    save(regressor, "regressor")
    names = {"regressor": regressor, "space": space, "X": X, "y": y}
    with dask.config.set(scheduler="threads"):
        for program in PROGRAMS:
            exec(program, names)
    expected = regressor.predict(space)
    equal = partial(np.testing.assert_allclose, rtol=0, atol=1e-6)  # sums in other batches round otherwise
    equal([accuracy for accuracy, _ in names["best"]], np.sort(expected)[:-11:-1])
    equal(np.concatenate(names["predictions"]), expected)
    table = pd.read_parquet("predictions").sort_values("id")
    equal(table["prediction"], expected)
    ray.shutdown()
