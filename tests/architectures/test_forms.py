"""The table of forms: a form is one file and one row, and all else follows from the row."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from fgp_sklearn import UnlabeledPool
from fgp_sklearn.architectures import Architecture, ArchitectureError, _forms, _read_sequence, as_batch
from fgp_sklearn.architectures._forms import FORMS, Form
from fgp_sklearn.architectures._matrices import read_matrices

EDGE = np.array([[0, 1], [0, 0]])
NOT_IN_THE_TABLE = {"__init__", "_form", "_arrays"}  # stacked arrays are no sequence of architectures


def graph(**attributes: str) -> nx.DiGraph[str]:
    made: nx.DiGraph[str] = nx.DiGraph([("u", "v")])
    nx.set_node_attributes(made, attributes, "op")
    return made


ONE_OF_EACH: dict[str, Any] = {
    "graph": graph(u="in", v="out"),
    "(adjacency, ops)": (EDGE, ["in", "out"]),
    "architecture": Architecture(EDGE, ("in", "out")),
    "text": "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
}


def is_chain(item: Any) -> bool:
    return isinstance(item, str)


def read_chains(items: Any, attributes: Any) -> Any:
    ops = [item.split(">") for item in items]
    return read_matrices([np.eye(len(own), k=1, dtype=int) for own in ops], ops, may_count=False)


@pytest.fixture
def _another_form(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Form("chain", "chains of operations", is_chain, is_chain, read_chains)
    monkeypatch.setattr(_read_sequence, "FORMS", (*FORMS, row))


def test_each_file_has_a_row_and_each_row_a_file_and_documentation() -> None:
    files = {path.stem for path in Path(str(_forms.__file__)).parent.glob("*.py")} - NOT_IN_THE_TABLE
    assert sorted(form.read.__module__.rpartition(".")[2] for form in FORMS) == sorted(files)
    documentation = " ".join(str(as_batch.__doc__).split())
    assert not [form.several for form in FORMS if form.several not in documentation]
    assert [form.one for form in FORMS] == list(ONE_OF_EACH)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.one)
def test_one_form_accepts_an_item(form: Form) -> None:
    item = ONE_OF_EACH[form.one]
    assert [other for other in FORMS if other.accepts(item)] == [form]
    assert form.is_lone(item)
    assert not form.is_lone([item, item])
    with pytest.raises(ArchitectureError, match=re.escape(f"got one {form.one}; wrap it: [{form.one}]")):
        as_batch(item)


@pytest.mark.usefixtures("_another_form")
def test_a_row_is_all_that_a_new_form_needs() -> None:
    known = list(ONE_OF_EACH.values())
    X = ["in>out", *known, "in>conv>pool>out", *known, "in>out"]
    edge = (EDGE, ["in", "out"])
    same = [edge] * (len(known) - 1) + as_batch([ONE_OF_EACH["text"]]).to_pairs()
    expected = as_batch([edge, *same, (np.eye(4, k=1), ["in", "conv", "pool", "out"]), *same, edge])
    batch = as_batch(X)
    assert batch == expected
    assert batch.vocabulary == expected.vocabulary
    assert as_batch(["in>out"]) == as_batch(known[:1])
    assert UnlabeledPool(X).architectures == expected


@pytest.mark.usefixtures("_another_form")
def test_messages_follow_from_the_table() -> None:
    forms = ", ".join(form.several for form in FORMS)
    assert forms.startswith("networkx.DiGraph, (adjacency, ops) pairs, Architecture objects")
    wanted = f"expected a sequence of {forms} or chains of operations, or an ArchitectureBatch"
    for X, message in [
        (None, f"{wanted}, got NoneType"),
        (["in>out", 3], f"architecture 1: it is int; {wanted}"),
        ("in>out", "got one chain; wrap it: [chain]"),
    ]:
        with pytest.raises(ArchitectureError, match=re.escape(message)):
            as_batch(X)


@pytest.mark.usefixtures("_another_form")
@pytest.mark.parametrize(
    "broken",
    [graph(u="in"), (EDGE, ["in"]), Architecture(EDGE, ("in",))],
    ids=["graph", "pair", "architecture"],
)
def test_the_index_of_an_error_counts_all_forms(broken: Any) -> None:
    X = ["in>out", *ONE_OF_EACH.values(), broken, "in>out"]
    with pytest.raises(ArchitectureError) as caught:
        as_batch(X)
    assert caught.value.index == 1 + len(ONE_OF_EACH)
