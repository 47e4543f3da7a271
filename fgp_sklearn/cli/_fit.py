"""pretrain and fit: models in files."""

from __future__ import annotations

import sys
from pathlib import Path

from fgp_sklearn.cli._input import labels_of, read
from fgp_sklearn.cli._models import fits_to, fitted
from fgp_sklearn.cli._options import Choice, Reading
from fgp_sklearn.cli._output import check_output
from fgp_sklearn.cli._screen import write_json, write_text

_FEWEST = 5


def pretrain(reading: Reading, output: Path, epochs: int | None, random_state: int, as_json: bool) -> None:
    """Pre-train an encoder on all architectures of a file, and save it."""
    from fgp_sklearn.estimators import FGPEncoder

    check_output(output, reading, is_model=True)
    table = read(reading)
    encoder = FGPEncoder(random_state=random_state, verbose=sys.stderr.isatty())
    if epochs is not None:
        encoder.set_params(max_epochs=epochs)
    encoder.fit(table.data).set_params(verbose=False)
    encoder.save(output)
    if as_json:
        write_json({"file": table.filename, "architectures": len(table.data), "output": str(output)})
    else:
        write_text(
            f"Pre-trained on {len(table.data):,} architectures of {table.filename}. Saved to {output}."
        )


def fit_model(reading: Reading, output: Path, choice: Choice, as_json: bool) -> None:
    """Fit a predictor to the labels of a file, and save it."""
    check_output(output, reading, choice.encoder, is_model=True)
    table = read(reading)
    own = labels_of(table, at_least=_FEWEST)
    with fits_to(table.filename, encoder=choice.encoder):
        model = fitted(choice, table.data, own)
    model.save(output)
    if as_json:
        about = {"labels": own.name, "n_labels": own.known.sum(), "predictor": choice.name}
        write_json({"file": table.filename, **about, "output": str(output)})
    else:
        write_text(
            f"Fitted a {choice.name} to {own.known.sum()} labels of {own.name!r} in {table.filename}. Saved "
            f"to {output}."
        )
