"""The writers of benchmarks/_official_files.py, as the module `files`."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

_spec = spec_from_file_location("official_files_of_benchmarks", BENCHMARKS / "_official_files.py")
files = module_from_spec(_spec)
_spec.loader.exec_module(files)
