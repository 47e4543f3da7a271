"""What a user asks of the command. This file imports nothing slow, so that ``--help`` is quick."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

ONNX = ".onnx"
N_FOLDS = 5
SAFETENSORS = ".safetensors"


class Reading(NamedTuple):
    """How to read the files.

    Parameters
    ----------
    files : list of Path
        One table, or ONNX files and folders of them.
    column, form : str or None
        Column of the architectures, and their form.
    shared : sequence of str
        Columns that describe whole architectures.
    labels : str or None
        Column of the labels; None for the only one that has numbers. With ONNX files, a table of labels.
    dims : sequence of str
        Sizes that ONNX files leave open, as ``height=224``.
    depth : str or None
        Choice that is the number of blocks of a stage; None for the usual one.
    """

    files: list[Path]
    column: str | None
    form: str | None
    shared: Sequence[str]
    labels: str | None = None
    dims: Sequence[str] = ()
    depth: str | None = None

    @property
    def is_of_networks(self) -> bool:
        """Whether the files are ONNX files and folders of them."""
        return all(file.is_dir() or file.suffix.lower() == ONNX for file in self.files)

    @property
    def labels_table(self) -> tuple[str, str]:
        """Table with labels of ONNX files, and the column after a colon."""
        place = self.labels or ""
        path, _, column = (place, "", "") if Path(place).exists() else place.rpartition(":")
        return path, column

    @property
    def inputs(self) -> list[Path]:
        """All that is read."""
        has_table = self.labels is not None and self.is_of_networks
        return [*self.files, *([Path(self.labels_table[0])] if has_table else [])]


class Predictor(StrEnum):
    """Kinds of predictors."""

    process = "process"
    fgp = "fgp"


class View(StrEnum):
    """What counts in an architecture; see `FlowGaussianProcessRegressor`."""

    accuracy = "accuracy"
    cost = "cost"
    both = "both"


class Goal(StrEnum):
    """What new labels are for."""

    ranking = "ranking"
    best = "best"


class Choice(NamedTuple):
    """Which predictor to make.

    Parameters
    ----------
    predictor : Predictor
        Its kind.
    view : View
        View of a process.
    encoder : Path or None
        Saved encoder to start from.
    random_state : int
        Seed.
    sources : tuple of str, default=()
        Names of priors of the library, or paths of saved predictors.
    """

    predictor: Predictor
    view: View
    encoder: Path | None
    random_state: int
    sources: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What messages call the predictor."""
        is_process = self.predictor is Predictor.process and self.encoder is None
        return "flow Gaussian process" if is_process else "pre-trained network"


class Showing(NamedTuple):
    """What to show.

    Parameters
    ----------
    lowest_first : bool
        Whether low labels are good.
    output : Path or None
        CSV file to write too.
    as_json : bool
        Whether to write JSON.
    """

    lowest_first: bool
    output: Path | None
    as_json: bool
