"""
How sure is the ranking?
========================

A predictor that knows how wrong it may be tells you which predictions to trust, and where one more trained
network would pay. ``predict(return_std=True)`` gives a standard deviation with each prediction. This
example checks it against accuracies that the predictor has not seen.
"""

# %%
# Labels and the others
# ---------------------
# 100 cells of NAS-Bench-201 are labelled, 3,000 others are there to check.

import matplotlib.pyplot as plt
import numpy as np

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.datasets import load_nasbench201

bench = load_nasbench201()
order = np.random.default_rng(0).permutation(len(bench.target))
labelled, others = order[:100], order[100:3100]
process = FlowGaussianProcessRegressor(random_state=0).fit(bench.data[labelled], bench.target[labelled])
predicted, std = process.predict(bench.data[others], return_std=True)
true = bench.target[others]

# %%
# Intervals
# ---------
# The spread contains the noise of a label: it is about what training the architecture would give, not about
# a mean over many trainings. Accuracies of NAS-Bench-201 crowd below 94 % and have a long tail of cells
# that hardly learn, so intervals are narrow above and wide below. Forty of the cells:

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
axis.set(xlabel="cells, by predicted accuracy", ylabel="accuracy (%)", ylim=(0, 105))
axis.legend(loc="lower right")

# %%
# Do they hold?
# -------------
# Of intervals that claim 95 %, 95 % should contain the truth. Accuracies under a ceiling with a long tail
# below are not normal, and the intervals are: some reach beyond 100 %. So look at each claim by itself. The
# widest ones hold less often than they claim, in part because of the cells that learn nothing.

from scipy.stats import norm

print("claimed   contain the truth")
for claim in (0.5, 0.8, 0.9, 0.95):
    inside = np.abs(true - predicted) <= norm.ppf(0.5 + claim / 2) * std
    print(f"{claim:7.0%} {inside.mean():12.1%}")

# %%
# Does it know which predictions are bad?
# ---------------------------------------
# Coverage alone could come from one wide interval for all. If the spread is worth something, errors are
# small where it is small. The mean of the last quarter is made by cells that guess at 10 %: a hundred
# labels show few of them, and a spread of a few per cent does not cover an error of eighty.

error = np.abs(true - predicted)
print("quarter by spread   median spread   median error   mean error   guess")
for quarter, members in enumerate(np.array_split(np.argsort(std), 4), start=1):
    print(
        f"{quarter:17d} {np.median(std[members]):15.2f} {np.median(error[members]):14.2f} "
        f"{error[members].mean():12.2f} {(true[members] < 11).mean():7.1%}"
    )

# %%
# Whole functions
# ---------------
# A search needs more than one spread for each architecture: errors of like architectures go together.
# ``sample_y`` draws accuracies of all of them at once. Here, how often each of the ten cells with the
# highest predictions is the best of the ten, in 1,000 draws, beside its true accuracy. The shares say where
# to look, not who wins: the true accuracies differ by a few tenths of a per cent.

best = np.argsort(predicted)[::-1][:10]
draws = process.sample_y(bench.data[others[best]], n_samples=1000, random_state=0)
share = np.bincount(draws.argmax(axis=0), minlength=10) / 1000
for position, probability in zip(others[best], share, strict=True):
    print(f"{probability:6.1%} {bench.target[position]:8.2f} % {bench.data.names[position]}")
