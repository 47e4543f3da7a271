"""
Blocks with numbers: GPTs and their latency
===========================================

The blocks of your networks differ in numbers such as width, heads and MLP
ratio: how do you give these numbers to a predictor? This example makes them
attributes of nodes. It builds small GPTs in PyTorch, measures how long some
of them take on this machine, and ranks the others. It ends with the largest
GPT within a latency budget.
"""

# %%
# A space of GPTs
# ---------------
# A GPT has 2 to 6 layers and one width. Each layer has its own number of
# heads and its own MLP ratio. That makes millions of GPTs. This example draws
# 1,000 of them at random.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_attributes_of_blocks.svg"
import numpy as np

WIDTHS, DEPTHS = (64, 128, 192, 256), (2, 3, 4, 5, 6)
HEADS, MLP_RATIOS = (1, 2, 4, 8), (1, 2, 3, 4)
rng = np.random.default_rng(0)
choices = []
for _ in range(1000):
    layers = [
        (int(rng.choice(HEADS)), int(rng.choice(MLP_RATIOS)))
        for _ in range(rng.choice(DEPTHS))
    ]
    choices.append((int(rng.choice(WIDTHS)), layers))
choices[0]

# %%
# The networks are ordinary PyTorch modules.

import torch
from torch import nn
from torch.nn.functional import gelu, scaled_dot_product_attention

N_TOKENS, VOCABULARY = 128, 1000


class Block(nn.Module):
    """Causal attention and an MLP."""

    def __init__(self, width, heads, mlp_ratio):
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.attention = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)
        self.expand = nn.Linear(width, mlp_ratio * width)
        self.shrink = nn.Linear(mlp_ratio * width, width)

    def forward(self, x):
        n, length, width = x.shape
        heads = (n, length, self.heads, -1)
        parts = self.attention(self.norms[0](x)).chunk(3, dim=-1)
        q, k, v = (part.view(heads).transpose(1, 2) for part in parts)
        attended = scaled_dot_product_attention(q, k, v, is_causal=True)
        attended = attended.transpose(1, 2).reshape(n, length, width)
        x = x + self.projection(attended)
        return x + self.shrink(gelu(self.expand(self.norms[1](x))))


def gpt(choice):
    """Build a GPT."""
    width, layers = choice
    embedding = nn.Embedding(VOCABULARY, width)
    blocks = [Block(width, heads, mlp_ratio) for heads, mlp_ratio in layers]
    logits = nn.Linear(width, VOCABULARY)
    return nn.Sequential(embedding, *blocks, logits).eval()


# %%
# Measure some of them
# --------------------
# A hundred GPTs are measured: forty to learn from, and sixty to check the
# ranking. Each measurement is the fastest of ten repetitions, because other
# programs disturb it least.

import time

N_MEASURED, N_LABELS = 100, 40
N_REPETITIONS = 10


def milliseconds(choice):
    """Latency of one sequence on one thread."""
    network, tokens = gpt(choice), torch.zeros(1, N_TOKENS, dtype=torch.long)
    n_threads, seconds = torch.get_num_threads(), []
    torch.set_num_threads(1)
    with torch.inference_mode():
        for _ in range(N_REPETITIONS):
            start = time.perf_counter()
            network(tokens)
            seconds.append(time.perf_counter() - start)
    torch.set_num_threads(n_threads)
    return 1000 * min(seconds)


milliseconds(choices[0])  # the very first call also loads the kernels
latency = np.array([milliseconds(choice) for choice in choices[:N_MEASURED]])
print(f"{latency.min():.1f} to {latency.max():.1f} ms")

# %%
# Graphs with attributes
# ----------------------
# A node has an operation and any numbers. Nodes of one graph may have
# different numbers. Name the numbers to read in the argument ``attributes``
# of ``as_batch``; otherwise it warns and ignores them.

import networkx as nx

from fgp_sklearn import as_batch


def graph(choice):
    """Describe a GPT as a chain."""
    width, layers = choice
    chain = nx.DiGraph()
    chain.add_node("tokens", op="input")
    chain.add_node("embedding", op="embedding", width=width)
    for number, (heads, mlp_ratio) in enumerate(layers):
        numbers = {"width": width, "heads": heads, "mlp_ratio": mlp_ratio}
        chain.add_node(number, op="block", **numbers)
    chain.add_node("logits", op="output")
    nx.add_path(chain, list(chain))
    return chain


graphs = [graph(choice) for choice in choices]
X = as_batch(graphs, attributes=["width", "heads", "mlp_ratio"])
print(f"{len(X)} GPTs with the attributes {', '.join(X.attribute_names)}")

# %%
# Rank the GPTs
# -------------
# Both regressors learn from forty latencies. They also read the other GPTs
# through ``X_unlabeled``: the Gaussian process learns the range of the
# numbers from them, and ``FGPRegressor`` is pre-trained on them. The rival is
# a random forest on a table with one column per layer and number.

from sklearn.ensemble import RandomForestRegressor

from fgp_sklearn import FGPRegressor, FlowGaussianProcessRegressor
from fgp_sklearn.metrics import kendall_tau_score


def table_row(choice):
    """Width, depth, and numbers of each layer; 0 for layers that lack."""
    width, layers = choice
    padding = [0] * (2 * (max(DEPTHS) - len(layers)))
    numbers = [number for layer in layers for number in layer]
    return [width, len(layers), *numbers, *padding]


table = np.array([table_row(choice) for choice in choices])
labels = latency[:N_LABELS]
forest = RandomForestRegressor(random_state=0).fit(table[:N_LABELS], labels)
process = FlowGaussianProcessRegressor(random_state=0)
process.fit(X[:N_LABELS], labels, X_unlabeled=X)
network = FGPRegressor(random_state=0)
network.fit(X[:N_LABELS], labels, X_unlabeled=X)

predictions = {
    "random forest on a table": forest.predict(table),
    "FlowGaussianProcessRegressor": process.predict(X),
    "FGPRegressor": network.predict(X),
}
asked = slice(N_LABELS, N_MEASURED)
for name, predicted in predictions.items():
    tau = kendall_tau_score(latency[asked], predicted[asked])
    print(f"{name:30} Kendall tau {tau:.3f}")

# %%
# Predictions have the unit of the labels.

import matplotlib.pyplot as plt

figure, axes = plt.subplots(
    1, 3, figsize=(10, 3.6), sharex=True, sharey=True, layout="constrained"
)
for axis, (name, predicted) in zip(axes, predictions.items(), strict=True):
    axis.scatter(latency[asked], predicted[asked], s=12)
    axis.axline((0, 0), slope=1, color="grey", linewidth=0.8)
    axis.set(title=name, xlabel="measured (ms)")
axes[0].set_ylabel("predicted (ms)")

# %%
# The largest GPT within a budget
# -------------------------------
# The budget is the median latency. From the 900 GPTs without a measurement,
# this cell takes those that are predicted to stay within the budget, and
# measures the five with the most parameters. The largest GPTs are close to
# the limit, and two measurements of one GPT differ by some per cent. Some
# GPTs may therefore exceed the budget slightly: if it is strict, leave a
# margin.

parameters = np.array(
    [sum(p.numel() for p in gpt(choice).parameters()) for choice in choices]
)
budget = np.median(latency)
predicted = predictions["FGPRegressor"]
within = np.flatnonzero(predicted[N_MEASURED:] <= budget)
candidates = N_MEASURED + within
largest = candidates[np.argsort(-parameters[candidates])][:5]

print(f"budget {budget:.1f} ms")
for position in largest:
    print(
        f"GPT {position}: {parameters[position] / 1e6:.2f} M parameters, "
        f"predicted {predicted[position]:.1f} ms, "
        f"measured {milliseconds(choices[position]):.1f} ms"
    )

# %%
# What to try next
# ----------------
# * Use the attributes of your own blocks: any names and numbers work.
# * Read modules instead of describing them:
#   :ref:`sphx_glr_auto_examples_plot_latency_of_networks.py`.
# * Predict the latency on another device from ten measurements:
#   :ref:`sphx_glr_auto_examples_plot_new_device.py`.
