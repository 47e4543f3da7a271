"""FGPSampler in other frameworks: files under examples/ that users copy."""

import importlib.util
import re
import runpy
import sys
import types
from pathlib import Path

import numpy as np
import optuna
import pytest

from fgp_sklearn.search import FGPSampler

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PACKAGE = "samplers/fgp"
REGISTRY = EXAMPLES / "optunahub" / "package"


def load_local_module(package, registry_root):
    """As `optunahub.load_local_module` does, by its rules for names and files."""
    name = f"optunahub_registry.package.{package.replace('/', '.')}"
    spec = importlib.util.spec_from_file_location(name, Path(registry_root, package, "__init__.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def registry(monkeypatch):
    """The folder of packages, beside the parent module that optunahub makes."""
    monkeypatch.setitem(sys.modules, "optunahub_registry", types.ModuleType("optunahub_registry"))
    monkeypatch.setitem(sys.modules, "optunahub_registry.package.samplers.fgp", None)
    return REGISTRY


def test_sampler_loads_from_the_layout_of_optunahub(registry):
    assert load_local_module(PACKAGE, registry).FGPSampler is FGPSampler


def test_package_for_optunahub_is_complete():
    """What its registry asks for: metadata with these keys, a licence, and an example."""
    readme = (REGISTRY / PACKAGE / "README.md").read_text(encoding="utf-8")
    _, metadata, text = readme.split("---\n", 2)
    keys = ["author", "title", "description", "tags", "optuna_versions", "license"]
    assert re.findall(r"^(\w+):", metadata, flags=re.MULTILINE) == keys
    assert re.findall(r"^## (\w+)", text, flags=re.MULTILINE) == [
        *("Abstract", "APIs", "Installation", "Example")
    ]
    assert (REGISTRY / PACKAGE / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_example_for_optunahub_runs(registry, monkeypatch, capsys):
    hub = types.ModuleType("optunahub")
    hub.load_module = lambda package: load_local_module(package, registry)
    monkeypatch.setitem(sys.modules, "optunahub", hub)
    runpy.run_path(str(REGISTRY / PACKAGE / "example.py"), run_name="__main__")
    assert capsys.readouterr().out.endswith(" 4.0\n")


def define(trial):
    ops = ["input", *(trial.suggest_categorical(f"layer{i}", ["conv", "pool"]) for i in range(3)), "output"]
    return np.eye(5, k=1, dtype=int), ops


@pytest.mark.parametrize("do_minimize", [True, False])
def test_syne_tune(do_minimize):
    pytest.importorskip("syne_tune", reason="it is no dependency of the project")
    from syne_tune.config_space import choice
    from syne_tune.optimizer.schedulers.ask_tell_scheduler import AskTellScheduler
    from syne_tune.optimizer.schedulers.single_objective_scheduler import SingleObjectiveScheduler

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    adapter = runpy.run_path(str(EXAMPLES / "adapters" / "syne_tune_searcher.py"))
    config_space = {f"layer{i}": choice(["conv", "pool"]) for i in range(3)}
    first = {"layer0": "pool", "layer1": "conv", "layer2": "pool"}
    searcher = adapter["FGPSearcher"](
        config_space, define, [first], random_seed=0, n_startup_trials=3, n_candidates=40
    )
    scheduler = SingleObjectiveScheduler(
        config_space, metric="convolutions", do_minimize=do_minimize, searcher=searcher
    )
    loop = AskTellScheduler(scheduler)
    asked = []
    for number in range(8):
        trial = loop.ask()
        asked.append(tuple(trial.config.values()))
        if number == 2:
            scheduler.on_trial_error(trial)
        else:
            loop.tell(trial, {"convolutions": list(trial.config.values()).count("conv")})
    assert asked[0] == tuple(first.values())
    assert len(set(asked)) == 8
    sign = 1 if do_minimize else -1
    told = [sign * layers.count("conv") if number != 2 else None for number, layers in enumerate(asked)]
    assert [trial.value for trial in searcher.study.trials] == told
