"""DocumentedEstimator: the base of all estimators, with a link to the documentation."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any, Self

from sklearn.base import BaseEstimator

from fgp_sklearn._rollback import rolled_back

_DISTRIBUTION = "fgp-sklearn"
_PAGE = "reference/generated/{estimator_module}.{estimator_name}.html"  # where docs/api.rst puts the page


class DocumentedEstimator(BaseEstimator):
    """Base class of all estimators. It adds a link to the documentation to their HTML representation.

    scikit-learn builds the link from the two attributes below. The address of the site is the
    documentation URL in the metadata of the installed package. Without this URL there is no link.
    """

    _doc_link_module = "fgp_sklearn"

    @property
    def _doc_link_template(self) -> str:
        return doc_link_template()

    def set_params(self, **params: Any) -> Self:
        """Set the parameters of this estimator. If a name is invalid, no parameter is set.

        Parameters
        ----------
        **params : dict
            New values by name. ``<name>__<parameter>`` sets a parameter of the estimator that is the
            parameter ``<name>``.

        Returns
        -------
        estimator instance
            The estimator itself.

        Raises
        ------
        ValueError
            If a name is not a parameter of the estimator.
        """
        held = self.get_params(deep=True)
        nested = [value for value in held.values() if isinstance(value, BaseEstimator)]
        for name in params:
            owner = name.partition("__")[0]
            if owner != name and owner not in params and held.get(owner, self) is None:
                raise ValueError(
                    f"cannot set {name}, since {owner} is None; give {type(self).__name__} an estimator as "
                    f"{owner} first"
                )
        with rolled_back(self, *nested):
            itself: Self = super().set_params(**params)
        return itself


@cache
def doc_link_template() -> str:
    """Template of the address of an estimator's page, with fields for its module and name, or ""."""
    try:
        urls = metadata(_DISTRIBUTION).get_all("Project-URL", [])
    except PackageNotFoundError:  # the package runs from a checkout that is not installed
        return ""
    labelled = (url.partition(",")[::2] for url in urls)
    sites = [url.strip() for label, url in labelled if label.strip().lower() == "documentation"]
    if not sites:
        return ""
    site: str = sites[0].rstrip("/").replace("{", "{{").replace("}", "}}")
    return f"{site}/{_PAGE}"
