"""One space of each kind, for tests of what all of them promise."""

from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.search import (
    ChainSpace,
    DAGSpace,
    DARTSSpace,
    NASBench101Space,
    NASBench201Space,
    NASBenchGraphSpace,
    PoolSpace,
)


def mobile_space(**stage):
    return ChainSpace(
        {"op": "mbconv", "kernel": [3, 5], "expansion": [3, 6], "stage": s, "n_layers": [1, 2, 3], **stage}
        for s in (1, 2)
    )


SPACES = {
    "nasbench101": NASBench101Space(),
    "nasbench201": NASBench201Space(),
    "nasbench_graph": NASBenchGraphSpace(),
    "darts": DARTSSpace(),
    "macro": ChainSpace([["identity", "mb3_k3", "mb6_k5"]] * 8),
    "mobile": mobile_space(),
    "gpt": ChainSpace(
        [
            {"op": "embedding", "width": "width", "bias": [0, 1]},
            {"op": "block", "heads": [4, 8], "mlp_ratio": [2, 4], "width": "width", "n_layers": [2, 3]},
        ],
        shared={"width": [192, 384]},
    ),
    "options": ChainSpace([["pool", {"op": "conv", "kernel": [3, 5]}]] * 4),
    "dag": DAGSpace(["conv", "pool", "skip", "none"], max_nodes=6, max_edges=8),
    "pool": PoolSpace(nasbench201_space()[::31]),
}
FINITE = ["nasbench201", "nasbench_graph", "macro", "mobile", "gpt", "options", "pool"]
