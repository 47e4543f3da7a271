"""Find the data files of installed packages."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def package_file(distribution: str, package: str, *parts: str) -> Path:
    """Find a file inside an installed package without importing the package.

    Parameters
    ----------
    distribution : str
        Name on PyPI, for the error message.
    package : str
        Top-level import name.
    *parts : str
        Path inside the package.

    Returns
    -------
    Path
        Path of the file, which exists.

    Raises
    ------
    ImportError
        If the package is not installed.
    FileNotFoundError
        If the package is installed without the file.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(
            f"this benchmark requires the package {distribution}, which is not installed; "
            "pip install fgp-sklearn[datasets]",
            name=package,
        )
    places = [Path(folder, *parts) for folder in spec.submodule_search_locations]
    for path in places:
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"{distribution} is installed but {places[0]} is missing; pip install --force-reinstall "
        f"{distribution}"
    )
