"""Where the documentation of an estimator is, for the link in its HTML representation."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any, Self

from sklearn.base import BaseEstimator

from fgp_sklearn._rollback import rolled_back

_DISTRIBUTION = "fgp-sklearn"
_PAGE = "reference/generated/{estimator_module}.{estimator_name}.html"  # as docs/api.rst makes it


class DocumentedEstimator(BaseEstimator):
    """Base of all estimators; in a notebook they link to the documentation that pyproject.toml names.

    scikit-learn builds the link from these two attributes. Without a documentation URL in the metadata
    of the installed package there is no link.
    """

    _doc_link_module = "fgp_sklearn"

    @property
    def _doc_link_template(self) -> str:
        return doc_link_template()

    def set_params(self, **params: Any) -> Self:
        """Set parameters: all of them, or none if one of the names is wrong.

        Parameters
        ----------
        **params : dict
            New values by name; ``<name>__<parameter>`` is a parameter of an estimator that is one.

        Returns
        -------
        estimator instance
            Itself.

        Raises
        ------
        ValueError
            If there is no such parameter.
        """
        nested = [value for value in self.get_params(deep=True).values() if isinstance(value, BaseEstimator)]
        with rolled_back(self, *nested):
            itself: Self = super().set_params(**params)
        return itself


@cache
def doc_link_template() -> str:
    """Address of the page of an estimator, with gaps for its module and name; "" if there is none."""
    try:
        urls = metadata(_DISTRIBUTION).get_all("Project-URL", [])
    except PackageNotFoundError:  # run from a checkout that is not installed
        return ""
    labelled = (url.partition(",")[::2] for url in urls)
    sites = [url.strip() for label, url in labelled if label.strip().lower() == "documentation"]
    if not sites:
        return ""
    site: str = sites[0].rstrip("/").replace("{", "{{").replace("}", "}}")
    return f"{site}/{_PAGE}"
