"""HTML of the estimators: it is scikit-learn's, and links to documentation if the project names any."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from sklearn import config_context
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

import fgp_sklearn
from fgp_sklearn import FGPEncoder, FGPRegressor, FlowSurrogate
from fgp_sklearn import _documentation as documentation
from tests.sklearn_compatibility.spaces import cells, every_estimator, labels, tiny_regressor

each_estimator = pytest.mark.parametrize("estimator", every_estimator(), ids=lambda e: type(e).__name__)


@pytest.fixture
def site(monkeypatch):
    """Let the installed package name these URLs."""

    def install(*urls):
        class Metadata:
            def get_all(self, name, default):
                return list(urls) or default

        monkeypatch.setattr(documentation, "metadata", lambda name: Metadata())
        documentation.doc_link_template.cache_clear()

    yield install
    monkeypatch.undo()
    documentation.doc_link_template.cache_clear()


def links(html):
    return re.findall(r'href="([^"#]+)"', html)


@each_estimator
def test_representation_shows_name_and_parameters(estimator):
    html = estimator._repr_html_()
    assert type(estimator).__name__ in html
    assert all(name in html for name in estimator.get_params(deep=False))


def test_fitted_and_nested_estimators_are_shown():
    pairs = cells(20)
    regressor = tiny_regressor()
    assert "Not fitted" in regressor._repr_html_()
    regressor.fit_pretrain(pairs).fit(pairs, labels(pairs))
    html = regressor._repr_html_()
    assert "Not fitted" not in html
    assert "FGPEncoder" in html
    with config_context(display="text"):
        assert not hasattr(regressor, "_repr_html_")


@each_estimator
def test_no_link_without_documentation_in_the_metadata(estimator, site):
    site("Homepage, https://example.org", "Documentation of others, https://example.org")
    assert estimator._get_doc_link() == ""
    assert links(estimator._repr_html_()) == []


@each_estimator
def test_link_goes_to_the_page_that_the_reference_makes(estimator, site):
    site("Homepage, https://example.org", "Documentation, https://docs.example.org/{stable}/")
    name = type(estimator).__name__
    stretch = type(estimator).__module__.split(".")[1]
    page = f"https://docs.example.org/{{stable}}/reference/generated/fgp_sklearn.{stretch}.{name}.html"
    assert estimator._get_doc_link() == page
    assert page in links(estimator._repr_html_())
    assert name in __import__(f"fgp_sklearn.{stretch}", fromlist=[name]).__all__


def test_estimators_of_others_link_to_their_own(site):
    class Mine(FGPRegressor):
        __module__ = "mine"

    site("Documentation, https://docs.example.org")
    assert Mine()._get_doc_link() == ""
    html = make_pipeline(FlowSurrogate(), Ridge())._repr_html_()
    hosts = {link.split("/")[2] for link in links(html)}
    assert hosts == {"docs.example.org", "scikit-learn.org"}


def test_checkout_that_is_not_installed_has_no_link(monkeypatch, site):
    site()

    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(documentation, "metadata", missing)
    assert FGPEncoder()._get_doc_link() == ""


def test_link_is_there_if_and_only_if_the_project_names_its_documentation():
    root = Path(fgp_sklearn.__file__).parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [url for label, url in project.get("urls", {}).items() if label.lower() == "documentation"]
    documentation.doc_link_template.cache_clear()
    assert bool(FGPEncoder()._get_doc_link()) == bool(named)
