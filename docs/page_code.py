"""The code of a page, as its reader copies it: to run it, and to hand it out as a notebook.

python docs/page_code.py docs/tour.md  # runs the code, and writes what it prints into the page
"""

import contextlib
import io
import re
import sys
import tempfile
import textwrap
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

_BLOCK = re.compile(
    r"^```(?:\{code-block\} )?(?P<language>\w+)\n(?::caption: (?P<file>\S+)\n\n)?(?P<text>.*?)^```$",
    flags=re.MULTILINE | re.DOTALL,
)
_OUTPUT = re.compile(
    r"^(```python\n(?:(?!```).*\n)*```\n)\n```text\n(?:(?!```).*\n)*```\n", flags=re.MULTILINE
)
_DOWNLOAD = re.compile(r"\{download\}(`[^`]+`)")
_ROLE = re.compile(r"\{\w+\}`~?(?:[\w.]+\.)?(\w+)`")
_FIGURE = re.compile(r"\{figure\}`([^`]+)`")
_LINK_WITHIN_THE_SITE = re.compile(r"\[([^\]]+)\]\((?!http)[^)]+\)")

_COMMAND = "fgp-sklearn"
_WIDTH = 100  # what a window of 1280 pixels shows


class Block(NamedTuple):
    """A fenced block; one with a caption is a file of that name."""

    language: str
    file: str | None
    text: str


def blocks(page: Path) -> list[Block]:
    found = _BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(match["language"], match["file"], match["text"]) for match in found]


def outputs(page: Path) -> list[tuple[str, str]]:
    """Pairs of Python code and what the page shows that it prints."""
    return [
        (code.text, shown.text)
        for code, shown in pairwise(blocks(page))
        if (code.language, shown.language) == ("python", "text")
    ]


def lay_out(page: Path, folder: Path) -> Path:
    """Write the files of a page and one script of all its Python into a folder; the script's path."""
    script = folder / f"{page.stem}.py"
    code = [block for block in blocks(page) if block.language == "python" and not block.file]
    script.write_text("\n".join(block.text for block in code), encoding="utf-8")
    for block in blocks(page):
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
    return script


def renewed(page: Path) -> str:
    """The page with what its code prints now, where it shows what it prints."""
    source, position = page.read_text(encoding="utf-8"), 0
    parts: list[str] = []
    namespace: dict[str, Any] = {}
    page = page.resolve()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        lay_out(page, Path(folder))
        for code, shown in pairwise([*_BLOCK.finditer(source), None]):
            if code is None or code["file"]:
                continue
            if code["language"] == "python":
                output = _printed(code["text"], namespace)
            elif code["language"] == "console" and code["text"].startswith(f"{_COMMAND} "):
                output = _told(code["text"])
            else:
                continue
            if shown and shown["language"] == "text" and not source[code.end() : shown.start()].strip():
                parts += [source[position : shown.start("text")], output]
                position = shown.end("text")
    return "".join([*parts, source[position:]])


def _printed(code: str, namespace: dict[str, Any]) -> str:
    """What code prints, with long lines wrapped, unless they have columns."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, namespace)
    lines = printed.getvalue().rstrip().splitlines()
    filled = (line if "  " in line else textwrap.fill(line, _WIDTH, break_on_hyphens=False) for line in lines)
    return "".join(f"{line}\n" for line in filled)


def _told(command: str) -> str:
    """What a command of the library writes."""
    from fgp_sklearn.cli import main

    with contextlib.redirect_stdout(io.StringIO()) as written:
        main(command.split()[1:])
    return written.getvalue().rstrip() + "\n"


def notebook(page: Path) -> Any:
    """Prose as Markdown cells, Python as code cells, files as cells that write them, without outputs."""
    from nbformat import v4

    text, position, cells = _OUTPUT.sub(r"\1", page.read_text(encoding="utf-8")), 0, []
    for match in _BLOCK.finditer(text):
        if match["file"] or match["language"] == "python":
            cells.append(v4.new_markdown_cell(_plain(text[position : match.start()])))
            head = f"%%writefile {match['file']}\n" if match["file"] else ""
            cells.append(v4.new_code_cell(head + match["text"].rstrip()))
            position = match.end()
    cells.append(v4.new_markdown_cell(_plain(text[position:])))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # random ones would make each build a different file
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _plain(markdown: str) -> str:
    """Without what only the site can resolve."""
    markdown = _FIGURE.sub(lambda found: _figure(found[1]), _DOWNLOAD.sub(r"\1", markdown))
    return _LINK_WITHIN_THE_SITE.sub(r"\1", _ROLE.sub(r"`\1`", markdown)).strip()


def _figure(asked: str) -> str:
    """What the site says in place of the role ``figure``."""
    sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
    from _lookup import lookup

    return str(lookup().figure(asked))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).write_text(renewed(Path(name)), encoding="utf-8")
