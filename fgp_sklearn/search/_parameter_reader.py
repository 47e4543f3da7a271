"""ParameterReader: from parameters of trials to architectures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError, as_batch
from fgp_sklearn.architectures._frames._plan import plan_of
from fgp_sklearn.architectures._from_frame import chains_of
from fgp_sklearn.architectures._known_operations import KnownOperations
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.architectures._node_attributes import NodeAttributes, with_attributes
from fgp_sklearn.architectures._read_sequence import read_any
from fgp_sklearn.architectures._simplify import functional_graph
from fgp_sklearn.preprocessing import FrameTensorizer
from fgp_sklearn.search._imagined_trial import ImaginedTrial

Params = Mapping[str, Any]
IntArray = NDArray[np.int64]


class ParameterReader:
    """Reads parameters of trials as architectures, in the way in which a predictor reads them.

    Parameters
    ----------
    to_architecture : callable, FrameTensorizer or None
        Function from a dict of parameters to an architecture, or what reads all dicts as a table.
    define_architecture : callable or None
        Function of a trial that returns an architecture, used if there is no `to_architecture`. If there is
        neither, parameters are a row of a table for `from_frame`.
    predictor : estimator
        Its parameters `op_attr`, `attributes`, `null_ops`, `identity_ops` and `operations` hold here too.
    """

    def __init__(
        self,
        to_architecture: Callable[[dict[str, Any]], Any] | FrameTensorizer | None,
        define_architecture: Callable[[Any], Any] | None,
        predictor: Any,
    ) -> None:
        self._table = FrameTensorizer()
        if isinstance(to_architecture, FrameTensorizer):
            self._table, to_architecture, define_architecture = to_architecture, None, None
        self._to_architecture = to_architecture
        self._define = define_architecture
        given = {name: value for name, value in vars(predictor).items() if not name.startswith("_")}
        self._form = {name: given[name] for name in ("op_attr", "attributes") if name in given}
        roles = ("null_ops", "identity_ops", "operations")
        self._known = KnownOperations(**{name: given[name] for name in roles if name in given})

    @property
    def function(self) -> str:
        """Name of the function that makes architectures."""
        return "define_architecture" if self._to_architecture is None else "to_architecture"

    @property
    def reads_tables(self) -> bool:
        """Whether parameters are a row of a table, since there is no function that reads them."""
        return self._to_architecture is None and self._define is None

    def ignored(self, names: Iterable[str]) -> tuple[str, ...]:
        """Names of parameters that are no columns of a table, if there is no function that reads them."""
        if not self.reads_tables:
            return ()
        listed = list(names)
        try:
            return plan_of(listed, self._table.stages, self._table.shared).ignored
        except ArchitectureError as error:
            if self._table.stages or self._table.shared:
                raise  # it names the column that is lacking
            raise ValueError(
                f"the names of the parameters, {named(listed)}, are no columns of a table, such as "
                "'stage2_kernel', so the sampler does not know their architectures; pass "
                "define_architecture= or to_architecture="
            ) from error

    def read(
        self, params: Sequence[Params]
    ) -> tuple[IntArray, ArchitectureBatch | None, dict[int, Exception]]:
        """Read architectures.

        Parameters
        ----------
        params : sequence of dict
            Parameters of trials.

        Returns
        -------
        positions : ndarray of int
            Which parameters make an architecture.
        batch : ArchitectureBatch or None
            Their architectures; None if there are none.
        errors : dict
            What the user's function raised for the others, by their positions.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed. A note tells its parameters.
        """
        if self.reads_tables:
            return np.arange(len(params)), self._from_rows(params) if params else None, {}
        positions, architectures = [], []
        errors: dict[int, Exception] = {}
        for position, one in enumerate(params):
            try:
                made = self._made(dict(one))
            except Exception as error:  # whatever a user raises for a combination that is invalid
                errors[position] = error
                continue
            architectures.append(made[0] if isinstance(made, ArchitectureBatch) else made)
            positions.append(position)
        if not architectures:
            return np.zeros(0, dtype=np.int64), None, errors
        try:
            batch = self._batch(architectures)
        except ArchitectureError as error:
            if error.index is not None:
                error.add_note(f"It was made from the parameters {shown(params[positions[error.index]])}.")
            raise
        return np.array(positions, dtype=np.int64), batch, errors

    def functional(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        """What architectures compute: equal results, up to isomorphism, are equal architectures."""
        read = self._known.read(batch)
        return functional_graph(read, null_ops=self._known.removed, identity_ops=self._known.contracted)

    def _made(self, params: dict[str, Any]) -> Any:
        if self._to_architecture is not None:
            return self._to_architecture(params)
        assert self._define is not None
        return self._define(ImaginedTrial(np.random.default_rng(0), params))

    def _batch(self, architectures: Sequence[Any]) -> ArchitectureBatch:
        """Read architectures with all numbers of nodes, unless the predictor names those that matter."""
        if self._form.get("attributes") is not None:
            return as_batch(architectures, **self._form)
        wanted = NodeAttributes(self._form.get("op_attr", "op"), None)
        batch = read_any(architectures, wanted)
        if not wanted.found:
            return batch
        names = tuple(sorted({*wanted.found, *batch.attribute_names}))
        return with_attributes(read_any(architectures, replace(wanted, names=names)), names)

    def _from_rows(self, params: Sequence[Params]) -> ArchitectureBatch:
        names = dict.fromkeys(name for one in params for name in one)
        self.ignored(names)  # raises an error if none is a column of a table
        table = self._table
        plan = plan_of(list(names), table.stages, table.shared)
        used = [*plan.shared, *(column for stage in plan.stages for column in stage.values())]
        frame = {name: [one.get(name) for one in params] for name in used}
        chains = chains_of(frame, plan, table.depth, table.op_attr, stage_ops=table.stage_ops)
        return as_batch(chains, attributes=table.attributes)
