"""What the speed benchmark measures, part by part."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter, process_time
from typing import Any

import numpy as np
import torch
from _rivals import (
    GeometricGCN,
    bare_epochs,
    collated,
    dense_convolution,
    encode,
    flow_in_networkx,
    flow_in_numpy,
    flow_in_python,
    flow_in_torch,
    geometric_data,
    geometric_epoch,
    padded,
    tensors,
    without_dead_nodes,
)
from _speed_pretraining import pretrain_nasbench101, pretraining_at_size
from _speed_ranking import rank_nasbench101, ranking
from _timing import Figure, Work, in_child, in_turns, peak_mb, seconds_of
from numpy.typing import NDArray
from sklearn.base import clone
from torch import Tensor, nn

from fgp_sklearn import FGPEncoder, FGPRegressor, FlowSurrogate, as_batch
from fgp_sklearn._seeding import initialise
from fgp_sklearn.architectures import Architecture, ArchitectureBatch
from fgp_sklearn.architectures._duplicates import distinct, duplicate_groups
from fgp_sklearn.architectures._simplify import functional_graph
from fgp_sklearn.datasets import (
    load_nasbench201,
    load_nasbench_graph,
    nasbench101_space,
    nasbench201_space,
)
from fgp_sklearn.estimators._pretext_loss import PretextLoss
from fgp_sklearn.estimators._pretext_part import PretextPart
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.nn import (
    GatedGCN,
    GatedGraphConvolution,
    GraphTensors,
    Head,
    InputSpec,
    Predictor,
    SquaredErrorLoss,
    make_backbone,
    make_loss,
)
from fgp_sklearn.nn._colour_refinement import layers_of_kinds
from fgp_sklearn.nn._losses import ColumnwiseLoss
from fgp_sklearn.training import GraphDataset, TrainingPlan, apply_in_batches, train
from fgp_sklearn.training._apply_in_batches import in_batches
from fgp_sklearn.training._data import BatchIterator

WIDTH = 128
PUBLISHED = {"directed": False, "ends": False}  # the form of the paper, which PyTorch Geometric has too
GEOMETRIC_BATCH = 256
PLAIN_BATCH = 256
NO_NULL: dict[str, Any] = {"null_ops": frozenset({"none"}), "identity_ops": frozenset()}
NULL_AND_IDENTITY: dict[str, Any] = {**NO_NULL, "identity_ops": frozenset({"skip_connect"})}


def published_encoder(space: ArchitectureBatch, **params: Any) -> FGPEncoder:
    """An encoder with fresh weights."""
    params = {"hidden_dim": WIDTH, "backbone_params": PUBLISHED, "max_epochs": 0, "random_state": 0} | params
    return FGPEncoder(**params).fit(space)


def distinct_graphs(encoder: FGPEncoder, space: ArchitectureBatch) -> ArchitectureBatch:
    """What an encoder computes of a space."""
    functional = encoder.input_.functional(space)
    return functional.take(distinct(functional)[0])


def fresh(space: ArchitectureBatch, name: str = "gated_gcn", **params: Any) -> nn.Module:
    """A backbone for a space as it is."""
    spec = InputSpec(n_ops=len(space.vocabulary), max_nodes=int(space.n_nodes.max()))
    return initialise(
        lambda: make_backbone(name, spec, hidden_dim=WIDTH, n_layers=3, dropout=0.0, **params), 0
    ).eval()


def n_states(encoder: FGPEncoder, space: ArchitectureBatch) -> int:
    """Rows of all matrix products of `FGPEncoder.transform`: what each layer reads, once a kind of node."""
    pool = distinct_graphs(encoder, space)
    batches = map(pool.take, in_batches(pool, np.arange(len(pool))))
    layers = (layers_of_kinds(batch, encoder.n_layers, "cpu") for batch in batches)
    return sum(len(encoder.vocabulary_) + sum(len(layer.own) for layer in some[:-1]) for some in layers)


def products(n_rows: int, dtype: torch.dtype = torch.float32) -> Work:
    """The matrix products of a layer over as many rows, and nothing else."""
    weight = torch.randn(WIDTH, 4 * WIDTH).to(dtype)
    size = min(n_rows, 2048)
    states = torch.randn(size, WIDTH).to(dtype)
    out = torch.empty(size, 4 * WIDTH, dtype=dtype)

    def multiply() -> None:
        for _ in range(-(-n_rows // size)):
            torch.mm(states, weight, out=out)

    return multiply


# ------------------------------------------------------------------ the parts


def encoding(space: ArchitectureBatch, encoder: FGPEncoder, rounds: int, **further: Work) -> dict[str, float]:
    """Seconds of encoding a space in every way."""
    network = fresh(space, **PUBLISHED)
    assert isinstance(network, GatedGCN)
    geometric, data = GeometricGCN(network).eval(), geometric_data(space)
    ready = list(collated(data, GEOMETRIC_BATCH))
    torch.testing.assert_close(
        encode(geometric, ready[:4]), encode(network, tensors(space[: 4 * GEOMETRIC_BATCH], PLAIN_BATCH))
    )
    rough = copy.deepcopy(encoder).set_params(precision="auto")
    return in_turns(
        {
            "library": lambda: encoder.transform(space),
            "auto": lambda: rough.transform(space),
            "plain": lambda: encode(network, tensors(space, PLAIN_BATCH)),
            "collated": lambda: encode(geometric, collated(data, GEOMETRIC_BATCH)),
            "forward": lambda: encode(geometric, ready),
            "products": products(n_states(encoder, space)),
        }
        | further,
        rounds,
    )


CONTENDERS = {
    "library": "this library",
    "auto": 'this library, precision="auto"',
    "plain": "this library, every cell as it is",
    "forward": "PyTorch Geometric, forward only",
    "collated": "PyTorch Geometric with collation",
    "flowerformer": "FlowerFormer",
    "plain_flowerformer": "FlowerFormer, every cell as it is",
}


def rates(space: ArchitectureBatch, seconds: dict[str, float], names: dict[str, str]) -> Iterator[Figure]:
    """Cells a second of every contender that took part."""
    for contender, name in names.items():
        if contender in seconds:
            yield Figure(f"cells a second, {name}", len(space) / seconds[contender])


def encode_nasbench201(rounds: int) -> Iterator[Figure]:
    """Encode all NAS-Bench-201 cells with the same network."""
    space = nasbench201_space()
    flowerformer = published_encoder(space, backbone="flowerformer", backbone_params=None)
    plain_flowerformer = fresh(space, "flowerformer")
    encoder = published_encoder(space)
    seconds = encoding(
        space,
        encoder,
        rounds,
        flowerformer=lambda: flowerformer.transform(space),
        plain_flowerformer=lambda: encode(plain_flowerformer, tensors(space, PLAIN_BATCH)),
    )
    library = seconds["library"]
    pool = distinct_graphs(encoder, space)
    behind_first, *_ = layers_of_kinds(pool, encoder.n_layers, "cpu")
    yield Figure("distinct functional graphs", len(pool))
    yield Figure("their nodes", len(pool.ops))
    yield Figure("states behind the first layer", len(behind_first.own))
    yield from rates(space, seconds, CONTENDERS)
    yield Figure("against PyTorch Geometric with collation", seconds["collated"] / library, "x", 4)
    yield Figure("against PyTorch Geometric, forward only", seconds["forward"] / library, "x", 2.5)
    yield Figure(
        "without simplification: against PyTorch Geometric with collation",
        seconds["collated"] / seconds["plain"],
        "x",
    )
    yield Figure(
        "against FlowerFormer of this library, which simplifies too",
        seconds["flowerformer"] / library,
        "x",
        25,
    )
    yield Figure(
        "against FlowerFormer of this library on all cells as they are",
        seconds["plain_flowerformer"] / library,
        "x",
        25,
    )
    yield Figure("share of the time in matrix products", seconds["products"] / library)
    yield Figure(
        "matrix products at their peak",
        2 * n_states(encoder, space) * WIDTH * 4 * WIDTH / seconds["products"] / 1e9,
        "GFLOP/s",
    )
    half = in_turns({"float32": products(8192), "bfloat16": products(8192, torch.bfloat16)}, rounds)
    yield Figure("matrix products in bfloat16 against float32", half["float32"] / half["bfloat16"], "x")
    yield Figure('precision="auto" against float32', library / seconds["auto"], "x", at_least=1.4)


def encode_nasbench_graph(rounds: int) -> Iterator[Figure]:
    """Encode NAS-Bench-Graph, where nothing is dead and no two cells are equal."""
    space = load_nasbench_graph("cora").data
    encoder = published_encoder(space, null_ops=(), identity_ops=())
    seconds = encoding(space, encoder, rounds)
    yield Figure("distinct graphs", len(distinct_graphs(encoder, space)))
    yield from rates(space, seconds, CONTENDERS)
    yield Figure("against PyTorch Geometric with collation", seconds["collated"] / seconds["library"], "x", 2)
    yield Figure("against PyTorch Geometric, forward only", seconds["forward"] / seconds["library"], "x", 1.3)
    yield Figure("share of the time in matrix products", seconds["products"] / seconds["library"])
    yield Figure('precision="auto" against float32', seconds["library"] / seconds["auto"], "x", at_least=1.4)


def pretraining(rounds: int) -> Iterator[Figure]:
    """One pre-training epoch over the 15,625 NAS-Bench-201 cells."""
    space = nasbench201_space()
    encoder = published_encoder(space)
    functional = encoder.input_.functional(space)
    positions, inverse = distinct(functional)
    pool = functional.take(positions)
    targets = encoder.surrogate_.transform(pool)
    targets = targets[:, targets.std(axis=0) > 0]
    targets = (targets - targets.mean(axis=0)) / targets.std(axis=0)
    n_targets = targets.shape[1]
    part = PretextPart("surrogate", encoder.surrogate_, SquaredErrorLoss(), weight=0.5)
    criterion = PretextLoss([(part, n_targets)])
    dataset = GraphDataset(pool, targets)
    network = initialise(lambda: Predictor(copy.deepcopy(encoder.backbone_), Head(WIDTH, n_targets)), 0)
    raw = fresh(space, **PUBLISHED)
    assert isinstance(raw, GatedGCN)
    geometric = nn.Sequential(GeometricGCN(raw), Head(WIDTH, n_targets))
    data = geometric_data(space, targets[inverse].astype(np.float32))

    def epoch(batch_size: int) -> None:
        plan = TrainingPlan(
            max_epochs=1, batch_size=batch_size, lr=1e-3, weight_decay=1e-6, schedule="one_cycle"
        )
        train(network, criterion, dataset, plan, seed=0)

    for batch_size, limit in ((256, 1.10), (16, 1.15)):
        batches = BatchIterator(dataset, batch_size, torch.Generator().manual_seed(0))
        ready = list(batches)
        works: dict[str, Work] = {
            "library": lambda size=batch_size: epoch(size),
            "ready": lambda ready=ready: bare_epochs(network, criterion, ready),
            "bare": lambda batches=batches: bare_epochs(network, criterion, batches),
        }
        if batch_size == 256:
            works["geometric"] = lambda: geometric_epoch(geometric, data, 256)
        seconds = in_turns(works, rounds)
        names = {"library": "this library", "bare": "bare torch loop", "geometric": "PyTorch Geometric"}
        for contender, name in names.items():
            if contender in seconds:
                yield Figure(f"epoch, batch {batch_size}, {name}", seconds[contender], "s")
        if batch_size == 256:
            ratio = seconds["geometric"] / seconds["library"]
            yield Figure("PyTorch Geometric loop against it, batch 256", ratio, "x", 3)
        yield Figure(
            f"against a bare torch loop that cuts its batches, batch {batch_size}",
            seconds["library"] / seconds["bare"],
            "x",
            at_most=limit,
        )
        yield Figure(
            f"against a bare torch loop over ready batches, batch {batch_size}",
            seconds["library"] / seconds["ready"],
            "x",
            at_most=limit,
        )


def layouts(rounds: int) -> Iterator[Figure]:
    """A layer of width 64, forward and back, on lists of edges and on padded matrices of 256 graphs."""
    choose = np.random.default_rng(0)
    cells = functional_graph(nasbench201_space()[::61][:256], **NULL_AND_IDENTITY)
    graphs = {"NAS-Bench-201 cells": cells} | {
        f"graphs of {n} nodes": as_batch([random_dag(n, choose) for _ in range(256)]) for n in (8, 32, 128)
    }
    for what, batch in graphs.items():
        sparse = GraphTensors.from_batch(batch)
        place, adjacency = padded(sparse)
        convolution = GatedGraphConvolution(64, directed=True)
        states = torch.randn(len(sparse.ops), 64, generator=torch.Generator().manual_seed(0))
        dense = torch.zeros(*adjacency.shape[:2], 64)
        dense[sparse.owner, place] = states
        ways: dict[str, Callable[[], Tensor]] = {
            "edges": lambda sparse=sparse, states=states, layer=convolution: layer(states, sparse),
            "dense": lambda given=(dense, adjacency), where=(sparse.owner, place), layer=convolution: (
                dense_convolution(layer, *given)[where]
            ),
        }
        torch.testing.assert_close(ways["edges"](), ways["dense"](), atol=1e-3, rtol=1e-3)
        backward = {way: lambda work=work: work().sum().backward() for way, work in ways.items()}
        seconds = in_turns(backward, rounds)
        yield Figure(
            f"{what}: padded matrices against lists of edges", seconds["dense"] / seconds["edges"], "x"
        )


def simplification(rounds: int) -> Iterator[Figure]:
    """Cut what is dead in NAS-Bench-201, contract identities, find equal graphs."""
    space = nasbench201_space()
    sample = space.take(np.random.default_rng(0).choice(len(space), 300, replace=False)).to_networkx()
    functional = functional_graph(space, **NULL_AND_IDENTITY)
    seconds = in_turns(
        {
            "cut": lambda: functional_graph(space, **NO_NULL),
            "functional": lambda: functional_graph(space, **NULL_AND_IDENTITY),
            "groups": lambda: duplicate_groups(functional),
            "networkx": lambda: without_dead_nodes(sample, "none"),
        },
        rounds,
    )
    networkx = seconds["networkx"] / len(sample) * len(space)
    yield Figure("cells a second, dead operations cut", len(space) / seconds["cut"])
    yield Figure(
        "a loop over graphs with NetworkX (300 cells, scaled) against it", networkx / seconds["cut"], "x"
    )
    yield Figure("cells a second, identities contracted too", len(space) / seconds["functional"])
    yield Figure("cells a second, grouped up to isomorphism", len(space) / seconds["groups"])


def fine_tuning(rounds: int) -> Iterator[Figure]:
    """Fine-tune the default network, width 64, for 20 epochs."""
    space = nasbench201_space()
    encoder = FGPEncoder(max_epochs=0, random_state=0).fit(space)
    choose = np.random.default_rng(0)
    criterion = ColumnwiseLoss(make_loss("hinge", margin=0.5))
    for n_labels, batch_size in ((78, 16), (390, 16), (78, -1), (390, -1)):
        labelled = encoder.input_.functional(space.take(choose.choice(len(space), n_labels, replace=False)))
        dataset = GraphDataset(labelled, choose.normal(size=n_labels))
        network = initialise(lambda: Predictor(copy.deepcopy(encoder.backbone_), Head(64, 1)), 0)
        plan = TrainingPlan(20, batch_size, lr=1e-3, weight_decay=1e-6, schedule="one_cycle")
        ready = list(BatchIterator(dataset, batch_size, torch.Generator().manual_seed(0)))
        plain = [(GraphTensors.from_batch(graphs.batch), *truth) for graphs, *truth in ready]
        seconds = in_turns(
            {
                "library": lambda data=dataset, plan=plan, net=network: train(
                    net, criterion, data, plan, seed=0
                ),
                "bare": lambda batches=ready, net=network: bare_epochs(net, criterion, batches, 20),
                "plain": lambda batches=plain, net=network: bare_epochs(net, criterion, batches, 20),
            },
            rounds,
        )
        size = "all at once" if batch_size == -1 else f"batch {batch_size}"
        yield Figure(f"{n_labels} labels, {size}", seconds["library"], "s")
        yield Figure(
            f"{n_labels} labels, {size}: against a bare torch loop over ready batches",
            seconds["library"] / seconds["bare"],
            "x",
        )
        if batch_size == -1:
            yield Figure(
                f"{n_labels} labels, {size}: a bare loop that computes every node against it",
                seconds["plain"] / seconds["library"],
                "x",
            )


def surrogate(rounds: int) -> Iterator[Figure]:
    """FlowSurrogate with 64 components: as by default, and in the published form, against loops."""
    default = FlowSurrogate(64, random_state=0)
    transformer = FlowSurrogate(64, alpha=0.5, activation="relu", pooling="sources", random_state=0)
    rough = clone(transformer).set_params(precision="float32")
    choose = np.random.default_rng(0)
    for name, space, limit in (
        ("NAS-Bench-201", nasbench201_space(), 0.3),
        ("NAS-Bench-101", nasbench101_space(), 10),
    ):
        for some in (default, transformer, rough):
            some.fit(space)
        chosen = space.take(choose.choice(len(space), 300, replace=False))
        sample = functional_graph(chosen, **NO_NULL)
        loops = {
            "torch on NetworkX": partial(flow_in_networkx, sample.to_networkx()),
            "plain Python": flow_in_python,
            "torch": flow_in_torch,
            "NumPy": flow_in_numpy,
        }
        for loop in loops.values():
            np.testing.assert_allclose(loop(sample, transformer), transformer.transform(sample), atol=1e-9)
        seconds = in_turns(
            {
                "default": lambda space=space: default.transform(space),
                "published": lambda space=space: transformer.transform(space),
                "float32": lambda space=space: rough.transform(space),
            }
            | {
                what: lambda loop=loop, sample=sample: loop(sample, transformer)
                for what, loop in loops.items()
            },
            rounds,
        )
        yield Figure(f"all {len(space):,} cells of {name}", seconds.pop("default"), "s", at_most=limit)
        library = {"float64": seconds.pop("published"), "float32": seconds.pop("float32")}
        for precision, taken in library.items():
            yield Figure(
                f"all {len(space):,} cells of {name}, published form, {precision}", taken, "s", at_most=limit
            )
        for what, precision in itertools.product(seconds, library):
            ratio = seconds[what] / len(sample) * len(space) / library[precision]
            title = f"{name}: a loop over nodes in {what} against it in {precision}"
            yield Figure(title, ratio, "x", at_least=300)


def stacked(space: ArchitectureBatch) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
    """Padded arrays of a space."""
    width = int(space.n_nodes.max())
    adjacency = np.zeros((len(space), width, width), dtype=np.uint8)
    adjacency[np.repeat(np.arange(len(space)), space.n_edges), space.edges[0], space.edges[1]] = 1
    ops = np.full((len(space), width), -1, dtype=np.int8)
    ops[np.arange(width) < space.n_nodes[:, None]] = space.ops
    return adjacency, ops


def iterate(graphs: list[Any]) -> int:
    """Touch all nodes and edges of DiGraphs."""
    return sum(len(list(graph.nodes(data="op"))) + len(list(graph.edges)) for graph in graphs)


def reading(rounds: int) -> Iterator[Figure]:
    """Read architectures in every form."""
    space, large = nasbench201_space(), nasbench101_space()
    adjacency, ops = stacked(large)
    pairs, graphs = space.to_pairs(), space.to_networkx()
    seconds = in_turns(
        {
            "stacked": lambda: ArchitectureBatch.from_arrays(adjacency, ops, large.vocabulary),
            "pairs": lambda: as_batch(pairs),
            "graphs": lambda: as_batch(graphs),
            "iterate": lambda: iterate(graphs),
        },
        rounds,
    )
    yield Figure("stacked arrays", len(large) / seconds["stacked"], "a second", at_least=1e6)
    yield Figure("separate pairs", len(space) / seconds["pairs"], "a second", at_least=5e4)
    yield Figure("DiGraphs", len(space) / seconds["graphs"], "a second")
    yield Figure(
        "DiGraphs, against iterating over nodes and edges",
        seconds["graphs"] / seconds["iterate"],
        "x",
        at_most=2,
    )
    n_bytes = sum(c.nbytes for c in large._columns().values() if isinstance(c, np.ndarray))
    yield Figure(f"{len(large):,} cells in the container", n_bytes / 1e6, "MB", at_most=60)


def whole_nasbench101(rounds: int) -> Iterator[Figure]:
    """Encode all NAS-Bench-101 cells with the default network, width 64."""
    for threads in (1, 2):
        found = in_child("encode_nasbench101", threads=threads)
        yield Figure(f"seconds on the clock, threads: {threads}", found["seconds"], "s", at_most=30)
        yield Figure(f"CPU time, threads: {threads}", found["cpu_seconds"], "s")
        yield Figure(f"largest resident memory, threads: {threads}", found["peak"] / 1000, "GB", at_most=2)


def large_graphs(rounds: int) -> Iterator[Figure]:
    """Whole networks of thousands of nodes."""
    choose = np.random.default_rng(0)
    sizes = [2000] + [5] * 63
    mixed = as_batch([random_dag(n, choose) for n in sizes])
    regressor = FGPRegressor(FGPEncoder(max_epochs=2), max_epochs=5, random_state=0)
    labels = choose.normal(size=len(mixed))

    def road() -> None:
        predictions = regressor.fit_pretrain(mixed).fit(mixed, labels).predict(mixed)
        assert np.isfinite(predictions).all()

    yield Figure("63 graphs of 5 nodes and one of 2,000 pre-train, train and predict", seconds_of(road), "s")
    peaks, edges = [], []
    for n in (500, 1000, 2000, 4000):
        found = in_child("train_on_large_graphs", n=n)
        peaks.append(found["peak"] - found["before"])
        edges.append(found["edges"])
        what = f"memory of pre-training on 16 graphs of {n:,} nodes, {found['edges']:,.0f} edges"
        yield Figure(what, peaks[-1], "MB")
    growth = (peaks[-1] - peaks[-2]) / (edges[-1] - edges[-2])
    before = (peaks[-2] - peaks[-3]) / (edges[-2] - edges[-3])
    yield Figure(
        "growth of memory an edge, 2,000 to 4,000 nodes against 1,000 to 2,000", growth / before, "x"
    )


def growth_with_pool(rounds: int) -> Iterator[Figure]:
    """What a cell of NAS-Bench-101 costs in pools of 1,000 to all 423,624."""
    space = nasbench101_space()
    order = np.random.default_rng(0).permutation(len(space))
    pools = {n: space.take(order[:n]) for n in (1000, 4000, 16_000, 64_000, len(space))}
    encoder = FGPEncoder(max_epochs=0, random_state=0).fit(pools[1000])
    works = {
        "finding equal graphs": distinct,
        "surrogate, 64 components": FlowSurrogate(64, random_state=0).fit(pools[1000]).transform,
        "encoding": encoder.transform,
    }
    curves = Curves(works, pools, rounds)
    yield from curves.figures("a cell", "a pool of {:,}", len)
    for what, seconds in curves.seconds.items():
        exponent = np.polyfit(np.log(list(pools)), np.log(list(seconds.values())), 1)[0]
        yield Figure(f"{what}: exponent of the time in the size of the pool", float(exponent), at_most=1.05)


def growth_with_nodes(rounds: int) -> Iterator[Figure]:
    """What a node costs in graphs of 8 to 512 nodes, 16,384 nodes in all."""
    choose = np.random.default_rng(0)
    pools = {n: as_batch([random_dag(n, choose) for _ in range(16_384 // n)]) for n in (8, 32, 128, 512)}
    yield from Curves(on_any_graphs(pools[8]), pools, rounds).figures(
        "a node", "graphs of {} nodes", lambda pool: len(pool.ops)
    )


def growth_with_edges(rounds: int) -> Iterator[Figure]:
    """What an edge costs in graphs of 64 nodes with 1 to 16 predecessors a node, 16,384 nodes in all."""
    choose = np.random.default_rng(0)
    pools = {n: as_batch([random_dag(64, choose, n, 32) for _ in range(256)]) for n in (1, 2, 4, 8, 16)}
    yield from Curves(on_any_graphs(pools[1]), pools, rounds).figures(
        "an edge", "up to {} predecessors", lambda pool: pool.edges.shape[1]
    )


def on_any_graphs(some: ArchitectureBatch) -> dict[str, Callable[[ArchitectureBatch], Any]]:
    """What is done to graphs of every form."""
    return {
        "encoding": FGPEncoder(max_epochs=0, random_state=0).fit(some).transform,
        "surrogate, 64 components": FlowSurrogate(64, random_state=0).fit(some).transform,
        "pre-training, an epoch with what it prepares": FGPEncoder(max_epochs=1, random_state=0).fit,
    }


class Curves:
    """Seconds of works on pools that differ in one number."""

    def __init__(
        self,
        works: dict[str, Callable[[ArchitectureBatch], Any]],
        pools: dict[int, ArchitectureBatch],
        rounds: int,
    ) -> None:
        self.pools = pools
        self.seconds: dict[str, dict[int, float]] = {}
        for what, work in works.items():
            turns = {str(n): lambda pool=pool, work=work: work(pool) for n, pool in pools.items()}
            self.seconds[what] = dict(zip(pools, in_turns(turns, rounds).values(), strict=True))

    def figures(self, of_what: str, where: str, size: Callable[[ArchitectureBatch], int]) -> Iterator[Figure]:
        """Microseconds of each work for each part of a pool."""
        for what, seconds in self.seconds.items():
            for n, pool in self.pools.items():
                cost = seconds[n] / size(pool) * 1e6
                yield Figure(f"{what}, {where.format(n)}", cost, f"µs {of_what}", curve=what, at=n)


def unchanged(rounds: int) -> Iterator[Figure]:
    """What all of it changes in the results."""
    space = nasbench201_space()
    encoder = published_encoder(space, max_epochs=1)
    sample = np.random.default_rng(0).choice(len(space), 500, replace=False)
    geometric = GeometricGCN(encoder.backbone_).eval()
    functional = encoder.input_.functional(space).take(sample)
    alone = encode(geometric, collated(geometric_data(functional), 1)).numpy()
    embeddings = encoder.transform(space)[sample]
    yield Figure(
        "embeddings against PyTorch Geometric, graph by graph",
        float(np.abs(embeddings - alone).max()),
        at_most=1e-5,
    )
    regressor = FGPRegressor(FGPEncoder(max_epochs=2), random_state=0, max_epochs=20)
    labels = FlowSurrogate(4, random_state=0).fit_transform(space)[:, 0]
    regressor.fit_pretrain(space).fit(space.take(sample[:50]), labels[sample[:50]])
    one_by_one = np.concatenate([regressor.predict(space.take([i])) for i in sample])
    spread = labels.std()
    difference = np.abs(regressor.predict(space)[sample] - one_by_one).max() / spread
    yield Figure(
        "predictions of the whole space against one by one, in standard deviations of the labels",
        float(difference),
        at_most=1e-5,
    )
    space, accuracies = load_nasbench201(return_X_y=True)
    regressor.fit(space.take(sample[:78]), accuracies[sample[:78]])
    functional = regressor.encoder_.input_.functional(space)
    taus = [
        kendall_tau_score(accuracies, apply_in_batches(regressor.network_, functional, precision=precision))
        for precision in ("float32", "bfloat16")
    ]
    yield Figure("Kendall tau of NAS-Bench-201, 78 labels, network in float32", taus[0])
    yield Figure("bfloat16 changes it by", abs(taus[1] - taus[0]), at_most=0.005)


# ------------------------------------------------------------------ children


def random_dag(n: int, choose: np.random.Generator, n_heard: int = 2, reach: int = 8) -> Architecture:
    """A directed acyclic graph of n nodes that hear up to `n_heard` of the `reach` before them."""
    adjacency = np.zeros((n, n), dtype=np.int8)
    for v in range(1, n):
        adjacency[choose.integers(max(0, v - reach), v, size=n_heard), v] = 1
    return Architecture(adjacency, tuple(choose.choice(["conv", "pool", "linear"], size=n).tolist()))


def encode_nasbench101() -> dict[str, float]:
    """In a process of its own, so that its memory can be told."""
    space = nasbench101_space()
    encoder = FGPEncoder(hidden_dim=64, max_epochs=0, random_state=0).fit(space[::100])
    wall, start = perf_counter(), process_time()
    encoder.transform(space)
    return {
        "seconds": perf_counter() - wall,
        "cpu_seconds": process_time() - start,
        "peak": peak_mb(),
    }


def train_on_large_graphs(n: int) -> dict[str, float]:
    """Pre-train on 16 graphs at once."""
    choose = np.random.default_rng(0)
    encoder = FGPEncoder(max_epochs=1, batch_size="all", random_state=0)
    encoder.fit(as_batch([random_dag(10, choose) for _ in range(16)]))  # what is loaded once
    pool = ArchitectureBatch.concatenate([as_batch([random_dag(n, choose)]) for _ in range(16)])
    before = peak_mb()
    encoder.fit(pool).transform(pool)
    return {"before": before, "peak": peak_mb(), "edges": pool.edges.shape[1]}


CHILDREN: dict[str, Callable[..., dict[str, float]]] = {
    work.__name__: work
    for work in (encode_nasbench101, train_on_large_graphs, rank_nasbench101, pretrain_nasbench101)
}


PARTS: dict[str, Callable[[int], Iterator[Figure]]] = {
    "encode": encode_nasbench201,
    "encode-nasbench-graph": encode_nasbench_graph,
    "nasbench101": whole_nasbench101,
    "pretrain": pretraining,
    "fine-tune": fine_tuning,
    "layout": layouts,
    "surrogate": surrogate,
    "simplify": simplification,
    "read": reading,
    "large": large_graphs,
    "rank": ranking,
    "pretrain-size": pretraining_at_size,
    "pool": growth_with_pool,
    "nodes": growth_with_nodes,
    "edges": growth_with_edges,
    "unchanged": unchanged,
}
