"""Latency of networks on this machine, measured in rounds that take each network once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _network_families import Network
from numpy.typing import NDArray

N_REPEATS = 5
Call = Callable[[], Any]
Array = NDArray[np.float64]


def in_float32(network: Network) -> Call:
    """Single precision."""
    module, x = network.built()
    return lambda: module(x)


def in_bfloat16(network: Network) -> Call:
    """Like another processor: matrix products are faster, and some convolutions slower."""
    module, x = network.built()
    low, read = module.bfloat16(), x.bfloat16() if x.is_floating_point() else x
    return lambda: low(read)


DEVICES = {"float32": in_float32, "bfloat16": in_bfloat16}


def milliseconds(call: Call) -> float:
    """Least CPU time of some calls on this thread: other programs can only add to it."""
    call()
    seconds = []
    for _ in range(N_REPEATS):
        start = time.thread_time()
        call()
        seconds.append(time.thread_time() - start)
    return 1000 * min(seconds)


def measure(networks: list[Network], n_rounds: int, results: Path) -> None:
    """Append a line per round and device. Rounds that the file has are not measured again."""
    torch.set_num_threads(1)
    calls = {name: [device(network) for network in networks] for name, device in DEVICES.items()}
    done = len(_lines(results)) // len(DEVICES)
    with results.open("a", encoding="utf-8") as file, torch.inference_mode():
        for one_round in range(done, n_rounds):
            order = np.random.default_rng(one_round).permutation(len(networks))
            found = {name: [0.0] * len(networks) for name in DEVICES}
            for number in order:
                for name in DEVICES:
                    found[name][number] = round(milliseconds(calls[name][number]), 4)
            for name, column in found.items():
                print(json.dumps({"device": name, "ms": column}), file=file, flush=True)


def latencies(results: Path) -> dict[str, Array]:
    """Milliseconds on each device, of shape (n_rounds, n_networks)."""
    lines = _lines(results)
    return {name: np.array([line["ms"] for line in lines if line["device"] == name]) for name in DEVICES}


def _lines(results: Path) -> list[dict[str, Any]]:
    text = results.read_text(encoding="utf-8") if results.exists() else ""
    return [json.loads(line) for line in text.splitlines()]
