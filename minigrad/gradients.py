"""The record of a reverse sweep: gradients, uses, what the cuts held back. The sweep itself is in `backward`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from .refusal.arguments import printable, shown
from .registry import Shown
from .tensor import Tensor

_NONE: Mapping[int, str | None] = {}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Use:
    """One use of a tensor on the way to the output, and what flowed back from it."""

    consumer: Tensor
    argument: int
    scope: str
    contribution: Any

    def __repr__(self) -> str:
        where = f" in {printable(self.scope)}" if self.scope else ""
        return f"<use as argument {self.argument} of {self.consumer._operation}{where}: {_size(self.contribution)}>"


class Leaf(NamedTuple):
    """A leaf, or what `wrt` named, after a sweep: name, gradient, and how many uses it has, if they were recorded."""

    name: str | None
    gradient: Any
    uses: int | None


class Gradients(Shown):
    """What one reverse sweep found, made by `gradients`. Arrays are read-only; with `create_graph` they are Tensors."""

    def __init__(
        self,
        values: dict[int, Any],
        uses: dict[int, dict[tuple[int, int], Use]] | None,
        blocked: dict[int, Any],
        cuts: tuple[Tensor, ...],
        asked: frozenset[int] | None,
        create_graph: bool,
        names: Mapping[int, str | None] = _NONE,
    ) -> None:
        self._names = dict(names)
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

    def __repr__(self) -> str:
        known = self.leaves()
        shown = ", ".join(f"{printable(leaf.name or '—')} {_size(leaf.gradient)}" for leaf in known[:5])
        more = ", …" if len(known) > 5 else ""
        cuts = f", {len(self.cuts)} cut{'s' * (len(self.cuts) != 1)}" if self.cuts else ""
        return f"<gradients of {len(known)} tensor{'s' * (len(known) != 1)}{cuts}: {shown}{more}>"

    def leaves(self) -> list[Leaf]:
        """What the sweep came to: leaves, and what `wrt` named, in the order in which they were made.

        >>> import minigrad as mg
        >>> x = mg.tensor(3.0, requires_grad=True, name="x")
        >>> mg.gradients(x * x, record=True).leaves()
        [Leaf(name='x', gradient=np.float64(6.0), uses=2)]
        """
        uses = self._uses
        return [
            Leaf(name, self._values[order], None if uses is None else len(uses.get(order, ())))
            for order, name in sorted(self._names.items())
            if order in self._values
        ]

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
        self._number(cut)
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
        self._names |= other._names
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
            raise TypeError(f"gradients are looked up by Tensor, not by {type(tensor).__name__}; got {shown(tensor)}")
        if not tensor._requires_grad:
            raise KeyError(f"{tensor._label} doesn't require gradients, so none was computed")
        return tensor.order


def _size(gradient: Any) -> str:
    """A number as it is, an array by its norm."""
    value = gradient._data if isinstance(gradient, Tensor) else gradient
    return f"‖{np.linalg.norm(np.asarray(value, float)):.4g}‖" if np.ndim(value) else f"{value:.4g}"


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
