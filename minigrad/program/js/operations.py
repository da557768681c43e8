"""Operations said in JavaScript: a table from each to the statements that compute it. No loops of a program here."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ...ops import elementwise, indexing, joining, matrices, products, reductions, scans, shaping
from ..kernels import is_ufunc
from . import moves
from .moves import Call, Statement
from .strided import contraction, over, pointwise, summed, summed_to

# ---- along axes ------------------------------------------------------------------------------------------------------


def _axes(call: Call) -> list[int]:
    axis, ndim = call.parameters["axis"], len(call.operands[0].shape)
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return [axis % ndim for axis in axes if ndim]


def _reduced(fold: str) -> Statement:
    return lambda call: summed(call.out, call.operands[0], _axes(call), fold=fold)


def _multiplied(call: Call) -> str:
    return summed(
        call.out, call.operands[0], _axes(call), fold="product" if call.dtype.kind == "f" else "whole product"
    )


def _unsigned_zero(call: Call, text: str) -> str:
    """Among whole numbers there is no −0."""
    return f"{text} + 0" if call.dtype.kind in "iu" else text


def _variance(written: str) -> Statement:
    """From the mean on, in a second pass, as NumPy does."""

    def statement(call: Call) -> str:
        [x], axes = call.operands, _axes(call)
        count = math.prod(x.shape[axis] for axis in axes)
        rest = [axis for axis in range(len(x.shape)) if axis not in axes]
        out = call.out.moved(rest) if len(call.out.shape) == len(x.shape) else call.out
        view = x.moved([*rest, *axes])

        def one(outer: list[str]) -> str:
            def along(text: str) -> str:
                return over(view.shape[len(rest) :], lambda inner: text.format(view.at(*outer, *inner)), "k")

            first, second = along("m += {};"), along("s += ({} - m) ** 2;")
            result = written.format(f"s / {max(count - call.parameters['ddof'], 0)}")
            return f"{{ let m = 0, s = 0; {first} m /= {count}; {second} {out.at(*outer)} = {result}; }}"

        return over(out.shape, one)

    return statement


def _nan_to_num(call: Call) -> str:
    if call.dtype.kind != "f":
        return pointwise(call.out, call.operands, str)
    limits = np.finfo(call.dtype)
    nan, high, low = (call.parameters[key] for key in ("nan", "posinf", "neginf"))
    chosen = [float(one) for one in (nan, limits.max if high is None else high, limits.min if low is None else low)]
    numbers = ", ".join(map(repr, chosen)).replace("inf", "Infinity").replace("nan", "NaN")
    return pointwise(call.out, call.operands, lambda x: f"$finite({x}, {numbers})")


def _rounded(call: Call) -> str:
    """As NumPy does: to whole numbers of that power of ten, halves to even ones."""
    decimals = call.parameters["decimals"]
    if call.dtype.kind != "f" and decimals >= 0:
        return pointwise(call.out, call.operands, str)
    power = 10 ** abs(decimals)
    there, back = ("*", "/") if decimals >= 0 else ("/", "*")
    return pointwise(call.out, call.operands, lambda x: f"$rint({x} {there} {power}) {back} {power}")


def _matmul(call: Call) -> str:
    a, b = call.operands
    lead = "".join(chr(100 + axis) for axis in range(max(len(a.shape), len(b.shape), 2) - 2))
    left, right = ("c" if len(a.shape) == 1 else "ac"), ("c" if len(b.shape) == 1 else "cb")
    target = lead + left.replace("c", "") + right.replace("c", "")
    terms = [lead[len(lead) + 2 - max(2, len(x.shape)) :] + term for x, term in ((a, left), (b, right))]
    return contraction(call.out, call.operands, target, terms)


def _contracted(call: Call) -> str:
    terms, target = products.axis_labels(
        call.parameters["subscripts"], [len(operand.shape) for operand in call.operands]
    )
    return contraction(call.out, call.operands, target, terms)


def _running(step: str) -> Statement:
    """Along an axis, each number from the one before it: `y` is that, `i` and its fellows are this place."""

    def statement(call: Call) -> str:
        axis = call.parameters.get("axis", 0) % len(call.out.shape)
        operands = [operand.spread(call.out.shape) for operand in call.operands]

        def one(names: list[str]) -> str:
            before = [f"({name}-1)" if i == axis else name for i, name in enumerate(names)]
            texts = dict(zip("ab", (operand.at(*names) for operand in operands), strict=False))
            later = _unsigned_zero(call, step.format(y=call.out.at(*before), **texts))
            first = texts["b"] if "b" in texts else texts["a"]
            return f"{call.out.at(*names)} = {f'{names[axis]} ? {later} : {first}' if names[axis] != '0' else first};"

        return over(call.out.shape, one)

    return statement


# ---- expressions -----------------------------------------------------------------------------------------------------

# fmt: off
_INVERTED: dict[bool, Callable[..., str]] = {True: "+({} === 0)".format, False: "-1 - {}".format}
_AS: dict[str, Callable[..., str]] = {"f": str, "b": "+({} !== 0)".format, "i": "Math.trunc({}) + 0".format}
_AS["u"] = _AS["i"]
EXPRESSIONS = {
    "add": "a + b", "subtract": "a - b", "multiply": "a * b", "divide": "a / b", "power": "$power(a, b)",
    "negative": "-a", "absolute": "Math.abs(a)", "fabs": "Math.abs(a)", "reciprocal": "1 / a", "positive": "a",
    "square": "a * a", "sqrt": "Math.sqrt(a)", "cbrt": "Math.cbrt(a)", "sign": "Math.sign(a) + 0",
    "exp": "Math.exp(a)", "exp2": "2 ** a", "expm1": "Math.expm1(a)", "log": "Math.log(a)", "log2": "Math.log2(a)",
    "log10": "Math.log10(a)", "log1p": "Math.log1p(a)", "sin": "Math.sin(a)", "cos": "Math.cos(a)",
    "tan": "Math.tan(a)", "arcsin": "Math.asin(a)", "arccos": "Math.acos(a)", "arctan": "Math.atan(a)",
    "deg2rad": "a * (Math.PI / 180)", "radians": "a * (Math.PI / 180)", "rad2deg": "a * (180 / Math.PI)",
    "degrees": "a * (180 / Math.PI)", "sinh": "Math.sinh(a)", "cosh": "Math.cosh(a)", "tanh": "Math.tanh(a)",
    "arcsinh": "Math.asinh(a)", "arccosh": "Math.acosh(a)", "arctanh": "Math.atanh(a)", "hypot": "Math.hypot(a, b)",
    "arctan2": "Math.atan2(a, b)", "logaddexp": "$logaddexp(a, b)", "logaddexp2": "$logaddexp2(a, b)",
    "remainder": "$remainder(a, b)", "floor_divide": "$floor_divide(a, b)", "floor": "Math.floor(a)",
    "ceil": "Math.ceil(a)", "trunc": "Math.trunc(a)", "rint": "$rint(a)",
    "maximum": "Math.max(a, b)", "minimum": "Math.min(a, b)", "fmax": "$fmax(a, b)", "fmin": "$fmin(a, b)",
    "greater": "+(a > b)", "greater_equal": "+(a >= b)", "less": "+(a < b)", "less_equal": "+(a <= b)",
    "equal": "+(a === b)", "not_equal": "+(a !== b)", "logical_and": "+(a !== 0 && b !== 0)",
    "logical_or": "+(a !== 0 || b !== 0)", "logical_not": "+(a === 0)", "bitwise_and": "$bits(a, b, (x, y) => x & y)",
    "bitwise_or": "$bits(a, b, (x, y) => x | y)", "isnan": "+(a !== a)",
    "isinf": "+(a === Infinity || a === -Infinity)", "isfinite": "+Number.isFinite(a)",
}
_SIGNED = (np.negative, np.multiply, np.remainder, np.floor_divide)  # of zeros they may make −0
TABLE: dict[Any, Statement] = {
    elementwise.invert: lambda call: pointwise(call.out, call.operands, _INVERTED[call.dtype == bool]),
    elementwise.where: lambda call: pointwise(call.out, call.operands, "{} !== 0 ? {} : {}".format),
    elementwise.clipped: lambda call: pointwise(call.out, call.operands, "$clip({}, {}, {})".format),
    elementwise.sinc: lambda call: pointwise(call.out, call.operands, "$sinc({})".format),
    elementwise.nan_to_num: _nan_to_num,
    elementwise.round: _rounded,
    products.matmul: _matmul,
    products.contracted: _contracted,
    reductions.sum: _reduced("sum"),
    reductions.prod: _multiplied,
    reductions.var: _variance("{}"),
    reductions.std: _variance("Math.sqrt({})"),
    reductions.all: _reduced("all"),
    reductions.any: _reduced("any"),
    reductions.max: _reduced("max"),
    reductions.min: _reduced("min"),
    scans.summed: _running("{y} + {a}"),
    scans.multiplied: _running("{y} * {a}"),
    scans.recurrence: _running("{a} * {y} + {b}"),
    shaping.sum_to: lambda call: summed_to(call.out, call.operands[0]),
    shaping.astype: lambda call: pointwise(call.out, call.operands, _AS[np.dtype(call.parameters["dtype"]).kind]),
    joining.joined: moves.joined(np.concatenate),
    joining.stacked: moves.joined(np.stack),
    shaping.padded: moves.padded,
    shaping.stop: lambda call: pointwise(call.out, call.operands, str),
    shaping.identity: lambda call: pointwise(call.out, call.operands, str),
    indexing.picked: moves.picked,
    indexing.picked_at: moves.picked,
    indexing.scatter: moves.scattered,
    indexing.scatter_at: moves.scattered,
    indexing.pick: moves.pick,
    indexing.place: moves.place,
    indexing.one_hot: moves.one_hot,
    indexing.bounded: moves.bounded,
    **{operation: moves.moved(operation) for operation in (shaping.reshape, shaping.transpose, shaping.expand_dims)},
    **{operation: moves.moved(operation) for operation in (shaping.squeeze, shaping.broadcast_to, shaping.flip)},
    **{operation: moves.moved(operation) for operation in (shaping.rolled, matrices.triu, matrices.tril)},
}
# fmt: on


def said(operation: Any) -> Statement:
    """How the operation is said: a function of the call that it is said for.

    Raises
    ------
    NotImplementedError
        It can't be said.
    """
    if operation in TABLE:
        return TABLE[operation]
    expression = EXPRESSIONS.get(operation.function_given.__name__) if is_ufunc(operation) else None
    if expression is None:
        raise NotImplementedError(
            f"{operation} can't be said in JavaScript: it has no entry in minigrad.program.js.operations"
        )
    parts = re.split(r"\b([ab])\b", expression)

    def written(a: str, b: str = "") -> str:
        return "".join(a if part == "a" else b if part == "b" else part for part in parts)

    if operation.function_given not in _SIGNED:
        return lambda call: pointwise(call.out, call.operands, written)
    return lambda call: pointwise(call.out, call.operands, lambda *texts: _unsigned_zero(call, written(*texts)))
