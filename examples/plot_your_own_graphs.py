"""
From your own graphs to a ranking
=================================

You have a table of trained networks and thousands of ideas. This page goes from names in a CSV file, over
NetworkX graphs that your own code makes, to a ranking of what to train next.
"""

# %%
# A table of what was trained
# ---------------------------
# A name and an accuracy a row. To have real accuracies, we write that file ourselves, from sixty cells of
# NAS-Bench-201.

import io

import networkx as nx
import numpy as np
import pandas as pd

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.datasets import load_nasbench201
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.plotting import ArchitectureDisplay

bench = load_nasbench201()
order = np.random.default_rng(0).permutation(len(bench.target))[:3000]
names = bench.data.names[order].tolist()
csv = "name,accuracy\n" + "\n".join(
    f"{name},{y:.2f}" for name, y in zip(names[:60], bench.target[order[:60]], strict=True)
)
trained = pd.read_csv(io.StringIO(csv))
print(trained.head(3).to_string(index=False))

# %%
# A graph an architecture
# -----------------------
# Nodes are operations, edges carry tensors. Only the attribute ``op`` is read; names of nodes and their order
# do not matter. This function reads the names above; yours may read a config or trace a module.


def graph_of(name):
    """Cell ``|op~0|+|op~0|op~1|+...``: four tensors, each the sum of operations on earlier ones."""
    graph = nx.DiGraph()
    graph.add_node("input", op="input")
    made_from = {0: ["input"]}  # which nodes are summed into each tensor
    for target, part in enumerate(name.split("+"), start=1):
        made_from[target] = []
        for edge in part.strip("|").split("|"):
            op, source = edge.split("~")
            node = f"{op} from {source} to {target}"
            graph.add_node(node, op=op)
            graph.add_edges_from((sender, node) for sender in made_from[int(source)])
            made_from[target].append(node)
    graph.add_node("output", op="output")
    graph.add_edges_from((sender, "output") for sender in made_from[3])
    return graph


graphs = {name: graph_of(name) for name in names}
best = trained.loc[trained["accuracy"].idxmax(), "name"]
print(graphs[best])

# %%
# The best of the trained cells. What carries nothing is faded: an operation ``none`` outputs zeros.

ArchitectureDisplay.from_architecture([graphs[best]])

# %%
# Pre-train, fit, rank
# --------------------
# All graphs are the pool. ``none`` and ``skip_connect`` are known by name; give ``null_ops`` and
# ``identity_ops`` to `FGPEncoder` where yours are called otherwise.

regressor = FGPRegressor(FGPEncoder(max_epochs=15), random_state=0)
regressor.fit_pretrain(list(graphs.values()))
regressor.fit([graphs[name] for name in trained["name"]], trained["accuracy"])

new = names[60:]
predicted, std = regressor.predict([graphs[name] for name in new], return_std=True)
ranking = pd.DataFrame({"name": new, "predicted": predicted, "std": std})
ranking = ranking.sort_values("predicted", ascending=False)
print(ranking.head(5).round(2).to_string(index=False))

# %%
# With your own graphs the truth comes from training the first few. Here it is known for all:

print(f"Kendall tau {kendall_tau_score(bench.target[order[60:]], predicted):.3f}")

# %%
# An operation that no architecture of the pool had is an error that names the architecture, not a guess.

stranger = graph_of(best.replace("nor_conv_3x3", "attention"))
try:
    regressor.predict([graphs[best], stranger])
except ValueError as error:
    print(error)
