"""The problems: a formula of `formulas` with numbers to put into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.formulas import FORMULAS, Words

SMALL, MIDDLE, LARGE = (50, 1, 16), (64, 32, 128), (100, 64, 512)
"""(T, B, H) of the nets."""

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
"""Arrays of the state's width that a cell makes of its input, by kind of net."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A scalar function of `parameters`, whose gradient every contestant computes."""

    kind: str
    size: tuple[int, ...]  # (T, B, H) of a net
    dtype: np.dtype
    parameters: Mapping[str, np.ndarray]
    inputs: np.ndarray
    targets: np.ndarray

    @property
    def title(self) -> str:
        return " ".join([*([str(self.size)] if self.size else []), str(self.dtype)])

    @property
    def recurrent(self) -> bool:
        return self.kind in GATES

    @property
    def arguments(self) -> tuple[Mapping[str, Any], Any, Any]:
        """Parameters, inputs and targets as the formula takes them: for the MLP as lists of numbers."""
        arrays = (self.parameters, self.inputs, self.targets)
        return mapped(np.ndarray.tolist, arrays) if self.kind == "mlp" else arrays

    def formula(self, words: Words) -> Callable[[Mapping[str, Any], Any, Any], Any]:
        """The function of (parameters, inputs, targets), in a library's words."""
        return partial(FORMULAS[self.kind], words)

    def in_float64(self) -> Problem:
        wide = {name: value.astype(np.float64) for name, value in self.parameters.items()}
        inputs, targets = (
            each.astype(np.float64) if each.dtype.kind == "f" else each for each in (self.inputs, self.targets)
        )
        return replace(self, dtype=np.dtype(np.float64), parameters=wide, inputs=inputs, targets=targets)


def mapped(f: Callable[[Any], Any], tree: Any) -> Any:
    """The same dicts, lists and tuples, with f of each leaf."""
    if isinstance(tree, Mapping):
        return {name: mapped(f, each) for name, each in tree.items()}
    return type(tree)([mapped(f, each) for each in tree]) if isinstance(tree, (list, tuple)) else f(tree)


def chain(dtype: str) -> Problem:
    draw = np.random.default_rng(0).uniform
    w, b, x, y = (draw(0.5, 1.5, 4).astype(dtype) for _ in range(4))
    return Problem("chain", (), np.dtype(dtype), {"w": w, "b": b - 1}, x, y)


def mlp() -> Problem:
    draw = np.random.default_rng(1).uniform
    sizes = (2, 16, 16, 1)
    parameters = {}
    for layer, (inputs, outputs) in enumerate(pairwise(sizes), 1):
        parameters |= {f"W{layer}": draw(-1, 1, (outputs, inputs)), f"b{layer}": draw(-1, 1, outputs)}
    return Problem("mlp", (), np.dtype(float), parameters, np.array([0.5, -1.2]), np.array(1.0))


def net(kind: str, size: tuple[int, int, int], dtype: str) -> Problem:
    """A character model: one of 32 tokens at each step for the smallest, one of 64 else."""
    T, B, H = size
    V, wide = 32 if H <= 16 else 64, GATES[kind] * H
    generator = np.random.default_rng(2)
    shapes = {"W_xh": (V, wide), "W_hh": (H, wide), "b_h": (wide,), "W_hy": (H, V), "b_y": (V,)}
    shapes |= {"b_hn": (H,)} if kind == "gru" else {}
    parameters = {name: generator.uniform(-1, 1, shape) / np.sqrt(H) for name, shape in shapes.items()}
    tokens = generator.integers(0, V, (T + 1, B))
    arrays = {name: value.astype(dtype) for name, value in parameters.items()}
    return Problem(kind, size, np.dtype(dtype), arrays, tokens[:-1], tokens[1:])
