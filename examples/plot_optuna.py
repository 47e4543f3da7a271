"""
Tuning with Optuna
==================

Which loss, which learning rate, how much of the Gaussian process? ``tune`` runs an Optuna study by
cross-validation and returns the refitted estimator. With few labels there is little to be gained and much
to be overfitted, so this example keeps a test set to see what tuning really brought.
"""

# %%
# Pre-train once
# --------------
# What is tuned is the fine-tuning. All trials start from the same pre-trained encoder, which has seen no
# labels.

import numpy as np

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.datasets import load_nasbench201

bench = load_nasbench201()
order = np.random.default_rng(0).permutation(len(bench.target))[:2000]
pool, y = bench.data[order], bench.target[order]
labelled, test = np.arange(80), np.arange(80, len(pool))

regressor = FGPRegressor(FGPEncoder(max_epochs=10), max_epochs=30, random_state=0).fit_pretrain(pool)

# %%
# A handful of trials
# -------------------
# The first trial is the regressor as it is, so the best is never worse in cross-validation. By default
# ``tune`` gives up trials that rank worse than the median half-way; ten trials are too few for that, so it
# is switched off. ``storage="study.journal"`` would keep the study on disk, let a killed search go on, and
# let other machines join.

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

for trial in study.trials:
    params = [f"{name}={value:.2g}" for name, value in trial.params.items() if name != "loss"]
    print(f"{trial.number:2d} {trial.value:.3f} {trial.params['loss']:8}", *params)

# %%
# A space of your own is a function of the trial: ``tune(..., space=lambda trial: {"lr":
# trial.suggest_float(...)})``. ``suggest_params`` gives the default one, to extend.
#
# The study
# ---------

import matplotlib.pyplot as plt

values = [trial.value for trial in study.trials]
numbers = np.arange(len(values))
figure, axis = plt.subplots(figsize=(6.5, 3.5), layout="constrained")
axis.plot(numbers, values, "o", color="#0072b2", label="trial")
axis.step(numbers, np.maximum.accumulate(values), where="post", color="#d55e00", label="best so far")
axis.axhline(values[0], linestyle=":", color="#777777", label="as given")
axis.set(xlabel="trial", ylabel="Kendall tau in cross-validation")
axis.xaxis.get_major_locator().set_params(integer=True)
axis.legend()

# %%
# What it brought
# ---------------
# The best of several values is too good a value: it was chosen for being the best. The test set was not
# chosen from.

from fgp_sklearn.metrics import kendall_tau_score

as_given = regressor.fit(pool[labelled], y[labelled])
print(f"cross-validation: as given {values[0]:.3f}, best {study.best_value:.3f}")
for name, fitted in (("as given", as_given), ("tuned", tuned)):
    print(f"test: {name} {kendall_tau_score(y[test], fitted.predict(pool[test])):.3f}")

# %%
# One test set decides nothing, and what is gained in cross-validation rarely arrives whole. The
# :doc:`guide </guide>` tells what tuning brought over several splits.
