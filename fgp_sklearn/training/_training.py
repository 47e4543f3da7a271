"""Training: the arguments of `train` as one value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from fgp_sklearn._storage import digest, encode
from fgp_sklearn.training._data import GraphDataset
from fgp_sklearn.training._plan import OnEpoch, Score, TrainingPlan
from fgp_sklearn.training._processes import Group

Generators = Mapping[str, torch.Generator]


@dataclass(frozen=True, slots=True)
class Training:
    """A training before it begins: the arguments of `train`, which describes them.

    Parameters
    ----------
    module, criterion, data, plan, seed, validation, score, on_epoch :
        See `train`.
    group : Group or None
        Processes that share each batch; None if this process computes all of it.
    """

    module: nn.Module
    criterion: nn.Module
    data: GraphDataset
    plan: TrainingPlan
    seed: int
    validation: GraphDataset | None
    score: Score | None
    on_epoch: OnEpoch | None
    group: Group | None

    @property
    def title(self) -> str:
        """What is trained and how, for logs and progress bars."""
        backbone = getattr(self.module, "backbone", self.module)
        return f"{type(backbone).__name__}, {self.plan.description}"

    def generators(self) -> Generators:
        """Seed the generators of the order of batches and of dropout. Dropout differs between processes."""
        rank = 0 if self.group is None else self.group.rank
        return {
            "shuffling": torch.Generator().manual_seed(self.seed),
            "dropout": torch.Generator(device=self.plan.device).manual_seed(self.seed + rank),
        }

    def fingerprint(self) -> dict[str, str]:
        """Identify the training before it begins.

        Returns
        -------
        dict of str to str
            One digest per part, so that a message can name the parts that differ.
        """
        parts = {
            "plan": {name: value for name, value in asdict(self.plan).items() if name != "verbose"},
            "first weights": dict(self.module.state_dict()),
            "model": list(_settings(self.module)),
            "loss": list(_settings(self.criterion)),
            "data": vars(self.data),
            "validation data": self.validation and vars(self.validation),
            "seed": self.seed,
        }
        return {name: digest(*encode(part)) for name, part in parts.items()}


def _settings(module: nn.Module) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Name, class and settings of every layer."""
    for name, layer in module.named_modules():
        settings = {
            key: value
            for key, value in vars(layer).items()
            if type(value) in (bool, int, float, str) and not key.startswith("_") and key != "training"
        }
        yield name, type(layer).__name__, settings
