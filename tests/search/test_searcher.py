"""Bookkeeping of searches."""

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.exceptions import NotFittedError

from fgp_sklearn import ArchitectureSimplifier
from fgp_sklearn.architectures import Architecture, ArchitectureBatch, ArchitectureError
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.search import (
    ArchitectureSearch,
    ExhaustedSpaceError,
    LocalSearch,
    NASBench201Space,
    PoolSpace,
    RandomSearch,
    RegularizedEvolution,
)
from fgp_sklearn.search._outcome import Outcome
from tests.search.all_spaces import SPACES
from tests.search.test_tables import permuted

CELLS = nasbench201_space()
SEARCHES = [RandomSearch, RegularizedEvolution, LocalSearch]
searches = pytest.mark.parametrize("search", SEARCHES)


def n_convolutions(architecture):
    return float(sum("conv" in op for op in architecture.ops))


def groups(*batches):
    """Which architectures compute the same, decided exactly."""
    return ArchitectureSimplifier(identity_ops="auto").duplicates(ArchitectureBatch.concatenate(batches))


class Stubborn(ArchitectureSearch):
    """Proposes the same architectures again and again."""

    def propose(self, n, generator):
        return CELLS[:40]


@pytest.mark.parametrize("search", [*SEARCHES, Stubborn])
def test_what_computes_the_same_is_asked_once(search):
    searcher = search(NASBench201Space(), random_state=0)
    asked = [searcher.ask(7)]
    searcher.tell(asked[0], [n_convolutions(cell) for cell in asked[0]])
    asked += [searcher.ask(50), searcher.ask(1), searcher.ask(30)]  # while others are pending
    assert [len(batch) for batch in asked] == [7, 50, 1, 30]
    assert len(set(groups(*asked))) == 88
    assert searcher.pending_.sum() == 81
    assert searcher.architectures_ == ArchitectureBatch.concatenate(asked)


@searches
def test_every_function_of_a_small_space_is_asked_until_it_is_exhausted(search):
    cells = CELLS[::100]
    n_functions = len(set(groups(cells)))
    assert n_functions < len(cells)
    searcher = search(PoolSpace(cells), random_state=0)
    asked = [searcher.ask(n_functions - 2)]
    with pytest.raises(ExhaustedSpaceError, match=r"has 2 architectures left .* n=3 are asked") as caught:
        searcher.ask(3)
    assert caught.value.remaining == 2
    assert len(searcher.pending_) == n_functions - 2  # the failed call noted nothing
    asked.append(searcher.ask(2))
    assert len(set(groups(*asked))) == n_functions
    with pytest.raises(ExhaustedSpaceError, match="has 0 architectures left"):
        searcher.ask()


def test_samples_of_a_space_that_cannot_be_listed_run_out():
    class One(type(SPACES["darts"])):
        def sample(self, n, random_state=None):
            return super().sample(1, 0).take(np.zeros(n, dtype=int))

    searcher = RandomSearch(One(), random_state=0)
    searcher.ask()
    with pytest.raises(ExhaustedSpaceError, match="1,000 samples of the search space hold 0 new"):
        searcher.ask()


@searches
def test_same_seed_same_asks(search):
    def asked(random_state):
        searcher = search(NASBench201Space(), random_state=random_state)
        batches = []
        for n in (30, 25, 10):
            batches.append(searcher.ask(n))
            searcher.tell(batches[-1], [n_convolutions(cell) for cell in batches[-1]])
        return ArchitectureBatch.concatenate(batches)

    assert asked(0) == asked(0)
    assert asked(0) != asked(1)
    assert asked(np.random.RandomState(3)) == asked(np.random.RandomState(3))


@searches
def test_minimisation_mirrors_maximisation(search):
    up, down = (
        search(NASBench201Space(), random_state=0),
        search(NASBench201Space(), direction="minimize", random_state=0),
    )
    for _ in range(12):
        batch = up.ask(8)
        assert down.ask(8) == batch
        values = np.array([n_convolutions(cell) for cell in batch])
        up.tell(batch, values)
        down.tell(batch, -values)
    assert up.best_value_ == -down.best_value_
    assert np.array_equal(up.history_["best"], -down.history_["best"])


def test_repeated_values_are_averaged_over_what_computes_the_same():
    searcher = RandomSearch(SPACES["nasbench101"], random_state=0)
    cells = searcher.ask(3)
    searcher.tell(cells, [0.5, 0.1, None])
    searcher.tell(permuted(cells[:1]), 0.7)
    assert searcher.best_value_ == pytest.approx(0.6)
    assert searcher.best_architecture_ == cells[0]
    assert len(searcher.architectures_) == 3
    assert np.array_equal(searcher.values_, [0.6, 0.1, np.nan], equal_nan=True)
    history = searcher.history_
    assert history["architecture"].tolist() == [0, 1, 2, 0]
    assert np.array_equal(history["value"], [0.5, 0.1, np.nan, 0.7], equal_nan=True)
    assert history["best"].tolist() == [0.5, 0.5, 0.5, 0.7]


def test_a_failed_training_is_neither_asked_again_nor_the_best():
    searcher = RandomSearch(PoolSpace(CELLS[[5, 700, 9000]]), random_state=0)
    first = searcher.ask(1)
    searcher.tell(first, None)
    assert not searcher.pending_.any()
    with pytest.raises(NotFittedError, match="no value of any architecture"):
        _ = searcher.best_architecture_
    rest = searcher.ask(2)
    assert first[0] not in list(rest)
    searcher.tell(rest, [1.0, None])
    assert searcher.best_architecture_ == rest[0]
    searcher.tell(first, [3.0])  # another try worked
    assert searcher.best_architecture_ == first[0]


def test_results_that_were_never_asked_are_a_start():
    searcher = RandomSearch(PoolSpace(CELLS[:200]), random_state=0)
    searcher.tell(CELLS[:150], np.arange(150))
    assert searcher.best_architecture_ == CELLS[149]
    n_left = len(set(groups(CELLS[:200]))) - len(set(groups(CELLS[:150])))
    assert len(searcher.ask(n_left)) == n_left
    with pytest.raises(ExhaustedSpaceError):
        searcher.ask()


def test_one_architecture_is_told_with_one_value():
    searcher = RandomSearch(NASBench201Space(), random_state=0)
    one, other = searcher.ask(2)
    assert isinstance(one, Architecture)
    searcher.tell(one, 0.5).tell(other, None)
    assert searcher.told_.tolist() == [0, 1]
    assert searcher.best_architecture_ == one


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0], r"values of shape \(1,\) for 2 architectures"),
        ([[1.0, 2.0]], r"values of shape \(1, 2\)"),
        ([1.0, np.nan], "value 1 is nan; give a finite number, or None if the training failed"),
        ([np.inf, 1.0], "value 0 is inf"),
        ([1.0, "good"], "value 1 is 'good'"),
    ],
)
def test_wrong_values_change_nothing(values, message):
    searcher = RandomSearch(NASBench201Space(), random_state=0)
    batch = searcher.ask(2)
    with pytest.raises(ValueError, match=message):
        searcher.tell(batch, values)
    assert searcher.pending_.all()
    assert len(searcher.told_) == 0


def test_architectures_of_other_spaces_change_nothing():
    searcher = RandomSearch(NASBench201Space(), random_state=0)
    with pytest.raises(ArchitectureError, match=r"^architecture 0: it is not in the search space"):
        searcher.tell(SPACES["nasbench101"].sample(1), [1.0])
    assert searcher.architectures_ is None


def test_a_search_that_knows_nothing_has_empty_state():
    searcher = LocalSearch(NASBench201Space(), random_state=0)
    assert searcher.architectures_ is None
    assert LocalSearch(NASBench201Space()).pending_.shape == (0,)
    assert LocalSearch(NASBench201Space()).told_.shape == (0,)
    assert LocalSearch(NASBench201Space()).told_values_.shape == (0,)
    assert (searcher.n_asks_, searcher.run_start_) == (0, 0)
    assert searcher.ask(5) == LocalSearch(NASBench201Space(), random_state=0).ask(5)


def test_proposals_that_are_no_members_are_not_asked():
    class Careless(Stubborn):
        def propose(self, n, generator):
            return [*CELLS[:2], SPACES["nasbench101"].sample(1, 0)[0]]

    searcher = Careless(NASBench201Space())
    assert len(searcher.ask(2)) == 2
    with pytest.raises(ArchitectureError, match=r"^architecture 2: Careless.propose .* NASBench201Sp"):
        searcher.ask(1)
    assert searcher.pending_.sum() == 2


@searches
def test_more_than_a_finite_space_holds_is_refused_before_any_is_drawn(search):
    class Counted(PoolSpace):
        n_drawn = 0

        def sample(self, n, random_state=None):
            self.n_drawn += n
            return super().sample(n, random_state)

    space = Counted(CELLS[:60])
    n_functions = len(set(groups(CELLS[:60])))
    searcher = search(space, random_state=0)
    for _ in range(2):
        with pytest.raises(ExhaustedSpaceError, match=f"has {n_functions} arch") as caught:
            searcher.ask(10**6)
        assert caught.value.remaining == n_functions
    assert space.n_drawn == 0
    assert len(searcher.ask(n_functions)) == n_functions


def test_the_text_of_a_search_tells_what_it_found():
    searcher = RandomSearch(NASBench201Space(), direction="minimize", random_state=0)
    assert repr(searcher) == "RandomSearch(NASBench201Space(), direction='minimize')"
    searcher.tell(searcher.ask(3), None)
    assert repr(searcher) == "RandomSearch(NASBench201Space(), direction='minimize', n_told=3)"
    searcher.tell(searcher.ask(2), [0.25, 1 / 3])
    assert repr(searcher).endswith("n_told=5, best_value=0.25)")
    assert repr(RandomSearch(None)) == "RandomSearch(None)"


@pytest.mark.parametrize(
    ("search", "error", "message"),
    [
        (lambda: RandomSearch(CELLS), TypeError, "space must be a SearchSpace, got .* PoolSpace makes one"),
        (lambda: RandomSearch(NASBench201Space(), direction="up"), ValueError, "direction must be .* 'up'"),
        (lambda: RegularizedEvolution(NASBench201Space(), sample_size=0), ValueError, "sample_size == 0"),
        (lambda: LocalSearch(NASBench201Space(), n_mutants=0), ValueError, "n_mutants == 0"),
    ],
)
def test_parameters_are_checked(search, error, message):
    with pytest.raises(error, match=message):
        search().ask()


def test_many_results_are_told_at_once():
    cells = SPACES["nasbench101"].sample(30_000, random_state=0)
    searcher = RandomSearch(SPACES["nasbench101"]).tell(cells, np.zeros(30_000))
    assert len(searcher.told_) == 30_000
    assert len(searcher.architectures_) == searcher.told_.max() + 1 < 30_000


# ---------------------------------------------------------------------- maximize


def test_maximize_is_ask_and_tell():
    searcher = RegularizedEvolution(NASBench201Space(), population_size=10, random_state=0)
    twin = RegularizedEvolution(NASBench201Space(), population_size=10, random_state=0)
    assert searcher.maximize(n_convolutions, 20).maximize(n_convolutions, budget=5) is searcher
    for _ in range(25):
        batch = twin.ask()
        twin.tell(batch, [n_convolutions(batch[0])])
    assert searcher.architectures_ == twin.architectures_
    assert np.array_equal(searcher.told_values_, twin.told_values_)


def test_maximize_evaluates_several_at_once():
    searcher = RandomSearch(NASBench201Space(), random_state=0)
    with parallel_config("threading"):
        searcher.maximize(n_convolutions, 7, n_parallel=3)
    assert searcher.n_asks_ == 3
    assert searcher.told_values_.tolist() == [n_convolutions(cell) for cell in searcher.architectures_]


def test_an_objective_may_fail_or_raise():
    failing = [True, True]

    def objective(architecture):
        if failing.pop() if failing else False:
            raise OSError("no disk")
        return None if n_convolutions(architecture) < 3 else 1.0

    searcher = RandomSearch(NASBench201Space(), random_state=0)
    for _ in range(2):
        with pytest.raises(OSError, match="no disk"):
            searcher.maximize(objective, budget=20)
    searcher.maximize(objective, budget=20)
    assert searcher.n_asks_ == 20  # the first one was not asked again
    assert not searcher.pending_.any()
    assert 0 < np.isnan(searcher.told_values_).sum() < 20


@pytest.mark.parametrize("value", [np.nan, float("-inf"), np.float32("nan"), np.array(np.nan), 10**400])
def test_an_objective_that_diverges_counts_as_failed(value):
    values = iter([1.0, value, 2.0, value])
    searcher = RandomSearch(NASBench201Space(), random_state=0)
    with pytest.warns(UserWarning, match="NaN or infinity; this and all others") as caught:
        searcher.maximize(lambda architecture: next(values), budget=4)
    assert len(caught) == 1
    assert np.array_equal(searcher.told_values_, [1, np.nan, 2, np.nan], equal_nan=True)
    assert not searcher.pending_.any()


@pytest.mark.parametrize(
    ("returned", "value"),
    [
        ({"value": 1.0, "latency": 2.0}, {"value": 1.0, "latency": 2.0}),
        ({"value": np.nan, "latency": 2.0}, {"value": None, "latency": 2.0}),
        ({"value": 1.0, "latency": np.inf}, {"value": None, "latency": None}),
    ],
)
def test_a_training_without_a_finite_column_failed(returned, value):
    outcome = Outcome.of(lambda architecture: returned, None)
    assert outcome.value == value
    assert outcome.not_finite == (value != returned)


@pytest.mark.parametrize("wrong", ["an error", "a text"])
def test_an_error_leaves_the_finished_trainings_of_its_batch(wrong):
    trained = []

    def objective(architecture):
        trained.append(architecture)
        if len(trained) == 2 and wrong == "an error":
            raise OSError("no disk")
        return "good" if len(trained) == 2 else n_convolutions(architecture)

    searcher = RandomSearch(NASBench201Space(), random_state=0)
    with parallel_config("sequential"), pytest.raises((OSError, ValueError), match=r"no disk|'good'"):
        searcher.maximize(objective, budget=4, n_parallel=4)
    assert searcher.told_.tolist() == [0, 2, 3]
    assert searcher.pending_.tolist() == [False, True, False, False]
    searcher.maximize(objective, budget=1)
    assert trained[4] == trained[1]


def test_errors_of_other_processes_keep_their_type_and_traceback():
    def objective(architecture):
        raise architecture

    class Unreadable(Exception):
        def __init__(self, code, reason):
            super().__init__(f"{code}: {reason}")

    for error, expected in [(OSError("no disk"), OSError), (Unreadable(3, "lost"), RuntimeError)]:
        outcome = Outcome.of(objective, error)
        assert outcome.error is error
        make, given = outcome.__reduce__()
        moved = make(*given).error
        assert type(moved) is expected
        assert str(error) in str(moved)
        assert "raise architecture" in moved.__notes__[0]


def test_maximize_ends_when_the_space_is_exhausted():
    searcher = RandomSearch(PoolSpace(CELLS[:60]), random_state=0)
    n_functions = len(set(groups(CELLS[:60])))
    exhausted = pytest.warns(UserWarning, match=f"exhausted after {n_functions} of 100 evaluations")
    with parallel_config("threading"), exhausted:
        searcher.maximize(n_convolutions, budget=100, n_parallel=2)
    assert len(searcher.told_) == n_functions


@pytest.mark.parametrize("numbers", [{"budget": 0}, {"budget": 3, "n_parallel": 0}])
def test_numbers_are_checked(numbers):
    with pytest.raises(ValueError, match="== 0, must be >= 1"):
        RandomSearch(NASBench201Space()).maximize(n_convolutions, **numbers)
