"""An interpreter of rolled listings: it reads what `print(program)` shows, line by line, and knows nothing else.

An expression is one of Python when ᵀ is written `.T` and − is written `-`. Names of operations are those of the
primitives, run on arrays by the functions that they were given.
"""

import re
from functools import partial, reduce

import numpy as np

from minigrad.ops import elementwise, indexing, joining, matrices, products, reductions, scans, shaping
from minigrad.primitive import Primitive


class _Index:
    def __getitem__(self, index):
        return index


def _put(g, index, shape):
    return indexing.scatter.function(np.asarray(g), index=index, shape=shape)


FUNCTIONS = {
    value.name: partial(value.function, **value.defaults)
    for module in (elementwise, indexing, joining, matrices, products, reductions, scans, shaping)
    for value in vars(module).values()
    if isinstance(value, Primitive) and value.function is not None
} | {
    "put": _put,
    "at": _Index(),
    "total": lambda terms: reduce(lambda one, other: one + other, terms),
    "inf": np.inf,
    "nan": np.nan,
}


def numbers(text):
    """`0 … 49`, `4 … 0, 9 … 5`, `4 … 49 by 5`."""
    listed = []
    for run in text.split(","):
        first, *rest = run.split("…")
        if not rest:
            listed.append(int(first))
            continue
        last, *step = rest[0].split("by")
        stride = int(step[0]) if step else (1 if int(last) > int(first) else -1)
        listed += range(int(first), int(last) + stride, stride)
    return listed


def evaluate(text, known, t=None):
    sums = re.fullmatch(r"Σ \((.*) for t in ([^()]*)\)", text)
    if sums:
        terms = [evaluate(sums[1], known, slot) for slot in numbers(sums[2])]
        return FUNCTIONS["total"](terms)
    with np.errstate(all="ignore"):
        value = eval(text.replace("ᵀ", ".T"), {"__builtins__": {}}, _Scope(known, t))
        return value


class _Scope(dict):
    def __init__(self, known, t):
        super().__init__(FUNCTIONS)
        self.update({name: _Values(value) if isinstance(value, dict) else value for name, value in known.items()})
        self["t"] = t


class _Values:
    """A name with a value for each slot."""

    def __init__(self, values):
        self.values = values

    def __getitem__(self, slot):
        return self.values[slot]


def run(listing, constants, inputs):
    """The results of a listing, for inputs by their names."""
    known = {}
    loop = []  # lines of the loop that is being read
    slots = []
    lines = listing.replace("−", "-").splitlines()
    for line in lines:
        if loop and not line.startswith("    "):
            _repeat(loop, slots, known)
            loop = []
        text, kind = _split(line)
        if text.startswith("    "):
            loop.append((text.strip(), kind))
        elif text.startswith("for t in "):
            slots = numbers(text[len("for t in ") : -1])
            loop = [("", None)]
        elif text.startswith("return "):
            results = evaluate(f"({text[len('return ') :]},)", known)
        else:
            name, adds, value = re.fullmatch(r"(\w+) (\+?)= (.*)", text).groups()
            if value == "constant":
                known[name] = constants[name]
            elif adds:
                known[name] = known[name] + evaluate(value, known)
            else:
                known[name] = _cast(inputs[value] if value in inputs else evaluate(value, known), kind)
    return results


def _split(line):
    """A line without the type at its end, and the dtype."""
    typed = re.fullmatch(r"(.*?\S)  +(\w+)\[[\d, ]*\]", line)
    return (typed[1], typed[2]) if typed else (line, None)


def _repeat(lines, slots, known):
    for t in slots:
        for text, kind in lines[1:]:
            aside = re.fullmatch(r"at t = (\S+): (\w+) = (.*)", text)
            if aside:
                if int(aside[1]) == t:
                    known[aside[2]] = _cast(evaluate(aside[3], known, t), kind)
                continue
            name, value = re.fullmatch(r"(\w+)\[t\] = (.*)", text).groups()
            usual, *others = value.split("; ")
            cases = dict(_case(other) for other in others)
            chosen = next((case for listed, case in cases.items() if t in listed), usual)
            if chosen is not None:
                known.setdefault(name, {})[t] = _cast(evaluate(chosen, known, t), kind)


def _case(text):
    if text.startswith("not at t = "):
        return tuple(numbers(text[len("not at t = ") :])), None
    listed, value = text[len("at t = ") :].split(": ", 1)
    return tuple(numbers(listed)), value


def _cast(value, kind):
    return np.asarray(value) if kind is None else np.asarray(value).astype(kind)
