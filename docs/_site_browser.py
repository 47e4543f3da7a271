"""For check_site.py: a server of the built site, a browser, and what goes wrong while a page loads."""

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright


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


def show(page: Page, address: str, width: int) -> None:
    """Open a page in light; its colours change at once when the theme does."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="light")
    page.goto(address, wait_until="load")
    page.add_style_tag(content="* { transition: none !important; }")


def set_theme(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme=theme)
    page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
