"""
Tuning with Optuna
==================

Is it worth it to tune the predictor, and how do you do it? ``tune`` runs an
Optuna study with cross-validation and returns the refitted estimator. With
few labels there is little to gain and a risk to overfit. So this example keeps
a test set that shows what tuning really brings.
"""

# %%
# Pre-train once
# --------------
# The study tunes the fine-tuning. All trials start from the same pre-trained
# encoder, which has seen no labels.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_optuna.svg"
import numpy as np

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.datasets import load_nasbench201

bench = load_nasbench201()
order = np.random.default_rng(0).permutation(len(bench.target))[:2000]
pool, y = bench.data[order], bench.target[order]
labelled, test = np.arange(80), np.arange(80, len(pool))

encoder = FGPEncoder(max_epochs=10)
regressor = FGPRegressor(
    encoder, process_weight=0.5, max_epochs=30, random_state=0
)
_ = regressor.fit_pretrain(pool)

# %%
# Ten trials
# ----------
# A number for ``process_weight`` leaves out the second network, which would
# take most of the time of a trial, and the number is tuned too.
#
# The first trial is the regressor as it is, so the best trial is never worse
# in cross-validation. By default, ``tune`` stops trials that rank worse than
# the median half-way. Ten trials are too few for that, so the pruner is
# switched off. With ``storage="study.journal"``, Optuna keeps the study on
# disk: a study that was stopped continues, and other machines can join.

import optuna

from fgp_sklearn.tuning import tune

optuna.logging.set_verbosity(optuna.logging.WARNING)
tuned, study = tune(
    regressor,
    pool[labelled],
    y[labelled],
    n_trials=10,
    cv=3,
    pruner=optuna.pruners.NopPruner(),
    random_state=0,
)

print("trial   tau  loss           lr  process_weight")
for trial in study.trials:
    params = trial.params
    print(
        f"{trial.number:5d} {trial.value:.3f}  {params['loss']:8}"
        f" {params['lr']:8.2g} {params['process_weight']:15.2f}"
    )

# %%
# To search other ranges, pass ``space``: a function of the trial that returns
# parameters, such as ``lambda trial: {"lr": trial.suggest_float(...)}``. The
# method ``suggest_params`` returns the default ones.
#
# The study
# ---------

import matplotlib.pyplot as plt

values = [trial.value for trial in study.trials]
numbers, best = np.arange(len(values)), np.maximum.accumulate(values)
figure, axis = plt.subplots(figsize=(6.5, 3.5), layout="constrained")
axis.plot(numbers, values, "o", color="#0072b2", label="trial")
axis.step(numbers, best, where="post", color="#d55e00", label="best so far")
axis.axhline(values[0], linestyle=":", color="#777777", label="as given")
axis.set(title="Trials of the study", xlabel="trial")
axis.set_ylabel("Kendall tau in cross-validation")
axis.xaxis.get_major_locator().set_params(integer=True)
axis.legend()

# %%
# What tuning brings
# ------------------
# The best of several values is too optimistic, because it was chosen for being
# the best. The test set has chosen nothing.

from fgp_sklearn.metrics import kendall_tau_score

as_given = regressor.fit(pool[labelled], y[labelled])
print("            as given   tuned")
print(f"validation  {values[0]:8.3f} {study.best_value:7.3f}")
on_test = [
    kendall_tau_score(y[test], fitted.predict(pool[test]))
    for fitted in (as_given, tuned)
]
print(f"test        {on_test[0]:8.3f} {on_test[1]:7.3f}")

# %%
# A gain in cross-validation rarely arrives whole on new architectures. The
# page :doc:`/validation` says what tuning brings over several splits.
#
# What to try next
# ----------------
# * Repeat this with several test sets before you decide: one says little.
# * Spend the time on better labels instead:
#   :ref:`sphx_glr_auto_examples_plot_which_to_label.py`.
# * Search architectures, and not parameters, inside your own Optuna study with
#   ``FGPSampler``: :doc:`/guide/optuna_study`.
