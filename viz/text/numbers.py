"""Numbers in words: short for the boxes, in full for the tooltips; not their color nor their place."""

import math

import numpy as np

from minigrad.tape import dimensions, scientific

from ..drawing import Array

NOT_COMPUTED = "—"
_NEXT_ROW = "\n "


def number(value: float, *, signed: bool = False, places: int | None = None) -> str:
    """Write a number short; nothing but zero itself is written as 0.

    `places` are its decimals, where those of a row have them in common; −1: as a power of ten.

    >>> [number(v, signed=True) for v in (0.40404, -2.0, 0.0, 1.23e-19, float("-inf"))]
    ['+0.404', '−2', '0', '+1.2e−19', '−∞']
    """
    if math.isnan(value):
        return "nan"
    if value == 0:
        return "0"
    sign = "−" if value < 0 else "+" if signed else ""
    return sign + _unsigned(abs(value), places).replace("-", "−")


def operand(text: str) -> str:
    """Write a number for the right of a sign: a negative one in brackets.

    >>> operand("−0.700"), operand("0.700")
    ('(−0.700)', '0.700')
    """
    return f"({text})" if text.startswith("−") else text


def _unsigned(size: float, places: int | None = None) -> str:
    if math.isinf(size):
        return "∞"
    if places is not None and places >= 0:
        return f"{size:.{places}f}"
    if places is not None:
        mantissa, exponent = f"{size:.1e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    if size < 1e5 and size == int(size):
        return str(int(size))
    if 0.01 <= size < 1000:
        return f"{size:.{3 if size < 10 else 2 if size < 100 else 1}f}"
    return scientific(size)


def decades(value: float) -> str:
    """Write a logarithm, to the hundredth.

    >>> decades(-0.987), decades(0.001)
    ('−0.99', '0')
    """
    text = f"{value:+.2f}".replace("-", "−")
    return "0" if float(f"{value:.2f}") == 0 else text


def growth(size: float, base: float) -> tuple[str, float | None]:
    """Write the decades from one size to another, and give them; what is no ratio is said in words.

    >>> growth(1e-3, 1.0), growth(0.0, 1.0), growth(math.inf, 1.0)
    (('−3.00', -3.0), ('zero', -inf), ('infinite', inf))
    """
    if math.isnan(size) or math.isnan(base):
        return "nan", None
    if size == 0 or math.isinf(size):
        return ("zero", -math.inf) if size == 0 else ("infinite", math.inf)
    if base == 0 or math.isinf(base):
        return NOT_COMPUTED, None
    ratio = math.log10(size) - math.log10(base)
    return decades(ratio), ratio


def share(part: Array, total: Array) -> float:
    """Give what a part adds to the length of a sum: ⟨part, total⟩ / ‖total‖. Over all parts, these add up to ‖total‖.

    >>> share(np.array([3.0, 0.0]), np.array([3.0, 4.0])), share(np.array([0.0, 4.0]), np.array([3.0, 4.0]))
    (1.7999999999999998, 3.2)
    """
    length = magnitude(total)
    if not length:
        return 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        return float(np.sum(np.asarray(part, np.float64) * (np.asarray(total, np.float64) / length)))


def magnitude(array: Array) -> float:
    """Give |a| of a scalar, the Euclidean norm of an array; safe from overflow.

    >>> print(f"{magnitude(np.array([6e200, 8e200])):.3g}")
    1e+201
    """
    if not array.size:
        return 0.0
    if array.ndim == 0:
        return abs(float(array))
    entries = np.abs(np.asarray(array, dtype=np.float64)).ravel()
    largest = float(entries.max())
    if entries.size == 1 or largest == 0 or not math.isfinite(largest):
        return largest
    return largest * float(np.linalg.norm(entries / largest))


def short(array: Array, *, signed: bool = False, places: int | None = None) -> str:
    """Write a scalar as its value, an array as its norm; zero, of either, as 0.

    >>> short(np.array([3.0, 4.0]))
    '‖5‖'
    """
    if array.ndim == 0:
        return number(float(array), signed=signed, places=places)
    size = magnitude(array)
    return f"‖{number(size, places=places)}‖" if size else "0"


def shape(array: Array) -> str:
    """Write the shape of an array; nothing for a scalar.

    >>> shape(np.zeros((8, 32)))
    '[8×32]'
    """
    return dimensions(array.shape) if array.ndim else ""


def value(array: Array, places: int | None = None) -> str:
    """Write a value for its box: a scalar's number, an array's shape and norm, an array of integers' shape and type.

    >>> value(np.array(0.5)), value(np.ones((2, 2))), value(np.array([3, 1]))
    ('0.500', '[2×2] ‖2‖', '[2] int64')
    """
    if array.ndim == 0:
        return short(array, places=places)
    return f"{shape(array)} {short(array, places=places) if array.dtype.kind == 'f' else array.dtype}"


def gradient(array: Array | None, places: int | None = None) -> str:
    """Write a gradient for its box; a dash where none was computed.

    >>> gradient(None), gradient(np.array(0.0)), gradient(np.array(0.25))
    ('∂ —', '∂ 0', '∂ +0.250')
    """
    return f"∂ {NOT_COMPUTED if array is None else short(array, signed=True, places=places)}"


def full(array: Array | None) -> str:
    """Write every digit of a scalar and every entry of an array; of more than 1,000 entries, the corners."""
    if array is None:
        return f"{NOT_COMPUTED} (not computed)"
    if array.ndim == 0:
        return repr(array.item())
    if array.ndim <= 2 and 0 < array.size <= 100:  # the usual case, without array2string's price
        rows = [" ".join(f"{entry:.9g}" for entry in row) for row in np.atleast_2d(array).tolist()]
        return f"{shape(array)} {array.dtype}\n[{_NEXT_ROW.join(rows)}]"
    entries = np.array2string(
        array, max_line_width=100, precision=8, suppress_small=False, threshold=1000, edgeitems=3, floatmode="maxprec"
    )
    return f"{shape(array)} {array.dtype}\n{entries}"


def constant(operand: object) -> str:
    """Write a constant operand: a scalar as a number, an array as its shape."""
    array = np.asarray(operand)
    return shape(array) if array.ndim or array.dtype.kind not in "fiub" else number(float(array))
