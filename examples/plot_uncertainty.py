"""
How sure is the ranking?
========================

Which predictions can you trust, and by how much may the others be wrong?
``predict(return_std=True)`` returns a standard deviation with each
prediction. This example compares these standard deviations with the errors on
architectures that the predictor has not seen.
"""

# %%
# Labels and the others
# ---------------------
# The process learns from 100 cells of NAS-Bench-201. Another 3,000 cells
# check it.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_uncertainty.svg"
import matplotlib.pyplot as plt
import numpy as np

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.datasets import load_nasbench201

bench = load_nasbench201()
order = np.random.default_rng(0).permutation(len(bench.target))
labelled, others = order[:100], order[100:3100]
process = FlowGaussianProcessRegressor(random_state=0)
process.fit(bench.data[labelled], bench.target[labelled])
predicted, std = process.predict(bench.data[others], return_std=True)
true = bench.target[others]

# %%
# Intervals
# ---------
# A standard deviation includes the noise of a label. It describes the result
# of one training, not a mean over many. Most accuracies of NAS-Bench-201 are
# just below 94 %, and a long tail of cells hardly learns. Intervals are
# therefore narrow for good cells and wide for poor ones. The figure shows
# forty of the cells.

shown = np.argsort(predicted)[:: len(predicted) // 40]
figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
axis.errorbar(
    np.arange(len(shown)),
    predicted[shown],
    1.96 * std[shown],
    fmt="none",
    color="#0072b2",
    label="95 % interval",
)
axis.plot(true[shown], "o", color="#d55e00", markersize=4, label="true")
axis.set(xlabel="cells, by predicted accuracy", ylabel="accuracy (%)")
axis.set(title="Intervals and true accuracies", ylim=(0, 105))
axis.legend(loc="lower right")

# %%
# How often do intervals contain the truth?
# -----------------------------------------
# An interval of 95 % should contain 95 % of the true values. The process
# assumes normal errors, but accuracies have an upper limit and a long tail
# below. Some intervals reach beyond 100 %. So look at several intervals. The
# widest ones contain the truth less often than they claim, partly because of
# cells that learn nothing.

from scipy.stats import norm

print("claimed   contain the truth")
for claim in (0.5, 0.8, 0.9, 0.95):
    inside = np.abs(true - predicted) <= norm.ppf(0.5 + claim / 2) * std
    print(f"{claim:7.0%} {inside.mean():12.1%}")

# %%
# Are uncertain predictions worse?
# --------------------------------
# Intervals of one width for all cells could contain the truth often enough,
# too. A useful standard deviation is small where errors are small. This table
# sorts cells into quarters by their standard deviation. Cells that guess, at
# 10 % accuracy, dominate the mean error of the last quarter. A hundred labels
# contain few of them, and a deviation of some per cent does not cover an
# error of eighty.

error = np.abs(true - predicted)
print("quarter  median std  median error  mean error  cells that guess")
for quarter, members in enumerate(np.array_split(np.argsort(std), 4), 1):
    print(
        f"{quarter:7d} {np.median(std[members]):11.2f}"
        f" {np.median(error[members]):13.2f} {error[members].mean():11.2f}"
        f" {(true[members] < 11).mean():17.1%}"
    )

# %%
# Joint samples
# -------------
# Errors of similar architectures go together, so a search needs more than a
# standard deviation per architecture. ``sample_y`` draws accuracies of all of
# them at once. Here it draws 1,000 times for the ten cells with the highest
# predictions, and counts how often each is the best of the ten. Beside the
# share is the true accuracy. The shares say where to look and not who wins:
# true accuracies differ by some tenths of a per cent.

best = np.argsort(predicted)[::-1][:10]
top = bench.data[others[best]]
draws = process.sample_y(top, n_samples=1000, random_state=0)
share = np.bincount(draws.argmax(axis=0), minlength=10) / 1000
for position, probability in zip(others[best], share, strict=True):
    accuracy = bench.target[position]
    print(f"cell {position:5d}: {probability:5.1%}, true {accuracy:.2f} %")

# %%
# What to try next
# ----------------
# * Train the architectures with a high chance to be the best:
#   ``PredictorGuidedSearch`` does so in
#   :ref:`sphx_glr_auto_examples_plot_search_digits.py`.
# * Measure the networks with the largest standard deviation next, as in
#   :ref:`sphx_glr_auto_examples_plot_latency_of_networks.py`.
# * Repeat the two tables with your own labels before you rely on intervals.
