"""Training: one loop, one batch iterator, one seeding rule."""

from fgp_sklearn.training._checkpoint import Checkpoint
from fgp_sklearn.training._data import BatchIterator, GraphDataset
from fgp_sklearn.training._history import History
from fgp_sklearn.training._loop import apply_in_batches, train
from fgp_sklearn.training._plan import TrainingPlan
from fgp_sklearn.training._restore import restore
from fgp_sklearn.training._seeding import draw_seeds, initialise

__all__ = [
    "BatchIterator",
    "Checkpoint",
    "GraphDataset",
    "History",
    "TrainingPlan",
    "apply_in_batches",
    "draw_seeds",
    "initialise",
    "restore",
    "train",
]
