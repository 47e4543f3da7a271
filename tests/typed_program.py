"""A user's program, which mypy checks in `make lint`: type checkers see the names of the package."""

import fgp_sklearn
from fgp_sklearn import ArchitectureBatch, FGPRegressor, PathStatistics, as_batch, load


def fitted(architectures: ArchitectureBatch, accuracies: list[float]) -> FGPRegressor:
    regressor = FGPRegressor(max_epochs=3)
    return regressor.fit(architectures, accuracies)


def described(graphs: list[object]) -> PathStatistics:
    return fgp_sklearn.PathStatistics().fit(as_batch(graphs))


def mistaken() -> None:
    FGPRegressor(max_epoch=3)  # type: ignore[call-arg]  # strict mypy wants an error here
    load("regressor", device=3)  # type: ignore[arg-type]
    fgp_sklearn.FGPClassifier  # type: ignore[attr-defined]  # noqa: B018
