"""Open every page of the built site in Chromium, and tell what is wrong with it.

Each page is opened in light and dark, 1280 and 390 pixels wide, without a network: no horizontal scrolling,
no missing picture, no error on the console, no request to elsewhere, nothing that axe-core calls serious or
critical. Links within the site lead somewhere, the search finds something, and Tab reaches every control.

    python docs/check_site.py                   # all pages
    python docs/check_site.py index guide tour  # some
"""

import os
import shutil
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

import axe_playwright_python
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

BUILD = Path(__file__).parent / "_build"
SITE = BUILD / "html"
SCREENSHOTS = BUILD / "screenshots"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

THEMES = ("light", "dark")
WIDTHS = (1280, 390)
WITH_KEYBOARD = (  # in the narrow window too
    "index",
    "guide",
    "tour",
    "auto_examples/index",
    "auto_examples/plot_uncertainty",
    "api",
)

SCROLLS = """() => {
    const scrollers = [document.documentElement, ...document.querySelectorAll(".bd-article-container")];
    return Math.max(...scrollers.map(element => element.scrollWidth - element.clientWidth));
}"""
MISSING_PICTURES = """async () => {
    const loaded = image => image.decode().then(() => [], () => [image.src]);
    document.querySelectorAll("img").forEach(image => { image.loading = "eager"; });
    return (await Promise.all([...document.images].map(loaded))).flat();
}"""
SERIOUS = """async rules => {
    const options = {preload: false, resultTypes: ["violations"], ...(rules.length && {runOnly: rules})};
    const {violations} = await axe.run(document, options);
    return violations
        .filter(({impact}) => impact === "serious" || impact === "critical")
        .map(({id, nodes}) => `${id}: ${nodes.slice(0, 4).map(node => node.target.join(" ")).join(", ")}`);
}"""
NUMBER_CONTROLS = """() => {
    const selector = "a[href], button, input, select, textarea, summary, [tabindex]";
    const controls = [...document.querySelectorAll(selector)].filter(element =>
        element.tabIndex >= 0 && !element.disabled && element.checkVisibility({visibilityProperty: true}));
    controls.forEach((element, number) => { element.dataset.number = number; });
    return controls.map(element => `${element.tagName} ${element.textContent.trim() || element.ariaLabel}`);
}"""


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, *args: Any) -> None:
        """The browser hangs up on what a page no longer needs."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with Server(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of the system, or the one that Playwright installed."""
    names = ("chromium", "chromium-browser", "google-chrome")
    of_system = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=of_system, args=["--no-sandbox"])
        except Error as error:
            sys.exit(
                f"No Chromium starts; `apt-get install chromium` or `playwright install chromium`.\n{error}"
            )
        yield browser
        browser.close()


class Addresses(HTMLParser):
    """Where a page leads, and where it can be led to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = {""}
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.anchors |= {found[name] or "" for name in ("id", "name") if name in found}
        if tag == "a" and found.get("href"):
            self.links.add(found["href"] or "")


def dead_links(pages: list[Path]) -> Iterator[str]:
    addresses = {page: Addresses(page) for page in SITE.rglob("*.html")}
    for page in pages:
        for link in sorted(addresses[page].links):
            path, anchor = urldefrag(link)
            if urlsplit(link).scheme:
                continue
            target = (page.parent / unquote(path.partition("?")[0])).resolve() if path else page
            if not target.exists():
                yield f"{page.relative_to(SITE)}: {link} leads nowhere"
            elif target in addresses and unquote(anchor) not in addresses[target].anchors:
                yield f"{page.relative_to(SITE)}: {link} has no such place"


class Listener:
    """What goes wrong while a page loads."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.heard: list[str] = []
        context.route("**/*", self._only_local)
        context.on("console", self._from_console)
        context.on("response", self._from_server)
        context.on("weberror", lambda error: self.heard.append(str(error.error)))

    def _only_local(self, route: Any) -> None:
        if route.request.url.startswith((self.address, "data:", "blob:")):
            route.continue_()
        else:
            self.heard.append(f"asks for {route.request.url}")
            route.abort()

    def _from_console(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:  # names no address
            self.heard.append(message.text)

    def _from_server(self, response: Any) -> None:
        if response.status >= 400:
            self.heard.append(f"{response.status} for {urlsplit(response.url).path}")

    def complaints(self) -> list[str]:
        heard, self.heard = self.heard, []
        return heard


def faults(page: Page, theme: str) -> list[str]:
    """Of the page that is open, as it looks now."""
    excess = page.evaluate(SCROLLS)
    scrolls = [f"scrolls {excess} pixels sideways"] if excess > 0 else []
    rules = [] if theme == "light" else ["color-contrast"]  # all that the theme can change
    return [*scrolls, *page.evaluate(SERIOUS, rules)]


def missed_by_tab(page: Page) -> list[str]:
    """Controls that repeated Tab does not come to."""
    controls = page.evaluate(NUMBER_CONTROLS)
    missed = set(range(len(controls)))
    for _ in range(2 * len(controls) + 20):
        page.keyboard.press("Tab")
        number = page.evaluate("document.activeElement.dataset.number")
        missed.discard(-1 if number is None else int(number))
        if not missed:
            break
    return [f"Tab does not reach {controls[number]!r}" for number in sorted(missed)]


def menu_faults(page: Page) -> list[str]:
    """On a telephone the navigation hides behind a button: keys alone must open, enter and close it."""
    button = page.locator("button.primary-toggle")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    if not dialog.count():
        return ["Enter does not open the menu"]
    page.wait_for_timeout(300)
    page.keyboard.press("Tab")
    inside = page.evaluate("Boolean(document.activeElement.closest('dialog[open]'))")
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    return [
        *([] if inside else ["Tab leaves the menu"]),
        *(["Escape leaves the menu open"] if dialog.count() else []),
    ]


def search_faults(page: Page, address: str) -> list[str]:
    page.goto(f"{address}/search.html?q=surrogate")
    try:
        page.locator("#search-results li a").first.wait_for(timeout=10_000)
    except Error:
        return ["the search finds no 'surrogate'"]
    return []


def visit(page: Page, listener: Listener, name: str) -> Iterator[tuple[str, str]]:
    """Pairs of a fault of the page and the view that has it."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="light")
        page.goto(f"{listener.address}/{name}.html", wait_until="load")
        page.add_style_tag(content="* { transition: none !important; }")  # colours are measured at once
        page.evaluate(AXE)
        yield from ((f"no picture {source}", str(width)) for source in page.evaluate(MISSING_PICTURES))
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
            yield from ((fault, f"{theme} {width}") for fault in faults(page, theme))
            if not name.startswith("reference/"):
                picture = f"{name.replace('/', '-')}-{theme}-{width}.png"
                page.screenshot(path=SCREENSHOTS / picture, full_page=True)
        yield from ((complaint, str(width)) for complaint in listener.complaints())
        if width == WIDTHS[0] or name in WITH_KEYBOARD:
            yield from ((fault, str(width)) for fault in missed_by_tab(page))
    if name in WITH_KEYBOARD:  # the window is narrow now
        yield from ((fault, str(WIDTHS[-1])) for fault in menu_faults(page))


def main(wanted: list[str]) -> int:
    pages = [page for page in sorted(SITE.rglob("*.html")) if "_static" not in page.parts]
    names = [str(page.relative_to(SITE).with_suffix("")) for page in pages]
    if not names:
        sys.exit(f"There is no site in {SITE}; `make docs` builds it.")
    chosen = [name for name in names if name in wanted or not wanted]
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    found = defaultdict(list, {fault: [] for fault in dead_links([SITE / f"{name}.html" for name in chosen])})
    with served(SITE) as address, chromium() as browser:
        context = browser.new_context()
        listener, page = Listener(context, address), context.new_page()
        for name in chosen:
            for fault, view in visit(page, listener, name):
                found[f"{name}: {fault}"].append(view)
        for fault in search_faults(page, address):
            found[fault] = []
    for fault, views in found.items():
        print(fault, f"({', '.join(filter(None, views))})" if any(views) else "")
    n_views = len(chosen) * len(THEMES) * len(WIDTHS)
    print(f"{len(chosen)} pages, {n_views} views, {len(found)} faults; pictures are in {SCREENSHOTS}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
