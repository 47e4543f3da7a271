"""
From your own table to a ranking
================================

Your architectures are in a file of your own: how do you rank them? The
library needs a directed graph for each architecture, with an operation at
each node. This example starts from a table, as a spreadsheet exports it. It
ends with a list of architectures to train next.
"""

# %%
# The table
# ---------
# Each line is an architecture: its layers, the earlier layers that each layer
# reads, and the accuracy if it is known. This cell writes such a table from
# NAS-Bench-201, so that true accuracies are known: 400 cells, 60 of them with
# an accuracy. If you have a table of your own, leave out this cell and open
# your file in the next one.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_your_own_graphs.svg"
import csv
import io
import textwrap

import numpy as np

from fgp_sklearn.datasets import load_nasbench201

bench = load_nasbench201()
rows = np.random.default_rng(0).permutation(len(bench.target))[:400]
file = io.StringIO()
writer = csv.writer(file)
writer.writerow(["name", "layers", "reads", "accuracy"])
for number, row in enumerate(rows):
    graph = bench.data[[row]].to_networkx()[0]
    layers = [graph.nodes[node]["op"] for node in graph]
    reads = ["+".join(map(str, graph.predecessors(node))) for node in graph]
    reads = [read or "-" for read in reads]
    accuracy = f"{bench.target[row]:.2f}" if number < 60 else ""
    name = f"net-{number:03d}"
    writer.writerow([name, " ".join(layers), " ".join(reads), accuracy])
file.seek(0)
first_line = next(csv.DictReader(file))
for key, value in first_line.items():
    print(textwrap.fill(f"{key}: {value}", 79))

# %%
# From lines to graphs
# --------------------
# Each graph is a NetworkX ``DiGraph`` with an attribute ``op`` at each node.
# Its edges say where the data goes. The number of nodes may differ, operations
# may have any name, and the order of nodes does not matter.

import networkx as nx

file.seek(0)
names, graphs, accuracies = [], [], []
for line in csv.DictReader(file):
    graph = nx.DiGraph()
    for layer, op in enumerate(line["layers"].split()):
        graph.add_node(layer, op=op)
    for layer, reads in enumerate(line["reads"].split()):
        sources = [] if reads == "-" else reads.split("+")
        graph.add_edges_from((int(source), layer) for source in sources)
    names.append(line["name"])
    graphs.append(graph)
    accuracies.append(float(line["accuracy"] or "nan"))

# %%
# Look at one graph before you train a predictor. Operations must be on nodes.
# If yours are on edges, make a node of each edge, as the cells here have it.

from fgp_sklearn.plotting import ArchitectureDisplay

display = ArchitectureDisplay.from_architecture(graphs, 1)
_ = display.ax_.set_title(names[1])

# %%
# Errors name the architecture
# ----------------------------
# The library neither repairs nor drops anything silently. An invalid
# architecture raises an error that names its position.

from fgp_sklearn import ArchitectureError, as_batch

broken = nx.DiGraph(graphs[5])
broken.add_edge(7, 0)
try:
    as_batch([graphs[4], broken])
except ArchitectureError as error:
    print(textwrap.fill(str(error), 79))

# %%
# Operations that do nothing
# --------------------------
# The drawing fades nodes without flow: ``none`` outputs zeros. The library
# knows common names of such operations and of skip connections. If your
# operations have other names, pass them as ``null_ops`` and ``identity_ops``.
# They change which of the 400 lines are different architectures:

from fgp_sklearn import ArchitectureSimplifier

for null_ops, identity_ops in [
    ((), ()),
    (["none"], ()),
    (["none"], ["skip_connect"]),
]:
    simplifier = ArchitectureSimplifier(
        null_ops=null_ops, identity_ops=identity_ops
    )
    n_different = simplifier.duplicates(graphs).max() + 1
    print(f"{null_ops!s:9} {identity_ops!s:17} {n_different} different")

# %%
# The ranking
# -----------
# The predictor learns from the lines with an accuracy and ranks the others.

from fgp_sklearn import FlowGaussianProcessRegressor

accuracies = np.array(accuracies)
is_labelled = ~np.isnan(accuracies)
labelled = [graphs[position] for position in np.flatnonzero(is_labelled)]
process = FlowGaussianProcessRegressor(
    null_ops=["none"], identity_ops=["skip_connect"], random_state=0
)
process.fit(labelled, accuracies[is_labelled])
predicted, std = process.predict(graphs, return_std=True)

print("train next    predicted   true")
candidates = np.flatnonzero(~is_labelled)
for position in candidates[np.argsort(-predicted[candidates])][:8]:
    guess = f"{predicted[position]:6.2f} ± {std[position]:.2f}"
    print(f"{names[position]} {guess:>15} {bench.target[rows[position]]:6.2f}")

# %%
# How good is the ranking of all lines without an accuracy?

from fgp_sklearn.plotting import RankDisplay

true = bench.target[rows[candidates]]
display = RankDisplay.from_predictions(true, predicted[candidates], top=0.05)
_ = display.ax_.set_title("Ranking of the lines without an accuracy")

# %%
# Unknown operations
# ------------------
# An operation that is in no labelled architecture is unknown to the predictor,
# so it raises an error instead of a guess:

from sklearn.pipeline import make_pipeline

from fgp_sklearn import GraphTensorizer

strange = graphs[0].copy()
strange.nodes[1]["op"] = "dil_conv_3x3"
try:
    process.predict([strange])
except ArchitectureError as error:
    print(textwrap.fill(str(error), 79))

# %%
# If a rough prediction is enough, put a ``GraphTensorizer`` in front. It
# replaces all unknown operations by one operation. The prediction then
# depends on the place of that operation in the graph and not on its name.

lenient = make_pipeline(GraphTensorizer(unknown_op="unknown"), process)
lenient.fit(labelled, accuracies[is_labelled])
print(lenient.predict([strange, graphs[0]]).round(2))

# %%
# What to try next
# ----------------
# * Your nodes have numbers, such as a width:
#   :ref:`sphx_glr_auto_examples_plot_attributes_of_blocks.py`.
# * Your architectures are PyTorch modules:
#   :ref:`sphx_glr_auto_examples_plot_latency_of_networks.py`.
# * Your architectures are texts or rows of choices: :doc:`/guide/tables`.
