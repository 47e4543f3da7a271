"""
Accurate and fast: two targets from one model
=============================================

The most accurate architecture may be too slow. With a column for each target, one regressor predicts both,
from one encoder, in the time of one.
"""

# %%
# Accuracy and latency on Cora
# ----------------------------
# NAS-Bench-Graph measured 26,206 graph neural networks. We label 131 of them, one per cent of half the space.

import matplotlib.pyplot as plt
import numpy as np

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.datasets import load_nasbench_graph
from fgp_sklearn.metrics import kendall_tau_score

TARGETS = ["test_accuracy", "latency"]
X, y = load_nasbench_graph("cora", target=TARGETS, return_X_y=True)
order = np.random.default_rng(0).permutation(len(y))
pool, train, test = order[:6000], order[:131], order[131:6000]

regressor = FGPRegressor(FGPEncoder(max_epochs=15), random_state=0).fit_pretrain(X[pool])
regressor.fit(X[train], y[train])
predicted, std = regressor.predict(X[test], return_std=True)
print("shape of the predictions:", predicted.shape)
for j, name in enumerate(TARGETS):
    print(f"{name}: Kendall tau {kendall_tau_score(y[test, j], predicted[:, j]):.3f}")

# %%
# The promising ones
# ------------------
# An architecture is worth a look if no other is predicted to be both faster and more accurate.

by_speed = np.argsort(predicted[:, 1])
best_so_far = np.maximum.accumulate(predicted[by_speed, 0])
front = by_speed[np.r_[True, best_so_far[1:] > best_so_far[:-1]]]
print(len(front), "architectures are on the predicted front")

figure, axes = plt.subplots(layout="constrained")
milliseconds = 1000 * y[test, 1]
axes.scatter(milliseconds, y[test, 0], s=4, alpha=0.3, label="all, as measured")
axes.scatter(milliseconds[front], y[test, 0][front], marker="D", label="predicted front, as measured")
axes.set(xlabel="latency (ms)", ylabel="test accuracy", xscale="log")
axes.set_ylim(bottom=np.quantile(y[test, 0], 0.05))
axes.legend()

# %%
# Latency alone
# -------------
# What costs time need not compute anything useful: for costs alone, a Gaussian process that looks at the
# architecture as given is quicker still.

from fgp_sklearn import FlowGaussianProcessRegressor

for view in ("accuracy", "cost"):
    process = FlowGaussianProcessRegressor(view=view, random_state=0).fit(X[train], y[train, 1], X[pool])
    print(f"view={view!r}: {kendall_tau_score(y[test, 1], process.predict(X[test])):.3f}")
