"""Open every page of the built site in Chromium, and tell what is wrong with it.

Each page is opened in light and dark, 1280 and 390 pixels wide, without a network. It does not scroll
sideways, asks for nothing elsewhere, and misses no picture. The console has no error, and axe-core finds
nothing. Code is not cut at 1280 pixels, tables can be read at 390 pixels, and titles break between words.
Tab reaches every control. Links within the site lead somewhere, pictures have a text, and the search finds
the pages about some words.

    python docs/check_site.py                          # all pages
    python docs/check_site.py index guide tour         # some
    python docs/check_site.py --screenshots            # pictures of ten pages at 390, 1280 and 1920 pixels
    python docs/check_site.py --screenshots index faq  # ... of some
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from _site_browser import Listener, chromium, served, set_theme, show
from _site_files import file_faults
from _site_views import (
    NARROW,
    WIDE,
    axe_faults,
    layout_faults,
    menu_faults,
    missed_by_tab,
    missing_pictures,
    search_faults,
)
from playwright.sync_api import Page

BUILD = Path(__file__).parent / "_build"
THEMES = ("light", "dark")
WIDTHS = (WIDE, NARROW)
WITH_KEYBOARD = (  # in the narrow window too
    "index",
    "guide",
    "tour",
    "auto_examples/index",
    "auto_examples/plot_uncertainty",
    "api",
)
LOOKED_AT = (
    *("index", "tour", "guide", "choosing", "benchmarks", "faq", "api"),
    *("auto_examples/index", "auto_examples/plot_flow_surrogate"),
    "reference/generated/fgp_sklearn.estimators.FGPRegressor",
)


def visit(page: Page, listener: Listener, name: str) -> Iterator[tuple[str, str]]:
    """Pairs of a fault of the page and the view that has it."""
    for width in WIDTHS:
        show(page, f"{listener.address}/{name}.html", width)
        once = [*missing_pictures(page), *layout_faults(page, width)]
        for theme in THEMES:
            if theme == "dark" and width == NARROW and name.startswith("reference/"):
                continue  # its colours are those of the wide window
            set_theme(page, theme)
            yield from ((fault, f"{theme} {width}") for fault in axe_faults(page, theme))
        once += listener.complaints()
        if width == WIDE or name in WITH_KEYBOARD:
            once += missed_by_tab(page)
        if width == NARROW and name in WITH_KEYBOARD:
            once += menu_faults(page)
        yield from ((fault, str(width)) for fault in once)


def take_screenshots(page: Page, address: str, names: list[str], folder: Path) -> None:
    """Whole pages, in both themes and three widths."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        for width in (NARROW, WIDE, 1920):
            show(page, f"{address}/{name}.html", width)
            missing_pictures(page)  # it loads those below the window
            for theme in THEMES:
                set_theme(page, theme)
                picture = f"{name.replace('/', '-')}-{theme}-{width}.png"
                page.screenshot(path=folder / picture, full_page=True)
    print(f"{6 * len(names)} pictures are in {folder}")


def check(page: Page, listener: Listener, site: Path, names: list[str]) -> int:
    found: dict[str, list[str]] = defaultdict(list)
    found |= {fault: [] for fault in file_faults(site, [site / f"{name}.html" for name in names])}
    for name in names:
        for fault, view in visit(page, listener, name):
            found[f"{name}: {fault}"].append(view)
    found |= {fault: [] for fault in search_faults(page, listener.address)}
    for fault, views in found.items():
        print(fault, f"({', '.join(views)})" if views else "")
    print(f"{len(names)} pages, {len(found)} faults")
    return bool(found)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pages", nargs="*", help="pages such as index or auto_examples/index; by default all")
    parser.add_argument("--site", type=Path, default=BUILD / "html", help="folder of the built site")
    parser.add_argument("--screenshots", action="store_true", help="take pictures and check nothing")
    given = parser.parse_args(arguments)
    pages = [page for page in sorted(given.site.rglob("*.html")) if "_static" not in page.parts]
    names = [page.relative_to(given.site).with_suffix("").as_posix() for page in pages]
    if not names:
        sys.exit(f"There is no site in {given.site}; `make docs` builds it.")
    wanted = given.pages or (LOOKED_AT if given.screenshots else names)
    if unknown := set(wanted) - set(names):
        sys.exit(f"No such pages: {', '.join(sorted(unknown))}")
    with served(given.site) as address, chromium() as browser:
        context = browser.new_context(device_scale_factor=1)
        listener, page = Listener(context, address), context.new_page()
        if given.screenshots:
            take_screenshots(page, address, list(wanted), BUILD / "screenshots")
            return 0
        return check(page, listener, given.site, list(wanted))


if __name__ == "__main__":
    sys.exit(main())
