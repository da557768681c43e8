"""Where values lie: bytes that are shared by what is not alive at once, pieces of a loop, and what is printed of it."""

from types import SimpleNamespace

import numpy as np
import pytest

from minigrad.program import memory
from minigrad.program.memory import Memory, Slot, packed


def homes(*rows):
    """Of bytes, the entry that a value is born in and the last that reads it."""
    return [SimpleNamespace(nbytes=nbytes, born=born, last=last, start=-1) for nbytes, born, last in rows]


@pytest.mark.parametrize(
    ("rows", "starts", "end"),
    [
        ([], [], 0),
        ([(64, 0, 1)], [0], 64),
        ([(65, 0, 1)], [0], 128),
        ([(64, 0, 1), (64, 2, 3)], [0, 0], 64),
        ([(64, 0, 1), (64, 1, 2)], [0, 64], 128),
        ([(64, 1, 2), (128, 0, 1)], [128, 0], 192),
        ([(256, 0, 9), (64, 0, 1), (64, 2, 3), (128, 3, 4)], [0, 256, 384, 256], 448),
        ([(256, 0, 3), (192, 2, 9), (64, 4, 9)], [0, 256, 0], 448),
        ([(256, 0, 3), (192, 2, 9), (128, 4, 9), (128, 5, 9)], [0, 256, 0, 128], 448),
        ([(256, 0, 3), (192, 2, 9), (192, 4, 9), (128, 5, 9)], [0, 256, 0, 448], 576),
    ],
)
def test_what_is_not_alive_at_once_shares_bytes_the_largest_first_each_as_low_as_it_fits(rows, starts, end):
    placed = homes(*rows)
    assert packed(placed) == end
    assert [home.start for home in placed] == starts


def test_of_random_values_no_two_that_are_alive_at_once_overlap():
    rng = np.random.default_rng(0)
    for _ in range(20):
        born = rng.integers(-1, 12, 15)
        placed = homes(*zip(rng.integers(1, 400, 15).tolist(), born, born + rng.integers(0, 6, 15), strict=True))
        end = packed(placed)
        assert end == max(home.start + memory.rounded(home.nbytes) for home in placed)
        for one in placed:
            for other in placed:
                apart = one.start >= other.start + other.nbytes or other.start >= one.start + one.nbytes
                assert one is other or apart or one.last < other.born or other.last < one.born


@pytest.mark.parametrize(
    ("order", "slots", "pieces"),
    [
        ([0, 1, 2, 3, 4, 5, 6], 7, [[0, 1, 2, 3], [4, 5, 6]]),
        ([6, 5, 4, 3, 2, 1, 0], 7, [[6, 5, 4, 3], [2, 1, 0]]),
        ([1, 2, 3, 4], 6, [[0, 1, 2], [3, 4, 5]]),
        ([4, 3, 2, 1], 6, [[5, 4, 3], [2, 1, 0]]),
        ([2, 1, 0, 5, 4, 3], 6, [[2, 1, 0], [5, 4, 3]]),
        ([1, 0, 3, 2], 6, [[1, 0, 3, 2], [4, 5]]),
        ([], 5, [[0, 1, 2], [3, 4]]),
        ([], 4, [[0, 1, 2, 3]]),
    ],
)
def test_a_loop_runs_in_pieces_of_like_length_in_its_own_order(monkeypatch, order, slots, pieces):
    monkeypatch.setattr(memory, "ROOM", 400)
    monkeypatch.setattr(memory, "ENOUGH", 1)
    roles = [SimpleNamespace(first=SimpleNamespace(nbytes=nbytes)) for nbytes in (8, 100)]
    units = [SimpleNamespace(slots=set(range(slots)), roles=roles), SimpleNamespace(slots={0}, roles=[])]
    assert memory._pieces(SimpleNamespace(units=units, order=order)) == pieces


def test_however_large_their_arrays_sixteen_iterations_go_together():
    roles = [SimpleNamespace(first=SimpleNamespace(nbytes=1 << 30))]
    stage = SimpleNamespace(units=[SimpleNamespace(slots=set(range(33)), roles=roles)], order=[])
    assert list(map(len, memory._pieces(stage))) == [11, 11, 11]


def test_the_twenty_largest_values_are_printed_of_equal_ones_the_older_first():
    slots = tuple(Slot(64 * n, 1000 + n // 2, 30 - n, 40, f"v{n}") for n in range(22))
    text = str(Memory(4096, 96, 1_000_000, slots)).splitlines()
    assert text[0] == "4,096 bytes at the peak, 96 of them scratch; 1,000,000 if nothing were shared"
    assert text[1] == "       1,010 bytes at 1,344        calls 9 to 40: v21"
    assert [line.split()[-1] for line in text[1:-1]] == [f"v{n}" for n in range(21, 1, -1)]
    assert text[-1] == "and 2 more"
    assert "more" not in str(Memory(4096, 96, 1_000_000, slots[:20]))
