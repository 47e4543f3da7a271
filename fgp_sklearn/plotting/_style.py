"""Matplotlib import, axes and styles of all displays.

The displays suit light and dark Matplotlib styles: they set no background, and everything that is neither
data nor grey takes its colour from `rcParams`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fgp_sklearn.architectures._messages import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GREY = "0.5"
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINE_STYLES = ("-", "--", "-.", ":")


def import_pyplot(caller: Any) -> Any:
    """Import `matplotlib.pyplot`, or raise an error that says how to install it.

    Parameters
    ----------
    caller : object
        Display that the error names.

    Returns
    -------
    module
        `matplotlib.pyplot`.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        name = (caller if isinstance(caller, type) else type(caller)).__name__
        raise ImportError(
            f'{name} requires matplotlib; install it with: pip install "fgp-sklearn[plot]"'
        ) from error
    return plt


def given_or_new_axes(caller: Any, ax: Axes | None, **figure: Any) -> Axes:
    """Return the given axes, or those of a new figure."""
    plt = import_pyplot(caller)
    if ax is not None:
        return ax
    axes: Axes = plt.subplots(**{"layout": "constrained", **figure})[1]
    return axes


def styled(defaults: Mapping[str, Any], given: Mapping[str, Any] | None, artist: type) -> dict[str, Any]:
    """Return the default style, overridden by the keyword arguments of the user. Aliases are resolved."""
    from matplotlib.cbook import normalize_kwargs

    chosen: dict[str, Any] = normalize_kwargs(dict(given or {}), artist)
    replaced = {"c": {"color"}, "color": {"c", "cmap"}}  # scatter accepts only one of the two
    dropped = set().union(*(replaced[name] for name in replaced.keys() & chosen.keys()))
    return {**{name: value for name, value in defaults.items() if name not in dropped}, **chosen}


def plain(text: Any, width: int = 40) -> str:
    """Escape a user's name, so that matplotlib neither reads it as mathematics nor hides it in legends."""
    name = printable(str(text), width).replace("$", r"\$")
    return f"\u200b{name}" if name.startswith("_") else name
