"""NAS-Bench-201, ``NAS-Bench-201-v1_1-096897.pth``.

The file is read piece by piece, in either layout of torch.save. Weights and the numbers of all epochs but
the last are skipped.

**Architectures**: the 15,625 cells in the official order. Names are the official texts.

**Metrics**, each the mean over the trainings of a cell with different seeds (one to three):

- D_S_accuracy_E: accuracy in percent of a network that was trained on data set D (cifar10-valid, cifar10,
  cifar100 or ImageNet16-120) for E epochs (12 or 200), on the images S (x-valid: validation, x-test: test,
  ori-test: the original test images), such as cifar10-valid_x-valid_accuracy_200
- D_train_accuracy_E: the same on the training images
- the same with _std: standard deviation over the seeds (dividing by their number less one), NaN for one seed
- D_train_time_E: seconds of the whole training
- D_latency_E (seconds per batch), D_flops_E and D_params_E (millions), as published for this training

**Source**: https://github.com/D-X-Y/NAS-Bench-201, MIT. X. Dong and Y. Yang, "NAS-Bench-201: Extending the
Scope of Reproducible Neural Architecture Search", ICLR 2020.
"""

from __future__ import annotations

from pathlib import Path

from fgp_sklearn.datasets._formats._benchmark_format import BenchmarkFormat, Read
from fgp_sklearn.datasets._formats._pickle_calls import TORCH_CALLS
from fgp_sklearn.datasets._formats._pickle_reader import PickleReader
from fgp_sklearn.datasets._formats._torch_file import is_torch_file, torch_pickle
from fgp_sklearn.datasets._formats._training_results import TrainingResults


def _read(path: Path) -> Read:
    results = TrainingResults()
    with torch_pickle(path) as (content, start, stop):
        reader = PickleReader(
            content, TORCH_CALLS, start=start, stop=stop, convert=results.convert_all, curves=True
        )
        reader.read()
    return results.finish()


NASBENCH201 = BenchmarkFormat(
    "nasbench201",
    "file of torch.save of NAS-Bench-201",
    lambda path, head: is_torch_file(head),
    _read,
    ("cifar10-valid_x-valid_accuracy_200", "cifar10-valid_x-valid_accuracy_12"),
    __doc__ or "",
)
