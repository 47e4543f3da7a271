"""Sphinx extension: equations as MathML, which browsers draw without a script from elsewhere."""

from typing import Any

from docutils import nodes
from latex2mathml.converter import convert


def visit_inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def visit_block(translator: Any, node: nodes.math_block) -> None:
    # Focusable, since an equation wider than a telephone scrolls by itself.
    equation = convert(node.astext(), display="block")
    translator.body.append(f'<div class="equation" tabindex="0" role="group">{equation}</div>\n')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
