"""
Zero-cost proxies
=================

Some numbers about an architecture cost nothing: its parameters, its FLOPs, its depth. They say something
about its accuracy, though not enough. Others are measured on an untrained network. This example ranks by each
alone, and then uses them in the two places where they can help: as features beside the flow, and as something
that the encoder learns before it sees a label.
"""

# %%
# Each by itself
# --------------
# ``StructuralProxies`` reads them off the graph. It knows the costs of common operations; ``op_costs`` is
# for your own.

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
axis.set(xlabel="Kendall tau with the accuracy, without any label", xlim=(0, 1))
axis.barh(names[by_tau], alone[by_tau], color="#0072b2")

# %%
# As features
# -----------
# The flow process takes further blocks of features, each with a kernel of its own. Whether the block is of
# use is left to the labels. 30 labels, five splits, the same for both:

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


report("flow process", FlowGaussianProcessRegressor(random_state=0))
report(
    "flow process and proxies", FlowGaussianProcessRegressor(features=[StructuralProxies()], random_state=0)
)

# %%
# As a pretext
# ------------
# ``fit_pretrain(pool, proxies=...)`` has the encoder rank the pool by each proxy, beside predicting the
# flow. Proxies that count say little that the flow does not. ``MeasuredProxies`` builds each network,
# untrained, and looks at what random images do in it: how many of its ReLUs tell two of them apart, how
# alike its gradients are, how much flows through its weights. The networks are smaller here than by default,
# which takes 45 ms of one core a cell.

from fgp_sklearn import FGPRegressor
from fgp_sklearn.proxies import MeasuredProxies, NASBench201Builder

measured = MeasuredProxies(NASBench201Builder(n_cells=1, channels=8), n_jobs=2, random_state=0)
values = measured.fit_transform(X)
for name, column in zip(measured.get_feature_names_out(), values.T, strict=True):
    print(f"{name:28} {kendall_tau_score(y, column):.3f}, alone")

report("flow", FGPRegressor(random_state=0).fit_pretrain(X))
report("flow and counts", FGPRegressor(random_state=0).fit_pretrain(X, proxies=proxies))
report("flow and measured proxies", FGPRegressor(random_state=0).fit_pretrain(X, proxies=values))

# %%
# On two thousand cells and 30 labels none of this is more than the spread over the splits. On whole spaces,
# with networks of the default size, measured proxies add .004 to .015 from 1 % of labels
# (:doc:`/benchmarks`). Missing values are allowed: measure a proxy where you can afford it, and leave NaN
# elsewhere; ``memory=`` keeps what is measured. For a space of your own a builder is a function that makes a
# ``torch.nn.Module`` of an :class:`~fgp_sklearn.architectures.Architecture`.
