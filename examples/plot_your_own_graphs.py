"""
From your own table to a ranking
================================

Your architectures are in a file, a list of objects, or a generator of your own. All that the library asks
for is a directed graph of each, with an operation at each node. This example starts from a table as a
spreadsheet would export it, and ends with a list of what to train next.
"""

# %%
# The table
# ---------
# One line an architecture: its layers, which earlier layers each one reads, and the accuracy where there is
# one. To have true accuracies, the table is written here from the cells of NAS-Bench-201: 400 of them, 60
# with an accuracy. With a table of your own, leave out this cell and open your file in the next one.

import csv
import io

import numpy as np

from fgp_sklearn.datasets import load_nasbench201

bench = load_nasbench201()
rows = np.random.default_rng(0).permutation(len(bench.target))[:400]
file = io.StringIO()
writer = csv.writer(file)
writer.writerow(["name", "layers", "reads", "accuracy"])
for number, row in enumerate(rows):
    graph = bench.data[[row]].to_networkx()[0]
    reads = ["+".join(str(source) for source in graph.predecessors(node)) for node in graph]
    layers = [graph.nodes[node]["op"] for node in graph]
    accuracy = f"{bench.target[row]:.2f}" if number < 60 else ""
    writer.writerow(
        [f"net-{number:03d}", " ".join(layers), " ".join(read or "-" for read in reads), accuracy]
    )
print("\n".join(file.getvalue().splitlines()[:4]))

# %%
# From lines to graphs
# --------------------
# A NetworkX ``DiGraph`` with an attribute ``op`` at each node is enough. Edges say where the data goes.
# There is no fixed number of nodes, no list of allowed operations, and the order of nodes does not matter.

import networkx as nx

file.seek(0)
names, graphs, accuracies = [], [], []
for line in csv.DictReader(file):
    graph = nx.DiGraph()
    for layer, op in enumerate(line["layers"].split()):
        graph.add_node(layer, op=op)
    for layer, reads in enumerate(line["reads"].split()):
        graph.add_edges_from((int(source), layer) for source in reads.split("+") if source != "-")
    names.append(line["name"])
    graphs.append(graph)
    accuracies.append(float(line["accuracy"] or "nan"))

# %%
# Look at one before anything is learnt from it. Operations are on the nodes; if yours are on the edges,
# make each edge a node, as was done for these cells.

from fgp_sklearn.plotting import ArchitectureDisplay

ArchitectureDisplay.from_architecture(graphs, 1)

# %%
# Mistakes are named
# ------------------
# Nothing is repaired or dropped in silence: an architecture that cannot be right raises an error with its
# position.

from fgp_sklearn import ArchitectureError, as_batch

broken = nx.DiGraph(graphs[5])
broken.add_edge(7, 0)
try:
    as_batch([graphs[4], broken])
except ArchitectureError as error:
    print(error)

# %%
# Operations that do nothing
# --------------------------
# What is faded above carries no flow: ``none`` outputs zeros. The library knows it under a few usual names,
# and so it does with skips, which hand on what they get. If your operations have other names, say so with
# ``null_ops`` and ``identity_ops``. It matters: here it shows how many of the 400 lines are really
# different.

from fgp_sklearn import ArchitectureSimplifier

for null_ops, identity_ops in [((), ()), (["none"], ()), (["none"], ["skip_connect"])]:
    simplifier = ArchitectureSimplifier(null_ops=null_ops, identity_ops=identity_ops)
    print(null_ops, identity_ops, simplifier.duplicates(graphs).max() + 1)

# %%
# The ranking
# -----------
# The process learns from the lines that have an accuracy and ranks the others.

from fgp_sklearn import FlowGaussianProcessRegressor

accuracies = np.array(accuracies)
is_labelled = ~np.isnan(accuracies)
labelled = [graph for graph, known in zip(graphs, is_labelled, strict=True) if known]
process = FlowGaussianProcessRegressor(null_ops=["none"], identity_ops=["skip_connect"], random_state=0)
process.fit(labelled, accuracies[is_labelled])
predicted, std = process.predict(graphs, return_std=True)

print("train next   predicted   true")
candidates = np.flatnonzero(~is_labelled)
for position in candidates[np.argsort(-predicted[candidates])][:8]:
    true = bench.target[rows[position]]
    print(f"{names[position]} {predicted[position]:9.2f} ± {std[position]:.2f} {true:7.2f}")

# %%
# How good is it, over all that had no accuracy in the table?

from fgp_sklearn.plotting import RankDisplay

RankDisplay.from_predictions(bench.target[rows[candidates]], predicted[candidates], top=0.05)

# %%
# Operations that nobody has seen
# -------------------------------
# An operation that was in no labelled architecture has no meaning yet, and a number made up for it would
# look like a prediction. So it raises an error:

from sklearn.pipeline import make_pipeline

from fgp_sklearn import GraphTensorizer

strange = graphs[0].copy()
strange.nodes[1]["op"] = "dil_conv_3x3"
try:
    process.predict([strange])
except ArchitectureError as error:
    print(error)

# %%
# Where a rough answer is better than none, a ``GraphTensorizer`` in front makes one operation of all that
# are unknown. Its place in the graph then counts, its name does not.

lenient = make_pipeline(GraphTensorizer(unknown_op="unknown"), process)
lenient.fit(labelled, accuracies[is_labelled])
print(lenient.predict([strange, graphs[0]]).round(2))
