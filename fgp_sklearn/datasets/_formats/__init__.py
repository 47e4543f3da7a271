"""Files that benchmarks publish: one file and one row in the table per layout."""

from fgp_sklearn.datasets._formats._accel_nasbench import ACCEL_NASBENCH
from fgp_sklearn.datasets._formats._benchmark_format import BenchmarkFormat
from fgp_sklearn.datasets._formats._hw_gpt_bench import HW_GPT_BENCH
from fgp_sklearn.datasets._formats._hw_nas_bench import HW_NAS_BENCH
from fgp_sklearn.datasets._formats._nasbench101 import NASBENCH101
from fgp_sklearn.datasets._formats._nasbench201 import NASBENCH201
from fgp_sklearn.datasets._formats._nasbench301 import NASBENCH301
from fgp_sklearn.datasets._formats._nats import NATS
from fgp_sklearn.datasets._formats._suite_zero import SUITE_ZERO

BENCHMARK_FORMATS: dict[str, BenchmarkFormat] = {
    row.name: row
    for row in (
        NASBENCH101,
        NASBENCH201,
        NATS,
        NASBENCH301,
        SUITE_ZERO,
        HW_NAS_BENCH,
        HW_GPT_BENCH,
        ACCEL_NASBENCH,
    )
}

__all__ = ["BENCHMARK_FORMATS", "BenchmarkFormat"]
