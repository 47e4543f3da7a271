"""
How sure is the predictor?
==========================

A ranking tells what to train first. How far to trust it is another question: `predict` answers it with
``return_std=True``.
"""

# %%
# Intervals for ten thousand cells
# --------------------------------
# The standard deviation is that of a new label: what the predictor does not know, and the noise that training
# the same cell twice would show. Ninety per cent of the accuracies should lie within 1.645 of it.

import matplotlib.pyplot as plt
import numpy as np

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.datasets import load_nasbench201

bench = load_nasbench201()
order = np.random.default_rng(1).permutation(len(bench.target))
train, test = order[:78], order[78:10_078]
process = FlowGaussianProcessRegressor(random_state=0).fit(bench.data[train], bench.target[train])
predicted, std = process.predict(bench.data[test], return_std=True)
accuracy = bench.target[test]
inside = np.abs(accuracy - predicted) < 1.645 * std
top = np.argsort(-predicted)[: len(test) // 20]
print(f"90 % intervals hold {inside.mean():.0%} of the accuracies,")
print(f"and {inside[top].mean():.0%} among the five per cent that are predicted best")

# %%
# Where it knows more
# -------------------
# Intervals are wide where the 78 labelled cells say little: among cells that train badly, accuracies spread
# over tens of per cent. The best cells lie close together, and so do their intervals.

some = np.random.default_rng(0).choice(len(test), 150, replace=False)
some = some[np.argsort(predicted[some])]
place = np.arange(len(some))
figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
axes.errorbar(place, predicted[some], yerr=1.645 * std[some], fmt="none", alpha=0.4, label="90 % interval")
axes.scatter(place[inside[some]], accuracy[some][inside[some]], s=10, label="accuracy, inside")
outside = ~inside[some]
axes.scatter(place[outside], accuracy[some][outside], s=30, marker="x", label="accuracy, outside")
axes.set_ylim(82, 97)
axes.set(xlabel="150 cells in the order of their predictions", ylabel="accuracy (%)")
axes.legend()

# %%
# Whole functions
# ---------------
# Errors of like cells go together. `sample_y` draws accuracies of many cells at once, as Thompson sampling
# wants them: the best of each draw is a sensible next cell to train.

candidates = test[top[:200]]
draws = process.sample_y(bench.data[candidates], n_samples=5, random_state=0)
print("cells to train next:", *bench.data.names[candidates[draws.argmax(axis=0)]], sep="\n  ")
