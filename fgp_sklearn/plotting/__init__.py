"""Displays in the style of scikit-learn. Matplotlib is imported when the first display is drawn."""

from fgp_sklearn.plotting._architecture_display import ArchitectureDisplay
from fgp_sklearn.plotting._embedding_display import EmbeddingDisplay
from fgp_sklearn.plotting._label_efficiency_display import LabelEfficiencyDisplay
from fgp_sklearn.plotting._rank_display import RankDisplay
from fgp_sklearn.plotting._training_history_display import TrainingHistoryDisplay

__all__ = [
    "ArchitectureDisplay",
    "EmbeddingDisplay",
    "LabelEfficiencyDisplay",
    "RankDisplay",
    "TrainingHistoryDisplay",
]
