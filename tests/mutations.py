"""Files that accidents or strangers have changed: of bytes, of JSON, of arrays; each by a seed.

``damaged`` changes bytes alone, so a checksum no longer holds; ``forged`` changes what an archive of this
library says, and gives it a checksum that holds.
"""

import copy
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from fgp_sklearn._archive import read_archive, write_archive

VALUES = (
    *(None, True, False, 0, -1, 1, 2, 3.5, -0.0, 1e308, 2**31, 2**63, 10**12, 10**30),
    *("", "x", "none", "nan", "é\ud800", "a" * 1000, "../../x", "__class__"),
    *([], {}, [None], [[[]]], {"object": 0}, {"tuple": []}, {"float": "nan"}, {"dict": {}}, {"text": ["a"]}),
)


def damaged(raw, generator):
    """One or some bytes changed, lost, added, repeated or swapped."""
    changed = bytearray(raw)
    where, other = (int(generator.integers(len(raw))) for _ in range(2))
    start, stop = sorted((where, other))
    kind = generator.integers(9)
    if kind == 0:
        changed[where] ^= 1 << int(generator.integers(8))
    elif kind == 1:
        for place in generator.integers(min(len(raw), 4096), size=5):
            changed[place] = int(generator.integers(256))
    elif kind == 2:
        del changed[where:]
    elif kind == 3:
        del changed[start : start + 1 + (stop - start) % 64]
    elif kind == 4:
        changed[where:where] = generator.bytes(1 + other % 64)
    elif kind == 5:
        changed += changed[start:stop][:4096]
    elif kind == 6:
        changed[start : start + 16] = bytes(len(changed[start : start + 16]))
    elif kind == 7:
        changed[:8] = int(generator.integers(2**62)).to_bytes(8, "little")
    else:
        changed[where] = (changed[where] + 1) % 256
    return bytes(changed)


def places(node, path=()):
    """Paths to all values in JSON."""
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def at(node, path):
    for key in path:
        node = node[key]
    return node


def edited(document, generator):
    """JSON of which one value is another one, gone, doubled, or swapped with a third."""
    document = copy.deepcopy(document)
    every = [path for path in places(document) if path]
    path = every[generator.integers(len(every))]
    parent, key = at(document, path[:-1]), path[-1]
    kind = generator.integers(6)
    if kind == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent, list):
        parent.insert(key, copy.deepcopy(parent[key]))
    elif kind == 2:
        parent[key] = copy.deepcopy(at(document, every[generator.integers(len(every))]))
    elif kind == 3 and type(parent[key]) in (int, float):
        parent[key] = parent[key] * 10 ** int(generator.integers(1, 14)) + 1
    elif kind == 4 and isinstance(parent, dict):
        parent[str(VALUES[generator.integers(14, 22)])] = parent.pop(key)
    else:
        parent[key] = copy.deepcopy(VALUES[generator.integers(len(VALUES))])
    return document


def altered(array, generator):
    """An array that is cut, emptied, longer, of another shape or type, or holds other numbers."""
    kind = generator.integers(9)
    if kind == 0:
        return array[:-1] if array.ndim else array[None]
    if kind == 1:
        return array[:0] if array.ndim else np.zeros(0)
    if kind == 2:
        return np.concatenate([array, array]) if array.ndim else array[None, None]
    if kind == 3:
        return array.ravel()
    if kind == 4:
        return np.ascontiguousarray(array.T)
    if kind == 5:
        return array.astype([np.float32, np.int64, np.uint8, np.bool_][generator.integers(4)])
    changed = array.copy().reshape(-1)
    if changed.size:
        where = generator.integers(changed.size)
        if changed.dtype.kind == "f":
            changed[where] = [np.nan, np.inf, -np.inf, 1e308, 0.0, -1.0][generator.integers(6)]
        elif changed.dtype.kind in "iu":
            info = np.iinfo(changed.dtype)
            changed[where] = [info.max, info.min, 0, changed[where] // 2][generator.integers(4)]
        else:
            changed[where] = not changed[where]
    return changed.reshape(array.shape)


def forged(path, generator):
    """Bytes of an archive of which JSON or arrays are changed, and the checksum with them."""
    document, arrays = read_archive(path)
    for _ in range(int(generator.integers(1, 3))):
        if arrays and generator.random() < 0.4:
            name = list(arrays)[generator.integers(len(arrays))]
            with np.errstate(all="ignore"):
                arrays[name] = np.ascontiguousarray(altered(arrays[name], generator))
        else:
            document = edited(document, generator)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "forged.safetensors"
        write_archive(file, json.loads(json.dumps(document, allow_nan=False)), arrays)
        return file.read_bytes()


def mutations(path, n, seed):
    """Names and bytes of `n` changed copies of an archive, half of them with a checksum that holds."""
    generator = np.random.default_rng(seed)
    raw = Path(path).read_bytes()
    for i in range(n):
        if i % 2:
            yield f"damaged {i}", damaged(raw, generator)
        else:
            yield f"forged {i}", forged(path, generator)
