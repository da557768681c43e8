"""The contestants: who they are. Each one's way to a gradient is in a room of its own, entered only if it is installed.

Nothing that computes is imported here, so that the threads can still be set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.problems import Problem

Step = Callable[[], tuple[Any, Mapping[str, Any]]]
"""Once forward and backward: the loss, and the gradient of each parameter as anything NumPy can read."""

Build = Callable[["Problem"], Step]
"""May raise SitsOut."""


class SitsOut(Exception):
    """A contestant doesn't take part in a problem; the message says why."""


@dataclass(frozen=True, slots=True)
class Contestant:
    name: str
    package: str  # what must be installed
    told: str  # how it computes
    enter: Callable[[], Build]
    compiles: bool = False  # what it does before the first result is worth telling

    def builder(self) -> Build:
        """Enter its room, which imports it."""
        if find_spec(self.package) is None:
            raise SitsOut("not installed")
        return self.enter()


def _in(room: str) -> Callable[[], Build]:
    return partial(resolve_name, f"{__name__}.{room}")


EAGER, PROGRAM, JAX_ENGINE = "minigrad, eager", "minigrad, program", "minigrad, JAX engine"
HAND = "NumPy by hand"
MICROGRAD, AUTOGRAD, MYGRAD = "micrograd", "autograd", "MyGrad"
TORCH, TORCH_NN, SCAN, UNROLLED = "PyTorch, loop", "PyTorch, nn", "JAX, jit of scan", "JAX, jit of loop"

CONTESTANTS = (
    Contestant(EAGER, "minigrad", "a new tape in each call", _in("own:eager")),
    Contestant(PROGRAM, "minigrad", "traced once, gradients included; replayed", _in("own:program"), compiles=True),
    Contestant(JAX_ENGINE, "jax", "`jit` of the same program's `to_jax()`", _in("jax:program"), compiles=True),
    Contestant(HAND, "numpy", "the backward pass written out; in float64 it is the judge", _in("hand:build")),
    Contestant(MICROGRAD, "micrograd", "`backward` of the same formula", _in("micrograd:build")),
    Contestant(AUTOGRAD, "autograd", "`value_and_grad` of the same formula", _in("autograd:build")),
    Contestant(MYGRAD, "mygrad", "`backward` of the same formula", _in("mygrad:build")),
    Contestant(TORCH, "torch", "`backward` of the same formula", _in("torch:loop")),
    Contestant(TORCH_NN, "torch", "nn.RNN, nn.LSTM and nn.GRU on one-hot inputs made beforehand", _in("torch:module")),
    Contestant(SCAN, "jax", "`jit` of `value_and_grad` of a `lax.scan`", _in("jax:scan"), compiles=True),
    Contestant(UNROLLED, "jax", "`jit` of `value_and_grad` of the same formula", _in("jax:unrolled"), compiles=True),
)
