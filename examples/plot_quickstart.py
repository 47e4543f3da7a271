"""
Which architectures should I train?
===================================

You have trained 78 of the 15,625 cells of NAS-Bench-201: which of the others
should you train next? A network that ranks architectures learns more from
those 78 labels if it first learns, without labels, how information flows
through all cells. This example measures the difference on two benchmarks,
with the same encoder, split and seed on both sides. One split takes about a
minute. ``make demo`` in the repository sets ``N_SPLITS=3`` and adds standard
deviations.
"""

# %%
# Two search spaces
# -----------------
# Both benchmarks come from PyPI (``pip install "fgp-sklearn[datasets]"``).
# NAS-Bench-201 has convolutional cells and their accuracy on CIFAR-10.
# NAS-Bench-Graph has graph neural networks and their accuracy on Cora. Each
# space is split into halves. One per cent of the first half has labels, and
# the second half is ranked. Pre-training reads 8,000 architectures of each
# space, to keep this page quick.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_quickstart.svg"
import os
import time

import joblib
import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import rankdata
from sklearn.model_selection import train_test_split

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.datasets import load_nasbench201, load_nasbench_graph
from fgp_sklearn.metrics import kendall_tau_score, precision_at_top_score

SPACES = {  # data, labels
    "NAS-Bench-201": (load_nasbench201(), 78),
    "NAS-Bench-Graph": (load_nasbench_graph("cora"), 131),
}
SEEDS = range(int(os.environ.get("N_SPLITS", "1")))

# %%
# The default encoder is a gated graph network. It treats the two directions
# of an edge differently, and it also reads the nodes where the flow enters
# and leaves. The published encoder does neither.

PUBLISHED = {"directed": False, "ends": False}
ENCODERS = {
    "default": FGPEncoder(),
    "published": FGPEncoder(backbone_params=PUBLISHED),
}


# %%
# Supervised against pre-trained
# ------------------------------
# ``fit_pretrain`` reads architectures without labels. ``fit`` then fine-tunes
# the network on the labels. Without ``fit_pretrain``, the same regressor
# learns from the labels alone. ``effort="fast"`` leaves out the second
# network, which the default adds to the prediction after pre-training, so
# that one network is compared with itself.


def compare(space, encoder, seed):
    """Train one encoder without and with pre-training."""
    data, n_labels = SPACES[space]
    train, test = train_test_split(
        np.arange(len(data.target)), test_size=0.5, random_state=seed
    )
    labelled, pool = train[:n_labels], np.append(train, test)[:8_000]
    rows = []
    for name in ("supervised", "pre-trained"):
        regressor = FGPRegressor(
            ENCODERS[encoder], effort="fast", random_state=seed
        )
        start = time.perf_counter()
        if name == "pre-trained":
            regressor.fit_pretrain(data.data[pool])
        middle = time.perf_counter()
        regressor.fit(data.data[labelled], data.target[labelled])
        end = time.perf_counter()
        predicted = regressor.predict(data.data[test])
        tau = kendall_tau_score(data.target[test], predicted)
        top = precision_at_top_score(data.target[test], predicted, top=0.01)
        rows.append((tau, top, middle - start, end - middle))
    return rows, test, predicted


cases = [
    ("NAS-Bench-Graph", "default"),
    ("NAS-Bench-201", "default"),
    ("NAS-Bench-201", "published"),
]
jobs = [(*case, seed) for case in cases for seed in SEEDS]
parallel = joblib.Parallel(n_jobs=2)
answers = parallel(joblib.delayed(compare)(*job) for job in jobs)
results = dict(zip(jobs, answers, strict=True))

# %%
# Kendall's tau measures the whole ranking: 0 is chance, and 1 is perfect.
# P@1% is the share of the true best per cent that the predictor also puts
# into its best per cent. The best per cent of the test sets are 78 and 131
# architectures, so P@1% differs by .1 and more between splits. One split says
# little about it. The :doc:`benchmarks </benchmarks>` have nine runs.


def summary(values):
    """Mean, and standard deviation if there are several values."""
    deviation = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{deviation}"


print(
    f"{'space':15} {'encoder':9} {'training':11} {'tau':>13} {'P@1%':>13}"
    f" {'pre-train':>9} {'fit':>5}"
)
for space, encoder in sorted(cases):
    for number, name in enumerate(("supervised", "pre-trained")):
        rows = [results[space, encoder, seed][0][number] for seed in SEEDS]
        taus, tops, pretraining, fitting = zip(*rows, strict=True)
        print(
            f"{space:15} {encoder:9} {name:11} {summary(taus):>13}"
            f" {summary(tops):>13} {np.mean(pretraining):7.0f} s"
            f" {np.mean(fitting):3.0f} s"
        )

# %%
# What the ranking looks like
# ---------------------------
# Each dot is an architecture that the predictor has no label for. The
# architectures that the predictor would train first are on the right. The
# truly best ones are at the top.

figure, axes = plt.subplots(1, 2, figsize=(9, 4.8), layout="constrained")
for axis, space in zip(axes, SPACES, strict=True):
    data, n_labels = SPACES[space]
    _, test, predicted = results[space, "default", SEEDS[0]]
    true_rank = rankdata(data.target[test])
    predicted_rank = rankdata(predicted)
    best = true_rank > 0.99 * len(test)
    axis.scatter(predicted_rank, true_rank, s=2, alpha=0.3, color="#56b4e9")
    ranks = predicted_rank[best], true_rank[best]
    axis.scatter(*ranks, s=8, color="#d55e00", label="best 1 %")
    axis.set(title=f"{space}, {n_labels} labels", aspect="equal")
    axis.set(xlabel="predicted rank", ylabel="true rank")
    axis.legend(loc="lower right")
figure.savefig("quickstart.png", dpi=150)

# %%
# What to try next
# ----------------
# * Rank architectures of your own:
#   :ref:`sphx_glr_auto_examples_plot_your_own_graphs.py`.
# * Find out how many labels you need:
#   :ref:`sphx_glr_auto_examples_plot_label_efficiency.py`.
# * Compare predictors on your own data with
#   :func:`fgp_sklearn.model_selection.compare`.
