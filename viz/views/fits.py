"""What would have fitted: shapes and ways to write it, for an operation that refused its operands."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

Shape = tuple[int, ...]


def suggestions(given: Mapping[str, Any], shapes: Sequence[Shape], message: str) -> list[str]:
    """Say what is in the way and what would fit; nothing where the operation's own message is all there is to say.

    Parameters
    ----------
    given : mapping
        What the exception knows: `operation`, `parameters`.
    shapes : sequence of shapes
        The operands'.
    message : str
        What the exception says.

    >>> suggestions({"operation": "add", "parameters": {}}, [(3, 4), (3,)], "… could not be broadcast together …")
    ['axis −1 has lengths 4 and 3', 'would fit: (4,) or (1,) as the second, or [:, None], which makes it (3, 1)']
    """
    name, parameters = given["operation"], given["parameters"]
    if name == "matmul" and len(shapes) == 2:
        return list(_product(*shapes))
    if name in ("concatenate", "stack"):
        return list(_joined(shapes, parameters.get("axis", 0), name))
    if name == "reshape":
        return list(_reshaped(math.prod(shapes[0]), parameters.get("shape")))
    if name == "einsum":
        return list(_labelled(parameters.get("subscripts"), shapes))
    if name == "squeeze":
        ones = [str(i) for i, n in enumerate(shapes[0]) if n == 1]
        return [f"would fit: {f'axis {chr(44).join(ones)}' if ones else 'no axis: none has length 1'}"]
    if name == "transpose":
        return [f"would fit: each of the axes 0 … {len(shapes[0]) - 1} once"]
    if name in ("mse_loss", "binary_cross_entropy") and len(shapes) == 2:
        return [f"would fit: both of shape {_written(shapes[0])}, or both of {_written(shapes[1])}"]
    if name == "cross_entropy" and len(shapes) == 2 and shapes[0]:
        classes = f"class numbers from 0 to {shapes[0][-1] - 1}"
        return [f"would fit: targets of shape {_written(shapes[0][:-1])}, {classes}"]
    if name in ("inv", "solve", "det", "slogdet", "cholesky", "eigh") and shapes[0][-2:-1] != shapes[0][-1:]:
        return ["would fit: a square matrix, as many rows as columns"]
    if "axis" in parameters or "axes" in parameters or name == "axis":
        return [f"would fit: {_axes(len(shapes[0]))}"]
    if name.startswith("getitem"):
        return [f"would fit: {_indices(shapes[0])}"]
    if "could not be broadcast together" in message and not _broadcasts(shapes):
        return list(_aligned(shapes))
    return []


def _product(a: Shape, b: Shape) -> Iterator[str]:
    if not a or not b:
        yield "would fit: operands with an axis or two; a number is multiplied with *"
        return
    inner = a[-1], b[-2] if len(b) > 1 else b[0]
    yield f"{inner[0]} columns meet {inner[1]} rows"
    fitting = [f"{_written((*a[:-1], inner[1]))} @ {_written(b)}"]
    fitting.append(f"{_written(a)} @ {_written((*b[:-2], inner[0], b[-1]) if len(b) > 1 else (inner[0],))}")
    ways = (("a.T @ b", a[::-1], b), ("a @ b.T", a, b[::-1]), ("a.T @ b.T", a[::-1], b[::-1]), ("b @ a", b, a))
    fitting += [way for way, x, y in ways if len(a) == len(b) == 2 and x[-1] == y[0]]
    yield f"would fit: {', or '.join(fitting)}"


def _joined(shapes: Sequence[Shape], axis: Any, name: str) -> Iterator[str]:
    lengths = {len(shape) for shape in shapes}
    if name == "stack":
        yield f"would fit: all of one shape, such as {_written(shapes[0])}"
        return
    if len(lengths) > 1:
        yield f"would fit: all with {len(shapes[0])} axes, as the first"
        return
    odd = [i for i in range(len(shapes[0])) if len({shape[i] for shape in shapes}) > 1]
    if axis is not None and not -len(shapes[0]) <= axis < len(shapes[0]):
        yield f"would fit: {_axes(len(shapes[0]))}"
    elif len(odd) == 1:
        yield f"they differ along axis {odd[0]} alone: would fit with axis={odd[0]}"
    else:
        wanted = tuple(shapes[0][i] if i != axis else shapes[-1][i] for i in range(len(shapes[0])))
        yield f"they differ along axes {', '.join(map(str, odd))}: would fit, as the last: {_written(wanted)}"


def _labelled(subscripts: Any, shapes: Sequence[Shape]) -> Iterator[str]:
    """Which letter of einsum's stands for two lengths."""
    if not isinstance(subscripts, str) or "..." in subscripts:
        return
    lengths: dict[str, set[int]] = {}
    terms = subscripts.split("->")[0].replace(" ", "").split(",")
    for term, shape in zip(terms, shapes, strict=False):
        if len(term) != len(shape):
            yield f"{term!r} names {len(term)} axes, the operand has {len(shape)}: {_written(shape)}"
        for letter, n in zip(term, shape, strict=False):
            lengths.setdefault(letter, set()).add(n)
    for letter, several in lengths.items():
        if len(several) > 1:
            yield f"{letter} stands for lengths {' and '.join(map(str, sorted(several)))}: would fit if they were one"


def _reshaped(size: int, wanted: Any) -> Iterator[str]:
    if not isinstance(wanted, (tuple, list, int, np.integer)):
        return
    shape = (int(wanted),) if isinstance(wanted, (int, np.integer)) else tuple(int(n) for n in wanted)
    yield f"there are {size} numbers, {_written(shape)} holds {math.prod(n for n in shape if n >= 0)}"
    free = []
    for axis in range(len(shape)):
        others = math.prod(n for i, n in enumerate(shape) if i != axis)
        if others > 0 and size % others == 0:
            free.append(_written((*shape[:axis], size // others, *shape[axis + 1 :])))
    if not free:
        halves = [(n, size // n) for n in range(1, math.isqrt(size) + 1) if size % n == 0][-2:]
        free = [_written(pair) for pair in reversed(halves)] + [_written((size,))]
    yield f"would fit: {', or '.join(dict.fromkeys(free))}"


def _aligned(shapes: Sequence[Shape]) -> Iterator[str]:
    """Where lengths along an axis are neither equal nor 1, counted from the last."""
    deepest = max(map(len, shapes))
    for back in range(1, deepest + 1):
        lengths = list(dict.fromkeys(shape[-back] for shape in shapes if len(shape) >= back and shape[-back] != 1))
        if len(lengths) > 1:
            yield f"axis −{back} has lengths {' and '.join(map(str, lengths))}"
            break
    if len(shapes) == 2:
        first, second = shapes
        tail = first[len(first) - len(second) :] if len(second) <= len(first) else first
        ones = tuple(1 if a != b else b for a, b in zip(tail, second, strict=False))
        said = f"would fit: {_written(tail)} or {_written(ones)} as the second"
        if len(second) == 1 and _broadcasts([first, (*second, 1)]):
            said += f", or [:, None], which makes it {_written((*second, 1))}"
        yield said


def _broadcasts(shapes: Sequence[Shape]) -> bool:
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


def _axes(count: int) -> str:
    return f"axes from −{count} to {count - 1}" if count else "no axis: it is a single number"


def _indices(shape: Shape) -> str:
    if not shape:
        return "no index: it is a single number"
    ranges = ", ".join(f"axis {i} from −{n} to {n - 1}" for i, n in enumerate(shape) if n)
    return f"at most {len(shape)} indices: {ranges}"


def _written(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
