"""Configuration of the documentation."""

import inspect
import sys
from pathlib import Path
from typing import Any

import fgp_sklearn

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # gallery_order.py, mathml.py, page_code.py, benchmark_figures.py

project = "fgp-sklearn"
author = "fgp-sklearn developers"
copyright = f"2026, {author}"
version = release = fgp_sklearn.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "mathml",
    "benchmark_figures",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
default_role = "autolink"

# The reference follows `__all__` of the modules that api.rst names.
autosummary_generate = True
autosummary_ignore_module_all = False
autosummary_imported_members = True
autodoc_typehints = "none"  # the sections of a docstring give types together with shapes
autodoc_member_order = "bysource"
toc_object_entries_show_parents = "hide"  # `fit()` fits beside the page, `FGPRegressor.fit()` does not
numpydoc_show_class_members = False  # templates list members

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "doc_module": ("fgp_sklearn",),
    "within_subsection_order": "gallery_order.GalleryOrder",
    "minigallery_sort_order": "gallery_order.place",
    "backreferences_dir": "auto_examples/backreferences",  # pages of the reference list examples
    "image_srcset": ["2x"],  # for sharp screens
    "remove_config_comments": True,
    "ignore_repr_types": r"<class '(matplotlib|fgp_sklearn\.plotting)\.",  # the picture says it all
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
}

myst_heading_anchors = 2
myst_enable_extensions = ["dollarmath"]

copybutton_exclude = ".linenos, .gp, .go"  # copies what was typed, not prompts and answers

html_theme = "pydata_sphinx_theme"
html_title = project
html_theme_options = {
    "collapse_navigation": True,  # or each page would list all of the reference
    "header_links_before_dropdown": 7,
    "logo": {
        "text": project,
        "alt_text": "Home",
        "image_light": "_static/logo-light.svg",
        "image_dark": "_static/logo-dark.svg",
    },
    "navbar_align": "left",
    "show_toc_level": 2,  # methods of a class, or Tab would come to them or not by where the page is scrolled
    "navbar_end": ["version-switcher", "theme-switcher", "navbar-icon-links"],
    "switcher": {"json_url": "_static/switcher.json", "version_match": version},
}
html_favicon = "_static/favicon.svg"
html_context = {"default_mode": "auto"}  # light or dark as the reader's system
html_show_sourcelink = False
html_math_renderer = "mathml"
# Other pages at the top have none below them.
html_sidebars = {
    "*": [],
    "api": ["sidebar-nav-bs"],
    "guide": ["sidebar-nav-bs"],
    "recipes": ["sidebar-nav-bs"],
    "frames": ["sidebar-nav-bs"],
    "validation": ["sidebar-nav-bs"],
    "developers": ["sidebar-nav-bs"],
    "architecture": ["sidebar-nav-bs"],
    "ablations": ["sidebar-nav-bs"],
    "speed": ["sidebar-nav-bs"],
    "scaling": ["sidebar-nav-bs"],
    "compatibility": ["sidebar-nav-bs"],
    "stability": ["sidebar-nav-bs"],
    "changes": ["sidebar-nav-bs"],
}
html_static_path = ["_static"]
html_search_scorer = str(HERE / "search_scorer.js")
html_css_files = ["site.css", "gallery.css"]
html_js_files = ["site.js"]


def skip_member(app: Any, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """Leave out members that scikit-learn and torch bring: their own references describe them."""
    function = obj.fget if isinstance(obj, property) else inspect.unwrap(getattr(obj, "func", obj))
    module = getattr(sys.modules.get(getattr(function, "__module__", "") or ""), "__name__", "")
    return None if module.startswith("fgp_sklearn") else True


def expect_no_pictures(app: Any, config: Any) -> None:
    """Do not warn of missing pictures where the gallery is not run (``-D plot_gallery=0``)."""
    if str(config.plot_gallery) in ("0", "False"):
        config.suppress_warnings = [*config.suppress_warnings, "image.not_readable"]


def write_downloads(app: Any) -> None:
    """Write notebook and table of the tour; only if changed, or each build would copy them again."""
    import nbformat
    from page_code import blocks, notebook

    tour = HERE / "tour.md"
    files = {block.file: block.text for block in blocks(tour) if block.file}
    for name, text in {"tour.ipynb": nbformat.writes(notebook(tour)) + "\n", **files}.items():
        path = HERE / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Any) -> None:
    app.connect("builder-inited", write_downloads)
    app.connect("config-inited", expect_no_pictures)
    app.connect("autodoc-skip-member", skip_member)
