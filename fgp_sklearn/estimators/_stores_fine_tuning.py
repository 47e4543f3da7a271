"""StoresFineTuning: what a file of a fine-tuned regressor holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from sklearn.exceptions import NotFittedError

from fgp_sklearn._storage import PersistenceError, operations_fact, training_facts
from fgp_sklearn.estimators._plans_fine_tuning import PlansFineTuning
from fgp_sklearn.nn import Head, Predictor
from fgp_sklearn.training import History, restore


class StoresFineTuning(PlansFineTuning):
    """Base of a regressor that stores its encoders, its members and the head of its network."""

    def _stored_state(self, state: dict[str, Any]) -> dict[str, Any]:
        """Leave out what `encoder_` holds: a file needs only the head of the network."""
        for name in ("_moved_to", "_learnt"):
            state.pop(name, None)
        if "network_" in state:
            state |= {"network_": dict(self.network_.head.state_dict()), "history_": list(state["history_"])}
        return state

    def _restored_state(self, state: dict[str, Any]) -> dict[str, Any]:
        if "network_" not in state:
            return state
        encoder, weights = state["encoder_"], state["network_"]
        head = restore(lambda: Head(encoder.hidden_dim, len(weights["2.bias"])), weights)
        network = Predictor(encoder.backbone_, head).eval()
        return state | {"network_": network, "history_": History(state["history_"])}

    def _check_stored(self) -> None:
        """Labels and targets have the same numbers everywhere."""
        if "_labelled" not in vars(self):
            return
        batch, y, _ = self._labelled
        outputs = self.network_.head.state_dict()["2.bias"]
        if len(batch) != len(y) or not len(self.calibrations_) == len(outputs) == y.shape[1]:
            raise PersistenceError("architectures, labels and targets do not belong together")

    def _card_facts(self) -> Iterator[str]:
        pretrained = None
        with suppress(NotFittedError):  # the frozen encoder may not be fitted
            pretrained = self.pretrained_encoder_
        yield from training_facts("Pre-trained", getattr(pretrained, "history_", []))
        encoder = self.__dict__.get("encoder_", pretrained)
        yield from operations_fact(None if encoder is None else encoder.vocabulary_)
        if "_labelled" in self.__dict__:
            yield f"- Labels learnt from: {len(self._labelled[1])}"
        yield from training_facts("Trained", self.__dict__.get("history_", []))
