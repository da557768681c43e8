"""The record of a reverse sweep: gradients, uses, what the cuts held back. The sweep itself is in `backward`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .tensor import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One use of a tensor on the way to the output, and what flowed back from it."""

    consumer: Tensor
    argument: int
    scope: str
    contribution: Any


class Gradients:
    """What one reverse sweep found, made by `gradients`. Arrays are read-only; with `create_graph` they are Tensors."""

    def __init__(
        self,
        values: dict[int, Any],
        uses: dict[int, dict[tuple[int, int], Use]] | None,
        blocked: dict[int, Any],
        cuts: tuple[Tensor, ...],
        asked: frozenset[int] | None,
        create_graph: bool,
    ) -> None:
        self._values = values
        self._uses = uses
        self._blocked = blocked
        self._asked = asked
        self._create_graph = create_graph
        self.cuts = cuts

    def __getitem__(self, tensor: Tensor) -> Any:
        """The gradient with respect to a leaf, to what `wrt` names, or after `record=True` to any tensor.

        Exact zeros where the output doesn't depend on it, and at a cut.
        """
        number = self._number(tensor)
        gradient = self._values.get(number)
        if gradient is not None:
            return gradient
        leaf = not tensor._inputs
        known = number in self._asked if self._asked is not None else leaf
        known = known or any(tensor is cut for cut in self.cuts)
        if not known and self._uses is None:
            raise KeyError(f"no gradient was kept for {tensor._label}: name it in wrt=, or sweep with record=True")
        zeros = _locked(np.zeros(tensor.shape, tensor.dtype))
        return Tensor(zeros) if self._create_graph else zeros

    def reaches(self, tensor: Tensor) -> bool:
        """Whether this sweep started from the tensor, or came by it. Only a sweep with `record=True` knows."""
        return self._uses is None or tensor.order in self._values or any(tensor is cut for cut in self.cuts)

    def uses(self, tensor: Tensor) -> tuple[Use, ...]:
        """One entry for each use of `tensor`, in tape order. Their contributions sum to its gradient."""
        entries = self._recorded().get(self._number(tensor), {})
        return tuple(entries[key] for key in sorted(entries))

    def blocked(self, cut: Tensor) -> Any:
        """The gradient that arrived at a cut and was held back there."""
        self._recorded()
        if all(cut is not known for known in self.cuts):
            raise KeyError(f"{cut._label} is not one of the {len(self.cuts)} cuts of this sweep")
        gradient = self._blocked.get(cut.order)
        return _locked(np.zeros(cut.shape, cut.dtype)) if gradient is None else gradient

    def rooted_in(self, total: Tensor) -> Gradients:
        """Take these gradients, swept from the terms of a sum, as those of the sum `total`. Returns itself."""
        assert total.origin is not None
        one = self._values[total.order] = total.dtype.type(1)
        for position, term in enumerate(total.origin.inputs if self._uses is not None else ()):
            use = Use(total, position, total.origin.scope, one)
            self._recorded().setdefault(term.order, {})[total.order, position] = use
        return self

    def include(self, other: Gradients) -> Gradients:
        """Add another sweep's findings to these: uses of both, one for each consumer and argument. Returns itself."""
        _add_all(self._values, other._values)
        _add_all(self._blocked, other._blocked)
        for number, uses in (other._uses or {}).items():
            mine = self._recorded().setdefault(number, {})
            for key, use in uses.items():
                known = mine.get(key)
                mine[key] = use
                if known is not None:
                    mine[key] = replace(use, contribution=_locked(known.contribution + use.contribution))
        self.cuts += tuple(cut for cut in other.cuts if all(cut is not known for known in self.cuts))
        return self

    def _recorded(self) -> dict[int, dict[tuple[int, int], Use]]:
        if self._uses is None:
            raise ValueError("uses and blocked gradients are kept by a sweep with record=True")
        return self._uses

    @staticmethod
    def _number(tensor: Tensor) -> int:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"gradients are looked up by Tensor, not by {type(tensor).__name__}")
        if not tensor._requires_grad:
            raise KeyError(f"{tensor._label} doesn't require gradients, so none was computed")
        return tensor.order


def _add_all(into: dict[int, Any], more: dict[int, Any]) -> None:
    for number, array in more.items():
        known = into.get(number)
        into[number] = array if known is None else _locked(known + array)


def _locked(value: Any) -> Any:
    """An array read-only, one with no axes as a NumPy scalar."""
    if isinstance(value, np.ndarray):
        value.setflags(write=False)
        return value[()]
    return value
