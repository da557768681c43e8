"""check_gradients: derivative rules against central differences, along random directions and element by element."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .exits import LeftTape
from .modes import no_grad, transforming
from .ops.reductions import sum as total
from .refusal.arguments import function, number, printable, shown, whole
from .refusal.arguments import generator as generator_of
from .tape import columns, tape
from .tensor import Tensor
from .transforms import grad

_SHOWN = 10
_STEP = 1e-6
_TOLERANCE = {np.dtype(np.float64): 1e-6, np.dtype(np.float32): 5e-3, np.dtype(np.float16): 1e-1}
"""Relative, by the least precise input; the differences themselves are taken on float64 copies."""


@dataclass(frozen=True, slots=True)
class _Finding:
    where: str
    expected: float
    low: float
    high: float
    got: float

    @property
    def error(self) -> float:
        """How far the gradient lies outside what the differences allow, relative to the larger of the two."""
        outside = max(self.low - self.got, self.got - self.high, 0.0)
        if not (np.isfinite(self.got) and np.isfinite(self.expected)):
            return np.inf
        return outside / max(abs(self.expected), abs(self.got), 1e-300)


def check_gradients(
    f: Callable[..., Any],
    *inputs: Any,
    order: int = 2,
    rtol: float | None = None,
    atol: float | None = None,
    step: float = _STEP,
    directions: int = 3,
    elements: int = 200,
    rng: int | np.random.Generator = 0,
) -> None:
    """Compare the derivatives of `f` with central differences, and raise with a table if they don't agree.

    A result of several numbers is weighted by fixed random numbers and summed; the gradient of that sum is compared
    along random directions and for each element. For second order the same is done with the gradient of y + y²/2,
    summed likewise. Where `f` has a kink the gradient must lie between the two one-sided differences; where it jumps,
    any will do. The dtype in which each rule computes is checked too.

    Parameters
    ----------
    f : function of Tensors that returns one Tensor
    *inputs : arrays or Tensors; those that are not floating-point are held constant
    order : 1 or 2
    rtol, atol : float, optional
        Relative and absolute tolerance; from the dtype and the step, if not given.
    step : float
        Of the differences, relative to max(1, |x|).
    directions : int
        Random directions along which all inputs move at once.
    elements : int
        Each element is tried where there are at most so many, a random choice of so many otherwise.

    Raises
    ------
    AssertionError
        With a table: input, element, expected, got, relative error.

    >>> import minigrad as mg
    >>> mg.check_gradients(mg.tanh, [0.5, -1.0])
    >>> wrong = mg.primitive(np.tanh, lambda g, y, x: g * (1 + y * y), name="wrong_tanh")
    >>> mg.check_gradients(wrong, [0.5], order=1)
    Traceback (most recent call last):
        ...
    AssertionError: order 1: the gradient of wrong_tanh differs from central differences
    ...
    """
    function("check_gradients takes a function", f)
    if order not in (1, 2):
        raise ValueError(f"order is 1 or 2, not {order!r}")
    step = number("step", step, above=0)
    rtol, atol = (
        value if value is None else number(name, value, least=0) for name, value in (("rtol", rtol), ("atol", atol))
    )
    if not whole("directions", directions) + whole("elements", elements):
        raise ValueError("directions=0 and elements=0 compare nothing; give one of them")
    arrays = [np.array(value.data if isinstance(value, Tensor) else value) for value in inputs]
    free = [position for position, array in enumerate(arrays) if array.dtype.kind == "f"]
    if not free:
        given = ", ".join(map(shown, inputs)) or "no inputs"
        raise ValueError(f"none of the inputs is floating-point: there is nothing to differentiate in {given}")
    random = generator_of(rng)
    name = printable(getattr(f, "__name__", repr(f)))
    _check_dtypes(f, arrays, free, name)
    if rtol is None:
        rtol = max(_TOLERANCE[arrays[position].dtype] for position in free)
    differentiated = f
    single = _numbers_in(f, arrays) == 1
    with np.errstate(all="ignore"):  # what isn't finite is in the table
        for level in range(1, order + 1):
            scalar = _weighted(differentiated, arrays, random, plain=single and level == 1)
            try:
                findings = _compare(scalar, arrays, free, step, directions, elements, random, rtol, atol)
            except LeftTape as error:
                raise AssertionError(
                    f"order {level}: the gradient of {name} differs from what can be differentiated: {error}"
                ) from error
            if findings:
                heading = f"order {level}: the gradient of {name} differs from central differences"
                difference = AssertionError(f"{heading}\n{_table(findings)}")
                for note in _shown(level, single):
                    difference.add_note(note)
                raise difference
            differentiated = grad(_weighted(f, arrays, random, curved=True), free)


def _weighted(
    f: Callable[..., Any],
    arrays: list[np.ndarray],
    generator: np.random.Generator,
    curved: bool = False,
    plain: bool = False,
) -> Callable[..., Any]:
    """The sum of f's results y, each number with a random weight between 0.5 and 1.5 in size; `plain`: with 1.

    `curved` sums y + y²/2: then the cotangent that enters f's rules depends on the inputs, and one that took it for a
    constant is found out at second order.
    """
    shapes = [np.shape(y) for y in _as_list(no_grad().run(f, *map(Tensor, arrays)))]
    weights = [generator.uniform(0.5, 1.5, shape) * generator.choice([-1, 1], shape) for shape in shapes]
    if plain:
        weights = [np.ones(shape) for shape in shapes]

    def scalar(*xs: Any) -> Any:
        ys = [y + y * y / 2 if curved else y for y in _as_list(f(*xs))]
        parts = [total(y * weight) for y, weight in zip(ys, weights, strict=True)]
        return sum(parts[1:], parts[0])

    return scalar


def _compare(
    scalar: Callable[..., Any],
    arrays: list[np.ndarray],
    free: list[int],
    step: float,
    directions: int,
    elements: int,
    generator: np.random.Generator,
    rtol: float,
    atol: float | None,
) -> list[_Finding]:
    # Tensors, where f uses others that require gradients
    slopes = [slope.detach().numpy() if isinstance(slope, Tensor) else slope for slope in grad(scalar, free)(*arrays)]
    gradient = [np.asarray(slope, np.float64) for slope in slopes]
    exact = [array.astype(np.float64) if position in free else array for position, array in enumerate(arrays)]
    sizes = {position: exact[position].size for position in free}
    coarse = {
        position: 20 * float(np.finfo(arrays[position].dtype).eps * np.max(np.abs(slope), initial=0.0))
        for position, slope in zip(free, gradient, strict=True)
    }

    def value(moves: dict[int, np.ndarray], along: float) -> float:
        moved = [
            array + along * moves[position] if position in moves else array for position, array in enumerate(exact)
        ]
        return float(no_grad().run(scalar, *map(Tensor, moved)))

    here = value({}, 0.0)

    def finding(where: str, moves: dict[int, np.ndarray]) -> _Finding:
        h = step * max(
            1.0, *(float(np.max(np.abs(exact[position] * (moves[position] != 0)), initial=0)) for position in moves)
        )
        after, before = value(moves, h), value(moves, -h)
        centre, ahead, behind = (after - before) / (2 * h), (after - here) / h, (here - before) / h
        got = sum(float(np.sum(gradient[free.index(position)] * moves[position])) for position in moves)
        noise = 20 * np.finfo(np.float64).eps * max(1.0, abs(here)) / h
        rounding = sum(coarse[position] * float(np.sum(np.abs(move))) for position, move in moves.items())
        slack = (noise + rounding if atol is None else atol) + rtol * max(abs(centre), abs(got))
        kink = abs(ahead - behind) > 1e3 * step * max(1.0, abs(ahead), abs(behind)) + 10 * noise
        low, high = (min(ahead, behind), max(ahead, behind)) if kink else (centre, centre)
        if kink and len(moves) * max(np.count_nonzero(move) for move in moves.values()) > 1:
            low, high = -np.inf, np.inf  # several kinks met at once: the elements are judged one by one
        nearer = (value(moves, h / 4) - value(moves, -h / 4)) / (h / 2)
        if atol is None:  # on a seam, where f″ jumps, the differences are off by the step, not by its square
            slack += 2 * abs(nearer - centre)
        if abs(nearer) > 2 * abs(centre) + 10 * noise:  # it jumps here, as the gradient of |x| does at 0: no derivative
            low, high = -np.inf, np.inf
        return _Finding(where, centre, low - slack, high + slack, got)

    findings = []
    for _ in range(directions if sum(sizes.values()) > 1 else 0):
        moves = {position: generator.standard_normal(exact[position].shape) for position in free if sizes[position]}
        if moves:
            findings.append(finding("all inputs, a random direction", moves))
    for position in free:
        chosen = np.arange(sizes[position])
        if len(chosen) > elements:
            chosen = np.sort(generator.choice(chosen, elements, replace=False))
        for flat in chosen:
            unit = np.zeros(exact[position].shape)
            unit.flat[flat] = 1.0
            index = ", ".join(str(int(i)) for i in np.unravel_index(flat, unit.shape))
            findings.append(finding(f"input {position}[{index}]", {position: unit}))
    return [result for result in findings if result.error > 0]


def _check_dtypes(f: Callable[..., Any], arrays: list[np.ndarray], free: list[int], name: str) -> None:
    """No rule may compute in less than its argument's precision: the sweep would cast it back and hide the loss."""
    leaves = [Tensor(array, requires_grad=position in free) for position, array in enumerate(arrays)]
    outputs = _as_list(transforming().run(f, *leaves))
    for output in outputs:
        for entry in tape(output) if isinstance(output, Tensor) else ():
            values = [operand.data if isinstance(operand, Tensor) else operand for operand in entry.inputs]
            g = np.ones(entry.value.shape, entry.value.dtype)[()]
            for position, source in enumerate(entry.inputs):
                if not isinstance(source, Tensor) or not source.requires_grad:
                    continue
                if entry.primitive.replay is not None or entry.primitive.rules[position] is None:
                    continue
                part = entry.primitive.contribution(position, g, entry.value.data, *values, **entry.parameters)
                given = np.asarray(part).dtype
                if given.kind != "f" or given.itemsize < source.dtype.itemsize:
                    raise AssertionError(
                        f"order 1: in {name}, the rule of {entry.primitive} for argument {position} computes in "
                        f"{given}, its argument is {source.dtype}"
                    )


def _numbers_in(f: Callable[..., Any], arrays: list[np.ndarray]) -> int:
    """How many numbers a function returns."""
    return sum(int(np.prod(np.shape(y))) for y in _as_list(no_grad().run(f, *map(Tensor, arrays))))


def _shown(level: int, single: bool) -> list[str]:
    """What the table's numbers are the gradient of, where it isn't the function itself."""
    if level == 1:
        return [] if single else ["The gradient of the sum of its results y, each times a fixed random weight."]
    return ["Of the first derivatives of y + y²/2, y its results: the gradient of their sum, randomly weighted."]


def _as_list(results: Any) -> list[Any]:
    return list(results) if isinstance(results, (tuple, list)) else [results]


def _table(findings: list[_Finding]) -> str:
    worst = sorted(findings, key=lambda finding: -finding.error)
    rows = [("where", "expected", "got", "relative error")]
    for finding in worst[:_SHOWN]:
        rows.append((finding.where, f"{finding.expected:.8g}", f"{finding.got:.8g}", f"{finding.error:.1e}"))
    more = len(findings) - _SHOWN
    return "\n".join(columns(rows) + ([f"… and {more} more"] if more > 0 else []))
