"""Training of modules. All names but `History` serve the other parts of the package only."""

from fgp_sklearn.training._apply_in_batches import apply_in_batches
from fgp_sklearn.training._checkpoint import Checkpoint
from fgp_sklearn.training._data import GraphDataset
from fgp_sklearn.training._history import History
from fgp_sklearn.training._loop import train
from fgp_sklearn.training._plan import TrainingPlan
from fgp_sklearn.training._processes import group_on
from fgp_sklearn.training._restore import restore

__all__ = [
    "Checkpoint",
    "GraphDataset",
    "History",
    "TrainingPlan",
    "apply_in_batches",
    "group_on",
    "restore",
    "train",
]
