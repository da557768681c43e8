"""Where a sequence of numbers repeats, and how a body is laid beside it. What the numbers stand for is in `loops`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

LEAST = 4
"""Fewer iterations are no loop."""

Cell = tuple[int, int]
"""Iteration and position in the body."""


def longest(signs: np.ndarray, start: int, stop: int) -> dict[int, Cell]:
    """Of the loops between two places, that of the shortest period which covers nearly as much as any."""
    votes = _distances(signs[start:stop])
    periods = sorted(
        period for period in np.argsort(-votes, kind="stable")[:12].tolist() if votes[period] >= max(2, period // 2)
    )
    candidates: list[tuple[int, dict[int, Cell]]] = []
    for period in periods:
        if any(period % shorter == 0 and len(placed) >= 0.9 * votes[period] for shorter, placed in candidates):
            continue
        placed = _aligned(signs, start, stop, period)
        if len({iteration for iteration, _ in placed.values()}) >= LEAST and len(placed) >= 2 * LEAST:
            candidates.append((period, placed))
    most = max((len(placed) for _, placed in candidates), default=0)
    return next((placed for _, placed in candidates if len(placed) >= 0.93 * most), {})


def _distances(signs: np.ndarray) -> np.ndarray:
    """How often three signs in a row come again so many places later, as one of the next four times."""
    count = int(signs.max()) + 1
    threes = (signs[:-2] * count + signs[1:-1]) * count + signs[2:]
    order = np.argsort(threes, kind="stable")
    votes = np.zeros(len(signs), np.int64)
    for times in range(1, 5):
        earlier, later = order[:-times], order[times:]
        again = threes[earlier] == threes[later]
        votes += np.bincount((later - earlier)[again], minlength=len(votes))
    return votes


def _aligned(signs: np.ndarray, start: int, stop: int, period: int) -> dict[int, Cell]:
    """Iteration and place of each node of the loop with this period that has the longest clean stretch.

    From the middle of that stretch the body is laid beside the recording, forwards and backwards. An iteration may lack
    operations of the body, or have others between them.
    """
    broken = np.flatnonzero(
        np.concatenate([[True], signs[start + period : stop] != signs[start : stop - period], [True]])
    )
    lengths = np.diff(broken) - 1
    if not lengths.size or lengths.max() < period:
        return {}
    longest = int(lengths.argmax())
    middle = start + int(broken[longest]) + int(lengths[longest]) // period // 2 * period
    listed = signs.tolist()
    body = listed[middle : middle + period]
    placed = dict(_walk(listed, body, middle, stop, 1))
    placed.update(_walk(listed, body, middle - 1, start - 1, -1))
    if not placed:
        return {}
    shift = min(placed.items())[1][1]  # the body begins where the first iteration does
    return {
        index: (iteration - (position < shift), (position - shift) % period)
        for index, (iteration, position) in placed.items()
    }


def _walk(listed: list[int], body: list[int], index: int, stop: int, step: int) -> Iterator[tuple[int, Cell]]:
    """Lay the body beside the recording from `index` on, until it doesn't fit any more."""
    period = len(body)
    iteration, position = (0, 0) if step == 1 else (-1, period - 1)
    misfit = 0.0

    def fits(index: int, position: int) -> bool:
        count = 0
        while count < 3 and index != stop and listed[index] == body[position % period]:
            index, position, count = index + step, position + step, count + 1
        return count == 3 or (count > 0 and index == stop)

    while index != stop:
        if listed[index] == body[position]:
            yield index, (iteration, position)
            misfit = max(0.0, misfit - 0.3)
            index, position = index + step, position + step
        else:
            for skipped in range(1, period + 2):
                if skipped < period and fits(index, position + step * skipped):  # the iteration lacks some of the body
                    position += step * skipped
                    break
                if (stop - index) * step > skipped and fits(
                    index + step * skipped, position
                ):  # it has others in between
                    index += step * skipped
                    break
            else:
                return
            misfit += skipped
            if misfit > period / 2 + 2:
                return
        if not 0 <= position < period:
            iteration, position = iteration + position // period, position % period
