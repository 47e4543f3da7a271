"""
Which architectures should I train first?
=========================================

Before there is any label, every predictor is equally ignorant. But the architectures differ: some say much
about many others, some about themselves alone. `select_diverse` chooses those whose labels would tell most.
"""

# %%
# Forty labels, chosen by chance or by design
# -------------------------------------------
# The choice sees architectures only. It is greedy: each next architecture is the one that most reduces the
# uncertainty that a Gaussian process on flows has about the whole pool.

import matplotlib.pyplot as plt
import numpy as np

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.datasets import load_nasbench201
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.search import select_diverse

bench = load_nasbench201()
BUDGETS = (20, 40, 80)


def tau(chosen, test, seed):
    """Learn from the chosen cells, rank the test cells."""
    process = FlowGaussianProcessRegressor(random_state=seed).fit(bench.data[chosen], bench.target[chosen])
    return kendall_tau_score(bench.target[test], process.predict(bench.data[test]))


taus = {"by chance": [], "by design": []}
for seed in range(5):
    order = np.random.default_rng(seed).permutation(len(bench.target))
    pool, test = order[:6000], order[6000:9000]
    ranked = pool[select_diverse(bench.data[pool], max(BUDGETS), random_state=seed)]  # best first
    taus["by chance"].append([tau(pool[:n], test, seed) for n in BUDGETS])
    taus["by design"].append([tau(ranked[:n], test, seed) for n in BUDGETS])

# %%
# Mean and standard deviation over five pools. One choice of eighty serves all budgets, since the most telling
# come first.

figure, axes = plt.subplots(layout="constrained")
for (name, runs), marker in zip(taus.items(), "os", strict=True):
    mean, deviation = np.mean(runs, axis=0), np.std(runs, axis=0, ddof=1)
    axes.errorbar(BUDGETS, mean, yerr=deviation, marker=marker, capsize=4, label=name)
    print(f"{name}:", *(f"{m:.3f} ± {d:.3f}" for m, d in zip(mean, deviation, strict=True)))
axes.set(xlabel="labels", ylabel="Kendall tau", xticks=BUDGETS)
axes.legend()

# %%
# Later rounds
# ------------
# Labels that exist already count: ``labelled`` names them, and the next ones complement them.

more = select_diverse(bench.data[pool], 10, labelled=np.arange(40), random_state=0)
print("train next:", *bench.data.names[pool[more]][:3], "...", sep="\n  ")
