"""Configurations of Hugging Face, compared with the networks that transformers makes of them."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pytest

from fgp_sklearn.architectures import ArchitectureError, as_batch, from_text, to_text

GPT = {"model_type": "gpt2", "n_layer": 2, "n_embd": 32, "n_head": 4, "vocab_size": 99, "n_positions": 16}
SIZES = {"num_hidden_layers": 3, "hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 48}
WORDS = SIZES | {"vocab_size": 99}
GROUPED = WORDS | {"num_key_value_heads": 2, "head_dim": 16}
BERT = WORDS | {"max_position_embeddings": 16}
T5 = {"d_model": 32, "num_layers": 2, "num_decoder_layers": 3, "num_heads": 4, "d_kv": 16, "d_ff": 48}
BART = {
    **{"d_model": 32, "encoder_layers": 2, "decoder_layers": 3, "encoder_attention_heads": 4},
    **{"decoder_attention_heads": 2, "encoder_ffn_dim": 48, "decoder_ffn_dim": 40, "vocab_size": 99},
    **{"max_position_embeddings": 16, "pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0},
}
SWIN = {"embed_dim": 16, "depths": [1, 2], "num_heads": [2, 4], "window_size": 4, "image_size": 32}

#: Configuration, and matrices of one block whose parameters its attributes tell:
#: projections of queries and outputs, of keys and values, and of the feed-forward part.
FAMILIES: dict[str, tuple[dict[str, Any], int]] = {
    "gpt2": (GPT, 2),
    "gpt_neox": (WORDS, 2),
    "mistral": (GROUPED, 3),
    "qwen2": ({name: size for name, size in GROUPED.items() if name != "head_dim"}, 3),
    "mixtral": (GROUPED | {"num_local_experts": 4, "num_experts_per_tok": 2}, 3),
    "opt": (
        {name: size for name, size in BERT.items() if name != "intermediate_size"}
        | {"ffn_dim": 48, "word_embed_proj_dim": 32},
        2,
    ),
    "bert": (BERT, 2),
    "distilbert": (
        {"n_layers": 3, "dim": 32, "n_heads": 4, "hidden_dim": 48, "vocab_size": 99}
        | {"max_position_embeddings": 16},
        2,
    ),
    "deberta-v2": (BERT, 2),
    "t5": (T5 | {"vocab_size": 99}, 2),
    "bart": (BART, 2),
    "vit": (SIZES | {"image_size": 32, "patch_size": 8}, 2),
    "swin": (SWIN | {"mlp_ratio": 3.0, "patch_size": 2}, 2),
}


def fields_of(config: dict[str, Any]) -> dict[str, Any]:
    return {name: size for name, size in config.items() if name != "model_type"}


def matrices_of_blocks(batch: Any, n_mlp: int) -> float:
    """Entries of all matrices of blocks: attention, twice in decoders that read an encoder, and experts."""
    (one,) = batch
    own = {name: np.nan_to_num(column) for name, column in one.attributes.items()}
    total = 0.0
    for i, op in enumerate(one.ops):
        if "block" not in op:
            continue
        width, heads = own["width"][i], own["heads"][i]
        head_dim = own["head_dim"][i] if "head_dim" in own else width // heads
        kv_heads = own["kv_heads"][i] if "kv_heads" in own else heads
        attention = 2 * width * head_dim * (heads + kv_heads) * (2 if op == "decoder/block" else 1)
        experts = own["experts"][i] if "experts" in own else 1
        router = width * experts if "experts" in own else 0
        total += attention + router + experts * n_mlp * width * round(width * own["mlp_ratio"][i])
    return total


@pytest.mark.parametrize("kind", FAMILIES)
def test_blocks_have_the_parameters_of_the_network(kind: str) -> None:
    transformers = pytest.importorskip("transformers")
    fields, n_mlp = FAMILIES[kind]
    config = transformers.AutoConfig.for_model(kind, **fields_of(fields))
    batch = as_batch([config])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = transformers.AutoModel.from_config(config)
    beside = (
        "embed",
        "wte",
        "wpe",
        "relative_attention_bias",
        "rel_embeddings",
        "pooler",
        "downsample",
        "shared",
    )
    # Matrices of blocks have two or more dimensions, and live in lists of layers.
    found = sum(
        p.numel()
        for name, p in network.named_parameters()
        if p.ndim > 1 and not any(part in name for part in beside) and "relative_position" not in name
    )
    assert matrices_of_blocks(batch, n_mlp) == found
    vocabulary = batch.attributes.get("vocabulary")
    if vocabulary is not None:
        embedding = network.get_input_embeddings().weight
        widths = batch.attributes["width"][batch.ops == batch.vocabulary.index("embedding")]
        assert (vocabulary[~np.isnan(vocabulary)].item(), widths.item()) == tuple(embedding.shape)


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_configuration_survives(kind: str) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.AutoConfig.for_model(kind, **fields_of(FAMILIES[kind][0]))
    batch = as_batch([config])
    (written,) = to_text(batch, form="hugging-face")
    assert {name: written[name] for name in FAMILIES[kind][0] if not name.endswith("token_id")} == {
        name: size for name, size in FAMILIES[kind][0].items() if not name.endswith("token_id")
    }
    again = transformers.AutoConfig.for_model(written["model_type"], **fields_of(written))
    forms = [written, json.dumps(written), again, config.to_json_string(use_diff=True)]
    assert from_text(forms, form="hugging-face") == as_batch([config] * 4)


def test_graphs_of_configurations() -> None:
    batch = as_batch([GPT])
    assert batch[0].ops == ("input", "embedding", "block", "block", "output")
    nan = np.nan
    expected = {
        "width": [nan, 32, 32, 32, nan],
        "heads": [nan, nan, 4, 4, nan],
        "mlp_ratio": [nan, nan, 4, 4, nan],
        "vocabulary": [nan, 99, nan, nan, nan],
        "positions": [nan, 16, nan, nan, nan],
        "model_type=gpt2": [nan, 1, nan, nan, nan],
    }
    assert batch.attribute_names == tuple(sorted(expected))
    for name, column in expected.items():
        np.testing.assert_array_equal(batch.attributes[name], column)
    both = as_batch([{"model_type": "t5", "vocab_size": 9, **T5}])
    assert both[0].ops[2:-1] == ("encoder/block",) * 2 + ("decoder/block",) * 3
    stages = as_batch([{"model_type": "swin", "mlp_ratio": 4, "patch_size": 2, **SWIN}])
    np.testing.assert_array_equal(stages.attributes["width"][2:-1], [16, 32, 32])
    np.testing.assert_array_equal(stages.attributes["stage"][2:-1], [1, 2, 2])


def test_a_long_config_json_is_read() -> None:
    text = json.dumps(
        GPT | {"id2label": {str(i): f"a 'dog' or a \"cat\" {i}" for i in range(1000)}}, indent=2
    )
    assert from_text([text], form="hugging-face") == as_batch([GPT])


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (GPT | {"model_type": "mamba"}, "its model type is 'mamba'; known are bart, beit, bert,"),
        ({"model_type": "gpt2", "n_layer": 2}, "it lacks 'n_embd', which the model type 'gpt2' has"),
        (GPT | {"n_layer": 0}, "its 'n_layer' is 0; give an integer from 1 to 10,000"),
        (GPT | {"n_embd": 32.5}, "its 'n_embd' is 32.5; give an integer from 1 to 1,000,000,000"),
        (GPT | {"n_head": True}, "its 'n_head' is True; give an integer"),
        (GPT | {"n_head": 5}, "its width 32 is no multiple of its 5 heads; give another number of heads"),
        ({"model_type": "bart", **BART, "decoder_attention_heads": 6}, "its width 32 is no multiple of"),
        ({"model_type": "swin", **SWIN, "num_heads": [2]}, "it lacks 'mlp_ratio'"),
        (
            {"model_type": "swin", **SWIN, "num_heads": [2], "mlp_ratio": 4, "patch_size": 2},
            "its 'depths' and its 'num_heads' differ in length",
        ),
        ({"model_type": "swin", **SWIN, "depths": [1] * 17}, "give 1 to 16 integers of at least 1"),
        ({"n_layer": 2}, "expected a configuration of Hugging Face with 'model_type'"),
    ],
)
def test_messages(config: dict[str, Any], problem: str) -> None:
    for item in (config, json.dumps(config)):
        with pytest.raises(ArchitectureError) as caught:
            from_text([GPT, item], form="hugging-face")
        assert problem in str(caught.value)
        assert caught.value.index == 1
        assert len(str(caught.value)) < 700


def test_a_field_that_is_not_read_is_named_if_configurations_differ_in_it() -> None:
    windows = [GPT | {"window": size, "resid_pdrop": size / 100, "use": [1] * size} for size in (8, 9)]
    with pytest.warns(UserWarning, match="configurations differ in 'window', which the form") as caught:
        as_batch(windows)
    assert len(caught) == 1
    as_batch(
        [
            windows[0],
            windows[0],
            {"model_type": "vit", "window": 3, **SIZES, "image_size": 8, "patch_size": 4},
        ]
    )
