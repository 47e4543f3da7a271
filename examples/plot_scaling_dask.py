"""
Rank a pool that does not fit
=============================

Predicting is cheap, but spaces can be endless: generators that never stop, files larger than memory. Two
ways to rank them, batch by batch, on this machine or on a cluster of Dask.
"""

# %%
# A predictor
# -----------
# 100 labels of NAS-Bench-201. Its 15,625 cells stand for the large pool, and are cut into parts as if they
# were read from a file.

import numpy as np

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.datasets import load_nasbench201, nasbench201_space

bench = load_nasbench201()
labelled = np.random.default_rng(0).permutation(len(bench.target))[:100]
process = FlowGaussianProcessRegressor(random_state=0).fit(bench.data[labelled], bench.target[labelled])


def parts(rows_at_once=2500):
    """Hand out the space piece by piece, each made when it is asked for."""
    space = nasbench201_space()
    for start in range(0, len(space), rows_at_once):
        yield start, space[start : start + rows_at_once]


# %%
# One process: predict_stream
# ---------------------------
# It takes an iterator and gives one. A part is drawn when it is needed, so the pool is never in memory as a
# whole; what is kept is the best so far. (``FGPRegressor`` has the same method.)

import heapq

best = []
predictions = process.predict_stream(part for _, part in parts())
for (start, _), predicted in zip(parts(), predictions, strict=True):
    best = heapq.nlargest(5, [*best, *zip(predicted, range(start, start + len(predicted)), strict=True)])
for accuracy, row in best:
    print(f"{accuracy:.2f} (true {bench.target[row]:.2f}) {bench.data.names[row]}")

# %%
# Many workers: dask.bag
# ----------------------
# Send numbers of rows and not architectures: each worker loads the predictor and makes the space once.
# Nothing is computed until ``compute``; with an active ``distributed.Client`` it runs on its cluster. Here
# it is threads of this process, so that the page needs no cluster.

import tempfile
from functools import cache

import dask.bag

import fgp_sklearn

folder = tempfile.mkdtemp()
process.save(folder)


@cache
def tools():
    """Predictor and space, once a worker."""
    return fgp_sklearn.load(folder), nasbench201_space()


def best_of(start, rows_at_once=2500):
    """Five best of a part, as (prediction, row)."""
    predictor, space = tools()
    predicted = predictor.predict(space[start : start + rows_at_once])
    return [(predicted[row], start + row) for row in np.argsort(-predicted)[:5]]


starts = dask.bag.from_sequence(range(0, 15_625, 2500), partition_size=1)
by_dask = starts.map(best_of).flatten().topk(5).compute(scheduler="threads", num_workers=2)

# %%
# The same five, to the bit?

print(sorted(by_dask) == sorted(best))

# %%
# Which engine is worth its overhead at which size is measured in :doc:`/scaling`.
