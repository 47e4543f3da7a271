"""Messages of the library in the words of the command: options where the library says parameters."""

from __future__ import annotations

import re
import shlex
from functools import partial

_QUOTED = r"'([^']*)'"
_OPTIONS = [
    (re.compile(pattern), words)
    for pattern, words in (
        (rf"call fgp_sklearn\.architectures\.from_text\(X, form={_QUOTED}\)", "name it: --form {}"),
        (
            r"there is no column '([^',]+,[^']*)'",
            "there is no column {}; repeat the option for each, as --shared width --shared depth",
        ),
        (rf"form={_QUOTED}", "--form {}"),
        (rf"column={_QUOTED}", "--column {}"),
        (rf"give a number per dimension, or .* dims=\{{{_QUOTED}: 224\}}", "give each: --dim {}=224"),
        (r"such as dims=", "which only from_onnx in Python takes, such as dims="),
        (r"say which number stages: stages='[^']*'", "rename those that do not number stages"),
        (r", or (give )?the columns of each stage with stages=", ""),
        (r", or name them with stages=", ""),
        (r", or name the choices of each stage: stages=\[.*\]", " so that all stages have it"),
        (rf"depth={_QUOTED}", "--depth {}"),
        (r"; depth=None keeps the number", ""),
        (r"with column= and form=", "with --column and --form"),
        (r"with column=", "with --column"),
        (r"If it is no metric, name those that are with metrics=", "If it has no labels, remove the column"),
        (r"say what they are with metrics= or shared=", "name columns of choices with --shared"),
    )
]


def in_options(message: str) -> str:
    """Say a message of the library with options of the command.

    Parameters
    ----------
    message : str
        It may name parameters of the library.

    Returns
    -------
    str
        It names options.
    """
    for pattern, words in _OPTIONS:
        message = pattern.sub(partial(_filled, words), message)
    return message


def _filled(words: str, match: re.Match[str]) -> str:
    return words.format(*map(shlex.quote, match.groups()))
