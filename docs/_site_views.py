"""For check_site.py: what is wrong with a page that is open in the browser."""

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Error, Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
WIDE = 1280  # from this width on, code is not cut
NARROW = 390  # at this width, tables can still be read
PAGES_FOUND = {  # one of these pages is among the first three that the search finds
    "kendall": ("reference/generated/fgp_sklearn.metrics.kendall_tau_score", "how_good"),
    "latency": ("latency", "recipes", "choosing", "auto_examples/plot_latency_of_networks"),
    "MobileNet": ("guide/tables", "recipes", "latency", "auto_examples/plot_latency_of_networks"),
    "Optuna": ("auto_examples/plot_optuna", "guide/optuna_study"),
    "ONNX": ("guide/networks", "guide"),
}

SCROLLS = """() => {
    const scrollers = [document.documentElement, ...document.querySelectorAll(".bd-article-container")];
    return Math.max(...scrollers.map(element => element.scrollWidth - element.clientWidth));
}"""
MISSING_PICTURES = """async () => {
    const loaded = image => image.decode().then(() => [], () => [image.src]);
    document.querySelectorAll("img").forEach(image => { image.loading = "eager"; });
    return (await Promise.all([...document.images].map(loaded))).flat();
}"""
# Of any impact where the guidelines (WCAG) ask for it, and of serious impact where they do not.
VIOLATIONS = """async rules => {
    const options = {preload: false, resultTypes: ["violations"], ...(rules.length && {runOnly: rules})};
    const {violations} = await axe.run(document, options);
    return violations
        .filter(({impact, tags}) => tags.some(tag => tag.startsWith("wcag"))
            || impact === "serious" || impact === "critical")
        .map(({id, nodes}) => `${id}: ${nodes.slice(0, 4).map(node => node.target.join(" ")).join(", ")}`);
}"""
CUT_CODE = """() => [...document.querySelectorAll(".bd-article pre")]
    .filter(code => code.checkVisibility() && code.scrollWidth > code.clientWidth + 1)
    .map(code => {
        const longest = code.textContent.split("\\n").reduce((one, other) =>
            other.length > one.length ? other : one);
        const cut = code.scrollWidth - code.clientWidth;
        return `${cut} pixels of code are cut: ${longest.trim().slice(0, 60)} (${longest.length} characters)`;
    })"""
# A table is readable if it fits or scrolls by itself, if it shows its first column and a part of the second
# one, or has one below the other, and if no word stands there letter by letter.
UNREADABLE_TABLES = """() => {
    const scrolls = element => ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
    const frameOf = table => {
        for (let element = table; element; element = element.parentElement) {
            if (element.matches(".bd-article-container")) return null;
            if (scrolls(element)) return element;
        }
        return null;
    };
    const letterByLetter = cell => {
        const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            for (const word of node.data.matchAll(/\\p{L}{4,}/gu)) {
                const range = document.createRange();
                range.setStart(node, word.index);
                range.setEnd(node, word.index + word[0].length);
                const lines = new Set([...range.getClientRects()].map(({top}) => Math.round(top))).size;
                if (lines > 1 && word[0].length / lines < 3) return word[0];
            }
        }
        return null;
    };
    const faultOf = table => {
        const frame = frameOf(table);
        const screen = document.documentElement.clientWidth;
        const right = Math.min(screen, frame ? frame.getBoundingClientRect().right : screen);
        if (!frame && table.getBoundingClientRect().right > screen + 1) return "does not scroll by itself";
        const row = [...table.rows].find(({cells}) => cells.length > 1);
        if (row) {
            const [one, other] = [...row.cells].map(cell => cell.getBoundingClientRect());
            const stacked = other.top >= one.bottom - 1;
            if (one.left < -1 || one.right > right + 1) return "does not show its first column";
            const visible = other.left + Math.min(other.width, 40) <= right + 1;
            if (!stacked && !visible) return "shows its first column alone";
        }
        const narrow = [...table.querySelectorAll("th, td")].filter(({clientWidth}) => clientWidth < 80);
        const word = narrow.map(letterByLetter).find(found => found);
        return word ? `breaks ${word} into letters` : null;
    };
    return [...document.querySelectorAll(".bd-article table")]
        .filter(table => table.checkVisibility() && !table.closest("[class*=sk-]"))
        .map(table => [faultOf(table), table.textContent.trim().replace(/\\s+/g, " ").slice(0, 40)])
        .filter(([fault]) => fault)
        .map(([fault, words]) => `a table ${fault}: ${words}`);
}"""
# Titles and names in narrow places break between words, also between those of FlowGaussianProcessRegressor.
BROKEN_WORDS = """() => {
    const broken = new Set();
    const titles = ".bd-article :is(h1, h2, h3), .bd-sidebar nav a, .prev-next-title";
    const visible = [...document.querySelectorAll(titles)].filter(element => element.checkVisibility());
    for (const element of visible) {
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            for (const word of node.data.matchAll(/\\p{Lu}?\\p{Ll}{3,}/gu)) {
                const range = document.createRange();
                range.setStart(node, word.index);
                range.setEnd(node, word.index + word[0].length);
                const tops = [...range.getClientRects()].map(({top}) => Math.round(top));
                if (new Set(tops).size > 1) broken.add(`breaks ${word[0]} in ${element.textContent.trim()}`);
            }
        }
    }
    return [...broken];
}"""
NUMBER_CONTROLS = """() => {
    const selector = "a[href], button, input, select, textarea, summary, [tabindex]";
    const controls = [...document.querySelectorAll(selector)].filter(element =>
        element.tabIndex >= 0 && !element.disabled && element.checkVisibility({visibilityProperty: true}));
    controls.forEach((element, number) => { element.dataset.number = number; });
    return controls.map(element => `${element.tagName} ${element.textContent.trim() || element.ariaLabel}`);
}"""


def missing_pictures(page: Page) -> list[str]:
    return [f"no picture {source}" for source in page.evaluate(MISSING_PICTURES)]


def layout_faults(page: Page, width: int) -> list[str]:
    """What no theme changes."""
    excess = page.evaluate(SCROLLS)
    return [
        *([f"scrolls {excess} pixels sideways"] if excess > 0 else []),
        *page.evaluate(BROKEN_WORDS),
        *(page.evaluate(CUT_CODE) if width >= WIDE else []),
        *(page.evaluate(UNREADABLE_TABLES) if width == NARROW else []),
    ]


def axe_faults(page: Page, theme: str) -> list[str]:
    """All rules in light, and in dark those whose answer a theme can change."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    return page.evaluate(VIOLATIONS, [] if theme == "light" else ["color-contrast", "link-in-text-block"])


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
    """Words that do not lead to the pages about them."""
    faults = []
    for word, wanted in PAGES_FOUND.items():
        page.goto(f"{address}/search.html?q={word}")
        links = page.locator("#search-results li > a")
        try:
            links.nth(2).wait_for(timeout=10_000)
        except Error:
            faults.append(f"the search finds fewer than three pages for {word!r}")
            continue
        hrefs = links.evaluate_all("links => links.slice(0, 3).map(link => new URL(link.href).pathname)")
        found = [href.removeprefix("/").removesuffix(".html") for href in hrefs]
        if not set(found) & set(wanted):
            faults.append(f"the search finds {', '.join(found)} for {word!r}, not {wanted[0]}")
    return faults
