"""Small files in the layouts of published benchmarks, written without the library, and what they say.

Values are drawn at random. Each writer returns the path to read and the metrics that a reader must find, one
list per column with one number per architecture.
"""

from __future__ import annotations

import base64
import bz2
import json
import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np
import torch

Metrics = dict[str, list[float]]
Written = tuple[Path, list[str], Metrics]

CELLS = (
    "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
    "|none~0|+|nor_conv_1x1~0|none~1|+|none~0|avg_pool_3x3~1|nor_conv_3x3~2|",
)
CELLS_OF_NASLIB = ("(4, 3, 3, 0, 0, 0)", "(2, 2, 0, 4, 2, 0)", "(1, 3, 1, 1, 4, 2)")  # the same cells
SIZES = ("8:8:8:8:8", "16:40:56:24:40", "64:8:32:8:64")
MODULES = (  # adjacency and operations of NAS-Bench-101
    ("0100001000010000", "input,conv3x3-bn-relu,maxpool3x3,output"),
    ("0110000010000100000100000", "input,conv1x1-bn-relu,maxpool3x3,conv3x3-bn-relu,output"),
    ("0100", "input,output"),
)
GPTS = ("gpt-s-2-768-4-3-12-8-True", "gpt-s-3-192-2-3-4-4-8-12-False")


# -------------------------------------------------------------------------------- tfrecord


def crc32c(data: bytes) -> int:
    """CRC-32C of RFC 3720, bit by bit."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def frame(record: bytes, checksum: Callable[[bytes], int] = crc32c) -> bytes:
    """A record of a tfrecord file."""

    def masked(data: bytes) -> bytes:
        value = checksum(data)
        return struct.pack("<I", ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF)

    length = struct.pack("<Q", len(record))
    return length + masked(length) + record + masked(record)


def varint(value: int) -> bytes:
    """An unsigned number of protobuf."""
    high, low = divmod(value, 128)
    return bytes([low | 128]) + varint(high) if high else bytes([low])


def model_metrics(evaluations: Iterable[Iterable[float]], parameters: int, checkpoint: str = "") -> bytes:
    """ModelMetrics of NAS-Bench-101; each evaluation has five numbers, and perhaps a path."""
    message = b""
    for evaluation in evaluations:
        body = b"".join(
            bytes([number << 3 | 1]) + struct.pack("<d", value) for number, value in enumerate(evaluation, 1)
        )
        if checkpoint:
            body += bytes([6 << 3 | 2]) + varint(len(checkpoint)) + checkpoint.encode()
        message += b"\x0a" + varint(len(body)) + body
    return message + b"\x10" + varint(parameters) + b"\x19" + struct.pack("<d", 1.0)


def training_record(
    name: str, epochs: int, module: tuple[str, str], evaluations: Any, parameters: int, checkpoint: str = ""
) -> bytes:
    """A record of NAS-Bench-101."""
    metrics = base64.b64encode(model_metrics(evaluations, parameters, checkpoint)).decode()
    return json.dumps([name, epochs, *module, metrics]).encode()


def write_nasbench101(folder: Path, rng: np.random.Generator) -> Written:
    """Three cells, each trained three times with 4 and with 108 epochs."""
    values = rng.random((2, 3, 3, 3, 5))  # epochs, training, cell, evaluation, number
    parameters = [227_274, 100, 49_979_274]
    names = [f"{cell:032x}" for cell in range(3)]
    records = [
        training_record(
            names[c], (4, 108)[e], MODULES[c], values[e, run, c], parameters[c], "/a/b" * (c == 1)
        )
        for run in range(3)
        for c in range(3)
        for e in range(2)
    ]
    (folder / "nasbench.tfrecord").write_bytes(b"".join(map(frame, records)))
    found: Metrics = {"n_parameters": [float(n) for n in parameters]}
    for e, epochs in enumerate((4, 108)):
        for place, end in ((1, "_half"), (2, "")):
            for number, kind in enumerate(
                ("train_time", "train_accuracy", "val_accuracy", "test_accuracy"), 1
            ):
                runs = values[e, :, :, place, number]
                found[f"{kind}_{epochs}{end}"] = runs.mean(axis=0).tolist()
                found[f"{kind}_{epochs}{end}_std"] = runs.std(axis=0, ddof=1).tolist()
    return folder / "nasbench.tfrecord", names, found


# ------------------------------------------------------------------------------ NAS-Bench-201

SETS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("x-valid", "x-test", "ori-test"),
}


def result(epochs: int, seed: int, sets: Iterable[str], rng: np.random.Generator) -> dict[str, Any]:
    """State of a ResultsCount, with the keys in their order."""
    keys = {name: [f"{name}@{epoch}" for epoch in range(epochs)] for name in sets}
    flat = [key for own in keys.values() for key in own]
    return {
        "name": "infer.tiny",
        "net_state_dict": None,
        "train_acc1es": {epoch: 100 * rng.random() for epoch in range(epochs)},
        "train_acc5es": {epoch: 100 * rng.random() for epoch in range(epochs)},
        "train_losses": {epoch: rng.random() for epoch in range(epochs)},
        "train_times": OrderedDict((epoch, rng.random()) for epoch in range(epochs)),
        "arch_config": {"channel": 16, "num_cells": 5, "class_num": 10},
        "params": float(rng.random()),
        "flop": 100 * float(rng.random()),
        "seed": seed,
        "epochs": epochs,
        "latency": rng.random(3).tolist(),
        "eval_names": list(keys),
        "eval_acc1es": {key: 100 * rng.random() for key in flat},
        "eval_times": {key: rng.random() for key in flat},
        "eval_losses": {key: rng.random() for key in flat},
    }


def schedule(index: int, text: str, epochs: int, rng: np.random.Generator) -> dict[str, Any]:
    """State of an ArchResults; the architecture `index` is trained with 1 + index % 3 seeds."""
    seeds = (777, 888, 999)[: 1 + index % 3]
    return {
        "arch_index": index,
        "arch_str": text,
        "all_results": {(d, s): result(epochs, s, sets, rng) for d, sets in SETS.items() for s in seeds},
        "dataset_seed": {dataset: list(seeds) for dataset in SETS},
        "clear_net_done": True,
    }


def metrics_of(schedules: list[dict[str, dict[str, Any]]], names: dict[str, str]) -> Metrics:
    """Means and standard deviations over the seeds."""
    found: Metrics = {}
    for states in schedules:
        for key, epochs in names.items():
            for dataset, sets in SETS.items():
                runs = [run for (own, _), run in states[key]["all_results"].items() if own == dataset]
                last = runs[0]["epochs"] - 1
                accuracies = {name: [run["eval_acc1es"][f"{name}@{last}"] for run in runs] for name in sets}
                accuracies["train"] = [run["train_acc1es"][last] for run in runs]
                for name, values in accuracies.items():
                    column = f"{dataset}_{name}_accuracy_{epochs}"
                    found.setdefault(column, []).append(float(np.mean(values)))
                    spread = float(np.std(values, ddof=1)) if len(values) > 1 else np.nan
                    found.setdefault(f"{column}_std", []).append(spread)
                others = {
                    "train_time": [sum(run["train_times"].values()) for run in runs],
                    "latency": [np.mean(run["latency"]) for run in runs],
                    "flops": [run["flop"] for run in runs],
                    "params": [run["params"] for run in runs],
                }
                for name, values in others.items():
                    found.setdefault(f"{dataset}_{name}_{epochs}", []).append(float(np.mean(values)))
    return found


def write_nasbench201(
    folder: Path, rng: np.random.Generator, *, legacy: bool = True, epochs: int = 200, n: int = 3
) -> Written:
    """Cells in a file of torch.save; `legacy` is the layout of the official file."""
    texts = [*CELLS, *islice(_other_cells(), max(0, n - len(CELLS)))][:n]
    states = [
        {"less": schedule(i, text, 12, rng), "full": schedule(i, text, epochs, rng)}
        for i, text in enumerate(texts)
    ]
    content = {
        "meta_archs": texts,
        "arch2infos": dict(enumerate(states)),
        "evaluated_indexes": set(range(n)),
    }
    path = folder / "NAS-Bench-201.pth"
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path, texts, metrics_of(states, {"less": "12", "full": "200"})


def _other_cells() -> Iterator[str]:
    ops = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
    for own in product(ops, repeat=6):
        text = "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|".format(*own)
        if text not in CELLS:
            yield text


def write_nats(folder: Path, rng: np.random.Generator, *, sizes: bool = False) -> Written:
    """A folder of compressed pickles, of cells or of sizes."""
    names = {"01": 1, "12": 12, "90": 90} if sizes else {"12": 12, "200": 200}
    texts = SIZES if sizes else CELLS
    place = folder / "NATS-simple"
    place.mkdir()
    states = []
    for index, text in enumerate(texts):
        states.append({name: schedule(index, text, epochs, rng) for name, epochs in names.items()})
        (place / f"{index:06d}.pickle.pbz2").write_bytes(bz2.compress(pickle.dumps(states[-1], 4)))
    (place / "meta.pickle.pbz2").write_bytes(bz2.compress(pickle.dumps({"meta_archs": list(texts)}, 4)))
    return place, list(texts), metrics_of(states, {name: name for name in names})


# --------------------------------------------------------------------------------- JSON


def write_nasbench301(folder: Path, rng: np.random.Generator) -> Written:
    """Three trainings of two optimizers."""
    ops = ["skip_connect", "sep_conv_3x3", "dil_conv_5x5", "max_pool_3x3"]
    edges = [(i, j) for j in range(2, 6) for i in range(j)]
    names = [
        f"{optimizer}/results_fidelity_0/results_{i}"
        for optimizer, i in (("bananas", 2), ("de", 9), ("de", 10))
    ]
    found: Metrics = {}
    for name in names:
        configuration: dict[str, Any] = {}
        for cell in ("normal", "reduce"):
            for node in range(2, 6):
                pair = sorted(rng.choice(node, 2, replace=False).tolist())
                if node > 2:
                    key = f"NetworkSelectorDatasetInfo:darts:inputs_node_{cell}_{node}"
                    configuration[key] = f"{pair[0]}_{pair[1]}"
                for source in pair:
                    key = f"NetworkSelectorDatasetInfo:darts:edge_{cell}_{edges.index((source, node))}"
                    configuration[key] = str(rng.choice(ops))
        settings = {"layers": 8, "init_channels": int(rng.integers(16, 33))}
        configuration |= {f"NetworkSelectorDatasetInfo:darts:{key}": value for key, value in settings.items()}
        info = {"val_accuracy": 100 * rng.random(), "train_accuracy": 100 * rng.random(), "epochs": 98}
        info |= {"model_parameters": 1_234_567, "val_cross_entropy": rng.random()}
        result = {"test_accuracy": 100 * rng.random(), "runtime": 1234.5, "budget": 98}
        content = {"optimized_hyperparamater_config": configuration, "info": [info], **result}
        (folder / "nb_301_v13" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "nb_301_v13" / f"{name}.json").write_text(json.dumps(content))
        for column, value in (settings | info | result).items():
            found.setdefault(column, []).append(value)
    return folder / "nb_301_v13", names, found


def write_suite_zero(folder: Path, rng: np.random.Generator) -> Written:
    """Two data sets, of which the second lacks an architecture."""
    found: Metrics = {}
    content: dict[str, Any] = {"cifar10": {}, "cifar100": {}}
    for dataset, own in content.items():
        for index, key in enumerate(CELLS_OF_NASLIB):
            accuracy, score, seconds = rng.random(3).tolist()
            if (dataset, index) == ("cifar100", 1):
                accuracy = score = seconds = np.nan
            else:
                proxies = {name: {"score": score, "time": seconds} for name in ("synflow", "nwot")}
                own[key] = {"idx": index, "arch": key, "val_accuracy": accuracy, **proxies}
            found.setdefault(f"{dataset}_val_accuracy", []).append(accuracy)
            for name in ("synflow", "nwot"):
                found.setdefault(f"{dataset}_{name}", []).append(score)
                found.setdefault(f"{dataset}_{name}_time", []).append(seconds)
    (folder / "zc_nasbench201.json").write_text(json.dumps(content))
    return folder / "zc_nasbench201.json", list(CELLS_OF_NASLIB), found


def write_accel(folder: Path, rng: np.random.Generator) -> Written:
    """Three networks of the MnasNet space."""
    found: Metrics = {}
    (folder / "anb").mkdir()
    names = ["result_0", "result_2", "result_10"]
    for name in names:
        choices = {"e": (1, 4, 6), "k": (3, 5), "l": (1, 2, 3), "se": (True, False)}
        architecture = {
            f"block{stage}_{key}": values[int(rng.integers(len(values)))]
            for stage in range(7)
            for key, values in choices.items()
        }
        metrics = {"val_top1": 100 * rng.random(), "val_top5": 100 * rng.random(), "train_time": 99.5}
        info = {"macs": 1e8 * rng.random(), "params": 1e6 * rng.random()}
        devices = {
            f"{kind}_{device}": {f"{kind}_mean": rng.random(), f"{kind}_std": rng.random()}
            for kind, device in (("latency", "zcu102"), ("throughput", "a100"))
        }
        content = {
            "architecture": architecture,
            "metrics": metrics,
            "model_info": info,
            "platform_perf": devices,
        }
        (folder / "anb" / f"{name}.json").write_text(json.dumps(content))
        for device, (mean, deviation) in ((key, own.values()) for key, own in devices.items()):
            metrics |= {device: mean, f"{device}_std": deviation}
        for column, value in (metrics | info).items():
            found.setdefault(column, []).append(value)
    return folder / "anb", names, found


# ------------------------------------------------------------------------------- pickles


def write_hw_nas(folder: Path, rng: np.random.Generator, *, protocol: int = 4) -> Written:
    """Two data sets. One column is an array and one has numbers of NumPy, as pickles of arrays have them."""
    names = [
        *("edgegpu_latency", "edgegpu_energy", "raspi4_latency", "edgetpu_latency", "pixel3_latency"),
        *("eyeriss_latency", "eyeriss_energy", "eyeriss_arithmetic_intensity", "fpga_latency", "fpga_energy"),
    ]
    found: Metrics = {}
    spaces: dict[str, Any] = {}
    for dataset in ("cifar10", "cifar100"):
        spaces[dataset] = {"config": [{"name": "infer.tiny", "C": 16, "arch_str": text} for text in CELLS]}
        for name in names:
            values = rng.random(3)
            if name == "edgetpu_latency":
                values[1] = -1
            found[f"{dataset}_{name}"] = np.where(values < 0, np.nan, values).tolist()
            stored = {"fpga_energy": values, "fpga_latency": list(values)}
            spaces[dataset][name] = stored.get(name, values.tolist())
    content = {"nasbench201": spaces, "fbnet": {"edgegpu_latency": {"ConvNorm_H32": 1.5}}}
    path = folder / "HW-NAS-Bench-v1_0.pickle"
    path.write_bytes(pickle.dumps(content, protocol))
    return path, list(CELLS), found


def write_hw_gpt(folder: Path, rng: np.random.Generator, *, protocol: int = 4) -> Written:
    """Two transformers on two devices."""
    found: Metrics = {}
    content = {}
    for key in GPTS:
        costs = {name: float(rng.random()) for name in ("perplexity", "accuracy", "flops", "params")}
        measured = {
            device: {"latencies": rng.random(10).tolist(), "energies": rng.random(5)}
            for device in ("a100", "cpu_xeon_gold")
        }
        content[key] = measured | costs
        for device, own in measured.items():
            costs[f"latency_{device}"] = float(np.median(own["latencies"]))
            costs[f"energy_{device}"] = float(np.median(own["energies"]))
        for column, value in costs.items():
            found.setdefault(column, []).append(value)
    (folder / "stats.pkl").write_bytes(pickle.dumps(content, protocol))
    return folder / "stats.pkl", list(GPTS), found


WRITERS: dict[str, Callable[[Path, np.random.Generator], Written]] = {
    "nasbench101": write_nasbench101,
    "nasbench201": write_nasbench201,
    "nats-bench": write_nats,
    "nasbench301": write_nasbench301,
    "nas-bench-suite-zero": write_suite_zero,
    "hw-nas-bench": write_hw_nas,
    "hw-gpt-bench": write_hw_gpt,
    "accel-nasbench": write_accel,
}
