"""Search chains of four layers with FGPSampler from OptunaHub."""

import numpy as np
import optuna
import optunahub


def define_architecture(trial):
    """Four layers, one after the other."""
    layers = [
        trial.suggest_categorical(f"layer{i}", ["conv3x3", "conv5x5", "pool"])
        for i in range(4)
    ]
    ops = ["input", *layers, "output"]
    return np.eye(len(ops), k=1, dtype=int), ops


def objective(trial):
    """Stand for a training: count layers."""
    _, ops = define_architecture(trial)
    return ops.count("conv5x5") + 0.5 * ops.count("pool")


if __name__ == "__main__":
    sampler = optunahub.load_module("samplers/fgp").FGPSampler(
        define_architecture=define_architecture, n_startup_trials=6, seed=0
    )
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(objective, n_trials=20)
    print(study.best_params, study.best_value)
