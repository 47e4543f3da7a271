"""Sixty networks of torchvision, timm and transformers, with random weights, and their example inputs."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

Example = dict[str, torch.Tensor] | torch.Tensor
Maker = Callable[[str], tuple[torch.nn.Module, Example]]

#: Names of models, by library.
NAMES = {
    "torchvision": """alexnet convnext_tiny densenet121 efficientnet_b0 efficientnet_v2_s googlenet maxvit_t
        inception_v3 mnasnet1_0 mobilenet_v2 mobilenet_v3_large regnet_y_400mf resnet18 resnet50
        resnext50_32x4d shufflenet_v2_x1_0 squeezenet1_1 swin_t swin_v2_t vgg16_bn vit_b_16 fcn_resnet50
        lraspp_mobilenet_v3_large r3d_18""",
    "timm": """beit_base_patch16_224 coatnet_0_rw_224 cspresnet50 davit_tiny deit_tiny_patch16_224 dla34
        efficientformer_l1 ghostnet_100 gmlp_s16_224 hrnet_w18_small levit_128 mixer_s32_224 mixnet_s nfnet_l0
        mobilevit_s poolformer_s12 repvgg_a0 res2net50_26w_4s""",
}

_SIZES = {
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "vocab_size": 500,
}
_KEYS = {**_SIZES, "num_key_value_heads": 2, "use_cache": False, "pad_token_id": 0}

#: Class of the model, example inputs, and configuration, by name.
TRANSFORMERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "albert": ("AlbertModel", "text", {**_SIZES, "embedding_size": 64}),
    "bart": ("BartForConditionalGeneration", "pair", {"vocab_size": 500, "d_model": 128, "use_cache": False}),
    "bert": ("BertForMaskedLM", "text", _SIZES),
    "bloom": (
        "BloomForCausalLM",
        "text",
        {"hidden_size": 128, "n_layer": 3, "n_head": 4, "use_cache": False},
    ),
    "clip_vision_model": ("CLIPVisionModel", "image", _SIZES | {"image_size": 64}),
    "deberta-v2": ("DebertaV2Model", "text", _SIZES),
    "gemma2": ("Gemma2ForCausalLM", "text", _KEYS | {"head_dim": 32}),
    "gpt2": ("GPT2LMHeadModel", "text", {"n_layer": 3, "n_embd": 128, "n_head": 4, "use_cache": False}),
    "gpt_neox": ("GPTNeoXForCausalLM", "text", _SIZES | {"use_cache": False}),
    "llama": ("LlamaForCausalLM", "text", _KEYS),
    "mamba": ("MambaForCausalLM", "text", {"hidden_size": 64, "num_hidden_layers": 2, "use_cache": False}),
    "mistral": ("MistralForCausalLM", "text", _KEYS),
    "opt": ("OPTForCausalLM", "text", _SIZES | {"ffn_dim": 256, "use_cache": False}),
    "qwen3": ("Qwen3ForCausalLM", "text", _KEYS | {"head_dim": 32}),
    "segformer": ("SegformerForSemanticSegmentation", "image", {}),
    "t5": ("T5ForConditionalGeneration", "pair", {"vocab_size": 500, "d_model": 128, "use_cache": False}),
    "vit": ("ViTForImageClassification", "image", _SIZES | {"image_size": 64}),
    "wav2vec2": ("Wav2Vec2Model", "sound", _SIZES | {"mask_time_prob": 0.0}),
}


def networks() -> dict[str, Maker]:
    """Functions that make each network and its example inputs on a device, by name."""
    makers: dict[str, Maker] = {name: partial(_torchvision, name) for name in NAMES["torchvision"].split()}
    makers |= {f"timm/{name}": partial(_timm, name) for name in NAMES["timm"].split()}
    return makers | {f"hf/{name}": partial(_transformers, name) for name in TRANSFORMERS}


def _torchvision(name: str, device: str) -> tuple[torch.nn.Module, Example]:
    import_torchvision()
    models = importlib.import_module("torchvision").models
    no_download = {"weights_backbone": None} if name in ("fcn_resnet50", "lraspp_mobilenet_v3_large") else {}
    if name in ("googlenet", "inception_v3"):
        no_download = {"init_weights": False}  # which takes minutes
    with torch.device(device):
        shape = (1, 3, 8, 112, 112) if name == "r3d_18" else (1, 3, 224, 224)
        return models.get_model(name, weights=None, **no_download).eval(), torch.zeros(shape)


def _timm(name: str, device: str) -> tuple[torch.nn.Module, Example]:
    import_torchvision()
    timm = importlib.import_module("timm")
    with torch.device(device):
        model = timm.create_model(name, pretrained=False).eval()
        return model, torch.zeros(1, *model.default_cfg["input_size"])


def _transformers(name: str, device: str) -> tuple[torch.nn.Module, Example]:
    import_torchvision()
    transformers = importlib.import_module("transformers")
    kind, example, sizes = TRANSFORMERS[name]
    config = transformers.AutoConfig.for_model(name, **sizes)
    with torch.device(device):
        model = getattr(transformers, kind)(config).eval()
        tokens = torch.zeros(1, 32, dtype=torch.long)
        inputs: dict[str, Example] = {
            "text": {"input_ids": tokens},
            "pair": {"input_ids": tokens, "decoder_input_ids": tokens},
            "image": {"pixel_values": torch.zeros(1, 3, 64, 64)},
            "sound": {"input_values": torch.zeros(1, 4000)},
        }
        return model, inputs[example]


_LIBRARIES: list[Any] = []


def import_torchvision() -> None:
    """Import torchvision if it is there. Operators that a wheel for another torch lacks are declared."""
    while importlib.util.find_spec("torchvision"):
        try:
            importlib.import_module("torchvision")
            return
        except RuntimeError as error:
            missing = re.fullmatch(r"operator torchvision::(\w+) does not exist", str(error))
            if missing is None:
                raise
        _LIBRARIES.append(torch.library.Library("torchvision", "FRAGMENT"))
        _LIBRARIES[-1].define(f"{missing[1]}(Tensor x) -> Tensor")
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
