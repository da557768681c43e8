"""What stands in the source as it is: numbers, strings, and one statement for many iterations."""

from __future__ import annotations

import functools
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Any

import numpy as np

from ..slots import line


def resolved(column: Mapping[int, str], slots: Sequence[int]) -> list[str]:
    """Statements of one role: one for most slots, its places written with `t`; the others behind a condition."""
    column = {slot: column[slot] for slot in sorted(column) if column[slot]}
    if not column:
        return []
    left = {slot: re.split("⟨(-?\\d+)⟩", text) for slot, text in column.items()}  # every second part is a number
    cases: list[tuple[list[int], str]] = []
    while left:
        frames = {slot: tuple(parts[::2]) for slot, parts in left.items()}
        usual = Counter(frames.values()).most_common(1)[0][0]
        alike = {slot: [int(number) for number in left[slot][1::2]] for slot in left if frames[slot] == usual}
        lines = [
            line({slot: numbers[position] for slot, numbers in alike.items()}) for position in range(len(usual) - 1)
        ]
        fitting = [
            slot
            for slot, numbers in alike.items()
            if all(n == stride * slot + offset for n, (stride, offset) in zip(numbers, lines, strict=True))
        ] or list(alike)[:1]
        numbers = [str(n) for n in alike[fitting[0]]] if len(fitting) == 1 else [_linear(*one) for one in lines]
        text = usual[0] + "".join(number + rest for number, rest in zip(numbers, usual[1:], strict=True))
        cases.append((fitting, text.replace("[0+", "[")))
        for slot in fitting:
            del left[slot]
    missing = [slot for slot in slots if slot not in column]
    texts = [f"if ({_among(which)}) {{ {text} }}" for which, text in cases[1:]]
    usual_slots, text = cases[0]
    if not texts and not missing:
        return [text]
    if not missing:
        return [" else ".join([*texts, f"{{ {text} }}"])]
    fewer = f"!({_among([slot for slot in slots if slot not in usual_slots])})"
    condition = fewer if 2 * len(usual_slots) > len(slots) else _among(usual_slots)
    return [" else ".join([*texts, f"if ({condition}) {{ {text} }}"])]


def _among(chosen: Iterable[int]) -> str:
    """The condition that t is one of these."""
    listed = sorted(chosen)
    if len(listed) == 1:
        return f"t === {listed[0]}"
    if listed == list(range(listed[0], listed[-1] + 1)):
        return f"t >= {listed[0]} && t <= {listed[-1]}"
    return f"{json.dumps(listed)}.includes(t)"


def _linear(stride: int, offset: int) -> str:
    if stride == 0:
        return str(offset)
    text = {1: "t", -1: "-t"}.get(stride, f"{stride}*t")
    return text if offset == 0 else f"{text}{offset:+d}" if stride > 0 or offset < 0 else f"{offset}{text}"


def number(value: float | int | bool) -> str:
    """As JavaScript writes it; in brackets if it has a sign."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"inf": "Infinity", "-inf": "(-Infinity)"}.get(str(value), "NaN")
    text = repr(+value if isinstance(value, bool) else value)
    return f"({text})" if text.startswith("-") else text.removesuffix(".0")


def quoted(text: str) -> str:
    """As a string of JavaScript that may stand in a page, too."""
    return json.dumps(text).replace("<", "\\u003c")


def key(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise NotImplementedError(f"the key {value!r} can't be said in JavaScript: an object's keys are strings")


def entry(name: Any) -> str:
    """The key of an object's entry, as its literal has it. `{"__proto__": x}` would be no entry, but x's heir."""
    return f"[{key(name)}]" if name == "__proto__" else key(name)


def literal(value: Any) -> str:
    """Numbers, strings, nothing, and these in arrays, lists and dicts, as JavaScript writes them."""
    if isinstance(value, (np.ndarray, np.generic)):
        return literal(value.tolist())
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(literal, value))}]"
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{entry(name)}:{literal(branch)}' for name, branch in value.items())}}}"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return quoted(value) if isinstance(value, str) else number(value)


@functools.cache
def runtime() -> dict[str, str]:
    """The functions of `runtime.js` by their names."""
    text = resources.files(__package__).joinpath("runtime.js").read_text("utf-8")
    return {part.split()[1]: part for part in re.split(r"\n\n", text.strip()) if part.startswith("const ")}
