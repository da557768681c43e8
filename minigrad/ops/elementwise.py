"""The table of functions applied to each number: a line each, as in a textbook's table of derivatives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..primitive import primitive, records

_LN2, _LN10 = math.log(2), math.log(10)
_STEEPNESS, _CUBIC = math.sqrt(8 / math.pi), 0.044715  # gelu's, from D. Hendrycks and K. Gimpel, 2016


def _power_base(g: Any, y: Any, a: Any, b: Any) -> Any:
    """b·aᵇ⁻¹, and 0 where b is 0 and a too small for 1/a; for b between −1 and 1 as b·y/a: aᵇ⁻¹ alone may overflow."""
    if isinstance(b, (int, float)):
        return g * (b * a ** (b - 1)) if b else g * 0
    zero = np.logical_and(np.equal(b, 0), np.less(np.absolute(a), np.finfo(y.dtype).tiny / 4))
    quotient = np.logical_and(np.less(np.absolute(b), 1), np.logical_not(np.logical_or(zero, np.equal(a, 0))))
    power = np.where(quotient, 1, a) ** np.where(zero, 1, b - 1)
    return g * np.where(quotient, b * y / np.where(quotient, a, 1), b * power)


def _power_exponent(g: Any, y: Any, a: Any, b: Any) -> Any:
    """aᵇ·ln a, and its limit 0 where aᵇ is 0, or a and b are."""
    limit = np.logical_or(np.equal(y, 0), np.logical_and(np.equal(a, 0), np.equal(b, 0)))
    return np.where(limit, 0.0, g * y * np.log(np.where(limit, 1, a)))


def _clip_x(g: Any, y: Any, x: Any, low: Any, high: Any) -> Any:
    return np.where(np.logical_and(np.greater_equal(x, low), np.less_equal(x, high)), g, 0.0)


def _clip_low(g: Any, y: Any, x: Any, low: Any, high: Any) -> Any:
    return np.where(np.logical_and(np.less(x, low), np.less_equal(low, high)), g, 0.0)


def _clip_high(g: Any, y: Any, x: Any, low: Any, high: Any) -> Any:
    return np.where(np.logical_or(np.greater(x, high), np.greater(low, high)), g, 0.0)


def _larger(g: Any, a: Any, b: Any) -> Any:
    """`g` where a is the larger, half of it where they tie."""
    return np.where(np.equal(a, b), g / 2, np.where(np.greater(a, b), g, 0.0))


_SINC_TERMS = tuple((-1) ** k * 2 * k * math.pi ** (2 * k) / math.factorial(2 * k + 1) for k in range(1, 13))


def _sinc_rule(g: Any, y: Any, x: Any) -> Any:
    """(cos πx − y)/x, and its power series near 0, where the two cancel."""
    near = np.less(np.absolute(x), 0.5)
    z = np.where(near, x, 0.0)
    series = 0.0
    for term in reversed(_SINC_TERMS):
        series = term + z * z * series
    far = np.where(near, 1.0, x)
    return g * np.where(near, z * series, (np.cos(np.pi * far) - y) / far)


def _over(a: Any, r: Any) -> Any:
    """a/r, and 0 where the length r is 0."""
    return a / np.where(np.equal(r, 0), 1, r)


def _turned(g: Any, a: Any, b: Any) -> Any:
    r = np.hypot(a, b)
    return g * _over(_over(a, r), r)


def _share(g: Any, y: Any, a: Any, b: Any, unit: float = 1) -> Any:
    """What eᵃ is of eᵃ + eᵇ; not eᵃ⁻ʸ, since a large y has no digits left for it. Of nothing but −∞: 0."""
    return g * sigmoid(unit * (a - np.where(np.equal(y, -np.inf), 0.0, b)))


def _elu(x: Any, alpha: float) -> Any:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _gelu_gate(x: Any) -> tuple[Any, Any]:
    """The factor s of gelu = x·s, and x as far as s changes: beyond ±30 it is 0 or 1, and there x³ may overflow."""
    near = np.minimum(np.maximum(x, -30), 30)
    return sigmoid(_STEEPNESS * (near + _CUBIC * near * near * near)), near


def _gelu(x: Any) -> Any:
    return x * _gelu_gate(x)[0]


def _gelu_rule(g: Any, y: Any, x: Any) -> Any:
    s, near = _gelu_gate(x)
    return g * (s + near * s * (1 - s) * _STEEPNESS * (1 + 3 * _CUBIC * near * near))


def _sigmoid(x: Any) -> Any:
    with np.errstate(over="ignore"):  # e⁻ˣ may be infinite: 1/∞ is the 0 we want
        return 1 / (1 + np.exp(-x))


# fmt: off
add = primitive(np.add, lambda g, y, a, b: g, lambda g, y, a, b: g, local=("1", "1"))
subtract = primitive(np.subtract, lambda g, y, a, b: g, lambda g, y, a, b: -g, local=("1", "−1"))
multiply = primitive(np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a, local=("b", "a"))
divide = primitive(np.divide, lambda g, y, a, b: g / b, lambda g, y, a, b: -g * y / b, local=("1/b", "−y/b"))
power = primitive(np.power, _power_base, _power_exponent, local=("b·aᵇ⁻¹", "y·ln a"))
negative = primitive(np.negative, lambda g, y, x: -g, local="−1")
absolute = primitive(np.absolute, lambda g, y, x: g * np.sign(x), local="sign x")
reciprocal = primitive(np.reciprocal, lambda g, y, x: -g * y * y, local="−y²")
fabs = primitive(np.fabs, lambda g, y, x: g * np.sign(x), local="sign x")
positive = primitive(np.positive, lambda g, y, x: g, local="1")
square = primitive(np.square, lambda g, y, x: g * 2 * x, local="2x")
sqrt = primitive(np.sqrt, lambda g, y, x: g / (2 * y), local="1/(2y)")
cbrt = primitive(np.cbrt, lambda g, y, x: g / (3 * y * y), local="1/(3y²)")
exp = primitive(np.exp, lambda g, y, x: g * y, local="y")
exp2 = primitive(np.exp2, lambda g, y, x: g * _LN2 * y, local="y·ln 2")
expm1 = primitive(np.expm1, lambda g, y, x: g * np.exp(x), local="eˣ")
log = primitive(np.log, lambda g, y, x: g / x, local="1/x")
log2 = primitive(np.log2, lambda g, y, x: g / (_LN2 * x), local="1/(x·ln 2)")
log10 = primitive(np.log10, lambda g, y, x: g / (_LN10 * x), local="1/(x·ln 10)")
log1p = primitive(np.log1p, lambda g, y, x: g / (1 + x), local="1/(1 + x)")
sin = primitive(np.sin, lambda g, y, x: g * np.cos(x), local="cos x")
cos = primitive(np.cos, lambda g, y, x: -g * np.sin(x), local="−sin x")
tan = primitive(np.tan, lambda g, y, x: g * (1 + y * y), local="1 + y²")
arcsin = primitive(np.arcsin, lambda g, y, x: g / np.sqrt((1 - x) * (1 + x)), local="1/√(1 − x²)")
arccos = primitive(np.arccos, lambda g, y, x: -g / np.sqrt((1 - x) * (1 + x)), local="−1/√(1 − x²)")
arctan = primitive(np.arctan, lambda g, y, x: g / (1 + x * x), local="1/(1 + x²)")
sinc = primitive(np.sinc, _sinc_rule, local="(cos πx − y)/x, 0 at 0", elementwise=True)
deg2rad = primitive(np.deg2rad, lambda g, y, x: g * (math.pi / 180), local="π/180")
radians = primitive(np.radians, lambda g, y, x: g * (math.pi / 180), local="π/180")
rad2deg = primitive(np.rad2deg, lambda g, y, x: g * (180 / math.pi), local="180/π")
degrees = primitive(np.degrees, lambda g, y, x: g * (180 / math.pi), local="180/π")
sinh = primitive(np.sinh, lambda g, y, x: g * np.cosh(x), local="cosh x")
cosh = primitive(np.cosh, lambda g, y, x: g * np.sinh(x), local="sinh x")
tanh = primitive(np.tanh, lambda g, y, x: g * (1 - y * y), local="1 − y²")
arcsinh = primitive(np.arcsinh, lambda g, y, x: g / np.hypot(x, 1), local="1/√(x² + 1)")
arccosh = primitive(np.arccosh, lambda g, y, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)), local="1/√(x² − 1)")
arctanh = primitive(np.arctanh, lambda g, y, x: g / ((1 - x) * (1 + x)), local="1/(1 − x²)")
hypot = primitive(np.hypot, lambda g, y, a, b: g * _over(a, y), lambda g, y, a, b: g * _over(b, y), local=("a/y, 0 at 0", "b/y, 0 at 0"))
arctan2 = primitive(np.arctan2, lambda g, y, a, b: _turned(g, b, a), lambda g, y, a, b: -_turned(g, a, b), local=("b/(a² + b²), 0 at 0", "−a/(a² + b²), 0 at 0"))
logaddexp = primitive(np.logaddexp, _share, lambda g, y, a, b: _share(g, y, b, a), local=("sigmoid(a − b)", "sigmoid(b − a)"))
logaddexp2 = primitive(np.logaddexp2, lambda g, y, a, b: _share(g, y, a, b, _LN2), lambda g, y, a, b: _share(g, y, b, a, _LN2), local=("sigmoid((a − b)·ln 2)", "sigmoid((b − a)·ln 2)"))
remainder = primitive(np.remainder, lambda g, y, a, b: g, lambda g, y, a, b: -g * np.floor_divide(a, b), local=("1", "−⌊a/b⌋"))
sigmoid = primitive(_sigmoid, lambda g, y, x: g * (y * (1 - y)), name="sigmoid", local="y(1 − y)", elementwise=True)
softplus = primitive(lambda x: np.logaddexp(0, x), lambda g, y, x: g * sigmoid(x), name="softplus", local="sigmoid x", elementwise=True)
relu = primitive(lambda x: np.maximum(x, 0), lambda g, y, x: np.where(x > 0, g, 0.0), name="relu", local="x > 0", elementwise=True)
leaky_relu = primitive(lambda x, negative_slope: np.where(x > 0, x, negative_slope * x), lambda g, y, x, negative_slope: np.where(x > 0, g, negative_slope * g), parameters={"negative_slope": 0.01}, name="leaky_relu", local="1 where x > 0, else the slope", elementwise=True)
elu = primitive(_elu, lambda g, y, x, alpha: np.where(x > 0, g, g * alpha * np.exp(np.minimum(x, 0))), parameters={"alpha": 1.0}, name="elu", local="1 where x > 0, else α·eˣ", elementwise=True)
gelu = primitive(_gelu, _gelu_rule, name="gelu", local="s + x·s′, s = sigmoid(√(8/π)(x + 0.044715x³))", elementwise=True)
maximum = primitive(np.maximum, lambda g, y, a, b: _larger(g, a, b), lambda g, y, a, b: _larger(g, b, a), local=("a > b, ½ where equal", "b > a, ½ where equal"))
minimum = primitive(np.minimum, lambda g, y, a, b: _larger(g, b, a), lambda g, y, a, b: _larger(g, a, b), local=("a < b, ½ where equal", "b < a, ½ where equal"))
fmax = primitive(np.fmax, lambda g, y, a, b: np.where(np.isnan(b), g, _larger(g, a, b)), lambda g, y, a, b: np.where(np.isnan(a), g, _larger(g, b, a)), local=("a > b or b is NaN, ½ where equal", "b > a or a is NaN, ½ where equal"))
fmin = primitive(np.fmin, lambda g, y, a, b: np.where(np.isnan(b), g, _larger(g, b, a)), lambda g, y, a, b: np.where(np.isnan(a), g, _larger(g, a, b)), local=("a < b or b is NaN, ½ where equal", "b < a or a is NaN, ½ where equal"))
nan_to_num = primitive(lambda x, nan, posinf, neginf: np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf), lambda g, y, x, nan, posinf, neginf: np.where(np.isfinite(x), g, 0.0), parameters={"nan": 0.0, "posinf": None, "neginf": None}, name="nan_to_num", local="1 where x is finite", elementwise=True)
where = primitive(np.where, None, lambda g, y, c, a, b: np.where(c, g, 0.0), lambda g, y, c, a, b: np.where(c, 0.0, g), local=("", "1 where c", "1 where not c"), elementwise=True)
clipped = primitive(np.clip, _clip_x, _clip_low, _clip_high, name="clip", local=("low ≤ x ≤ high", "x < low", "x > high"), elementwise=True)

# Piecewise constant: recorded, so that a rule that asks a question can be traced, and no gradient flows.
greater = primitive(np.greater)
greater_equal = primitive(np.greater_equal)
less = primitive(np.less)
less_equal = primitive(np.less_equal)
equal = primitive(np.equal)
not_equal = primitive(np.not_equal)
logical_and = primitive(np.logical_and)
logical_or = primitive(np.logical_or)
logical_not = primitive(np.logical_not)
bitwise_and = primitive(np.bitwise_and)
bitwise_or = primitive(np.bitwise_or)
invert = primitive(np.invert)
sign = primitive(np.sign)
floor = primitive(np.floor)
ceil = primitive(np.ceil)
rint = primitive(np.rint)
trunc = primitive(np.trunc)
floor_divide = primitive(np.floor_divide)
isnan = primitive(np.isnan)
isinf = primitive(np.isinf)
isfinite = primitive(np.isfinite)
isclose = primitive(np.isclose, None, None, parameters={"rtol": 1e-5, "atol": 1e-8, "equal_nan": False}, elementwise=True)
round = primitive(np.round, None, parameters={"decimals": 0}, elementwise=True)
# fmt: on
records(np.nan_to_num)(nan_to_num)
records(np.around)(round)
records("sigmoid")(sigmoid)
records("relu")(relu)


@records(np.clip)
def clip(x: Any, min: Any = None, max: Any = None, *, a_min: Any = None, a_max: Any = None) -> Any:
    """`x` held between two bounds; at a bound the gradient is x's."""
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    return clipped(x, -np.inf if low is None else low, np.inf if high is None else high)
