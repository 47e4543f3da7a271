"""
Blocks with numbers: GPTs and their latency
===========================================

The blocks of a transformer differ in numbers: width, heads, MLP ratio. This example gives such numbers to
the library as attributes of nodes. It builds small GPTs in PyTorch, measures how long they take on the
machine that runs it, and ranks GPTs that were not measured. It ends with a choice: the largest GPT within a
latency budget.
"""

# %%
# A space of GPTs
# ---------------
# A GPT has 2 to 6 layers and one width. Each layer has its own number of heads and its own MLP ratio. That
# makes millions of GPTs. Here are 1,000 of them, drawn at random.

import numpy as np

WIDTHS, DEPTHS, HEADS, MLP_RATIOS = (64, 128, 192, 256), (2, 3, 4, 5, 6), (1, 2, 4, 8), (1, 2, 3, 4)
rng = np.random.default_rng(0)
choices = []
for _ in range(1000):
    depth = rng.choice(DEPTHS)
    layers = [(int(rng.choice(HEADS)), int(rng.choice(MLP_RATIOS))) for _ in range(depth)]
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
        self.attention, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.expand, self.shrink = nn.Linear(width, mlp_ratio * width), nn.Linear(mlp_ratio * width, width)

    def forward(self, x):
        n, length, width = x.shape
        parts = self.attention(self.norms[0](x)).chunk(3, dim=-1)
        q, k, v = (part.view(n, length, self.heads, -1).transpose(1, 2) for part in parts)
        attended = scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2)
        x = x + self.projection(attended.reshape(n, length, width))
        return x + self.shrink(gelu(self.expand(self.norms[1](x))))


def gpt(choice):
    """Build a GPT."""
    width, layers = choice
    blocks = [Block(width, heads, mlp_ratio) for heads, mlp_ratio in layers]
    return nn.Sequential(nn.Embedding(VOCABULARY, width), *blocks, nn.Linear(width, VOCABULARY)).eval()


# %%
# Measure some of them
# --------------------
# A hundred GPTs are measured: forty to learn from, and sixty to check the ranking. The fastest of some
# repetitions is least disturbed by other programs.

import time

N_MEASURED, N_LABELS = 100, 40
N_REPETITIONS = 10


def milliseconds(choice):
    """Latency of one sequence, on one thread."""
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


milliseconds(choices[0])  # the first call of all also loads the kernels
latency = np.array([milliseconds(choice) for choice in choices[:N_MEASURED]])
print(f"{latency.min():.1f} to {latency.max():.1f} ms")

# %%
# Graphs with attributes
# ----------------------
# A node has an operation and any numbers. Nodes of one graph need not have the same ones. ``as_batch`` is
# told which to read; without that it warns, and ignores them.

import networkx as nx

from fgp_sklearn import as_batch


def graph(choice):
    """A GPT as a chain."""
    width, layers = choice
    chain = nx.DiGraph()
    chain.add_node("tokens", op="input")
    chain.add_node("embedding", op="embedding", width=width)
    for number, (heads, mlp_ratio) in enumerate(layers):
        chain.add_node(number, op="block", width=width, heads=heads, mlp_ratio=mlp_ratio)
    chain.add_node("logits", op="output")
    nx.add_path(chain, list(chain))
    return chain


X = as_batch([graph(choice) for choice in choices], attributes=["width", "heads", "mlp_ratio"])
print(X)
print(X.attribute_names)

# %%
# Ranking
# -------
# The Gaussian process takes the forty latencies, and from the other GPTs the range of the numbers. The
# network is first pre-trained on all 1,000 GPTs without a latency. Beside them is what one would write
# without the library: a random forest on a table with a column per layer and number.

from sklearn.ensemble import RandomForestRegressor

from fgp_sklearn import FGPRegressor, FlowGaussianProcessRegressor
from fgp_sklearn.metrics import kendall_tau_score


def table_row(choice):
    """Width, depth, and heads and MLP ratio of each layer; 0 where there is no layer."""
    width, layers = choice
    padding = [0] * (2 * (max(DEPTHS) - len(layers)))
    return [width, len(layers), *(number for layer in layers for number in layer), *padding]


table = np.array([table_row(choice) for choice in choices])
process = FlowGaussianProcessRegressor(random_state=0)
process.fit(X[:N_LABELS], latency[:N_LABELS], X_unlabeled=X)
network = FGPRegressor(random_state=0).fit(X[:N_LABELS], latency[:N_LABELS], X_unlabeled=X)
forest = RandomForestRegressor(random_state=0).fit(table[:N_LABELS], latency[:N_LABELS])

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
# Predictions are in the unit of the labels.

import matplotlib.pyplot as plt

figure, axes = plt.subplots(1, 3, figsize=(10, 3.4), sharex=True, sharey=True, layout="constrained")
for axis, (name, predicted) in zip(axes, predictions.items(), strict=True):
    axis.scatter(latency[asked], predicted[asked], s=12)
    axis.plot([0, latency.max()], [0, latency.max()], color="grey", linewidth=0.8)
    axis.set(title=name, xlabel="measured (ms)")
axes[0].set_ylabel("predicted (ms)")

# %%
# The largest GPT within a budget
# -------------------------------
# The budget is the median latency. Of the 900 GPTs that were not measured, those with the most parameters
# that should stay within it are measured now. The largest ones are those closest to the limit, and two
# measurements of one GPT differ by some per cent, so some may lie slightly above it: leave a margin if the
# budget is strict.

parameters = np.array([sum(p.numel() for p in gpt(choice).parameters()) for choice in choices])
budget = np.median(latency)
predicted = predictions["FGPRegressor"]
candidates = N_MEASURED + np.flatnonzero(predicted[N_MEASURED:] <= budget)
largest = candidates[np.argsort(-parameters[candidates])][:5]

print(f"budget {budget:.1f} ms")
for position in largest:
    measured = milliseconds(choices[position])
    print(
        f"GPT {position}: {parameters[position] / 1e6:.2f} M parameters, "
        f"predicted {predicted[position]:.1f} ms, measured {measured:.1f} ms"
    )
