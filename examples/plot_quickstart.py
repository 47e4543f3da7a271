"""
Which architectures should I train?
===================================

Of the 15,625 cells of NAS-Bench-201 you have trained 78. Which of the others are worth it? A network
that ranks architectures learns far more from those 78 if it first learns, without any label, how
information flows through *all* of them. This example measures by how much, on two benchmarks of
really trained architectures, with the same encoder, split and seed on both sides. One split takes most
of a minute; ``make demo`` in the repository sets ``N_SPLITS=3`` and adds standard deviations.
"""

# %%
# Two search spaces
# -----------------
# Both benchmarks come from PyPI (``pip install "fgp-sklearn[datasets]"``). NAS-Bench-201 holds
# convolutional cells and their accuracy on CIFAR-10, NAS-Bench-Graph graph neural networks and
# theirs on Cora. One per cent of half a space is labelled; the other half is what gets ranked. The pool
# without labels is all of NAS-Bench-201 and, to keep this quick, 8,000 of the 26,206 networks of
# NAS-Bench-Graph.

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

SPACES = {  # data, labels, pool
    "NAS-Bench-201": (load_nasbench201(), 78, 15_625),
    "NAS-Bench-Graph": (load_nasbench_graph("cora"), 131, 8_000),
}
SEEDS = range(int(os.environ.get("N_SPLITS", "1")))

# %%
# The default encoder is a gated graph network that tells the two directions of an edge apart and
# looks closely at where the flow enters and leaves. The published one does neither.

ENCODERS = {
    "default": FGPEncoder(),
    "published": FGPEncoder(backbone_params={"directed": False, "ends": False}),
}


# %%
# Supervised against pre-trained
# ------------------------------
# ``fit_pretrain`` sees architectures alone; ``fit`` then fine-tunes on the labels. Without the first
# call, the same regressor learns from the labels alone.


def compare(space, encoder, seed):
    """Train the same encoder with and without pre-training; one row of figures for each."""
    data, n_labels, n_pool = SPACES[space]
    train, test = train_test_split(np.arange(len(data.target)), test_size=0.5, random_state=seed)
    labelled, pool = train[:n_labels], np.append(train, test)[:n_pool]
    rows = []
    for name in ("supervised", "pre-trained"):
        regressor = FGPRegressor(ENCODERS[encoder], random_state=seed)
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


cases = [("NAS-Bench-Graph", "default"), ("NAS-Bench-201", "default"), ("NAS-Bench-201", "published")]
jobs = [(*case, seed) for case in cases for seed in SEEDS]
results = dict(
    zip(jobs, joblib.Parallel(n_jobs=2)(joblib.delayed(compare)(*job) for job in jobs), strict=True)
)

# %%
# Kendall's tau measures the whole ranking (0 is chance, 1 is perfect); precision at the top is the
# share of the best per cent that the predictor also puts in its best per cent. The best per cent of a test
# set are 78 and 131 architectures, so precision moves by a tenth and more from split to split: one split
# tells little of it, and the :doc:`benchmarks </benchmarks>` have nine runs.


def summary(values):
    """Mean, and standard deviation where there is one."""
    mean = f"{np.mean(values):.3f}"
    return f"{mean} ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else mean


print(
    f"{'space':16} {'encoder':10} {'training':12} {'Kendall tau':>13} {'P@1%':>14}"
    f" {'pre-train':>10} {'fit':>7}"
)
for space, encoder in sorted(cases):
    for number, name in enumerate(("supervised", "pre-trained")):
        taus, tops, pretraining, fitting = zip(
            *(results[space, encoder, seed][0][number] for seed in SEEDS), strict=True
        )
        print(
            f"{space:16} {encoder:10} {name:12} {summary(taus):>13} {summary(tops):>14}"
            f" {np.mean(pretraining):8.1f} s {np.mean(fitting):5.1f} s"
        )

# %%
# What the ranking looks like
# ---------------------------
# Each dot is an architecture that nobody trained for the predictor. Those that it would have you
# train first are on the right; the best ones are at the top.

figure, axes = plt.subplots(1, 2, figsize=(10, 5), layout="constrained")
for axis, (space, (data, n_labels, _)) in zip(axes, SPACES.items(), strict=True):
    _, test, predicted = results[space, "default", SEEDS[0]]
    true_rank, predicted_rank = rankdata(data.target[test]), rankdata(predicted)
    best = true_rank > 0.99 * len(test)
    axis.scatter(predicted_rank, true_rank, s=2, alpha=0.3, color="#56b4e9")
    axis.scatter(predicted_rank[best], true_rank[best], s=8, color="#d55e00", label="best 1 %")
    axis.set(title=f"{space}, {n_labels} labels", xlabel="predicted rank", ylabel="true rank", aspect="equal")
    axis.legend(loc="lower right")
figure.savefig("quickstart.png", dpi=150)
