"""Which fields of a Hugging Face configuration hold the sizes of a network, by model type."""

from __future__ import annotations

Fields = dict[str, str]

_USUAL: Fields = {
    "layers": "num_hidden_layers",
    "width": "hidden_size",
    "heads": "num_attention_heads",
    "mlp": "intermediate_size",
}
_WORDS = _USUAL | {"vocabulary": "vocab_size"}
_BERT = _WORDS | {"positions": "max_position_embeddings"}
_GPT: Fields = {
    "layers": "n_layer num_hidden_layers",
    "width": "n_embd hidden_size",
    "heads": "n_head num_attention_heads",
    "mlp": "n_inner?",
    "vocabulary": "vocab_size",
    "positions": "n_positions max_position_embeddings",
}
_BLOOM: Fields = {
    "layers": "n_layer num_hidden_layers",
    "width": "hidden_size n_embed",
    "heads": "n_head num_attention_heads",
    "vocabulary": "vocab_size",
}
_GROUPED = _WORDS | {"kv_heads": "num_key_value_heads?"}
_WIDE_HEADS = _GROUPED | {"head_dim": "head_dim?"}
_EXPERTS = _WIDE_HEADS | {
    "experts": "num_local_experts num_experts",
    "experts_per_token": "num_experts_per_tok",
}
_SMALL_EXPERTS = _EXPERTS | {"mlp": "moe_intermediate_size", "experts": "num_experts num_local_experts"}
_T5: Fields = {
    "layers": "num_layers",
    "decoder_layers": "num_decoder_layers?",
    "width": "d_model",
    "heads": "num_heads",
    "head_dim": "d_kv",
    "mlp": "d_ff",
    "vocabulary": "vocab_size",
}
_BART: Fields = {
    **{f"{ours}layers": f"{part}_layers" for ours, part in (("", "encoder"), ("decoder_", "decoder"))},
    **{
        f"{ours}heads": f"{part}_attention_heads" for ours, part in (("", "encoder"), ("decoder_", "decoder"))
    },
    **{f"{ours}mlp": f"{part}_ffn_dim" for ours, part in (("", "encoder"), ("decoder_", "decoder"))},
    "width": "d_model",
    "vocabulary": "vocab_size",
    "positions": "max_position_embeddings",
}
_DISTILBERT: Fields = {
    "layers": "n_layers",
    "width": "dim",
    "heads": "n_heads",
    "mlp": "hidden_dim",
    "vocabulary": "vocab_size",
    "positions": "max_position_embeddings",
}
_IMAGES: Fields = {"resolution": "image_size", "patch": "patch_size", "channels": "num_channels?"}
_DINO = (
    {size: field for size, field in _USUAL.items() if size != "mlp"} | {"mlp_ratio": "mlp_ratio"} | _IMAGES
)
_SWIN: Fields = {
    "layers": "depths",
    "width": "embed_dim",
    "heads": "num_heads",
    "mlp_ratio": "mlp_ratio",
    "window": "window_size",
    **_IMAGES,
}

#: By model type, the field of each size. Later names are other spellings, and sizes with ``?`` have defaults.
FIELDS: dict[str, Fields] = {
    **dict.fromkeys(("gpt2", "openai-gpt", "gptj", "codegen"), _GPT),
    **dict.fromkeys(("gpt_neox",), _WORDS),
    **dict.fromkeys(("opt",), _BERT | {"mlp": "ffn_dim", "embedding_width": "word_embed_proj_dim?"}),
    **dict.fromkeys(("bloom",), _BLOOM),
    **dict.fromkeys(("qwen2", "phi", "phi3", "stablelm", "olmo", "olmo2", "starcoder2", "granite"), _GROUPED),
    **dict.fromkeys(("llama", "mistral", "qwen3", "gemma", "gemma2", "gemma3_text"), _WIDE_HEADS),
    **dict.fromkeys(("mixtral", "olmoe", "gpt_oss"), _EXPERTS),
    **dict.fromkeys(("qwen3_moe",), _SMALL_EXPERTS),
    **dict.fromkeys(
        ("bert", "roberta", "camembert", "xlm-roberta", "mpnet", "deberta", "deberta-v2", "biogpt"), _BERT
    ),
    **dict.fromkeys(("electra",), _BERT | {"embedding_width": "embedding_size?"}),
    **dict.fromkeys(("distilbert",), _DISTILBERT),
    **dict.fromkeys(("t5", "mt5", "umt5", "longt5"), _T5),
    **dict.fromkeys(("bart", "mbart", "pegasus", "marian", "blenderbot", "m2m_100"), _BART),
    **dict.fromkeys(("vit", "deit", "beit"), _USUAL | _IMAGES),
    **dict.fromkeys(("dinov2",), _DINO),
    **dict.fromkeys(("swin", "swinv2"), _SWIN),
}

#: Words in names of fields that describe training, generation, tokens or a head, but no architecture.
OTHER_WORDS = {
    *("dropout", "pdrop", "drop", "layerdrop", "eps", "epsilon", "init", "initializer", "std", "range"),
    *("dtype", "token", "tokens", "tokenizer", "id", "ids", "id2label", "label2id", "labels", "problem"),
    *(
        "task",
        "architectures",
        "name",
        "names",
        "version",
        "cache",
        "output",
        "outputs",
        "return",
        "gradient",
    ),
    *("checkpointing", "pooler", "pooling", "summary", "classifier", "max", "min", "length", "temperature"),
    *("top", "beams", "penalty", "loss", "coef", "jitter", "aux", "mask", "prefix", "features", "indices"),
    *("ctx", "finetuning", "pretraining", "rope"),
}
