"""StoresEncoder: what a file holds of an encoder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import nn

from fgp_sklearn._storage import PersistenceError, SavesItself, operations_fact, training_facts
from fgp_sklearn.nn import InputSpec
from fgp_sklearn.training import History, restore


class StoresEncoder(SavesItself):
    """Mixin of an encoder: a file has the weights of the backbone, and loading builds it again."""

    backbone: Any
    backbone_: nn.Module
    hidden_dim: int
    n_layers: int

    def _new_backbone(self, spec: InputSpec) -> nn.Module:
        raise NotImplementedError

    def _stored_state(self, state: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(self.backbone, str):
            raise PersistenceError(
                "backbone is code of your own, which a file of data cannot hold; save its weights with "
                "safetensors.torch.save_file(encoder.backbone_.state_dict(), path), or pickle the encoder"
            )
        for name in ("_moved_to", "_warns"):
            state.pop(name, None)
        if "history_" in state:
            state["history_"] = list(state["history_"])
        if "backbone_" in state:
            state["backbone_"] = dict(self.backbone_.state_dict())
        return state

    def _restored_state(self, state: dict[str, Any]) -> dict[str, Any]:
        if not state.keys() & {"backbone_", "spec_", "vocabulary_"}:
            return state
        spec, weights = state["spec_"], state["backbone_"]
        sizes = (len(state["vocabulary_"]), state["_n_features_out"])
        if sizes != (spec.n_ops, self.hidden_dim) or self.n_layers > len(weights):
            raise PersistenceError("vocabulary, sizes and weights of the encoder do not belong together")
        if "history_" in state:
            state["history_"] = History(state["history_"])
        return state | {"backbone_": restore(lambda: self._new_backbone(spec), weights)}

    def _card_facts(self) -> Iterator[str]:
        yield from operations_fact(self.__dict__.get("vocabulary_"))
        yield from training_facts("Trained", self.__dict__.get("history_", []))
