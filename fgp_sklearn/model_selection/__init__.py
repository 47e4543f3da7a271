"""Cross-validation splitters for architectures, and the comparison of estimators."""

from fgp_sklearn.model_selection._compare import compare
from fgp_sklearn.model_selection._comparison import Comparison
from fgp_sklearn.model_selection._isomorphism_group_k_fold import IsomorphismGroupKFold
from fgp_sklearn.model_selection._label_budget_split import LabelBudgetSplit

__all__ = ["Comparison", "IsomorphismGroupKFold", "LabelBudgetSplit", "compare"]
