"""check_cell: a cell of one's own tried in all that nets are used for, and told in words. Truncation is in `check`."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from minigrad import Tensor, gradients, trace
from minigrad.refusal.arguments import generator, printable

from .bptt import bptt
from .check import check_handed, check_truncation
from .lanes import swept_in_lanes
from .model import Model, State, given_model, tensors_of
from .truncation import earliest_steps, k_truncated, subsequence, untruncated
from .unrolling import Unrolled, unroll

STEPS, BATCH = 5, 3


def check_cell(cell: Model, inputs: Any = None, *, rng: int = 0) -> None:
    """Try a cell in all that nets are used for, and print what was found, a line for each.

    Shapes of output and state, with a batch and without; that a run can be repeated; that examples of a batch don't
    mix; that the parameters handed are the ones used; gradients and truncations against finite differences; lengths;
    a trace; pickle and deepcopy.

    Parameters
    ----------
    cell : anything with `parameters`, `initial_state` and `step`
        An object, not its class. Gradients are compared with differences if its parameters are float64.
    inputs : (T, B, ...), optional
        Examples of what it is given, T ≥ 2 and B ≥ 2. If not given: random ones, as many features as `cell.input_size`
        or the rows of `W_xh` say, `input_ndim` counted.
    rng : int
        Draws inputs and targets.

    Raises
    ------
    AssertionError
        At the end, if any line begins with "no"; it says again what was wrong.
    ValueError
        There is no telling which inputs the cell takes, or those given have no batch.

    >>> from minigrad.models import RNN, check_cell
    >>> check_cell(RNN(2, 3, 2))
    yes  shapes: output (2,), state (3,); in a batch of 3 (3, 2), state (3, 3)
    yes  repeatable: two runs give the same outputs
    yes  batch: the examples of a batch don't mix
    yes  parameters: step uses those that it is handed
    yes  gradients: all of W_xh, W_hh, b_h, W_hy, b_y get one
    yes  truncations: untruncated, k_truncated(1), subsequence(2) and one that is not monotone, as differences say
    yes  sliding window: swept once, in age lanes
    yes  lengths: a shorter example in a batch is as if alone
    yes  trace: a program of it gives the same gradients with other weights
    yes  copies: pickle and copy.deepcopy give the same outputs
    """
    given_model(cell, "check_cell")
    trial = _Trial(cell, inputs, generator(rng))
    wrong = []
    for title, check in trial.checks():
        try:
            print(printable(f"yes  {title}: {check()}"))
        except Exception as error:  # whatever a user's cell raises is told, and the other checks still run
            reason = printable(f"{title}: {' '.join(str(error).split()) or type(error).__name__}")
            print(f"no   {reason}")
            wrong.append(reason)
    if wrong:
        raise AssertionError(f"{printable(type(cell).__name__)} fails in {len(wrong)}: " + "\n".join(wrong))


class _Trial:
    """A cell with inputs and targets to try it with. Each check returns what was found, or raises."""

    def __init__(self, cell: Model, inputs: Any, generator: np.random.Generator) -> None:
        self.cell = cell
        self.inputs = _inputs(cell, generator) if inputs is None else np.asarray(inputs)
        features = 0 if self.inputs.dtype.kind in "iu" else getattr(cell, "input_ndim", 1)
        if self.inputs.ndim != 2 + features or min(self.inputs.shape[:2]) < 2:
            raise ValueError(f"inputs are (T, B, …) with T and B from 2; got shape {self.inputs.shape}")
        dtypes = {parameter.dtype for parameter in cell.parameters.values()}
        self.exact = dtypes <= {np.dtype(np.float64)}
        self.tolerance = 1e-9 if self.exact else 1e-3
        self.targets: Any = None
        self.generator = generator

    def checks(self) -> Iterator[tuple[str, Callable[[], str]]]:
        yield "shapes", self.shapes
        yield "repeatable", self.repeatable
        yield "batch", self.batch
        yield "parameters", self.parameters
        yield "gradients", self.gradients
        yield "truncations", self.truncations
        yield "sliding window", self.window
        yield "lengths", self.lengths
        yield "trace", self.trace
        yield "copies", self.copies

    def run(self, cell: Model | None = None, **settings: Any) -> Unrolled:
        if self.targets is None:
            output = unroll(self.cell, self.inputs).outputs[0]
            self.targets = self.generator.normal(size=(len(self.inputs), *output.shape)).astype(output.dtype)
        model = self.cell if cell is None else cell
        return unroll(model, self.inputs, self.targets, loss=_squares, **settings)

    def shapes(self) -> str:
        alone, run = unroll(self.cell, self.inputs[:, 0]), unroll(self.cell, self.inputs)
        batch = self.inputs.shape[1:2]
        for what, one, many in (
            ("output", [alone.outputs[0]], [run.outputs[0]]),
            ("state", list(tensors_of(alone.states[0])), list(tensors_of(run.states[0]))),
        ):
            for single, batched in zip(one, many, strict=True):
                if batched.shape != batch + single.shape:
                    raise AssertionError(
                        f"the {what} has shape {single.shape} without a batch and {batched.shape} in a batch of "
                        f"{batch[0]}; it must be {batch + single.shape}: make initial_state with batch_shape in front"
                    )
        return (
            f"output {alone.outputs[0].shape}, state {_shapes(alone.states[0])}; in a batch of {batch[0]} "
            f"{run.outputs[0].shape}, state {_shapes(run.states[0])}"
        )

    def repeatable(self) -> str:
        one, other = unroll(self.cell, self.inputs), unroll(self.cell, self.inputs)
        for t, (first, second) in enumerate(zip(one.outputs, other.outputs, strict=True)):
            if not np.array_equal(first.data, second.data, equal_nan=True):
                raise AssertionError(
                    f"two runs differ at step {t}; does step keep something on self, or draw random numbers? What goes "
                    "on from step to step belongs in the state"
                )
        return "two runs give the same outputs"

    def batch(self) -> str:
        run = unroll(self.cell, self.inputs)
        for b in range(self.inputs.shape[1]):
            alone = unroll(self.cell, self.inputs[:, b])
            for t, (one, many) in enumerate(zip(alone.outputs, run.outputs, strict=True)):
                self.equal(many.data[b], one.data, f"the output of example {b} at step {t} depends on the others")
        return "the examples of a batch don't mix"

    def parameters(self) -> str:
        check_handed(self.cell, self.inputs)
        return "step uses those that it is handed"

    def gradients(self) -> str:
        full = bptt(self.run(), untruncated())
        names = [name for name, parameter in self.cell.parameters.items() if not np.any(full[parameter])]
        for name, parameter in self.cell.parameters.items():
            if not np.all(np.isfinite(full[parameter])):
                raise AssertionError(f"the gradient of {name} is not finite; detect_anomaly() names the operation")
        if names:
            return f"none reaches {', '.join(names)}: not used, or 0 on these inputs"
        return f"all of {', '.join(self.cell.parameters)} get one"

    def truncations(self) -> str:
        if not self.exact:
            return "not compared with differences, which float64 parameters are needed for"
        self.run()
        for f in (untruncated(), k_truncated(1), subsequence(2), _not_monotone):
            check_truncation(self.cell, f, self.inputs, self.targets, loss=_squares, elements=2)
        return "untruncated, k_truncated(1), subsequence(2) and one that is not monotone, as differences say"

    def window(self) -> str:
        run = self.run()
        swept = swept_in_lanes(run, earliest_steps(k_truncated(len(run) - 2), len(run)))
        return "a sweep for each loss" if swept is None else "swept once, in age lanes"

    def lengths(self) -> str:
        lengths = np.full(self.inputs.shape[1], len(self.inputs))
        lengths[0] = shorter = len(self.inputs) - 1
        run, alone = unroll(self.cell, self.inputs, lengths=lengths), unroll(self.cell, self.inputs[:shorter, 0])
        for held, own in zip(tensors_of(run.final_state), tensors_of(alone.final_state), strict=True):
            self.equal(held.data[0], own.data, "the last state of a shorter example is not its own")
        self.equal(run.final_output.data[0], alone.final_output.data, "the last output of a shorter example")
        return "a shorter example in a batch is as if alone"

    def trace(self) -> str:
        self.run()

        def differentiate(weights: Mapping[str, Tensor], inputs: Any) -> tuple[Tensor, list[Any]]:
            handed = [weights] * len(self.inputs)
            loss = unroll(self.cell, inputs, self.targets, loss=_squares, parameters=handed).loss
            assert loss is not None
            swept = gradients(loss, list(weights.values()))
            return loss, [swept[weight] for weight in weights.values()]

        weights = {name: parameter.data for name, parameter in self.cell.parameters.items()}
        program = trace(differentiate)(weights, self.inputs)
        other = {name: value + value.dtype.type(0.01) for name, value in weights.items()}
        leaves = {name: Tensor(value, requires_grad=True, name=name) for name, value in other.items()}
        loss, expected = differentiate(leaves, self.inputs)
        replayed_loss, replayed = program(other, self.inputs)
        self.equal(replayed_loss, loss.data, "the loss that the program gives")
        for name, one, gradient in zip(weights, replayed, expected, strict=True):
            self.equal(one, gradient, f"the program's gradient of {name}")
        return "a program of it gives the same gradients with other weights"

    def copies(self) -> str:
        expected = unroll(self.cell, self.inputs).final_output.data
        self.equal(unroll(copy.deepcopy(self.cell), self.inputs).final_output.data, expected, "the deep copy's output")
        kind = type(self.cell)
        if getattr(sys.modules.get(kind.__module__), kind.__name__, None) is not kind:
            return "copy.deepcopy gives the same outputs; a class must be at the top of a module to be pickled"
        try:
            twin = pickle.loads(pickle.dumps(self.cell))
        except Exception as error:
            raise AssertionError(
                f"it can't be pickled: {error}; keep names or module-level functions on self"
            ) from error
        self.equal(unroll(twin, self.inputs).final_output.data, expected, "the output of what was pickled")
        return "pickle and copy.deepcopy give the same outputs"

    def equal(self, value: Any, expected: Any, what: str) -> None:
        if not np.allclose(value, expected, rtol=self.tolerance, atol=self.tolerance, equal_nan=True):
            raise AssertionError(f"{what}: {_short(value)} in place of {_short(expected)}")


def _inputs(cell: Model, generator: np.random.Generator) -> np.ndarray:
    """Random ones, of the cell's kind and size."""
    dtype = next((parameter.dtype for parameter in cell.parameters.values()), np.dtype(np.float64))
    if getattr(cell, "input_ndim", 1) == 0:
        return generator.normal(size=(STEPS, BATCH)).astype(dtype)
    weight = cell.parameters.get("W_xh")
    size = getattr(cell, "input_size", None if weight is None else weight.shape[0])
    if not isinstance(size, (int, np.integer)):
        raise ValueError(
            f"{type(cell).__name__} doesn't say which inputs it takes: give inputs=, an array (T, B, features), or set "
            "its input_size"
        )
    if "E" in cell.parameters:
        return generator.integers(0, size, (STEPS, BATCH))
    return generator.normal(size=(STEPS, BATCH, size)).astype(dtype)


def _squares(y: Tensor, target: Any) -> Tensor:
    """Of each example the summed squared error."""
    squares: Tensor = (y - target) ** 2
    return squares if squares.ndim < 2 else squares.sum(axis=tuple(range(1, squares.ndim)))


def _not_monotone(t: int) -> int:
    return t // 2 if t % 2 else 0


def _shapes(state: State) -> str:
    return ", ".join(str(tensor.shape) for tensor in tensors_of(state)) or "of no tensors"


def _short(value: Any) -> str:
    return np.array2string(np.asarray(value), precision=4, threshold=4)
