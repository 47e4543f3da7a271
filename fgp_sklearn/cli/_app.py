"""The commands and their options."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import fgp_sklearn
from fgp_sklearn.cli._options import N_FOLDS, Choice, Goal, Predictor, Reading, Showing, View

_NAME = "fgp-sklearn"

app = typer.Typer(
    name=_NAME,
    help="Rank neural architectures from a handful of trained ones.",
    epilog="FILE is a table in CSV, JSON lines or Parquet with a column of architectures as text, or one "
    "column per choice such as stage1_kernel, beside columns of labels. Or it is ONNX files, or a folder of "
    "them, and --labels is a table with names of files and labels.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Files = Annotated[list[Path], typer.Argument(metavar="FILE", help="A table, or ONNX files.")]
Column = Annotated[str | None, typer.Option(help="Column of the architectures.", metavar="COLUMN")]
Form = Annotated[
    str | None, typer.Option(help="Form of the architectures, such as nats-size.", metavar="FORM")
]
Shared = Annotated[
    list[str] | None,
    typer.Option(help="Column of a choice for whole architectures, beside stages.", metavar="COLUMN"),
]
Depth = Annotated[
    str | None,
    typer.Option(help="Choice that is the number of blocks of a stage, by default depth.", metavar="CHOICE"),
]
Dims = Annotated[
    list[str] | None,
    typer.Option("--dim", help="A size that ONNX files leave open, as height=224.", metavar="NAME=SIZE"),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(
        help="Column of the labels; by default the only one. With ONNX files a table, or TABLE:COLUMN.",
        metavar="COLUMN",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of everything random.")]
PredictorOption = Annotated[
    Predictor | None,
    typer.Option(help="process, the default: a Gaussian process, in seconds. fgp: a pre-trained network."),
]
ViewOption = Annotated[
    View | None,
    typer.Option(
        help="What counts for a process: accuracy, the default, or cost such as latency and parameters."
    ),
]
Encoder = Annotated[
    Path | None, typer.Option(exists=True, help="Encoder that pretrain has saved.", metavar="PATH")
]
Source = Annotated[
    list[str] | None,
    typer.Option(
        help="Predictor fitted elsewhere, as a prior: image-cells, or the path of a saved model. May be "
        "repeated."
    ),
]
Lowest = Annotated[
    bool | None,
    typer.Option(
        "--lower-is-better/--higher-is-better", help="Order. By default low is good with --view cost only."
    ),
]
CsvOutput = Annotated[
    Path | None, typer.Option("--output", "-o", help="CSV file to write as well.", metavar="PATH")
]
ModelOutput = Annotated[
    Path,
    typer.Option(
        "--output", "-o", help="File to write if it ends with .safetensors, or folder.", metavar="PATH"
    ),
]


def run(arguments: Sequence[str] | None = None) -> None:
    """Run the command; `SystemExit` has the exit code."""
    typer.main.get_command(app).main(args=arguments and list(arguments), prog_name=_NAME)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{_NAME} {fgp_sklearn.__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Rank neural architectures from a handful of trained ones."""


@app.command()
def describe(
    files: Files,
    column: Column = None,
    form: Form = None,
    shared: Shared = None,
    depth: Depth = None,
    dims: Dims = None,
    json: Json = False,
) -> None:
    """Show what a file holds: forms, operations, attributes, labels and warnings."""
    from fgp_sklearn.cli._describe import describe as command

    command(_reading(files, column, form, shared, depth, dims), as_json=json)


@app.command()
def rank(
    files: Files,
    labels: LabelColumn = None,
    top: Annotated[int, typer.Option(min=0, help="Number of architectures to show; 0 for all.")] = 20,
    model: Annotated[
        Path | None,
        typer.Option(exists=True, help="Model that fit has saved, instead of fitting one.", metavar="PATH"),
    ] = None,
    predictor: PredictorOption = None,
    view: ViewOption = None,
    encoder: Encoder = None,
    source: Source = None,
    lowest: Lowest = None,
    everything: Annotated[bool, typer.Option("--all", help="Rank architectures with a label too.")] = False,
    column: Column = None,
    form: Form = None,
    shared: Shared = None,
    depth: Depth = None,
    dims: Dims = None,
    output: CsvOutput = None,
    json: Json = False,
    random_state: Seed = 0,
) -> None:
    """Rank the architectures without a label, by a predictor fitted to those with one."""
    if model is not None and encoder is not None:
        raise typer.BadParameter("give --model or --encoder, not both")
    if model is not None and (predictor is not None or view is not None or source):
        raise typer.BadParameter(
            "a saved model has its kind, view and sources; leave out --predictor, --view and --source"
        )
    from fgp_sklearn.cli._rank import rank as command

    reading = _reading(files, column, form, shared, depth, dims, labels)
    choice = _choice(predictor, view, encoder, random_state, source)
    showing = Showing(_lowest_first(lowest, view), output, json)
    command(reading, model, choice, showing, has_order=lowest is not None, top=top, everything=everything)


@app.command()
def suggest(
    files: Files,
    n: Annotated[int, typer.Option("-n", min=1, help="Number of architectures.")] = 10,
    labels: LabelColumn = None,
    goal: Annotated[
        Goal | None,
        typer.Option(
            help="What new labels are for: to rank all, or to find the best. By default the best if there "
            "are labels."
        ),
    ] = None,
    view: ViewOption = None,
    lowest: Lowest = None,
    column: Column = None,
    form: Form = None,
    shared: Shared = None,
    depth: Depth = None,
    dims: Dims = None,
    output: CsvOutput = None,
    json: Json = False,
    random_state: Seed = 0,
) -> None:
    """Suggest which architectures to train next."""
    from fgp_sklearn.cli._suggest import suggest as command

    reading = _reading(files, column, form, shared, depth, dims, labels)
    choice = _choice(None, view, None, random_state)
    command(reading, n, goal, choice, Showing(_lowest_first(lowest, view), output, json))


@app.command()
def evaluate(
    files: Files,
    labels: LabelColumn = None,
    folds: Annotated[int, typer.Option(min=2, help="Number of folds.")] = N_FOLDS,
    repeats: Annotated[int, typer.Option(min=1, help="How often to draw the folds.")] = 4,
    top: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share that is the top.")] = 0.1,
    predictor: PredictorOption = None,
    view: ViewOption = None,
    encoder: Encoder = None,
    source: Source = None,
    lowest: Lowest = None,
    column: Column = None,
    form: Form = None,
    shared: Shared = None,
    depth: Depth = None,
    dims: Dims = None,
    json: Json = False,
    random_state: Seed = 0,
) -> None:
    """Cross-validate a predictor on the labels, beside plain regressors."""
    from fgp_sklearn.cli._evaluate import evaluate as command

    reading = _reading(files, column, form, shared, depth, dims, labels)
    choice = _choice(predictor, view, encoder, random_state, source)
    showing = Showing(_lowest_first(lowest, view), None, json)
    command(reading, choice, showing, n_folds=folds, n_repeats=repeats, top=top)


@app.command()
def pretrain(
    files: Files,
    output: ModelOutput,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the architectures.")] = None,
    column: Column = None,
    form: Form = None,
    shared: Shared = None,
    depth: Depth = None,
    dims: Dims = None,
    json: Json = False,
    random_state: Seed = 0,
) -> None:
    """Pre-train an encoder on all architectures, without labels."""
    from fgp_sklearn.cli._fit import pretrain as command

    command(_reading(files, column, form, shared, depth, dims), output, epochs, random_state, json)


@app.command()
def fit(
    files: Files,
    output: ModelOutput,
    labels: LabelColumn = None,
    predictor: PredictorOption = None,
    view: ViewOption = None,
    encoder: Encoder = None,
    source: Source = None,
    column: Column = None,
    form: Form = None,
    shared: Shared = None,
    depth: Depth = None,
    dims: Dims = None,
    json: Json = False,
    random_state: Seed = 0,
) -> None:
    """Fit a predictor to the labels, and save it for rank."""
    from fgp_sklearn.cli._fit import fit_model

    choice = _choice(predictor, view, encoder, random_state, source)
    fit_model(_reading(files, column, form, shared, depth, dims, labels), output, choice, json)


def _reading(
    files: list[Path],
    column: str | None,
    form: str | None,
    shared: list[str] | None,
    depth: str | None,
    dims: list[str] | None,
    labels: str | None = None,
) -> Reading:
    reading = Reading(files, column, form, shared or (), labels, dims or (), depth)
    absent = next((file for file in files if not file.exists()), None)
    if absent is not None:
        hint = (
            f". If it is a column, repeat --shared: --shared {shared[-1]} --shared {absent}" if shared else ""
        )
        raise typer.BadParameter(f"path '{absent}' does not exist{hint}", param_hint="'FILE...'")
    if dims and not reading.is_of_networks:
        raise typer.BadParameter("--dim belongs to ONNX files; leave it out for a table")
    if (column or form or shared or depth) and reading.is_of_networks:
        raise typer.BadParameter("--column, --form, --shared and --depth belong to tables, not to ONNX files")
    return reading


def _choice(
    predictor: Predictor | None,
    view: View | None,
    encoder: Path | None,
    random_state: int,
    sources: list[str] | None = None,
) -> Choice:
    if predictor is Predictor.process and encoder is not None:
        raise typer.BadParameter("a process has no encoder; leave out --encoder or --predictor process")
    if view is not None and (encoder is not None or predictor is Predictor.fgp):
        raise typer.BadParameter("--view belongs to a process; leave it out for a pre-trained network")
    kind, seen = predictor or Predictor.process, view or View.accuracy
    return Choice(kind, seen, encoder, random_state, tuple(sources or ()))


def _lowest_first(lowest: bool | None, view: View | None) -> bool:
    return view is View.cost if lowest is None else lowest
