"""docs/check_site.py finds what is wrong; what needs a browser is tried there."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ('<a href="other.html#there">text</a> <a href="https://example.org/x">out</a>', []),
        ('<a href="lost.html">text</a>', ["page.html: lost.html leads nowhere"]),
        ('<a href="other.html#nowhere">text</a>', ["page.html: other.html#nowhere has no such place"]),
        ('<p id="here"><a href="#here">text</a></p>', []),
        ('<img src="a/figure.png" alt="Kendall tau by number of labels">', []),
        ('<img src="a/figure.png" alt="">', ["page.html: picture a/figure.png has no text"]),
        ('<img src="a/figure.png">', ["page.html: picture a/figure.png has no text"]),
        ('<img src="a/figure.png" alt="plot optuna">', ["page.html: picture a/figure.png has no text"]),
        ('<img src="a/figure.png" alt="figure.png">', ["page.html: picture a/figure.png has no text"]),
        ('<img src="a/sphx_glr_plot_optuna_thumb.svg" alt="">', []),
    ],
)
def test_links_and_texts_of_pictures(body: str, faults: list[str], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    (tmp_path / "other.html").write_text('<h1 id="there">Other</h1>', encoding="utf-8")
    file_faults = runpy.run_path(str(DOCS / "_site_files.py"))["file_faults"]
    assert list(file_faults(tmp_path, [page])) == faults
