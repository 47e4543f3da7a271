"""SuggestsFineTuning: ranges of the parameters of a regressor with an encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sklearn.frozen import FrozenEstimator

from fgp_sklearn._suggests_params import Between, Range, SuggestsParams, suggest_from
from fgp_sklearn.estimators._fgp_encoder import FGPEncoder

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

_OF_HINGE: dict[str, Range] = {"margin": Between(0.03, 1.0, log=True)}


class SuggestsFineTuning(SuggestsParams):
    """Mixin of regressors with an `encoder`: suggests parameters of fine-tuning and of the encoder.

    It suggests no number of epochs: trials are pruned by epoch, and a larger `lr` has a similar effect. It
    suggests a `process_weight` only in place of a number: "auto" knows more than two members.
    """

    _suggested_ranges: ClassVar = {
        "loss": ["hinge", "logistic", "listmle", "mse"],
        "lr": Between(3e-4, 1e-2, log=True),
        "weight_decay": Between(1e-7, 1e-1, log=True),
        "process_weight": Between(0.0, 1.0),
    }

    encoder: FGPEncoder | FrozenEstimator | None
    process_weight: float | str
    pretrained_encoder_: FGPEncoder | None

    def suggest_params(self, trial: BaseTrial, prefix: str = "") -> dict[str, Any]:
        """Suggest parameters for an Optuna trial.

        They include those of the encoder, unless it is pre-trained or frozen and can no longer change.

        Parameters
        ----------
        trial : optuna.trial.BaseTrial
            Suggests the values.
        prefix : str, default=""
            Prefix of each name, such as ``"fgp__"`` for the parameters of a step "fgp".

        Returns
        -------
        dict of str
            Values by name, for ``set_params`` of the estimator that contains the regressor.
        """
        ranges = dict(self._suggested_ranges)
        if self.process_weight == "auto":
            ranges.pop("process_weight")
        params = suggest_from(trial, ranges, prefix)
        if params[f"{prefix}loss"] == "hinge":
            params |= suggest_from(trial, _OF_HINGE, prefix)
        if isinstance(self.encoder, FrozenEstimator) or self.pretrained_encoder_ is not None:
            return params
        encoder = f"{prefix}encoder__"
        if self.encoder is not None:
            return params | self.encoder.suggest_params(trial, encoder)
        suggested = FGPEncoder().suggest_params(trial, encoder)
        return params | {
            f"{prefix}encoder": FGPEncoder(**{k.removeprefix(encoder): v for k, v in suggested.items()})
        }

    def given_params(self) -> dict[str, Any]:
        """Values of the first trial of a study: current parameters, those of the encoder included.

        Returns
        -------
        dict of str
            Values by name, without prefix. Some of the names `suggest_params` does not suggest.
        """
        encoder = FGPEncoder().get_params() if self.encoder is None else {}
        return super().given_params() | {f"encoder__{name}": value for name, value in encoder.items()}
