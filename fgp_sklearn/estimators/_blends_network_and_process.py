"""BlendsNetworkAndProcess: predictions of fine-tuned networks, a Gaussian process and trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._simplify import consists_of_chains
from fgp_sklearn.estimators._architecture_regressor import ArchitectureRegressor, Labelled
from fgp_sklearn.estimators._blend import Member, blended
from fgp_sklearn.estimators._fgp_encoder import FGPEncoder
from fgp_sklearn.estimators._fine_tuned_network import FineTunedNetwork
from fgp_sklearn.estimators._flow_gaussian_process_regressor import FlowGaussianProcessRegressor, Posterior
from fgp_sklearn.estimators._member_weights import SHARE, folds_of, member_weights, prior_weights
from fgp_sklearn.estimators._targets import MonotoneCalibration, calibrated, normal_scores
from fgp_sklearn.estimators._tree_member import TreeMember
from fgp_sklearn.nn import FlowerFormer, Predictor
from fgp_sklearn.processes._flow_blocks import Known

if TYPE_CHECKING:
    from fgp_sklearn.preprocessing._attribute_groups import AttributeGroups

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_N_FOLDS = 4
_LARGEST_CELL = 64  # nodes; the time of the second network grows with the depth, its memory with the square
_SOURCE_LABELS = 20.0  # labels from which a network learns as much as the process knows from its sources


class BlendsNetworkAndProcess(ArchitectureRegressor):
    """Base of a regressor that blends the scores of several members: networks, a process and trees.

    A child sets the attributes below in `fit`. The process reads embeddings of `_untuned`, so it does not
    depend on fine-tuning. `_labelled`, `_process_seed` and `_untuned` determine it. There is a second network
    if `_has_second`. Labels choose the weights if `_asks_evidence`. Then there are trees if nodes have
    attributes.
    """

    process_weight: float | str
    effort: str
    pretrained_encoder_: FGPEncoder | None
    encoder_: FGPEncoder
    network_: Predictor
    calibrations_: list[MonotoneCalibration]
    _untuned: FGPEncoder
    _labelled: tuple[ArchitectureBatch, FloatArray, FloatArray | None]
    _network_scale: tuple[FloatArray, FloatArray]
    _process: FlowGaussianProcessRegressor
    _process_seed: int
    _sources: Sequence[Any] = ()
    _trees: TreeMember
    _second: list[Self]
    _member_weights: dict[str, FloatArray]

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Predict in the units of the labels.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.
        return_std : bool, default=False
            Whether to return standard deviations as well. They come from the Gaussian process `process_`: a
            fine-tuned network fits its labels too well to estimate its own errors.

        Returns
        -------
        predictions : ndarray of float64 of shape (n_architectures,) or (n_architectures, n_targets)
            Predictions. They have the same ranking as `decision_function`.
        std : ndarray of float64 of the same shape
            Standard deviation of a new label about the prediction, in its units. Only if `return_std`.
        """
        check_is_fitted(self)
        scores, posterior = self._scores(self._decode(X), asks_process=return_std)
        predictions = calibrated(self.calibrations_, scores)
        if posterior is None:
            return self._shaped(predictions)
        return self._shaped(predictions), self._shaped(self.process_.spread(predictions, posterior))

    def decision_function(self, X: Any) -> FloatArray:
        """Scores without units; larger is better.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.

        Returns
        -------
        ndarray of float64 of shape (n_architectures,) or (n_architectures, n_targets)
            Scores, about standard normal over architectures like the labelled ones.
        """
        check_is_fitted(self)
        return self._shaped(self._scores(self._decode(X))[0])

    def _scores(
        self, batch: ArchitectureBatch, *, asks_process: bool = False
    ) -> tuple[FloatArray, Posterior | None]:
        """Blended scores of shape (n_architectures, n_targets), and the posterior if it was asked for.

        The networks compute each distinct functional graph once, and both in one go. The last bits of their
        outputs depend on which architectures are computed together, so the process takes its embeddings from
        there and does not compute them part by part.
        """
        weights = self.member_weights_
        reading = self.encoder_.input_
        simplified = reading.simplified(batch)
        functional = reading.coded(simplified, batch)
        if "process" not in weights and not asks_process:
            return blended([Member(weights["network"], self._network.scores(functional))]), None
        process = self.process_
        made: list[FloatArray] | None = None
        if process.features is None:
            scores = self._network.scores(functional)
        else:
            scores, *made = self._network.scores_and_embeddings(functional, self._untuned)
        # The process contracts identities unless it compares stages. Encoders of old files do not rename.
        shares_graphs = reading.contracts_identities and reading.names.renames
        known = Known(made, simplified if shares_graphs else None)
        posterior = process.posterior(batch, known) if asks_process else None
        members = [Member(weights["network"], scores)]
        if "process" in weights:
            expected = process.scores(batch, known) if posterior is None else posterior.mean
            members.append(Member(weights["process"], expected))
        if "trees" in weights:
            members.append(Member(weights["trees"], self._trees.scores(simplified)))
        if "second_network" in weights:
            second = self._second[0]
            read_by_second = second.encoder_.input_.coded(simplified, batch)
            members.append(Member(weights["second_network"], second._network.scores(read_by_second)))
        return blended(members), posterior

    @property
    def member_weights_(self) -> dict[str, FloatArray]:
        """Weight of each member in the scores, for each target, by the name of the member."""
        check_is_fitted(self, "_labelled")
        if "_member_weights" in self.__dict__:
            return self._member_weights
        shares, n_targets = self._shares_of_two, self._labelled[1].shape[1]  # files of older versions
        return {name: np.full(n_targets, share) for name, share in shares.items()}

    @property
    def _shares_of_two(self) -> dict[str, float]:
        share = self._process_share
        return {"network": 1 - share, "process": share} if share > 0 else {"network": 1.0}

    @property
    def _network(self) -> FineTunedNetwork:
        scale = self.__dict__.get("_network_scale")
        return FineTunedNetwork(self.encoder_, self.network_, scale, bool(self.verbose))

    @property
    def _given_weight(self) -> float | None:
        """The parameter `process_weight` if it is a number, and None for "auto"."""
        return None if isinstance(self.process_weight, str) else float(self.process_weight)

    @property
    def _process_share(self) -> float:
        """Share of the process where no evidence is asked; in files that lack weights, one half.

        Only the process knows the sources, so its share is larger with few labels.
        """
        if self._given_weight is not None:
            knows_more = self.pretrained_encoder_ is not None or self._sources
            return self._given_weight if knows_more else 0.0
        if self._sources:
            n_labels = len(self._labelled[1])
            return (_SOURCE_LABELS + SHARE * n_labels) / (_SOURCE_LABELS + n_labels)
        return 0.0 if self.pretrained_encoder_ is None else SHARE

    @property
    def _reads_attributes(self) -> bool:
        return bool(self._untuned.input_.scale.names)

    @property
    def _asks_evidence(self) -> bool:
        """Whether the labels choose the weights of the members: that takes further trainings."""
        if self._given_weight is not None or self.pretrained_encoder_ is None:
            return False
        return self.effort == "best" or (self.effort == "default" and self._reads_attributes)

    @property
    def _weighs_by_number(self) -> bool:
        """Whether the weights of the members depend on the number of labels only."""
        auto = self._given_weight is None and self.pretrained_encoder_ is not None
        return auto and not self._asks_evidence and not self._sources

    @property
    def _has_second(self) -> bool:
        """Whether the blend has a second network.

        On plain chains it gains nothing, and neither beside a network of its own kind. Where nodes have
        attributes, the labels choose the weights of the members, so it would have to be trained five times,
        which only "best" may cost.
        """
        if self.effort == "best":
            return self._asks_evidence
        untuned = self._untuned
        of_cells = untuned.input_.contracts_identities and untuned.spec_.max_nodes <= _LARGEST_CELL
        differs = self._second_backbone == "flowerformer"
        return self.effort == "default" and self._weighs_by_number and of_cells and differs

    @property
    def _second_backbone(self) -> str:
        return "gated_gcn" if isinstance(self._untuned.backbone_, FlowerFormer) else "flowerformer"

    @property
    def process_(self) -> FlowGaussianProcessRegressor:
        """The Gaussian process on the flow and on the embeddings from before fine-tuning.

        `fit` fits it if it has a share in the scores. Otherwise only standard deviations need it, and it is
        fitted when it is first asked for: supervised learning would take longer with it.
        """
        check_is_fitted(self, "_labelled")
        if "_process" not in self.__dict__:
            self._process = self._fitted_process()
        return self._process

    def _fit_process(self) -> None:
        """Fit the process now if it has a share in the scores and is not fitted yet."""
        if (self._process_share > 0 or self._asks_evidence) and "_process" not in self.__dict__:
            self._process = self._fitted_process()

    def _weigh_members(
        self, learnt: Labelled, validation: Labelled | None, checkpoint: Any, *, resume: bool
    ) -> None:
        """Fit all members but the network, and weigh them by their answers to held-out labels."""
        for name in ("_trees", "_second", "_member_weights"):
            self.__dict__.pop(name, None)
        _, y, weights = self._labelled
        if self._has_second:
            self._second = [self._fitted_second(learnt, validation, checkpoint, resume=resume)]
        if not self._asks_evidence:
            names = ["network", "process"] + ["second_network"] * self._has_second
            shares = prior_weights(names, len(y)) if self._weighs_by_number else self._shares_of_two
            self._member_weights = {name: np.full(y.shape[1], share) for name, share in shares.items()}
            return
        self._fit_process()
        left_out, searched = self._left_out_by_process()
        folds = np.full(len(y), -1)
        folds[searched] = folds_of(len(searched), _N_FOLDS, self._process_seed)
        labelled = Labelled(*self._labelled)
        held_out = {"network": self._held_out_by_network(labelled, folds), "process": left_out}
        scores = normal_scores(y, weights)
        if self._reads_attributes:
            self._trees = self._fitted_trees(scores)
            held_out["trees"] = self._trees.out_of_bag_
        if self._has_second:
            held_out["second_network"] = self._second[0]._held_out_by_network(labelled, folds)
        self._member_weights = member_weights(held_out, scores, folds, weights)

    def _fitted_trees(self, scores: FloatArray) -> TreeMember:
        batch, _, weights = self._labelled
        trees = TreeMember(cast("AttributeGroups", self._untuned.groups_))
        return trees.fit(self._untuned.input_.simplified(batch), scores, weights, self._process_seed)

    def _fitted_second(
        self, learnt: Labelled, validation: Labelled | None, checkpoint: Any, *, resume: bool
    ) -> Self:
        """A network alone, of another kind and not pre-trained, that learnt the same labels."""
        raise NotImplementedError

    def _held_out_by_network(self, labelled: Labelled, folds: IntArray) -> FloatArray:
        """Scores of labels by networks that learnt from other folds."""
        raise NotImplementedError

    def _left_out_by_process(self) -> tuple[FloatArray, IntArray]:
        """Leave-one-out scores, and the labels that have them: those on which the kernel was chosen."""
        scores = np.zeros_like(self._labelled[1])
        for target, process in enumerate(self._process.processes_):
            searched = process.searched_
            scores[searched, target] = process.leave_one_out_[0]
        return scores, searched

    def _prepare_std(self) -> None:
        _ = self.process_

    def _fitted_process(self) -> FlowGaussianProcessRegressor:
        batch, y, weights = self._labelled
        names = self._untuned.input_.names
        pool = self._untuned.input_.pool_operations
        process = FlowGaussianProcessRegressor(
            # The stages describe a chain completely; embeddings beside them rank the top worse.
            features=None if consists_of_chains(names.read(batch)) else [FrozenEstimator(self._untuned)],
            **names.of_pool(pool),
            operations=self._untuned.operations,
            sources=self._sources or None,
            random_state=self._process_seed,
        )
        groups = self._untuned.groups_
        return process.fit_with_groups(batch, y, pool, groups, sample_weight=weights, warns=False)
