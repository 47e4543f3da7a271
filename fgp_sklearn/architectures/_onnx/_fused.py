"""Fused: operators that exporters write as several nodes, as one again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fgp_sklearn.architectures._networks import NetworkNode, attention_of
from fgp_sklearn.architectures._onnx._values import Values

_GATED = {"sigmoid": "silu", "hard_sigmoid": "hardswish"}  # what an input times this of itself is
_STEPS = ("add", "mul", "div")  # between the product of queries and keys, and the softmax
_TRANSPOSES = (("reshape", "transpose", "reshape"), ("transpose",))  # of keys


class Fused:
    """Finds the operator that a node completes. The nodes before it are then read by no other node.

    Parameters
    ----------
    nodes : mapping of str to NetworkNode
        The nodes so far, by name.
    values : Values
        Their shapes.
    uses : mapping of str to int
        How many times each value is read in the model.
    """

    def __init__(self, nodes: Mapping[str, NetworkNode], values: Values, uses: Mapping[str, int]) -> None:
        self._nodes = nodes
        self._values = values
        self._uses = uses

    def of(self, node: NetworkNode) -> NetworkNode:
        """The operator that a node completes, or the node.

        Parameters
        ----------
        node : NetworkNode
            A new node.

        Returns
        -------
        NetworkNode
            A node of the same name.
        """
        rules = {
            "add": self._biased,
            "mul": self._gated,
            "matmul": self._attention,
            "reciprocal": self._rsqrt,
        }
        rule = rules.get(node.kind)
        return node if rule is None else rule(node)

    def _before(self, name: str, kind: str) -> NetworkNode | None:
        """The node of a value that is read once, if it has this kind."""
        found = self._nodes.get(name)
        return found if found is not None and found.kind == kind and self._uses[name] == 1 else None

    def _biased(self, node: NetworkNode) -> NetworkNode:
        """A product with weights, and its bias."""
        product = self._before(node.inputs[0], "linear") if len(node.inputs) == 1 else None
        if product is None or sum(node.weights.values()) != product.attributes.get("out_channels"):
            return node
        return replace(product, name=node.name, weights={**product.weights, **node.weights})

    def _gated(self, node: NetworkNode) -> NetworkNode:
        """An input times a function of itself."""
        for one, other in (node.inputs, node.inputs[::-1]) if len(node.inputs) == 2 else ():
            for kind, whole in _GATED.items():
                gate = self._before(other, kind)
                if gate is not None and gate.inputs == (one,):
                    return replace(node, kind=whole, inputs=(one,))
        return node

    def _rsqrt(self, node: NetworkNode) -> NetworkNode:
        """One over a square root."""
        root = self._before(node.inputs[0], "sqrt")
        return node if root is None else replace(node, kind="rsqrt", inputs=root.inputs)

    def _attention(self, node: NetworkNode) -> NetworkNode:
        """Products of queries and keys, a softmax, and a product with values."""
        weights = self._softmax(node.inputs[0]) if len(node.inputs) == 2 else None
        if weights is None:
            return node
        steps = self._steps(weights.inputs[0])
        scores = self._before(steps[-1].inputs[0] if steps else weights.inputs[0], "matmul")
        if scores is None or len(scores.inputs) != 2:
            return node
        query, key = scores.inputs
        shapes = [self._values.shape(name) for name in (query, key, node.inputs[1], node.name)]
        if any(shape is None or len(shape) < 3 for shape in shapes):
            return node
        of_query, of_key, of_value, output = (shape or () for shape in shapes)
        kind, attributes = attention_of(of_query, (*of_key[:-2], of_key[-1], of_key[-2]), of_value, output)
        inputs = (self._unscaled(query), self._untransposed(key), node.inputs[1])
        masks = tuple(name for step in steps for name in step.inputs[1:])
        parameters = {name: n for step in (*steps, node) for name, n in step.weights.items()}
        return replace(node, kind=kind, attributes=attributes, inputs=(*inputs, *masks), weights=parameters)

    def _softmax(self, name: str) -> NetworkNode | None:
        """The softmax that a value comes from, perhaps with zeros where it is not a number."""
        guard = self._before(name, "where")
        if guard is None or len(guard.inputs) != 2:
            return self._before(name, "softmax")
        test, found = self._before(guard.inputs[0], "compare"), self._nodes[guard.inputs[1]]
        is_guarded = test is not None and test.inputs == (found.name,) and self._uses[found.name] == 2
        return found if is_guarded and found.kind == "softmax" else None

    def _steps(self, name: str) -> list[NetworkNode]:
        """What scales and masks the product of queries and keys before the softmax, the last step first."""
        steps: list[NetworkNode] = []
        while (step := next(filter(None, (self._before(name, kind) for kind in _STEPS)), None)) is not None:
            steps.append(step)
            name = step.inputs[0]
        return steps

    def _untransposed(self, name: str) -> str:
        """Keys before they are scaled and transposed."""
        name = self._unscaled(name)
        found = (self._through(name, kinds) for kinds in _TRANSPOSES)
        return self._unscaled(next((one for one in found if one is not None), name))

    def _unscaled(self, name: str) -> str:
        """A value before it is multiplied by constants."""
        while (before := self._through(name, ("mul",)) or self._through(name, ("div",))) is not None:
            name = before
        return name

    def _through(self, name: str, kinds: Sequence[str]) -> str | None:
        """The value that a chain of nodes of these kinds, the last one first, begins with."""
        for kind in kinds:
            step = self._before(name, kind)
            if step is None or len(step.inputs) != 1 or step.weights:
                return None
            (name,) = step.inputs
        return name
