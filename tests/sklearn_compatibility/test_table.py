"""The compatibility table of the documentation names tests that exist."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "compatibility.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)
ROWS = [row for row in re.findall(r"^\| (.+) \|$", PAGE, flags=re.MULTILINE) if not row.startswith("Tool |")]


@pytest.mark.parametrize(("file", "test"), sorted(set(NAMED)))
def test_every_named_test_exists(file, test):
    home = TESTS if "/" in file else TESTS / "sklearn_compatibility"
    tree = ast.parse((home / file).read_text(encoding="utf-8"))
    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_row_names_a_test():
    assert len(ROWS) > 30
    for row in ROWS:
        *_, test = row.split("| ")
        assert re.fullmatch(r"`[\w/]+\.py::test_\w+`", test), row
