"""
PyTorch networks and their latency
==================================

You have networks as PyTorch modules and the latency of some of them: which
of the others are fast? This example ranks small MobileNets. It needs no code
that describes their graphs, because ``from_torch`` reads the modules. It ends
with the fastest networks that have enough parameters, and with the networks
to measure next.
"""

# %%
# Variants of a network
# ---------------------
# The networks are small MobileNets. They differ in the resolution of the
# image, in the number of blocks, and in the width, kernel and expansion of
# each block.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_latency_of_networks.svg"
import numpy as np
import torch
from torch import nn

N_NETWORKS, N_MEASURED, N_REPETITIONS = 60, 20, 15


def convolution(width, out, kernel, stride=1, groups=1):
    """Convolution, batch normalisation and activation."""
    return nn.Sequential(
        nn.Conv2d(width, out, kernel, stride, kernel // 2, groups=groups),
        nn.BatchNorm2d(out),
        nn.ReLU(),
    )


class Block(nn.Module):
    """A wide depthwise convolution between two pointwise ones."""

    def __init__(self, width, kernel, expansion):
        super().__init__()
        wide = expansion * width
        self.layers = nn.Sequential(
            convolution(width, wide, 1),
            convolution(wide, wide, kernel, groups=wide),
            nn.Conv2d(wide, width, 1),
        )

    def forward(self, x):
        return x + self.layers(x)


def variant(rng):
    """Draw a network, and make an image of the size that it reads."""
    width, layers = 3, []
    for _ in range(2):
        wider = int(rng.choice([16, 24, 32, 48])) * (1 if width == 3 else 2)
        layers.append(convolution(width, wider, 3, stride=2))
        width = wider
        for _ in range(rng.integers(1, 4)):
            kernel, expansion = rng.choice([3, 5, 7]), rng.choice([2, 4, 6])
            layers.append(Block(width, int(kernel), int(expansion)))
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10)
    resolution = int(rng.choice([48, 64, 96]))
    image = torch.zeros(1, 3, resolution, resolution)
    return nn.Sequential(*layers, *head).eval(), image


rng = np.random.default_rng(0)
drawn = [variant(rng) for _ in range(N_NETWORKS)]
networks, images = map(list, zip(*drawn, strict=True))

# %%
# Measure some of them
# --------------------
# The predictor learns from twenty latencies. The others are measured only to
# check the ranking. Each measurement is the processor time of the fastest of
# some repetitions, because other programs disturb it least.

import time


def milliseconds(network, image):
    """Time of the processor for one image, on one thread."""
    n_threads, seconds = torch.get_num_threads(), []
    torch.set_num_threads(1)
    with torch.inference_mode():
        for _ in range(N_REPETITIONS):
            start = time.thread_time()
            network(image)
            seconds.append(time.thread_time() - start)
    torch.set_num_threads(n_threads)
    return 1000 * min(seconds)


milliseconds(*drawn[0])  # the very first call also loads the kernels
latency = np.array([milliseconds(*pair) for pair in drawn])
print(f"{latency.min():.1f} to {latency.max():.1f} ms")

# %%
# Read the networks
# -----------------
# ``from_torch`` exports each module. Nodes are its operators, with numbers
# such as kernel, channels, parameters and FLOPs. Weights do not matter.

from fgp_sklearn.architectures import from_torch

X = from_torch(networks, images)
print(f"{len(X)} networks with {X.n_nodes.sum()} nodes")
print(*X.attribute_names, sep="\n")

# %%
# Rank the others
# ---------------
# ``view="cost"`` is meant for latency, memory and energy, which are sums over
# operators. ``X_unlabeled`` shows the other networks to the predictor. FLOPs
# alone need no measurement, and rank the networks less well.

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.metrics import kendall_tau_score

process = FlowGaussianProcessRegressor(view="cost", random_state=0)
process.fit(X[:N_MEASURED], latency[:N_MEASURED], X_unlabeled=X)
predicted, deviation = process.predict(X, return_std=True)

flops = np.bincount(X.node_owner, X.attributes["flops"])
parameters = np.bincount(X.node_owner, X.attributes["parameters"])
asked = np.arange(N_MEASURED, N_NETWORKS)
for name, scores in {"FLOPs": flops, "process": predicted}.items():
    tau = kendall_tau_score(latency[asked], scores[asked])
    print(f"{name:8} Kendall tau {tau:.3f}")

# %%

import matplotlib.pyplot as plt

figure, (left, right) = plt.subplots(
    1, 2, figsize=(8, 3.8), sharey=True, layout="constrained"
)
left.scatter(flops[asked] / 1e6, latency[asked], s=12)
left.set(title="FLOPs and latency", xlabel="FLOPs (millions)")
left.set_ylabel("measured (ms)")
right.scatter(predicted[asked], latency[asked], s=12)
right.axline((0, 0), slope=1, color="grey", linewidth=0.8)
right.set_title("Predicted and measured latency")
right.set_xlabel("predicted (ms)")

# %%
# The fastest networks with enough parameters
# -------------------------------------------
# Of the networks without a measurement and with at least the median number of
# parameters, these five are predicted to be the fastest.

large = asked[parameters[asked] >= np.median(parameters)]
for position in large[np.argsort(predicted[large])][:5]:
    print(
        f"network {position}: {parameters[position] / 1e3:.0f} k parameters, "
        f"predicted {predicted[position]:.1f} ms, "
        f"measured {latency[position]:.1f} ms"
    )

# %%
# Networks to measure next
# ------------------------
# The predictor knows least about the networks with the largest standard
# deviation, so measure these next.

uncertain = asked[np.argsort(-deviation[asked])][:5]
for position in uncertain:
    guess, error = predicted[position], deviation[position]
    print(f"network {position}: {guess:.1f} ± {error:.1f} ms")

# %%
# What to try next
# ----------------
# * Read your own modules: ``from_torch`` takes all that ``torch.export``
#   accepts, also modules of different families at once. ``from_onnx`` reads
#   files in the ONNX format.
# * Measure some of the networks on another device. The graphs stay the same:
#   :ref:`sphx_glr_auto_examples_plot_new_device.py`.
# * Describe blocks instead of operators if the networks are chains of blocks:
#   :ref:`sphx_glr_auto_examples_plot_attributes_of_blocks.py`.
