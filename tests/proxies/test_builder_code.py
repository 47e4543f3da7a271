"""Memory of measured proxies must not answer for code that is no longer there."""

import functools
import subprocess
import sys
from pathlib import Path

import pytest

from fgp_sklearn.proxies import NASBench201Builder
from fgp_sklearn.proxies._builder_code import code_digest

BUILDERS = {
    "function": "build",
    "object": "Builder()",
    "bound method": "Builder().build",
    "partial": "functools.partial(build, extra=1)",
    "closure": "enclosed(build)",
    "wrapped": "wrapped",
    "object that holds a function": "Holder(build)",
}
SOURCE = """
import functools
import math
from torch import nn

WIDTH = 4
TABLE = {"conv": lambda channels: nn.Conv2d(channels, channels, 3), "bias": (1, 2)}
COUNTS = []

def helper(x):
    return [nn.ReLU() for _ in range(x + 1)]

class Cell(nn.Module):
    depth = 2
    def forward(self, x):
        return x * 2

def build(architecture, extra=0):
    COUNTS.append(1)
    return nn.Sequential(*helper(WIDTH), TABLE["conv"](3), Cell(), *map(lambda _: Cell(), range(3)))

class Base:
    def build(self, architecture):
        return build(architecture)

class Builder(Base):
    def __call__(self, architecture):
        return self.build(architecture)

class Holder:
    def __init__(self, function):
        self.function = function
    def __call__(self, architecture):
        return self.function(architecture)

def enclosed(function):
    def inner(architecture):
        return function(architecture)
    return inner

@functools.lru_cache
def wrapped(architecture):
    return build(architecture)

def unrelated():
    return 1
"""
CHANGES = {
    "the function": ("range(3)", "range(4)"),
    "a helper": ("x + 1", "x + 2"),
    "a constant of the module": ("WIDTH = 4", "WIDTH = 5"),
    "a function in a table": ("channels, 3)", "channels, 1)"),
    "a number in a table": ("(1, 2)", "(1, 3)"),
    "a method of a class that it makes": ("x * 2", "x * 3"),
    "an attribute of that class": ("depth = 2", "depth = 3"),
    "a default": ("extra=0", "extra=2"),
    "a function of a package": ("nn.ReLU()", "nn.GELU()"),
}


def digest(builder, source):
    namespace = {"__name__": "code_of_a_user"}
    exec(compile(source, "code_of_a_user.py", "exec"), namespace)
    return code_digest(eval(builder, namespace))


@pytest.mark.parametrize("builder", BUILDERS.values(), ids=list(BUILDERS))
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_from_every_kind_of_builder(builder, change):
    before, after = CHANGES[change]
    assert SOURCE.count(before) == 1
    assert digest(builder, SOURCE.replace(before, after)) != digest(builder, SOURCE)


@pytest.mark.parametrize("builder", BUILDERS.values(), ids=list(BUILDERS))
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return 1", "return 2"),
        ("COUNTS = []", "COUNTS = [1]"),
        ("import math", "import math\n\n# a comment"),
    ],
    ids=["unrelated code", "a list that counts", "place in the file"],
)
def test_what_does_not_matter_is_not_seen(builder, before, after):
    assert digest(builder, SOURCE.replace(before, after)) == digest(builder, SOURCE)


def test_another_process_says_the_same(tmp_path):
    (tmp_path / "mine.py").write_text(SOURCE)
    (tmp_path / "user.py").write_text("import mine\n\ndef build(a):\n    return mine.build(a)\n")
    code = (
        "from fgp_sklearn.proxies._builder_code import code_digest\n"
        "import importlib, pathlib, pickle, user\n"
        "pickle.dumps(user.mine.Builder())\n"
        "print(code_digest(user.build))\n"
        "path = pathlib.Path(user.mine.__file__)\n"
        "path.write_text(path.read_text().replace('x + 1', 'x + 22'))\n"
        "importlib.reload(user.mine)\n"
        "print(code_digest(user.build))"
    )
    path = {"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2]}"}
    said = []
    for seed in "12":
        (tmp_path / "mine.py").write_text(SOURCE)
        environment = path | {"PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment)
        said.append(done.stdout.split())
    assert said[0] == said[1]
    assert said[0][0] != said[0][1]  # a change in a module of a module


def test_settings_of_library_builders_are_for_their_state_to_tell(monkeypatch):
    one = code_digest(NASBench201Builder(channels=4))
    assert code_digest(NASBench201Builder(channels=5)) == one
    from fgp_sklearn.proxies import _builder_code

    _builder_code._installed.cache_clear()
    monkeypatch.setattr("fgp_sklearn.__version__", "99.0")
    try:
        assert code_digest(NASBench201Builder(channels=4)) != one
    finally:
        _builder_code._installed.cache_clear()


def test_cycles_end():
    def build(architecture):
        return again(architecture)

    def again(architecture):
        return build(architecture)

    assert len(code_digest(functools.partial(build))) == 32
