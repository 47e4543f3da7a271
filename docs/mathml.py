"""Sphinx extension: equations as MathML, which browsers draw without a script from elsewhere."""

from typing import Any

from docutils import nodes
from latex2mathml.converter import convert


def equation(text: str, **options: Any) -> str:
    """The converter takes the sign of a distribution for a letter, which has no space around it."""
    return convert(text, **options).replace("<mi>&#x0007E;</mi>", "<mo>&#x0223C;</mo>")


def join_marks(app: Any, doctree: nodes.document, docname: str) -> None:
    """Keep a comma in the line of the equation before it; by itself it might begin the next line."""
    for node in list(doctree.findall(nodes.math)):
        after = node.next_node(descend=False, siblings=True)
        if isinstance(after, nodes.Text) and after[0] in ",.;:)":
            node["mark"] = after[0]
            node.parent.replace(after, nodes.Text(after[1:]))


def visit_inline(translator: Any, node: nodes.math) -> None:
    text = equation(node.astext())
    mark = node.get("mark")
    translator.body.append(f'<span class="equation">{text}{mark}</span>' if mark else text)
    raise nodes.SkipNode


def visit_block(translator: Any, node: nodes.math_block) -> None:
    # Focusable, since an equation wider than a telephone scrolls by itself.
    block = equation(node.astext(), display="block")
    translator.body.append(f'<div class="equation" tabindex="0" role="group">{block}</div>\n')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    app.connect("doctree-resolved", join_marks)
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
