"""
Zero-cost proxies
=================

Some numbers about an architecture cost nothing: its parameters, its FLOPs, its depth. They say something
about its accuracy, though not enough. This example ranks by each of them alone, and then uses them in the
two places where they can help: as features beside the flow, and as something that the encoder learns before
it sees a label.
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
# flow. Missing values are allowed: measure a proxy where you can afford it, and leave NaN elsewhere. The
# network answers alone here (``process_weight=0``), so that what differs is what it has learnt.

from fgp_sklearn import FGPEncoder, FGPRegressor


def network():
    return FGPRegressor(FGPEncoder(max_epochs=10), process_weight=0, random_state=0)


report("network, supervised", network())
report("network, flow", network().fit_pretrain(X))
report("network, flow and proxies", network().fit_pretrain(X, proxies=proxies))

# %%
# FLOPs alone rank better than one might think. Beside a few labels, what they add is not more than the
# spread over the splits, as features and as a pretext: the labels and the flow tell much of the same. Where
# a space has operations that cost much and bring little, a proxy can also lead astray. ``MeasuredProxies``
# scores freshly initialised torch modules instead.
