"""Cross-validation splitters for architectures."""

from fgp_sklearn.model_selection._isomorphism_group_k_fold import IsomorphismGroupKFold
from fgp_sklearn.model_selection._label_budget_split import LabelBudgetSplit

__all__ = ["IsomorphismGroupKFold", "LabelBudgetSplit"]
