"""
Which architectures should I train first?
=========================================

Before the first label there is nothing to predict with, yet it matters which architectures are trained.
Those drawn at random are often much alike. ``select_diverse`` chooses those whose labels would tell most
about all others, from the flow alone. This example compares both, over several random draws.
"""

# %%
# The pool
# --------
# 2,000 cells of NAS-Bench-201. Their accuracies are known, so that choices can be judged; the choice itself
# does not look at them.

import numpy as np

from fgp_sklearn.datasets import load_nasbench201
from fgp_sklearn.search import select_diverse

bench = load_nasbench201()
order = np.random.default_rng(0).permutation(len(bench.target))[:2000]
pool, accuracy = bench.data[order], bench.target[order]

# %%
# Chosen in order
# ---------------
# The choice is greedy, so one call gives every smaller budget: the first ten are those of a budget of ten.
# Here are the first three, as they are and with what carries no flow faded.

import matplotlib.pyplot as plt

from fgp_sklearn.plotting import ArchitectureDisplay

SEEDS = range(5)
chosen = {seed: select_diverse(pool, 80, random_state=seed) for seed in SEEDS}
figure, axes = plt.subplots(3, 1, figsize=(6, 7), layout="constrained")
for axis, position in zip(axes, chosen[0], strict=False):
    ArchitectureDisplay.from_architecture(pool, position, ax=axis)
    axis.set_title(f"accuracy {accuracy[position]:.1f} %", loc="left")

# %%
# Against random labels
# ---------------------
# The same process learns from either choice and ranks everything that neither has seen.

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.plotting import LabelEfficiencyDisplay

BUDGETS = [10, 20, 40, 80]
at_random = {seed: np.random.default_rng(100 + seed).permutation(len(pool))[:80] for seed in SEEDS}


def tau(positions, test, seed):
    """Kendall's tau on `test` of a process that learns from `positions`."""
    process = FlowGaussianProcessRegressor(random_state=seed).fit(pool[positions], accuracy[positions])
    return kendall_tau_score(accuracy[test], process.predict(pool[test]))


scores = {"random": [], "select_diverse": []}
for n in BUDGETS:
    for name, choices in (("random", at_random), ("select_diverse", chosen)):
        row = []
        for seed in SEEDS:
            seen = np.union1d(at_random[seed], chosen[seed])
            test = np.setdiff1d(np.arange(len(pool)), seen)
            row.append(tau(choices[seed][:n], test, seed))
        scores[name].append(row)

LabelEfficiencyDisplay(n_labels=BUDGETS, scores=scores, score_name="Kendall tau").plot()

# %%
# Mean and standard deviation over five draws. Random labels are a matter of luck, most of all when there
# are few, and the chosen ones vary less. With more labels the two come closer:

for name, rows in scores.items():
    figures = [f"{np.mean(row):.3f} ± {np.std(row, ddof=1):.3f}" for row in rows]
    print(f"{name:15}", "   ".join(figures))

# %%
# Later rounds
# ------------
# With some labels at hand, ``labelled=`` keeps further choices away from what is known already.

later = select_diverse(pool, 10, labelled=chosen[0][:40], random_state=0)
print(later)
