"""Predictions of architectures whose attributes lie far outside of those in fit."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from fgp_sklearn import ArchitectureBatch, FlowGaussianProcessRegressor, load, save
from fgp_sklearn.architectures import from_frame

RNG = np.random.default_rng(0)
FLOPS = RNG.uniform(100, 300, (30, 2))
LABELS = FLOPS.sum(axis=1)
MESSAGE = re.escape(
    "'flops' is 400 to 900, and was 100 to 300 in fit. Read these architectures as the labelled"
)


def chains(flops: np.ndarray) -> ArchitectureBatch:
    """Two stages with FLOPs, and a kernel that is always 3."""
    return from_frame({f"stage{i}_{name}": value for i in (1, 2) for name, value in (
        ("flops", flops[:, i - 1]), ("kernel", np.full(len(flops), 3.0)))})  # fmt: skip


FLOPS[0] = 100, 300
FAR = np.array([[400.0, 900.0], [500.0, 600.0]])


@pytest.fixture(scope="module")
def process() -> FlowGaussianProcessRegressor:
    return FlowGaussianProcessRegressor(random_state=0).fit(chains(FLOPS), LABELS)


@pytest.mark.parametrize("return_std", [False, True])
def test_values_far_outside_are_named_once(process: FlowGaussianProcessRegressor, return_std: bool) -> None:
    with pytest.warns(UserWarning, match=MESSAGE) as caught:
        process.predict(chains(FAR), return_std=return_std)
    assert len(caught) == 1
    process.predict(chains(np.array([[499.0, 1.0]])))  # outside by less than the width of the range
    process.predict(chains(FLOPS))


def test_what_fit_has_seen_is_not_far(process: FlowGaussianProcessRegressor) -> None:
    pool = chains(FAR)
    fitted = FlowGaussianProcessRegressor(random_state=0).fit(chains(FLOPS), LABELS, X_unlabeled=pool)
    fitted.predict(pool)  # without a warning
    other = from_frame({"stage1_flops": [200.0], "stage2_flops": [200.0], "stage1_kernel": [9.0],
                        "stage2_kernel": [3.0]})  # fmt: skip
    process.predict(other)  # the kernel had one value in fit, so its range has no width


def test_ranges_are_stored_and_older_files_lack_them(
    process: FlowGaussianProcessRegressor, tmp_path: Path
) -> None:
    save(process, tmp_path / "process.safetensors")
    again = load(tmp_path / "process.safetensors")
    with pytest.warns(UserWarning, match=MESSAGE):
        expected = again.predict(chains(FAR))
    del again._ranges
    save(again, tmp_path / "older.safetensors")
    older = load(tmp_path / "older.safetensors")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(older.predict(chains(FAR)), expected)
