"""The table of order: sorting, and where a number would stand. The largest and the smallest are in `reductions`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import primitive, records
from ..tensor import Tensor
from .shaping import ravel


def _back_in_place(g: Any, y: Any, x: Any, axis: int) -> Any:
    """Each cotangent where its number came from."""
    rank = _order(_order(x, axis), axis)
    return np.take_along_axis(g, rank, axis=axis)


def _order(x: Any, axis: int) -> Any:
    """Equal numbers keep their order, on arrays as on Tensors."""
    return argsort(x, axis=axis) if isinstance(x, Tensor) else np.argsort(x, axis=axis, kind="stable")


# fmt: off
in_order = primitive(lambda x, axis: np.sort(x, axis=axis, kind="stable"), _back_in_place, parameters={"axis": -1}, name="sort", local="1, back in place")

# Piecewise constant: recorded, and no gradient flows.
argsort = primitive(lambda x, axis: np.argsort(x, axis=axis, kind="stable"), None, parameters={"axis": -1}, name="argsort")
searchsorted = primitive(np.searchsorted, None, None, parameters={"side": "left"})
# fmt: on
records(np.argsort)(argsort)


@records(np.sort)
def sort(a: Any, axis: int | None = -1) -> Tensor:
    """The numbers along an axis (`axis=None`: of the flattened array) from the smallest to the largest."""
    return in_order(ravel(a), axis=0) if axis is None else in_order(a, axis=axis)
