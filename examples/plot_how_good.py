"""
How good is my predictor, and how well do I know?
=================================================

How many labels until a ranking can be trusted, and how many until you know
that it can be? This example draws both for two published benchmarks. The
page :doc:`/how_good` explains the numbers.
"""

# %%
# Draw labels many times
# ----------------------
# A benchmark has a label for every architecture, so we can do what nobody can
# do with data of their own: draw 20 labels again and again, and look up the
# true Kendall tau on architectures that were left out.
#
# ``estimated`` is what cross-validation says, which sees the drawn labels
# only. ``true`` is the tau on 1,000 other architectures. The predictor sees
# some of these without labels, so that it knows all operations.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_how_good.svg"
import numpy as np
from sklearn.model_selection import KFold, cross_val_score

from fgp_sklearn import FlowGaussianProcessRegressor, UnlabeledPool
from fgp_sklearn.datasets import load_nasbench201, load_nasbench_graph
from fgp_sklearn.metrics import kendall_tau_scorer

BUDGETS = (10, 20, 40, 80, 160)
N_DRAWS = 4


def taus(bench, n_labels, draw):
    order = np.random.default_rng(draw).permutation(len(bench.target))
    labelled, test = order[:n_labels], order[-1000:]
    X, y = bench.data.take(labelled), bench.target[labelled]
    predictor = FlowGaussianProcessRegressor(random_state=0)
    known = {"X_unlabeled": UnlabeledPool(bench.data.take(test[:300]))}
    estimated = cross_val_score(
        predictor,
        X,
        y,
        cv=KFold(5, shuffle=True, random_state=draw),
        scoring=kendall_tau_scorer,
        params=known,
    ).mean()
    predictor.fit(X, y, **known)
    true = kendall_tau_scorer(
        predictor, bench.data.take(test), bench.target[test]
    )
    return estimated, true


benches = {
    "NAS-Bench-201": load_nasbench201(),
    "NAS-Bench-Graph, Cora": load_nasbench_graph("cora"),
}
found = {
    name: np.array(
        [[taus(bench, n, draw) for draw in range(N_DRAWS)] for n in BUDGETS]
    )
    for name, bench in benches.items()
}

# %%
# The ceiling that noise sets
# ---------------------------
# Train a network twice and you get two accuracies. Cells of NAS-Bench-201
# that look different and compute the same were trained apart, so they tell
# how much. Let t be the tau between two such copies. If values and noise are
# normal, no predictor has a tau above
# :math:`\frac{2}{\pi} \arcsin \sqrt{\sin(t \pi / 2)}`, however many labels
# it learns from.

from scipy.stats import kendalltau

from fgp_sklearn.preprocessing import ArchitectureSimplifier

bench = benches["NAS-Bench-201"]
group = ArchitectureSimplifier(identity_ops="auto").duplicates(bench.data)
order = np.random.default_rng(0).permutation(len(group))
groups, first = np.unique(group[order], return_index=True)
rest = np.delete(order, first)
twice, second = np.unique(group[rest], return_index=True)
copies = order[first[np.isin(groups, twice)]], rest[second]
t = kendalltau(*(bench.target[rows] for rows in copies)).statistic
ceiling = 2 / np.pi * np.arcsin(np.sqrt(np.sin(t * np.pi / 2)))
print(f"{len(twice):,} pairs, t = {t:.3f}, ceiling = {ceiling:.3f}")

# %%
# Tau against the number of labels
# --------------------------------
# Each dot is one draw of labels, and each line joins the means.

import matplotlib.pyplot as plt

figure, panels = plt.subplots(
    1, 2, figsize=(9, 3.6), sharey=True, layout="constrained"
)
looks = {"estimated by 5 folds": ("#999999", 0.96), "true": ("#0072B2", 1.04)}
for panel, (name, values) in zip(panels, found.items(), strict=True):
    for part, (label, (colour, shift)) in enumerate(looks.items()):
        x = shift * np.array(BUDGETS)
        panel.plot(x, values[..., part], "o", color=colour, alpha=0.5)
        panel.plot(
            x, values[..., part].mean(axis=1), color=colour, label=label
        )
    panel.set(title=name, xlabel="number of labels", xscale="log")
    panel.set_xticks(BUDGETS, BUDGETS)
    panel.minorticks_off()
panels[0].axhline(ceiling, linestyle="--", color="black", label="ceiling")
panels[0].set_ylabel("Kendall tau")
panels[0].legend(loc="lower right")
plt.show()

# %%
# What it says:

for name, values in found.items():
    print(name)
    print("labels  mean true tau  spread of true  spread of estimates")
    spread = values.std(axis=1, ddof=1)
    for n, mean, (estimated, true) in zip(
        BUDGETS, values[..., 1].mean(axis=1), spread, strict=True
    ):
        print(f"{n:6}  {mean:13.2f}  {true:14.2f}  {estimated:19.2f}")

# %%
# Cross-validation on ten labels has two architectures per fold: it says close
# to nothing. From about 40 labels on, its spread is small enough to tell a
# good predictor from a useless one. Close predictors need
# :func:`~fgp_sklearn.model_selection.compare`, which looks at differences on
# the same folds.
#
# What to try next
# ----------------
# * Replace the process by an :class:`~fgp_sklearn.FGPRegressor`, or the score
#   by :func:`~fgp_sklearn.metrics.precision_at_top_score`.
# * Read which score answers which question: :doc:`/how_good`.
# * See how far other predictors get with as many labels:
#   :ref:`sphx_glr_auto_examples_plot_label_efficiency.py`.
