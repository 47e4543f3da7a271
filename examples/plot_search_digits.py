"""
Searching networks that are really trained
==========================================

Which network learns best to recognise handwritten digits? No table has the
answer. Each candidate is trained when the search asks for it, which takes
less than a second. A predictor learns from the results and chooses what to
train next. This example searches cells of up to five layers and compares
the best network with those of random search.
"""

# %%
# The search space
# ----------------
# A cell is a graph of layers. ``DAGSpace`` has all graphs of up to five
# layers and nine connections, with one of five layers at each node: about
# five million cells.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_search_digits.svg"
import torch
from torch import nn

from fgp_sklearn.search import DAGSpace

WIDTH = 16


def conv(kernel, groups=1):
    """Convolution, normalisation and activation."""
    return nn.Sequential(
        nn.Conv2d(WIDTH, WIDTH, kernel, padding=kernel // 2, groups=groups),
        nn.BatchNorm2d(WIDTH),
        nn.ReLU(),
    )


LAYERS = {
    "conv1x1": lambda: conv(1),
    "conv3x3": lambda: conv(3),
    "depthwise5x5": lambda: conv(5, groups=WIDTH),
    "avg_pool3x3": lambda: nn.AvgPool2d(3, stride=1, padding=1),
    "max_pool3x3": lambda: nn.MaxPool2d(3, stride=1, padding=1),
}
space = DAGSpace(list(LAYERS), max_nodes=7, max_edges=9)

# %%
# From an architecture to a network
# ---------------------------------
# The search asks for architectures. Each has an adjacency matrix and one
# operation per node, in the order of computation. Each layer reads the sum
# of what its predecessors compute.

import numpy as np


class Network(nn.Module):
    def __init__(self, architecture):
        super().__init__()
        columns = architecture.adjacency.T
        self.sources = [np.flatnonzero(column) for column in columns]
        self.stem = nn.Conv2d(1, WIDTH, 3, padding=1)
        layers = [LAYERS.get(op, nn.Identity)() for op in architecture.ops]
        self.layers = nn.ModuleList(layers)
        self.head = nn.Linear(WIDTH, 10)

    def forward(self, images):
        values = [self.stem(images)]
        steps = zip(self.sources[1:], self.layers[1:], strict=True)
        for sources, layer in steps:
            values.append(layer(sum(values[source] for source in sources)))
        return self.head(values[-1].mean(dim=(2, 3)))


# %%
# The training
# ------------
# To make it hard, a network sees only 300 of the 1,797 images, six times.
# The loss on 600 others guides the search: it differs less between two
# trainings of one network than the accuracy does. The remaining 897 images
# are for the end.

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

pixels, labels = load_digits(return_X_y=True)
images = torch.tensor(pixels / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
labels = torch.tensor(labels)
train, rest = train_test_split(
    np.arange(len(labels)),
    train_size=300,
    stratify=labels,
    random_state=0,
)
valid, test = train_test_split(
    rest,
    train_size=600,
    stratify=labels[rest],
    random_state=0,
)


def trained(architecture):
    """Train a network for six epochs of ten steps."""
    torch.manual_seed(0)
    network = Network(architecture)
    optimizer = torch.optim.AdamW(network.parameters())
    cycle = torch.optim.lr_scheduler.OneCycleLR
    schedule = cycle(optimizer, max_lr=0.02, total_steps=60)
    for _ in range(6):
        for batch in torch.randperm(len(train)).split(30):
            rows = train[batch]
            optimizer.zero_grad()
            outputs = network(images[rows])
            nn.functional.cross_entropy(outputs, labels[rows]).backward()
            optimizer.step()
            schedule.step()
    return network.eval()


@torch.no_grad()
def loss(network, rows):
    """Mean cross-entropy on some images."""
    outputs = network(images[rows])
    return float(nn.functional.cross_entropy(outputs, labels[rows]))


def objective(architecture):
    """Loss of a trained network on the validation images."""
    return loss(trained(architecture), valid)


# %%
# The search
# ----------
# The first ten cells are those that tell most about the space. After that,
# a flow process predicts thousands of cells from what is known, and the
# search trains the one with the best chance to be better.

import time

from fgp_sklearn.search import PredictorGuidedSearch

BUDGET = 30
n_threads = torch.get_num_threads()
torch.set_num_threads(1)  # the networks are too small for more
start = time.perf_counter()
search = PredictorGuidedSearch(
    space,
    direction="minimize",
    n_initial=10,
    random_state=0,
)
search.maximize(objective, budget=BUDGET)
print(f"{BUDGET} trainings in {time.perf_counter() - start:.0f} s")
print("best layers:", search.best_architecture_.ops[1:-1])

# %%
# Against random search
# ---------------------
# Random search trains 40 cells. Each order in which it could have met them
# is another random search, so the median over many orders says what to
# expect of it.

import matplotlib.pyplot as plt

from fgp_sklearn.search import RandomSearch

at_random = RandomSearch(space, direction="minimize", random_state=1)
at_random.maximize(objective, budget=40)
draws = np.random.default_rng(0)
orders = np.stack([draws.permutation(40)[:BUDGET] for _ in range(1000)])
runs = np.minimum.accumulate(at_random.values_[orders], axis=1)
low, median, high = np.quantile(runs, [0.1, 0.5, 0.9], axis=0)

guided = np.minimum.accumulate(search.values_)
numbers = np.arange(1, BUDGET + 1)
figure, axis = plt.subplots(figsize=(6.5, 3.5), layout="constrained")
axis.step(numbers, guided, where="post", color="#d55e00", label="predictor")
axis.step(numbers, median, where="post", color="#0072b2", label="random")
band = {"step": "post", "color": "#0072b2", "alpha": 0.2, "linewidth": 0}
axis.fill_between(numbers, low, high, **band)
axis.axvline(10, linestyle=":", color="#777777", label="predictor begins")
axis.set(title="Search on digits", xlabel="trainings")
axis.set_ylabel("best validation loss")
axis.legend()

# %%
# The best of many validation losses is too good a value. The test images
# have chosen nothing:

best_of_run = orders[np.arange(1000), at_random.values_[orders].argmin(axis=1)]
tested = {}
for number in set(best_of_run.tolist()):
    network = trained(at_random.architectures_[number])
    tested[number] = loss(network, test)
of_random = np.median([tested[number] for number in best_of_run.tolist()])
of_search = loss(trained(search.best_architecture_), test)
print(f"validation loss: predictor {guided[-1]:.3f}, random {median[-1]:.3f}")
print(f"test loss:       predictor {of_search:.3f}, random {of_random:.3f}")
torch.set_num_threads(n_threads)

# %%
# What to try next
# ----------------
# * ``search.ask(4)`` and ``search.tell(architectures, values)`` leave the
#   training to you: on several machines, or overnight. A training that
#   failed is told as ``None``.
# * Replace ``DAGSpace`` by a space of your own, or by ``ChainSpace`` for
#   networks with numbers such as widths and kernels.
# * If your trainings already are an Optuna study, pass it an ``FGPSampler``;
#   see :doc:`/guide/optuna_study`.
