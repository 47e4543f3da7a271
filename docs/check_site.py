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
WITH_KEYBOARD = ("index", "guide", "tour", "auto_examples/index", "auto_examples/plot_uncertainty", "api")

SCROLLS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
MISSING_PICTURES = """async () => {
    const loaded = image => image.decode().then(() => [], () => [image.src]);
    document.querySelectorAll("img").forEach(image => { image.loading = "eager"; });
    return (await Promise.all([...document.images].map(loaded))).flat();
}"""
SERIOUS = """async () => {
    const {violations} = await axe.run(document, {preload: false, resultTypes: ["violations"]});
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


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder))) as server:
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


def faults(page: Page, listener: Listener) -> list[str]:
    """Of the page that is open."""
    found = [f"no picture {source}" for source in page.evaluate(MISSING_PICTURES)]
    if (excess := page.evaluate(SCROLLS)) > 0:
        found.append(f"scrolls {excess} pixels sideways")
    page.evaluate(AXE)
    return [*found, *page.evaluate(SERIOUS), *listener.complaints()]


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


def check(browser: Browser, address: str, names: list[str], theme: str, width: int) -> Iterator[str]:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    listener, page = Listener(context, address), context.new_page()
    for name in names:
        page.goto(f"{address}/{name}.html", wait_until="load")
        found = faults(page, listener)
        if not name.startswith("reference/"):
            picture = SCREENSHOTS / f"{name.replace('/', '-')}-{theme}-{width}.png"
            page.screenshot(path=picture, full_page=True)
        if theme == "light" and name in WITH_KEYBOARD:
            found += missed_by_tab(page)
            found += menu_faults(page) if width < 960 else []
        yield from (f"{name}: {fault}" for fault in found)
    yield from (f"search: {fault}" for fault in search_faults(page, address))
    context.close()


def main(wanted: list[str]) -> int:
    pages = [page for page in sorted(SITE.rglob("*.html")) if "_static" not in page.parts]
    names = [str(page.relative_to(SITE).with_suffix("")) for page in pages]
    if not names:
        sys.exit(f"There is no site in {SITE}; `make docs` builds it.")
    chosen = [name for name in names if name in wanted or not wanted]
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    found = defaultdict(list, {fault: [] for fault in dead_links([SITE / f"{name}.html" for name in chosen])})
    with served(SITE) as address, chromium() as browser:
        for theme in THEMES:
            for width in WIDTHS:
                for fault in check(browser, address, chosen, theme, width):
                    found[fault].append(f"{theme} {width}")
    for fault, views in found.items():
        print(fault, f"({', '.join(views)})" if views else "")
    n_views = len(chosen) * len(THEMES) * len(WIDTHS)
    print(f"{len(chosen)} pages, {n_views} views, {len(found)} faults; pictures are in {SCREENSHOTS}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
