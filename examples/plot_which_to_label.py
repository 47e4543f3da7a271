"""
Which architectures should I train first?
=========================================

You have no label yet: which architectures should you train first? Random ones
are often similar to each other. ``select_diverse`` chooses architectures whose
labels say most about all others, and it needs no labels. This example
compares both choices over five random draws.
"""

# %%
# The pool
# --------
# The pool has 2,000 cells of NAS-Bench-201. Their accuracies are known, so
# this example can judge a choice. The choice itself does not use them.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_which_to_label.svg"
import numpy as np

from fgp_sklearn.datasets import load_nasbench201
from fgp_sklearn.search import select_diverse

bench = load_nasbench201()
order = np.random.default_rng(0).permutation(len(bench.target))[:2000]
pool, accuracy = bench.data[order], bench.target[order]

# %%
# Chosen in order
# ---------------
# The choice is greedy: one call answers for every smaller number of labels.
# The first ten of these 80 are the choice for ten labels. These are the first
# three. Parts without flow are faded.

import matplotlib.pyplot as plt

from fgp_sklearn.plotting import ArchitectureDisplay

SEEDS = range(5)
chosen = {seed: select_diverse(pool, 80, random_state=seed) for seed in SEEDS}
figure, axes = plt.subplots(3, 1, figsize=(8, 7.5), layout="constrained")
for number, axis in enumerate(axes):
    position = chosen[0][number]
    ArchitectureDisplay.from_architecture(pool, position, ax=axis)
    title = f"choice {number + 1}, accuracy {accuracy[position]:.1f} %"
    axis.set_title(title, loc="left")

# %%
# Against random labels
# ---------------------
# The same Gaussian process learns from either choice. It ranks all cells that
# are in neither choice.

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.plotting import LabelEfficiencyDisplay

BUDGETS = [10, 20, 40, 80]
at_random = {
    seed: np.random.default_rng(100 + seed).permutation(len(pool))[:80]
    for seed in SEEDS
}


def tau(positions, test, seed):
    """Kendall's tau on `test` after learning from `positions`."""
    process = FlowGaussianProcessRegressor(random_state=seed)
    process.fit(pool[positions], accuracy[positions])
    return kendall_tau_score(accuracy[test], process.predict(pool[test]))


scores = {"random": [], "select_diverse": []}
for n in BUDGETS:
    for name, choices in (("random", at_random), ("select_diverse", chosen)):
        row = []
        for seed in SEEDS:
            seen = np.union1d(at_random[seed], chosen[seed])
            test = np.setdiff1d(np.arange(len(pool)), seen)
            row.append(tau(choices[seed][:n], test, seed))
        scores[name].append(row)

display = LabelEfficiencyDisplay(
    n_labels=BUDGETS, scores=scores, score_name="Kendall tau"
).plot()
_ = display.ax_.set_title("Random and chosen labels, five draws")

# %%
# Mean and standard deviation over the five draws, for 10, 20, 40 and 80
# labels. Random labels vary more, above all when there are few of them. With
# more labels the two choices come closer.

for name, rows in scores.items():
    cells = [f"{np.mean(row):.3f} ± {np.std(row, ddof=1):.3f}" for row in rows]
    print(f"{name:15}", "   ".join(cells))

# %%
# Later rounds
# ------------
# When you have labels, pass their positions as ``labelled``. The new choices
# then differ from what is known already.

select_diverse(pool, 10, labelled=chosen[0][:40], random_state=0)

# %%
# What to try next
# ----------------
# * Let a search choose after each training:
#   :ref:`sphx_glr_auto_examples_plot_search_digits.py`.
# * For latencies, choose with ``view="cost"``:
#   :ref:`sphx_glr_auto_examples_plot_new_device.py`.
# * Find out how many labels are enough:
#   :ref:`sphx_glr_auto_examples_plot_label_efficiency.py`.
