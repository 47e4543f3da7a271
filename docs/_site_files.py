"""For check_site.py: what the files of the built site tell without a browser."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit


class Contents(HTMLParser):
    """Where a page leads, where it can be led to, and its pictures without a text."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = {""}
        self.textless: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and found.get("href"):
            self.links.add(found["href"])
        if tag == "img" and not _has_text(found):
            self.textless.append(found.get("src", "?"))


def _has_text(image: dict[str, str]) -> bool:
    """Whether a picture has a text that says more than its file name; cards of the gallery have a title."""
    name = Path(urlsplit(image.get("src", "")).path).name
    if "_thumb." in name or image.get("role") == "presentation":
        return True
    text = image.get("alt", "").strip()
    return bool(text) and text != name and not re.match(r"plot |.*\.(png|svg|jpe?g)$", text)


def file_faults(site: Path, pages: list[Path]) -> Iterator[str]:
    """Links that lead nowhere, and pictures without a text."""
    contents = {page: Contents(page) for page in site.rglob("*.html")}
    for page in pages:
        name = page.relative_to(site)
        for source in contents[page].textless:
            yield f"{name}: picture {source} has no text"
        for link in sorted(contents[page].links):
            path, anchor = urldefrag(link)
            if urlsplit(link).scheme:
                continue
            target = (page.parent / unquote(path.partition("?")[0])).resolve() if path else page
            if not target.exists():
                yield f"{name}: {link} leads nowhere"
            elif target in contents and unquote(anchor) not in contents[target].anchors:
                yield f"{name}: {link} has no such place"
