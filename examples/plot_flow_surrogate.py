"""
What a flow surrogate sees
==========================

Why should it help a network to learn a flow surrogate before it learns
accuracies? The surrogate describes what remains of a random message after it
has passed through an architecture and back. This example compares the
surrogate with a one-hot encoding of the same cells, without a network.
"""

# %%
# Two descriptions of the same cells
# ----------------------------------
# Both are transformers from architectures to a matrix, and neither uses
# labels. The one-hot encoding has the adjacency matrix and the operation at
# each position. ``FlowSurrogate`` sends a flow through random maps, one per
# operation, and records what arrives at the ends. Cells without any path from
# input to output are left out: they guess, with exactly 10 %, and their flow
# of zero is so far from all others that it would hide the rest.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_flow_surrogate.svg"
import numpy as np

from fgp_sklearn import AdjacencyEncoding, FlowSurrogate
from fgp_sklearn.datasets import load_nasbench201

bench = load_nasbench201()
connected = np.flatnonzero(bench.target > 10)
order = np.random.default_rng(0).permutation(connected)[:3000]
X, y = bench.data[order], bench.target[order]

one_hot = AdjacencyEncoding().fit(X)
flow = FlowSurrogate(n_draws=4, standardize=True, random_state=0).fit(X)
print("one-hot:       ", one_hot.transform(X).shape)
print("flow surrogate:", flow.transform(X).shape)

# %%
# Coloured by accuracy
# --------------------
# Each figure shows two principal components. The transformers have not seen
# the accuracies, which are the colours. The colours begin at 85 %, because
# few cells are worse. In the flow surrogate, accurate cells are neighbours.

import matplotlib.pyplot as plt

from fgp_sklearn.plotting import EmbeddingDisplay

figure, axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
descriptions = {"one-hot encoding": one_hot, "flow surrogate": flow}
for axis, (title, transformer) in zip(axes, descriptions.items(), strict=True):
    EmbeddingDisplay.from_estimator(
        transformer,
        X,
        y,
        ax=axis,
        y_name="accuracy (%)",
        scatter_kwargs={"vmin": 85},
    )
    axis.set_title(title)

# %%
# Are neighbours alike?
# ---------------------
# Two components can mislead, so this test uses all components. It predicts
# the rank of each cell by the mean rank of its ten nearest other cells.

from scipy.stats import rankdata
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline

from fgp_sklearn.metrics import kendall_tau_score

published = FlowSurrogate.from_paper("nasbench201", random_state=0)
descriptions["flow surrogate, as published"] = published
ranks = rankdata(y)
for name, transformer in descriptions.items():
    nearest = KNeighborsRegressor(n_neighbors=10)
    neighbours = make_pipeline(transformer, nearest)
    predicted = cross_val_predict(neighbours, X, ranks, cv=10)
    tau = kendall_tau_score(ranks, predicted)
    print(f"{name:29} Kendall tau {tau:.3f}")

# %%
# The published surrogate has seven numbers, reads one end only, and lets
# ``none`` carry flow. In this test it is behind the one-hot encoding. The
# defaults of this library are ahead of it.
#
# Cells that compute the same
# ---------------------------
# The next two cells have different one-hot encodings. They differ in one
# operation that receives nothing but the output of ``none``. It changes
# nothing that the cell computes, so the flow is the same.

from fgp_sklearn.plotting import ArchitectureDisplay

edges = [(0, 1), (0, 3), (1, 2), (2, 4), (3, 4)]
adjacency = np.zeros((5, 5), dtype=int)
adjacency[tuple(np.transpose(edges))] = 1
pair = [
    (adjacency, ["input", "none", op, "nor_conv_3x3", "output"])
    for op in ("nor_conv_3x3", "avg_pool_3x3")
]
figure, axes = plt.subplots(1, 2, figsize=(11, 2.5), layout="constrained")
for number, axis in enumerate(axes):
    ArchitectureDisplay.from_architecture(pair, number, ax=axis)
    axis.set_title(f"cell {number + 1}")

encodings = AdjacencyEncoding().fit_transform(pair)
flows = FlowSurrogate(random_state=0).fit_transform(pair)
print("entries that differ in one-hot:", np.sum(encodings[0] != encodings[1]))
print("largest difference of the flow:", np.abs(flows[0] - flows[1]).max())

# %%
# What to try next
# ----------------
# * Use the surrogate in a pipeline:
#   :ref:`sphx_glr_auto_examples_plot_pipeline.py`.
# * See what pre-training on it brings:
#   :ref:`sphx_glr_auto_examples_plot_label_efficiency.py`.
# * Read how the surrogate is computed: :doc:`/method`.
