"""Published forms: read, written, and told apart."""

from __future__ import annotations

import gc
import json
import re
from collections import namedtuple
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fgp_sklearn import FlowGaussianProcessRegressor, UnlabeledPool
from fgp_sklearn.architectures import (
    ArchitectureBatch,
    ArchitectureError,
    _texts,
    as_batch,
    from_text,
    join_parts,
    to_text,
)
from fgp_sklearn.architectures._texts import TEXT_FORMS, _literal
from fgp_sklearn.architectures._texts._literal import LiteralProblem, parsed
from fgp_sklearn.datasets import nasbench101_space, nasbench201_space

Genotype = namedtuple("Genotype", "normal normal_concat reduce reduce_concat")

N = 10_000
N_TEXTS = 500  # also as texts in Python and JSON
DARTS_OPS = (
    *("max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5"),
    *("dil_conv_3x3", "dil_conv_5x5"),
)

# ------------------------------------------------------------------ random texts, made without the library


def random_compact(rng: Any) -> Any:
    def cell() -> Any:
        return tuple((int(rng.integers(2 + i // 2)), int(rng.integers(7))) for i in range(8))

    return cell(), cell()


def genotype_of(compact: Any) -> str:
    normal, reduce = ([(DARTS_OPS[op], source) for source, op in cell] for cell in compact)
    return f"Genotype(normal={normal}, normal_concat=range(2, 6), reduce={reduce}, reduce_concat=range(2, 6))"


def random_ofa(rng: Any) -> dict[str, Any]:
    depths = rng.integers(2, 5, 5).tolist()
    depths[2] = 4  # so that the dictionary is the smallest that holds the network
    choice: dict[str, Any] = {"ks": [], "e": [], "d": depths}
    for depth in depths:
        for key, choices in (("ks", (3, 5, 7)), ("e", (3, 4, 6))):
            own = rng.choice(choices, depth).tolist()
            choice[key] += own + own[-1:] * (4 - depth)
    return choice | ({"r": [int(rng.choice([160, 224]))]} if rng.random() < 0.5 else {})


def random_gpt(rng: Any) -> dict[str, Any]:
    n = int(rng.integers(10, 13))
    return {
        "sample_embed_dim": int(rng.choice([192, 384, 768])),
        "sample_n_layer": n,
        "sample_n_head": rng.choice([4, 8, 12], n).tolist(),
        "sample_mlp_ratio": rng.choice([2, 3, 4], n).tolist(),
        "sample_bias": bool(rng.random() < 0.5),
    }


def random_vit(rng: Any) -> dict[str, Any]:
    n = int(rng.integers(12, 15))
    return {
        "mlp_ratio": rng.choice([3.5, 4], n).tolist(),
        "num_heads": rng.choice([3, 4], n).tolist(),
        "embed_dim": [int(rng.choice([192, 216, 240]))] * n,
        "layer_num": n,
    }


def random_config(rng: Any) -> dict[str, Any]:
    """A configuration with all fields of its model type, most of them with the names of LLaMA."""
    layers, heads, width = (int(rng.choice(c)) for c in ((1, 4, 12), (2, 4, 8), (64, 96, 256)))
    words = {"vocab_size": int(rng.integers(100, 60_000))}
    usual = {"num_hidden_layers": layers, "hidden_size": width, "num_attention_heads": heads}
    mlp = {"intermediate_size": int(rng.integers(32, 2000))}
    images = {"image_size": 32 * int(rng.integers(1, 9)), "patch_size": 16, "num_channels": 3}
    grouped = {"num_key_value_heads": int(rng.choice([1, heads])), "head_dim": int(rng.choice([16, 64]))}
    halves = ("encoder", "decoder")
    bart = {f"{half}_{size}": int(rng.integers(1, 9)) for half in halves for size in ("layers", "ffn_dim")}
    configs = {
        "gpt2": {
            **{"n_layer": layers, "n_embd": width, "n_head": heads},
            **{"n_inner": 3 * width, "n_positions": 512, **words},
        },
        "bloom": {"n_layer": layers, "hidden_size": width, "n_head": heads, **words},
        "llama": usual | mlp | words | grouped,
        "mixtral": usual | mlp | words | grouped | {"num_local_experts": 8, "num_experts_per_tok": 2},
        "bert": usual | mlp | words | {"max_position_embeddings": 64},
        "t5": {
            **{"num_layers": layers, "num_decoder_layers": int(rng.integers(1, 4)), "d_model": width},
            **{"num_heads": heads, "d_kv": 32, "d_ff": 2 * width, **words},
        },
        "bart": bart
        | {f"{half}_attention_heads": int(rng.choice([2, 4])) for half in halves}
        | {"d_model": width, "max_position_embeddings": 64, **words},
        "vit": usual | mlp | images,
        "swin": {
            **{
                "depths": rng.integers(1, 5, layers).tolist(),
                "num_heads": rng.choice([1, 2, 4, 8], layers).tolist(),
            },
            **{"embed_dim": width, "mlp_ratio": 2.5, "window_size": 7, **images},
        },
    }
    kind = str(rng.choice(list(configs)))
    return {"model_type": kind, **configs[kind]}


def digits(rng: Any, n: int, base: int, start: int = 0) -> str:
    return "".join(map(str, rng.integers(start, start + base, n)))


def random_micro(rng: Any) -> str:
    return f"64-41414-{digits(rng, 1, 4)}_{digits(rng, 2, 4)}_{digits(rng, 3, 4)}"


RANDOM: dict[str, Any] = {
    "nasbench201-official": lambda rng: tuple(rng.integers(0, 5, 6).tolist()),
    "nasbench201-naslib": lambda rng: tuple(rng.integers(0, 5, 6).tolist()),
    "nats-size": lambda rng: ":".join(map(str, 8 * rng.integers(1, 9, 5))),
    "darts": lambda rng: genotype_of(random_compact(rng)),
    "nasbench301": random_compact,
    "nasbench-macro": lambda rng: digits(rng, 8, 3),
    "transnas-micro": random_micro,
    "transnas-macro": lambda rng: f"64-{digits(rng, int(rng.integers(4, 7)), 4, 1)}-basic",
    "once-for-all": random_ofa,
    "hw-gpt": random_gpt,
    "autoformer": random_vit,
    "hugging-face": random_config,
}
CERTAIN = {
    *("nasbench101", "nasbench201", "darts", "transnas-micro", "transnas-macro"),
    *("once-for-all", "hw-gpt", "autoformer", "hugging-face"),
}


def sample(form: str, n: int = N, seed: int = 0) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [RANDOM[form](rng) for _ in range(n)]


def some(form: str) -> list[Any]:
    """A few items of any form."""
    if form == "nasbench201":
        return list(map(str, nasbench201_space()[::3000].names))
    return to_text(nasbench101_space(4)[::20], form=form) if "nasbench101" in form else sample(form, 5)


# ------------------------------------------------------------------ round trips


def test_every_form_has_a_round_trip_and_documentation() -> None:
    assert {*RANDOM, "nasbench101", "nasbench101-naslib", "nasbench201"} == {*TEXT_FORMS}
    rows = re.findall(r"^    ``\"([\w-]+)\"``", str(from_text.__doc__), flags=re.MULTILINE)
    assert rows == list(TEXT_FORMS)


def test_each_file_has_a_row() -> None:
    others = {"__init__", "_text_form", "_items", "_literal", "_chains", "_layout", "_two_cells"}
    others.add("_hugging_face_fields")
    files = {path.stem for path in Path(str(_texts.__file__)).parent.glob("*.py")} - others
    homes = {getattr(form.read, "func", form.read).__module__ for form in TEXT_FORMS.values()}
    assert {home.rpartition(".")[2] for home in homes} == files


@pytest.fixture
def _no_collector() -> Iterator[None]:
    """Without the garbage collector, which takes half of the time while many dictionaries are alive."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize("form", RANDOM)
def test_random_architectures_survive(form: str) -> None:
    items = sample(form)
    batch = from_text(items, form=form)
    assert len(batch) == N
    assert to_text(batch, form=form) == items
    assert batch.vocabulary == batch.used_ops()
    few = from_text(items[:N_TEXTS], form=form)
    assert from_text(list(map(str, items[:N_TEXTS])), form=form) == few, "texts in Python"
    if form != "darts":
        texts = [item if isinstance(item, str) else json.dumps(item) for item in items[:N_TEXTS]]
        assert from_text(texts, form=form) == few


def test_all_cells_of_nasbench201() -> None:
    space = nasbench201_space()
    names = list(map(str, space.names))
    batch = as_batch(names)
    assert batch == from_text(names, form="nasbench201") == space
    assert to_text(batch, form="nasbench201") == list(map(str, batch.names)) == names
    official = [
        tuple(
            ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3").index(op) for op in cell
        )
        for cell in (re.findall(r"\|?([\w]+)~", name) for name in names)
    ]
    assert to_text(space, form="nasbench201-official") == official
    assert from_text(np.array(official), form="nasbench201-official") == space
    naslib = to_text(space, form="nasbench201-naslib")
    assert len(set(naslib)) == len(names)
    assert from_text(naslib, form="nasbench201-naslib") == space
    one_conv = "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|"  # on the edge 03
    assert naslib[names.index(one_conv)] == (1, 1, 2, 1, 1, 1)
    assert official[names.index(one_conv)] == (0, 0, 0, 3, 0, 0)


def test_cells_of_nasbench101() -> None:
    space = nasbench101_space(5)
    modules = to_text(space, form="nasbench101")
    assert as_batch(modules) == from_text(list(map(json.dumps, modules)), form="nasbench101") == space
    texts = [
        ("".join(str(bit) for row in m["module_adjacency"] for bit in row), ",".join(m["module_operations"]))
        for m in modules
    ]
    assert from_text(texts, form="nasbench101") == from_text(space.to_pairs(), form="nasbench101") == space
    order = ("input", "output", "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu")
    tuples = [tuple(map(int, bits)) + tuple(order.index(op) for op in ops.split(",")) for bits, ops in texts]
    assert to_text(space, form="nasbench101-naslib") == tuples
    assert from_text(list(map(str, tuples)), form="nasbench101-naslib") == space


def test_all_of_small_spaces() -> None:
    macro = ["".join(cell) for cell in product("012", repeat=8)]
    assert to_text(from_text(macro, form="nasbench-macro"), form="nasbench-macro") == macro
    micro = ["64-41414-{}_{}{}_{}{}{}".format(*cell) for cell in product("0123", repeat=6)]
    assert to_text(as_batch(micro), form="transnas-micro") == micro
    assert from_text(list(product(range(4), repeat=6)), form="transnas-micro") == as_batch(micro)
    networks = [f"64-{''.join(own)}-basic" for n in (4, 5, 6) for own in product("1234", repeat=n)]
    assert to_text(as_batch(networks), form="transnas-macro") == networks
    filled = [tuple(map(int, text[3:-6].ljust(6, "0"))) for text in networks]
    assert from_text(filled, form="transnas-macro") == as_batch(networks)


# ------------------------------------------------------------------ what the graphs are


def test_a_genotype_is_two_cells_as_the_paper_draws_them() -> None:
    """Operations become nodes: the one that reads a state reads all operations that are summed into it."""
    for compact in sample("nasbench301", 20):
        parts = {}
        for part, cell in zip(("normal", "reduce"), compact, strict=True):
            graph: nx.DiGraph[str] = nx.DiGraph()
            graph.add_nodes_from([("0", {"op": "c_k-2"}), ("1", {"op": "c_k-1"})])
            feeds = {0: ["0"], 1: ["1"], 2: [], 3: [], 4: [], 5: []}
            for i, (source, op) in enumerate(cell):
                graph.add_node(f"op{i}", op=DARTS_OPS[op])
                graph.add_edges_from((feed, f"op{i}") for feed in feeds[source])
                feeds[2 + i // 2].append(f"op{i}")
            graph.add_node("end", op="output")
            graph.add_edges_from((feed, "end") for state in (2, 3, 4, 5) for feed in feeds[state])
            parts[part] = [graph]
        assert (
            from_text([compact], form="nasbench301") == join_parts(parts) == as_batch([genotype_of(compact)])
        )


def test_forms_of_a_genotype() -> None:
    text = genotype_of(sample("nasbench301", 1)[0])
    made = eval(text, {"Genotype": Genotype})
    short = made._replace(
        normal_concat=[4, 2, 5], normal=[*made.normal[:-2], ("none", 1), ("conv_7x1_1x7", 4)]
    )
    batch = as_batch([text, made, made._asdict(), short])
    assert batch[0] == batch[1] == batch[2] != batch[3]
    assert eval(to_text(batch, form="darts")[3], {"Genotype": Genotype}) == short._replace(
        normal_concat=[2, 4, 5], reduce_concat=range(2, 6)
    )


def test_choices_are_chains_with_attributes() -> None:
    choice = {"ks": [3, 5, 7, 7], "e": [6, 4, 3, 6], "d": [1, 2], "r": 192}
    batch = as_batch([choice])
    assert batch[0].ops == ("input", "mbconv", "mbconv", "mbconv", "output")
    nan = np.nan
    expected = {
        "kernel": [nan, 3, 7, 7, nan],
        "expansion": [nan, 6, 3, 6, nan],
        "stage": [nan, 1, 2, 2, nan],
        "resolution": [192, nan, nan, nan, nan],
    }
    assert batch.attribute_names == tuple(sorted(expected))
    for name, column in expected.items():
        np.testing.assert_array_equal(batch.attributes[name], column)
    gpt = random_gpt(np.random.default_rng(0))
    longer = {**gpt, "sample_n_head": [*gpt["sample_n_head"], 1], "sample_bias": str(gpt["sample_bias"])}
    assert as_batch([gpt]) == as_batch([longer])
    assert as_batch([gpt], attributes=["heads"]).attribute_names == ("heads",)
    (size,) = from_text(["16:40:56:24:40"], form="nats-size")
    np.testing.assert_array_equal(size.attributes["width"], [nan, 16, 40, 56, 24, 40, nan])


def test_estimators_read_texts() -> None:
    space = nasbench201_space()[::400]
    names = list(map(str, space.names))
    y = np.array([name.count("conv") for name in names], dtype=float)
    expected = FlowGaussianProcessRegressor(random_state=0).fit(space, y).predict(space)
    for X in (names, np.array(names), pd.Series(names), pd.DataFrame({"cell": names}), UnlabeledPool(names)):
        fitted = FlowGaussianProcessRegressor(random_state=0).fit(names, y)
        np.testing.assert_array_equal(fitted.predict(X), expected)


# ------------------------------------------------------------------ forms told apart


@pytest.mark.parametrize("form", TEXT_FORMS)
def test_as_batch_reads_what_cannot_be_mistaken_and_names_the_rest(form: str) -> None:
    items = some(form)
    if form in CERTAIN:
        assert as_batch(items) == from_text(items, form=form)
        edge = [([[0, 1], [0, 0]], ["input", "output"])]
        assert as_batch([*edge, *items]) == ArchitectureBatch.concatenate([as_batch(edge), as_batch(items)])
        with pytest.raises(ArchitectureError, match="got one text; wrap it"):
            as_batch(items[0])
        return
    with pytest.raises(
        ArchitectureError, match=r"^architecture 0: it could have .*from_text\(X, form="
    ) as caught:
        as_batch(items)
    assert f"'{form}'" in str(caught.value)
    for sequence in (pd.Series(items), pd.Series(map(str, items))):
        assert from_text(sequence, form=form) == from_text(items, form=form)


@pytest.mark.parametrize("form", TEXT_FORMS)
def test_errors_name_the_architecture_and_other_forms(form: str) -> None:
    items = some(form)
    for other in TEXT_FORMS:
        strange = some(other)[0]
        try:
            from_text([strange], form=form)
        except ArchitectureError:
            with pytest.raises(ArchitectureError) as caught:
                from_text([*items, strange], form=form)
            assert caught.value.index == len(items)
            assert f"'{other}'" in str(caught.value)
            assert len(str(caught.value)) < 700
    for lone in (items[0], str(items[0])):
        with pytest.raises(ArchitectureError, match="wrap it"):
            from_text(lone, form=form)


@pytest.mark.parametrize(
    ("form", "item", "problem"),
    [
        ("nasbench201", "|none~0|+|none~0|none~1|+|none~0|none~1|conv~2|", "the operation 'conv'"),
        ("nasbench201", "|none~0|+|none~0|none~1|", "expected a text such as"),
        ("nasbench201-naslib", (0, 0, 0, 0, 0, 5), "the index 5"),
        ("nasbench201-official", (0, 0, 0, 0, 0, True), "the index True"),
        ("nats-size", "16:0:8:8:8", "five numbers of channels"),
        ("darts", "Genotype(normal=[('skip_connect', 2), ('skip_connect', 0)], normal_concat=[2], reduce=[], "
         "reduce_concat=[])", "for state 2, which can read 0 to 1"),
        ("darts", {"normal": 1}, "it lacks 'normal_concat', 'reduce', 'reduce_concat'"),
        ("darts", "Genotype(__import__('os').system('true'))", "it cannot be read from"),
        ("darts", "Genotype(normal=print(1))", "it has '1' where 'name' is expected"),
        ("nasbench301", (((0, 7),) * 8,) * 2, "the index 7"),
        ("nasbench-macro", "0120212", "eight digits"),
        ("transnas-macro", "64-1235-basic", "expected a code"),
        ("once-for-all", {"ks": [3] * 6, "e": [3] * 6, "d": [2, 4]}, "4 blocks where a stage has 3"),
        ("once-for-all", {"ks": [3] * 6, "e": [3] * 5, "d": [2, 3]}, "6 in 'ks', 5 in 'e'"),
        ("once-for-all", {"ks": [3], "e": [3], "d": [1], "w": 2}, "it has 'w', which this"),
        ("hw-gpt", {**random_gpt(np.random.default_rng(0)), "sample_n_head": [1]}, "1 numbers for 12 layers"),
        ("autoformer", {"mlp_ratio": [1], "num_heads": [np.inf], "embed_dim": 8, "layer_num": 1}, "numbers"),
        ("nasbench101", ("0110", "input,output"), "not upper triangular"),
        ("nasbench101", ("0100", "input,conv"), "the last 'output'"),
    ],
)  # fmt: skip
def test_messages(form: str, item: Any, problem: str) -> None:
    with pytest.raises(ArchitectureError, match=re.escape(problem)):
        from_text([item], form=form)


def test_wrong_calls() -> None:
    with pytest.raises(ValueError, match=r"form must be one of 'nasbench101', .*got 'nasbench'"):
        from_text(["x"], form="nasbench")
    with pytest.raises(ArchitectureError, match="0 sample"):
        from_text([], form="darts")
    with pytest.raises(ArchitectureError, match="got a data frame"):
        from_text(pd.DataFrame({"cell": ["x"]}), form="darts")


def test_nothing_is_lost_in_writing() -> None:
    space = nasbench201_space()[:3]
    pairs = space.to_pairs()
    pairs[1][0][0, 7] = 1
    with pytest.raises(ArchitectureError, match=r"^architecture 1: .*would lose edges"):
        to_text(pairs, form="nasbench201")
    with pytest.raises(ArchitectureError, match=r"^architecture 0: .*cannot hold it"):
        to_text(space, form="transnas-macro")
    pairs = space.to_pairs()
    pairs[2] = (pairs[2][0], [{"op": op, "kernel": 3} for op in pairs[2][1]])
    with pytest.warns(UserWarning, match="architecture 0: node 0 has no attribute 'kernel'"):
        batch = as_batch(pairs, attributes=["kernel"])
    with pytest.raises(ArchitectureError, match=r"^architecture 2: .*attributes"):
        to_text(batch, form="nasbench201")
    assert to_text(as_batch(pairs, attributes=()), form="nasbench201") == list(map(str, space.names))


@pytest.mark.parametrize("form", TEXT_FORMS)
def test_a_form_writes_only_what_it_can_read(form: str) -> None:
    for other in TEXT_FORMS:
        batch = from_text(some(other), form=other)
        try:
            items = to_text(batch, form=form)
        except ArchitectureError as error:
            assert form != other
            assert error.index is not None
        else:
            assert from_text(items, form=form) == batch


# ------------------------------------------------------------------ malformed texts

PIECES = st.sampled_from(
    [
        *(
            "|none~0|",
            "+",
            "64-41414-",
            "_0",
            "-basic",
            "16:",
            "Genotype(",
            "normal=",
            "range(2, 6)",
            "((0, 1), ",
        ),
        *(
            "[",
            "]",
            "(",
            ")",
            "{",
            "}",
            "'ks'",
            ": ",
            ", ",
            "1e999",
            "-1",
            "9" * 30,
            "True",
            "null",
            "'",
            "\\",
            "\0",
        ),
        *("٣", "²", "\ud800", " ", "\n", "='", "0b1", "1_000", "'sep_conv_3x3', 0", "0" * 49),
    ]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map("".join))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=8),
        st.tuples(inner, inner),
        st.dictionaries(st.sampled_from(["ks", "e", "d", "r", "normal", "embed_dim", "layer_num"]), inner),
    ),
    max_leaves=20,
)


@given(st.one_of(TEXTS, VALUES), st.sampled_from(sorted(TEXT_FORMS)))
def test_malformed_items_raise_one_kind_of_error(item: Any, form: str) -> None:
    for read in (lambda: from_text([item], form=form), lambda: as_batch([item])):
        try:
            batch = read()
        except ArchitectureError as error:
            assert len(str(error)) < 900
        else:
            assert len(batch) == 1


@given(st.data(), st.sampled_from(sorted(TEXT_FORMS)))
def test_cut_and_spliced_texts_raise_one_kind_of_error(data: st.DataObject, form: str) -> None:
    text = str(some(form)[1])
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    spliced = text[:start] + data.draw(TEXTS) + text[stop:]
    try:
        batch = from_text([spliced], form=form)
    except ArchitectureError as error:
        assert error.index == 0
    else:
        assert from_text(to_text(batch, form=form), form=form) == batch


@pytest.mark.parametrize("op", ["conv\u00a03x3", "\ud7fc", "a\tb", "é"])
def test_genotypes_may_have_any_characters_but_quotes(op: str) -> None:
    text = to_text(from_text(sample("darts", 1), form="darts"), form="darts")[0]
    named = re.sub(r"\('\w+', 0\)", f"('{op}', 0)", text)
    assert op in named
    assert to_text(from_text([named], form="darts"), form="darts") == [named]


@pytest.mark.parametrize("bracket", ["(", "[", "{", "Genotype(normal=", "range("])
def test_deep_and_long_texts_are_refused(bracket: str) -> None:
    for n in (100, 100_000, 3_000_000):
        with pytest.raises(ArchitectureError) as caught:
            from_text([bracket * n], form="darts")
        assert len(str(caught.value)) < 600


VALID = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**17), 10**17), st.text("ab _%+é", max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    ),
    max_leaves=8,
)


def depth_of(value: Any) -> int:
    inner = (
        list(value.values()) if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else []
    )
    return 1 + max(map(depth_of, inner), default=0)


@given(VALID.filter(lambda value: depth_of(value) < 8))
def test_literals_are_read_as_python_reads_them(value: Any) -> None:
    assert parsed(repr(value)) == value
    if "'" not in json.dumps(value):
        assert parsed(json.dumps(value, ensure_ascii=False)) == json.loads(json.dumps(value))


def test_literals_are_never_run() -> None:
    for text in ("open('x')", "x", "1 + 1", "[1 for _ in 'ab']", "range(10**9)", "'\\x41'", "{1: 2}", "()()"):
        with pytest.raises(LiteralProblem):
            parsed(text)
    with pytest.raises(LiteralProblem, match="at most"):
        parsed(" " * (_literal.MOST_CHARACTERS + 1))
