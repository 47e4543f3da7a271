"""Sphinx extension: figures and tables of pages, read from the results of the accuracy benchmark.

The role ``figure`` and the directive ``accuracy-table`` take names as on the page of benchmarks;
`benchmarks/_lookup.py` describes them. The directive ``results-table`` takes the name of another file of
results (`benchmarks/_result_tables.py`). A name that does not exist is an error, with the place and near
names.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
import _result_tables
from _lookup import OPTIONS, RESULTS, Lookup, Table, UnknownFigure, lookup

logger = logging.getLogger(__name__)


def results(env: Any) -> Lookup:
    """What the benchmark has; a page that asks for it is written anew once the file changes."""
    env.note_dependency(str(RESULTS))
    return lookup(RESULTS, RESULTS.stat().st_mtime)


class Figure(SphinxRole):
    """``{figure}`nasbench201 | 1% | flow GP | tau` ``."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            return [nodes.Text(results(self.env).figure(self.text))], []
        except UnknownFigure as error:
            logger.error("figure: %s", error, location=self.get_location())
            return [nodes.problematic(self.rawtext, self.rawtext)], []


class MarkdownTable(SphinxDirective):
    """A table whose lines are read from results."""

    def lines(self) -> list[str]:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        try:
            lines = self.lines()
        except UnknownFigure as error:
            logger.error("%s: %s", self.name, error, location=self.get_location())
            return []
        holder = nodes.Element()
        self.state.nested_parse(StringList(lines, source=self.get_source_info()[0]), 0, holder)
        return holder.children


class AccuracyTable(MarkdownTable):
    """Predictors and settings of the accuracy benchmark."""

    option_spec: ClassVar[Any] = {
        name: directives.flag if name in ("transpose", "bold") else directives.unchanged for name in OPTIONS
    }

    def lines(self) -> list[str]:
        options = {name: value or "" for name, value in self.options.items()}
        return Table.of(options).lines(results(self.env))


class ResultsTable(MarkdownTable):
    """The table of another file of results, by its name: ``frames``, ``isomorphism_leak`` or ``tuning``."""

    required_arguments = 1

    def lines(self) -> list[str]:
        (name,) = self.arguments
        self.env.note_dependency(str(_result_tables.HERE / f"{name}.jsonl"))
        return _result_tables.table(name)


def setup(app: Any) -> dict[str, bool]:
    app.add_role("figure", Figure())
    app.add_directive("accuracy-table", AccuracyTable)
    app.add_directive("results-table", ResultsTable)
    app.add_css_file("benchmarks.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
