"""The commands, compared with the same steps through the library."""

import csv
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_predict

import fgp_sklearn
from fgp_sklearn import ArchitectureSimplifier, FGPRegressor, FlowGaussianProcessRegressor
from fgp_sklearn._seeding import draw_seeds
from fgp_sklearn.cli import main
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.model_selection import IsomorphismGroupKFold, _plain_rivals, compare
from fgp_sklearn.search import select_diverse

CELLS = nasbench201_space()[::120]
TEXTS = [str(name) for name in CELLS.names]
LABELS = np.array(
    [name.count("conv") - 0.5 * name.count("none") + 0.1 * i / 131 for i, name in enumerate(TEXTS)]
)
KNOWN = np.arange(len(TEXTS)) % 4 == 0
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Runs the command in a folder with tables; its exit code and what it wrote."""
    monkeypatch.chdir(tmp_path)
    labels = [f"{label!r}" if known else "" for label, known in zip(LABELS.tolist(), KNOWN, strict=True)]
    tables = {
        "cells.csv": [("arch", "accuracy"), *zip(TEXTS, labels, strict=True)],
        "two.csv": [
            ("arch", "accuracy", "ms"),
            *((text, 1 / (i + 1), 9 - i) for i, text in enumerate(TEXTS[:9])),
        ],
        "small.csv": [("arch", "accuracy"), *zip(TEXTS[:40], labels[:40], strict=True)],
        "bare.csv": [("arch",), *((text,) for text in TEXTS)],
        "wrong.csv": [("arch", "accuracy"), (TEXTS[0], 1), (TEXTS[1][1:], 2)],
        "sizes.csv": [("net", "accuracy"), ("16:40:56:24:40", 1), ("8:8:8:8:8", 2)],
    }
    for name, rows in tables.items():
        with open(name, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)

    def run(line: str) -> tuple[int, str, str]:
        code = main(line.split())
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def answer(command: Command) -> Callable[[str], dict[str, Any]]:
    """The JSON document of a command, which is all that it writes."""

    def run(line: str) -> dict[str, Any]:
        code, out, err = command(f"{line} --json")
        assert (code, err) == (0, "")
        return dict(json.loads(out))

    return run


def ranking_of(predictor: Any, positions: np.ndarray, sign: float = 1.0) -> list[dict[str, Any]]:
    value, std = predictor.predict(CELLS[positions], return_std=True)
    order = np.argsort(-sign * value, kind="stable")
    keys = ("rank", "line", "name", "prediction", "low", "high")
    return [
        dict(zip(keys, (place, positions[i] + 2, TEXTS[positions[i]], *ends), strict=True))
        for place, (i, ends) in enumerate(
            ((i, (value[i], value[i] - 1.645 * std[i], value[i] + 1.645 * std[i])) for i in order), 1
        )
    ]


def assert_ranked(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    for row, right in zip(found, expected, strict=True):
        assert {key: row[key] for key in right} == pytest.approx(right)


def fitted_process(view: str = "accuracy") -> FlowGaussianProcessRegressor:
    return FlowGaussianProcessRegressor(view=view, random_state=0).fit(CELLS[KNOWN], LABELS[KNOWN], CELLS)


def test_rank_has_the_predictions_of_the_process(answer: Any, tmp_path: Path) -> None:
    free = np.flatnonzero(~KNOWN)
    right = ranking_of(fitted_process(), free)
    found = answer("rank cells.csv --top 7 -o ranking.csv")
    assert (found["labels"], found["architectures"]) == ("accuracy", len(free))
    assert_ranked(found["ranking"], right[:7])
    with open("ranking.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [row["name"] for row in right]
    assert [float(row["high"]) for row in rows] == pytest.approx([row["high"] for row in right])


def test_sources_are_priors_of_the_library_and_saved_models(answer: Any, command: Command) -> None:
    expected = FlowGaussianProcessRegressor(sources=[fgp_sklearn.load_prior()], random_state=0)
    expected.fit(CELLS[KNOWN], LABELS[KNOWN], CELLS)
    given = answer("rank cells.csv --source image-cells --json --top 0")
    found = {row["name"]: row["prediction"] for row in given["ranking"]}
    right = dict(zip(np.array(TEXTS)[~KNOWN].tolist(), expected.predict(CELLS[~KNOWN]), strict=True))
    assert found == pytest.approx(right)
    assert command("fit cells.csv -o elsewhere.safetensors")[0] == 0
    with_both = answer("rank cells.csv --source image-cells --source elsewhere.safetensors --json --top 0")
    assert {row["name"] for row in with_both["ranking"]} == set(right)
    code, _, error = command("rank cells.csv --source image-cell")
    assert code != 0
    assert "neither a file nor one of image-cells" in error


def test_rank_of_costs_and_of_everything(answer: Any) -> None:
    found = answer("rank cells.csv --top 0 --view cost --all --labels accuracy")
    assert_ranked(found["ranking"], ranking_of(fitted_process("cost"), np.arange(len(TEXTS)), -1.0))
    given = {TEXTS[i]: LABELS[i] if KNOWN[i] else None for i in range(len(TEXTS))}
    assert {row["name"]: row["label"] for row in found["ranking"]} == given
    highest = answer("rank cells.csv --top 0 --view cost --all --higher-is-better")["ranking"]
    assert highest[0]["prediction"] == max(row["prediction"] for row in found["ranking"])


@pytest.mark.parametrize(
    ("options", "beginning", "end"),
    [
        ("--top 5", "5 of {n} architectures without a label", "--top 0 shows all."),
        ("--top 5 -o all.csv", "5 of {n} architectures without a label", "All {n} are in all.csv."),
        ("--top 0", "{n} architectures without a label", None),
    ],
)
def test_rank_says_how_many_there_are(
    command: Command, options: str, beginning: str, end: str | None
) -> None:
    n = int((~KNOWN).sum())
    lines = command(f"rank cells.csv {options}")[1].splitlines()
    assert lines[0].startswith(f"cells.csv: {beginning.format(n=n)}")
    assert [line for line in lines if "all." in line] == ([] if end is None else [end.format(n=n)])


def test_text_is_plain_and_fits_the_screen(command: Command) -> None:
    code, out, err = command("rank cells.csv --top 5 --all")
    assert (code, err) == (0, "")
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80
    cells = [line.rsplit(maxsplit=1)[-1] for line in out.splitlines() if re.search(r"[|~+]\S*\s*$", line)]
    best = ranking_of(fitted_process(), np.arange(len(TEXTS)))
    assert "".join(cells) == "".join(row["name"] for row in best[:5])


def test_describe(answer: Any, command: Command) -> None:
    found = answer("describe cells.csv")
    functions = ArchitectureSimplifier(null_ops="auto", identity_ops="auto").duplicates(CELLS)
    assert (found["architectures"], found["distinct"]) == (len(TEXTS), len(set(TEXTS)))
    assert found["functions"] == len(set(functions))
    assert found["forms"] == ["nasbench201"]
    counts = {row["operation"]: row["nodes"] for row in found["operations"]}
    assert counts["nor_conv_3x3"] == "".join(TEXTS).count("nor_conv_3x3")
    assert found["labels"]["accuracy"] == pytest.approx(
        {
            "values": KNOWN.sum(),
            "lowest": LABELS[KNOWN].min(),
            "median": np.median(LABELS[KNOWN]),
            "highest": LABELS[KNOWN].max(),
        }
    )
    code, out, err = command("describe sizes.csv --form nats-size")
    assert (code, err) == (0, "")
    assert re.search(r"10 +8 +12 +56 +width", out)
    Path("more.csv").write_text(f"arch,set,acc\n{TEXTS[0]},train,1\n{TEXTS[1]},train,2\n")
    assert "not read: 'set'" in answer("describe more.csv")["warnings"][0]


def test_other_commands_warn_on_standard_error(command: Command) -> None:
    Path("more.csv").write_text(f"arch,set\n{TEXTS[0]},train\n{TEXTS[1]},train\n")
    code, out, err = command("suggest more.csv -n 1 --json")
    assert code == 0
    assert json.loads(out)["suggestions"]
    assert err.startswith("warning: more.csv: columns are not read: 'set'")


def test_suggest_for_a_ranking_without_labels(answer: Any) -> None:
    found = answer("suggest bare.csv -n 4 --random-state 3")
    right = select_diverse(CELLS, 4, random_state=3)
    assert [row["line"] - 2 for row in found["suggestions"]] == right.tolist()


def test_suggest_for_a_ranking(answer: Any) -> None:
    """From the architectures that compute what no labelled and no earlier one computes."""
    function = ArchitectureSimplifier(null_ops="auto", identity_ops="auto").duplicates(CELLS)
    new = [i for i, f in enumerate(function) if f not in function[KNOWN] and f not in function[:i]]
    assert len(new) < (~KNOWN).sum()
    pool = np.array(sorted([*np.flatnonzero(KNOWN), *new]))
    found = answer(f"suggest cells.csv -n {len(new)} --goal ranking --labels accuracy --random-state 3")
    right = pool[select_diverse(CELLS[pool], len(new), labelled=KNOWN[pool], random_state=3)]
    assert [row["line"] - 2 for row in found["suggestions"]] == right.tolist()


def test_suggest_for_the_best(answer: Any) -> None:
    """They are above the mean, and none computes what a labelled one or another one computes."""
    found = answer("suggest cells.csv -n 12 -o next.csv")
    assert found["goal"] == "best"
    chosen = np.array([row["line"] - 2 for row in found["suggestions"]])
    function = ArchitectureSimplifier(null_ops="auto", identity_ops="auto").duplicates(CELLS)
    assert len(set(function[chosen])) == 12
    assert not set(function[chosen]) & set(function[KNOWN])
    assert LABELS[chosen].mean() > np.quantile(LABELS, 0.7)
    lowest = answer("suggest cells.csv -n 12 --lower-is-better")["suggestions"]
    assert LABELS[[row["line"] - 2 for row in lowest]].mean() < np.quantile(LABELS, 0.3)
    assert len(Path("next.csv").read_text().splitlines()) == 13


class ProcessWithPool(FlowGaussianProcessRegressor):
    """The process of the command, which also learns from the architectures without a label."""

    def fit(self, X: Any, y: Any) -> Any:
        return super().fit(X, y, CELLS)


@pytest.fixture
def two_rivals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer plain regressors, in the library and so in the command."""
    rivals = {"ridge": Ridge(), "forest": RandomForestRegressor(5, random_state=0)}
    monkeypatch.setattr(_plain_rivals, "_regressors", lambda seed: rivals)


def test_evaluate_has_the_numbers_of_compare(answer: Any, command: Command, two_rivals: None) -> None:
    found = answer("evaluate cells.csv --folds 3 --repeats 2 --random-state 5")
    name, process = "flow Gaussian process", ProcessWithPool(random_state=draw_seeds(5, 4)[2])
    X, y = CELLS[KNOWN], LABELS[KNOWN]
    right = compare(X, y, cv=3, n_repeats=2, estimators={name: process}, random_state=5)
    assert {key: own["tau"] for key, own in found["scores"].items()} == {
        key: pytest.approx(own) for key, own in right.scores.items()
    }
    assert (found["best_rival"], found["verdict"]) == (right.best_rival_, right.verdict)
    out = command("evaluate cells.csv --folds 3 --repeats 2 --random-state 5")[1]
    rows = [line.split("  ") for line in out.splitlines() if "+-" in line]
    for row, (who, end) in zip(
        rows, ((name, ""), (right.best_rival_, ", best of 4 plain ones")), strict=True
    ):
        taus = right.scores[who]
        assert row[0] == f"{taus.mean():.3f} +- {taus.std(ddof=1):.3f}"
        assert row[-1].strip() == who + end
    assert " ".join(out.split()).lower().endswith(right.verdict.lower())


@pytest.mark.parametrize("order", ["", "--lower-is-better"])
def test_precision_is_of_all_folds_together(answer: Any, order: str, two_rivals: None) -> None:
    """With folds of 8, that of each would be 0 or 1."""
    found = answer(f"evaluate cells.csv --folds 4 --repeats 1 --top 0.2 {order}")
    X, y = CELLS[KNOWN], LABELS[KNOWN]
    process = ProcessWithPool(random_state=draw_seeds(0, 4)[2])
    folds = IsomorphismGroupKFold(4, shuffle=True, random_state=draw_seeds(0, 4)[0])
    predicted = cross_val_predict(process, X, y, cv=folds)
    sign = -1 if order else 1
    best, chosen = (set(np.argsort(-sign * values)[:7]) for values in (y, predicted))
    assert found["scores"]["flow Gaussian process"]["precision"] == [len(best & chosen) / 7]


def test_models_in_files(answer: Any, command: Command) -> None:
    answer("pretrain bare.csv -o encoder.safetensors --epochs 1")
    answer("fit small.csv --encoder encoder.safetensors -o model.safetensors")
    assert answer("fit cells.csv -o process")["n_labels"] == KNOWN.sum()
    assert {path.name for path in Path.cwd().iterdir() if path.suffix != ".csv"} == {
        "encoder.safetensors", "model.safetensors", "process"
    }  # fmt: skip
    for file, kind in (("model.safetensors", FGPRegressor), ("process", FlowGaussianProcessRegressor)):
        model = fgp_sklearn.load(file)
        assert type(model) is kind
        found = answer(f"rank bare.csv --top 0 --model {file}")["ranking"]
        assert_ranked(found, ranking_of(model, np.arange(len(TEXTS))))
    code, _, err = command("rank bare.csv --model encoder.safetensors")
    assert code == 1
    assert "encoder.safetensors holds FGPEncoder" in err


def test_models_of_other_architectures_are_refused(command: Command) -> None:
    rows = [f"{k % 3},{k % 5},{'' if k > 5 else k}" for k in range(8)]
    Path("two_stages.csv").write_text("\n".join(["stage1_kernel,stage2_kernel,accuracy", *rows]))
    Path("third.csv").write_text("\n".join(["stage1_kernel,stage2_kernel,stage3_kernel", *rows]))
    assert command("fit two_stages.csv -o fitted")[0] == command("fit cells.csv -o of_cells")[0] == 0
    assert command("pretrain cells.csv --epochs 1 -o encoder")[0] == 0
    wrong = {
        "rank third.csv --model fitted": "third.csv: unknown operation 'stage3/block'. If it is the same "
        "search space, read it as then, with the same --column, --form, --shared and --depth. Otherwise, "
        "third.csv is another space: fit a model to labels of it, or give this one as a prior beside labels: "
        "--source fitted",
        "rank two_stages.csv --model of_cells": "two_stages.csv: nodes have the attributes 'kernel', 'stage'",
    }
    wrong |= {
        f"{line} --encoder encoder": "two_stages.csv is another space: pre-train an encoder on it"
        for line in ("rank two_stages.csv", "fit two_stages.csv -o new", "evaluate two_stages.csv --folds 2")
    }
    for line, message in wrong.items():
        code, _, err = command(line)
        assert code == 1
        assert " has learnt from other architectures than those of " in err
        assert message in err
        assert "as_batch" not in err


def test_saved_model_knows_its_order_and_finds_labels(answer: Any, command: Command) -> None:
    answer("fit cells.csv --view cost -o costs")
    free = np.flatnonzero(~KNOWN)
    found = answer("rank cells.csv --top 0 --model costs")
    assert found["labels"] == "accuracy"
    assert_ranked(found["ranking"], ranking_of(fitted_process("cost"), free, -1.0))
    highest = answer("rank cells.csv --top 0 --model costs --higher-is-better")["ranking"]
    assert_ranked(highest, ranking_of(fitted_process("cost"), free))
    code, out, err = command("rank two.csv --model costs --json")
    assert (code, len(json.loads(out)["ranking"])) == (0, 9)
    assert "columns 'accuracy', 'ms' may be labels and are not read" in err


def test_pre_trained_network(answer: Any) -> None:
    X, y, known = CELLS[:40], LABELS[:40], KNOWN[:40]
    model = FGPRegressor(random_state=0).fit_pretrain(X).fit(X[known], y[known])
    found = answer("rank small.csv --predictor fgp --top 0")["ranking"]
    assert_ranked(found, ranking_of(model, np.flatnonzero(~known)))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rank wrong.csv", "error: wrong.csv, line 3: its text is"),
        ("describe sizes.csv", "name it: --form nats-size"),
        ("rank two.csv", "columns 'accuracy', 'ms' may be labels; name one with --labels"),
        ("rank two.csv --labels acc", "there is no column 'acc'; columns are 'arch', 'accuracy', 'ms'"),
        ("rank two.csv --labels arch", "line 2: column 'arch' has"),
        (
            "rank two.csv --labels ms",
            "have a label in column 'ms'; rank them too with --all",
        ),
        ("suggest two.csv --labels ms", "all architectures have a label"),
        ("rank bare.csv", "no column has labels. `fgp-sklearn suggest` says"),
        ("suggest bare.csv --goal best", "--goal best needs 5 labels"),
        ("suggest bare.csv -n 900", "131 architectures are there; ask for fewer with -n"),
        ("suggest cells.csv -n 130 --goal ranking", "those with one; ask for fewer with -n"),
        ("suggest cells.csv -n 130", "architectures without a label differ from those with one"),
        (
            "evaluate cells.csv --folds 40",
            "has 33 labels, and at least 80 are needed for 40 folds; give --folds 16, or",
        ),
        ("rank cells.csv --model cells.csv", "cells.csv"),
        ("rank cells.csv bare.csv", "give one table"),
        ("describe .", "error: "),
    ],
)
def test_wrong_data_is_one_line(command: Command, line: str, message: str) -> None:
    code, out, err = command(line)
    assert (code, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rank", "Missing argument 'FILE"),
        ("rank absent.csv", "path 'absent.csv' does not exist"),
        ("rank cells.csv --shared a b", "repeat --shared: --shared a --shared b"),
        ("rank cells.csv --topp 3", "No such option"),
        ("rank cells.csv --predictor forest", "'forest' is not one of"),
        ("rank cells.csv --predictor fgp --view cost", "--view belongs to a process"),
        ("rank cells.csv --encoder cells.csv --model cells.csv", "not both"),
        ("rank cells.csv --predictor fgp --model bare.csv", "leave out --predictor, --view and"),
        ("rank cells.csv --view cost --model bare.csv", "leave out --predictor, --view and"),
        ("fit cells.csv -o m --predictor process --encoder bare.csv", "a process has no encoder"),
        ("rank cells.csv --dim height=224", "--dim belongs to ONNX files"),
        ("describe . --form nats-size", "--column, --form, --shared and --depth belong to tables"),
        ("guess cells.csv", "No such command 'guess'"),
    ],
)
def test_wrong_usage(command: Command, line: str, message: str) -> None:
    code, out, err = command(line)
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())


def test_version_and_help(command: Command) -> None:
    assert command("--version") == (0, f"fgp-sklearn {fgp_sklearn.__version__}\n", "")
    code, out, _ = command("--help")
    assert code == 0
    names = re.findall(r"^  (\w+)  ", out.partition("Commands:")[2], flags=re.MULTILINE)
    assert set(names) == {"describe", "evaluate", "fit", "pretrain", "rank", "suggest"}
    for name in names:
        assert command(f"{name} --help")[0] == 0


def test_without_the_extra(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "fgp_sklearn.cli._app", raising=False)
    monkeypatch.setitem(sys.modules, "typer", None)
    assert command("--help") == (1, "", 'The command needs typer and rich: pip install "fgp-sklearn[cli]"\n')
