"""
Zero-cost proxies
=================

Do zero-cost proxies, such as FLOPs and parameters, improve a ranking? They
need no training, and they say something about the accuracy. This example
ranks by each proxy alone. It then uses proxies as features beside the flow,
and as targets of the pre-training.
"""

# %%
# Each proxy alone
# ----------------
# ``StructuralProxies`` reads proxies from the graph. It knows the costs of
# common operations. Pass costs of your own operations as ``op_costs``.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_proxies.svg"
import matplotlib.pyplot as plt
import numpy as np

from fgp_sklearn.datasets import load_nasbench201
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.proxies import StructuralProxies

bench = load_nasbench201()
order = np.random.default_rng(0).permutation(len(bench.target))[:2000]
X, y = bench.data[order], bench.target[order]

structural = StructuralProxies().fit(X)
proxies = structural.transform(X)
names = structural.get_feature_names_out()
alone = np.array([kendall_tau_score(y, column) for column in proxies.T])

figure, axis = plt.subplots(figsize=(6.5, 3.5), layout="constrained")
by_tau = np.argsort(alone)
axis.barh(names[by_tau], alone[by_tau], color="#0072b2")
axis.set(title="Structural proxies, without labels", xlim=(0, 1))
axis.set_xlabel("Kendall tau with the accuracy")

# %%
# As features
# -----------
# The Gaussian process takes further features as blocks, each with its own
# kernel. The labels decide how much a block counts. This test has 30 labels
# and five splits, which are the same for both rows.

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.model_selection import LabelBudgetSplit

splits = list(LabelBudgetSplit(30, n_splits=5, random_state=0).split(X))


def report(name, regressor):
    """Print the mean tau over the splits."""
    taus = []
    for train, test in splits:
        regressor.fit(X[train], y[train])
        taus.append(kendall_tau_score(y[test], regressor.predict(X[test])))
    print(f"{name:28} {np.mean(taus):.3f} ± {np.std(taus, ddof=1):.3f}")


with_proxies = FlowGaussianProcessRegressor(
    features=[StructuralProxies()], random_state=0
)
report("flow process", FlowGaussianProcessRegressor(random_state=0))
report("flow process and proxies", with_proxies)

# %%
# As a pre-training target
# ------------------------
# ``fit_pretrain(pool, proxies=...)`` makes the encoder rank the pool by each
# proxy, beside predicting the flow. Counts such as FLOPs add little to the
# flow. ``MeasuredProxies`` describes something else: it builds each network
# without training and measures how it treats random images. It counts how many
# ReLUs tell two images apart (``naswot``), compares gradients (``jacov``) and
# sums the flow through the weights (``synflow``). The networks here are
# smaller than by default, which takes 45 ms of one core per cell.

from fgp_sklearn import FGPRegressor
from fgp_sklearn.proxies import MeasuredProxies, NASBench201Builder

builder = NASBench201Builder(n_cells=1, channels=8)
measured = MeasuredProxies(builder, n_jobs=2, random_state=0)
values = measured.fit_transform(X)
measures = measured.get_feature_names_out()
for name, column in zip(measures, values.T, strict=True):
    print(f"{name + ' alone':28} {kendall_tau_score(y, column):.3f}")

for name, targets in {
    "flow": None,
    "flow and counts": proxies,
    "flow and measured proxies": values,
}.items():
    network = FGPRegressor(effort="fast", random_state=0)
    report(name, network.fit_pretrain(X, proxies=targets))

# %%
# On two thousand cells and 30 labels, no difference here exceeds the spread
# over the splits. Measured proxies help on whole spaces, with networks of the
# default size: see the :doc:`benchmarks </benchmarks>`.
#
# What to try next
# ----------------
# * Measure proxies for your own space: a builder is a function that makes a
#   ``torch.nn.Module`` of an
#   :class:`~fgp_sklearn.architectures.Architecture`.
# * Measure only what you can afford. Leave NaN elsewhere, and keep results
#   with the argument ``memory``.
# * Pass any number that ranks architectures as a proxy, such as the accuracy
#   after one epoch.
