"""ReusedGraphTensors: a batch that training uses in every step."""

from __future__ import annotations

from functools import cached_property

from fgp_sklearn.nn._colour_refinement import Layer, layers_of_kinds
from fgp_sklearn.nn._tensors import GraphTensors


class ReusedGraphTensors(GraphTensors):
    """Batch that training uses in every step.

    It caches the layers between kinds of nodes, which take longer to find than a training step. Tensors that
    are moved to another device are `GraphTensors`, since the next step moves them again.
    """

    def layers_of_kinds(self, n_layers: int) -> tuple[Layer, ...]:
        """Return `layers_of_kinds` of the batch, found on the first call.

        Parameters
        ----------
        n_layers : int
            Number of layers of the network.

        Returns
        -------
        tuple of Layer
            One layer per layer of the network, between kinds of nodes.
        """
        if n_layers not in self._found:
            kind = self.input_kinds.kind
            self._found[n_layers] = self._derived(
                lambda batch, device: layers_of_kinds(batch, n_layers, device, kind)
            )
        return self._found[n_layers]

    @cached_property
    def _found(self) -> dict[int, tuple[Layer, ...]]:
        return {}
