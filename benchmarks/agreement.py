"""Before anything is timed, every contestant finds the same loss and gradient. The judge is `peers.hand`."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.peers import hand
from benchmarks.problems import Problem

TOLERANCE = {"float32": 1e-4, "float64": 1e-9}
"""Of the largest difference in a parameter's gradient, relative to the largest entry of that gradient."""


Found = tuple[Any, Mapping[str, Any]]
"""A loss, and the gradient of each parameter."""


class Disagreement(Exception):
    """A contestant found another gradient."""


def judged(problem: Problem) -> Found:
    """Loss and gradients by hand, in float64 whatever the problem's own dtype."""
    return hand.build(problem.in_float64())()


def check(where: str, dtype: np.dtype, found: Found, right: Found) -> None:
    """Raise Disagreement, naming contestant and parameter, unless loss and gradients are right and have this dtype."""
    (loss, gradients), (right_loss, right_gradients) = found, right
    if gradients.keys() != right_gradients.keys():
        raise Disagreement(f"{where}: gradients of {sorted(gradients)}; wanted {sorted(right_gradients)}")
    allowed = TOLERANCE[str(dtype)]
    compared = {"the loss": (loss, right_loss)}
    compared |= {f"the gradient of {each}": (gradients[each], right_gradients[each]) for each in right_gradients}
    for what, (mine, wanted) in compared.items():
        mine, wanted = np.asarray(mine), np.asarray(wanted)
        if mine.shape != wanted.shape or mine.dtype != dtype:
            raise Disagreement(
                f"{where}: {what} is {mine.dtype} of shape {mine.shape}; wanted {dtype} of shape {wanted.shape}"
            )
        difference = np.max(np.abs(mine - wanted)) / np.max(np.abs(wanted))
        if not difference <= allowed:
            raise Disagreement(f"{where}: {what} is off by {difference:.1e} relative; allowed is {allowed:.0e}")
