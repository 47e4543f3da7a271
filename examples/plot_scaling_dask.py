"""
Rank a pool that does not fit
=============================

How do you rank more architectures than fit into memory? The pool may be a
generator or a large file. This example ranks it part by part, first in one
process and then with the workers of Dask.
"""

# %%
# A predictor
# -----------
# The predictor learns from 100 labels of NAS-Bench-201. The 15,625 cells
# stand for a large pool. A generator makes them in parts, as if it read a
# file.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_scaling_dask.svg"
import numpy as np

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.datasets import load_nasbench201, nasbench201_space

bench = load_nasbench201()
order = np.random.default_rng(0).permutation(len(bench.target))
labelled = order[:100]
process = FlowGaussianProcessRegressor(random_state=0)
process.fit(bench.data[labelled], bench.target[labelled])


def parts(rows_at_once=2500):
    """Pairs of a first row and a part, each made when it is asked for."""
    space = nasbench201_space()
    for start in range(0, len(space), rows_at_once):
        yield start, space[start : start + rows_at_once]


# %%
# One process: predict_stream
# ---------------------------
# ``predict_stream`` takes an iterator and returns one. It asks for a part
# when it needs it, so the whole pool is never in memory. This cell keeps the
# best five architectures. ``FGPRegressor`` has the same method.

import heapq

best = []
predictions = process.predict_stream(part for _, part in parts())
for (start, _), predicted in zip(parts(), predictions, strict=True):
    rows = range(start, start + len(predicted))
    best = heapq.nlargest(5, [*best, *zip(predicted, rows, strict=True)])
for accuracy, row in best:
    true = bench.target[row]
    print(f"cell {row:5d}: predicted {accuracy:.2f}, true {true:.2f}")

# %%
# Many workers: dask.bag
# ----------------------
# Send row numbers to the workers, and not architectures. Each worker loads
# the predictor and makes the space once. Nothing is computed before
# ``compute``. With an active ``distributed.Client``, ``compute`` uses its
# cluster. Here it uses threads of this process, so that the page needs no
# cluster.

import tempfile
from functools import cache

import dask.bag

import fgp_sklearn

folder = tempfile.mkdtemp()
process.save(folder)


@cache
def tools():
    """Predictor and space, once per worker."""
    return fgp_sklearn.load(folder), nasbench201_space()


def best_of(start, rows_at_once=2500):
    """Five best of a part, as (prediction, row)."""
    predictor, space = tools()
    predicted = predictor.predict(space[start : start + rows_at_once])
    rows = np.argsort(-predicted)[:5]
    return [(predicted[row], start + row) for row in rows]


starts = dask.bag.from_sequence(range(0, 15_625, 2500), partition_size=1)
top = starts.map(best_of).flatten().topk(5)
by_dask = top.compute(scheduler="threads", num_workers=2)

# %%
# Both ways find the same five, to the last bit:

print(sorted(by_dask) == sorted(best))

# %%
# What to try next
# ----------------
# * Read which engine is worth its overhead at which size: :doc:`/scaling`.
# * Save a predictor for the workers of another machine:
#   :ref:`sphx_glr_auto_examples_plot_save_and_share.py`.
# * If the pool is too large to rank at all, search it:
#   :ref:`sphx_glr_auto_examples_plot_search_digits.py`.
