"""Displays in the style of scikit-learn. Matplotlib is imported when the first display is drawn."""

from fgp_sklearn.plotting._architecture_display import ArchitectureDisplay
from fgp_sklearn.plotting._comparison_display import ComparisonDisplay
from fgp_sklearn.plotting._embedding_display import EmbeddingDisplay
from fgp_sklearn.plotting._label_efficiency_display import LabelEfficiencyDisplay
from fgp_sklearn.plotting._pareto_display import ParetoDisplay
from fgp_sklearn.plotting._rank_display import RankDisplay
from fgp_sklearn.plotting._search_display import SearchDisplay
from fgp_sklearn.plotting._training_history_display import TrainingHistoryDisplay

__all__ = [
    "ArchitectureDisplay",
    "ComparisonDisplay",
    "EmbeddingDisplay",
    "LabelEfficiencyDisplay",
    "ParetoDisplay",
    "RankDisplay",
    "SearchDisplay",
    "TrainingHistoryDisplay",
]
