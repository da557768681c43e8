"""Slots, which number a loop's iterations: which of them are on a line, side by side, and how they are written."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def line(numbers: Mapping[int, int]) -> tuple[int, int]:
    """Stride and offset of the line `stride · slot + offset` on which most of the numbers lie. Slots rise."""
    pairs = itertools.pairwise(numbers.items())
    strides = Counter((y - x) // (b - a) if (y - x) % (b - a) == 0 else 1 for (a, x), (b, y) in pairs)
    stride = strides.most_common(1)[0][0] if strides else 1
    offset = Counter(number - stride * slot for slot, number in numbers.items()).most_common(1)[0][0]
    return stride, offset


def usual(kinds: Mapping[int, Any], numbers: Mapping[int, list[int]]) -> tuple[list[int], list[tuple[int, int]]]:
    """The slots, rising, that are as most are: of one kind, their numbers on lines; stride and offset of each line."""
    kind = Counter(kinds.values()).most_common(1)[0][0]
    alike = sorted(slot for slot in kinds if kinds[slot] == kind)
    columns = zip(*(numbers[slot] for slot in alike), strict=True)
    lines = [line(dict(zip(alike, column, strict=True))) for column in columns]
    fitting = [slot for slot in alike if numbers[slot] == [stride * slot + offset for stride, offset in lines]]
    return fitting or alike[:1], lines


def in_a_row(values: Mapping[int, Any], dtype: Any) -> tuple[np.ndarray, int]:
    """An array with the value of each slot in its place, and the slot of its first place."""
    start = min(values)
    row = np.zeros((max(values) - start + 1, *np.shape(values[start])), dtype)
    for slot, value in values.items():
        row[slot - start] = value
    return row, start


def runs(slots: Sequence[int]) -> list[tuple[int, int]]:
    """Stretches of consecutive slots, as (first, behind the last)."""
    stretches: list[tuple[int, int]] = []
    for slot in slots:
        if stretches and stretches[-1][1] == slot:
            stretches[-1] = stretches[-1][0], slot + 1
        else:
            stretches.append((slot, slot + 1))
    return stretches


def linear(stride: int, offset: int) -> str:
    """`stride · t + offset`, as one writes it."""
    if stride == 0:
        return str(offset)
    text = {1: "t", -1: "−t"}.get(stride, f"{stride}*t".replace("-", "−"))
    return text + (f"+{offset}" if offset > 0 else f"−{-offset}" if offset else "")


def numbers(slots: Sequence[int]) -> str:
    """Slots in their order: `0 … 49`, `4 … 0, 9 … 5`, `4 … 49 by 5`."""
    texts = []
    start = 0
    while start < len(slots):
        end = start + 1
        while end + 1 < len(slots) and slots[end + 1] - slots[end] == slots[start + 1] - slots[start]:
            end += 1
        if end - start < 2 or end >= len(slots):
            texts.append(str(slots[start]))
            start += 1
            continue
        step = slots[start + 1] - slots[start]
        texts.append(f"{slots[start]} … {slots[end]}" + (f" by {step}" if abs(step) != 1 else ""))
        start = end + 1
    return ", ".join(texts).replace("-", "−")
