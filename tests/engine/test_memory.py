"""Where values lie: bytes that are shared by what is not alive at once, pieces of a loop, and what is printed of it."""

from types import SimpleNamespace

import numpy as np
import pytest

import minigrad as mg
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


@pytest.mark.parametrize(("nbytes", "sizes"), [(0, [33]), (1 << 30, [11, 11, 11])])
def test_however_large_their_arrays_sixteen_iterations_go_together(nbytes, sizes):
    roles = [SimpleNamespace(first=SimpleNamespace(nbytes=nbytes))]
    stage = SimpleNamespace(units=[SimpleNamespace(slots=set(range(33)), roles=roles)], order=[])
    assert list(map(len, memory._pieces(stage))) == sizes


def test_the_twenty_largest_values_are_printed_of_equal_ones_the_older_first():
    slots = tuple(Slot(64 * n, 1000 + n // 2, 30 - n, 40, f"v{n}") for n in range(22))
    text = str(Memory(4096, 96, 1_000_000, slots)).splitlines()
    assert text[0] == "4,096 bytes at the peak, 96 of them scratch; 1,000,000 if nothing were shared"
    assert text[1] == "       1,010 bytes at 1,344        calls 9 to 40: v21"
    assert [line.split()[-1] for line in text[1:-1]] == [f"v{n}" for n in range(21, 1, -1)]
    assert text[-1] == "and 2 more"
    assert all("more" not in str(Memory(4096, 96, 1_000_000, slots[:count])) for count in (3, 20))


@pytest.mark.parametrize(
    ("born", "last", "depth", "turns"),
    [
        ([0, 3, 6], [1, 4, 7], 1, [0, 0, 0]),
        ([0, 3, 6], [3, 6, 7], 2, [0, 1, 0]),  # read by the call that makes the next
        ([0, 3, 6], [4, 4, 7], 2, [0, 1, 0]),
        ([0, 3, 6], [6, 6, 7], 3, None),
        ([0, 1, 2], [None, None, None], 1, [0, 0, 0]),
    ],
)
def test_a_value_of_a_recurrence_has_one_place_or_two_by_how_long_it_is_read(born, last, depth, turns):
    layout, role, nodes = object.__new__(memory.Layout), object(), ["a", "b", "c"]
    layout.turn = {}
    read = {node: time for node, time in zip(nodes, last, strict=True) if time is not None}
    assert min(layout._depth(role, dict(zip(nodes, born, strict=True)), read, {role: nodes}), 3) == depth
    assert layout.turn == (dict(zip(nodes, turns, strict=True)) if turns else {})


def test_a_value_that_is_written_piece_by_piece_is_needed_from_the_first_piece_on(monkeypatch):
    monkeypatch.setattr(memory, "ROOM", 1)
    monkeypatch.setattr(memory, "ENOUGH", 2)
    layout = mg.trace(lambda x: [mg.sin(x[t]) for t in range(8)])(np.ones((8, 2)))._engine.layout
    (sines,) = (home for home in layout.homes.values() if home.kind == "full")
    assert [piece for _, piece in layout.schedule] == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert (sines.born, sines.last) == (0, 4)


def test_what_one_iteration_alone_computes_within_a_recurrence_has_a_home_of_its_own():
    def f(x):
        for t in range(8):
            x = mg.sin(x) * 2
            x = mg.exp(x) if t == 4 else x
        return x

    program = mg.trace(f)(np.ones(2))
    homes = [f"{home.kind} {memory.told(home)}" for home in program._engine.layout.homes.values()]
    assert homes == [
        "full multiply float64[8, 2] for t in 0 … 7",
        "ring sin float64[2] for t in 0 … 7",
        "single input float64[2]",
        "single exp float64[2]",
    ]
    np.testing.assert_allclose(program(np.array([0.3, 0.7])), f(np.array([0.3, 0.7])))


HALVES = {  # of six gates, how the next state is made; which slices are made where they belong
    "both": (lambda g: mg.tanh(g[:3]) * mg.sin(g[3:]), [(None, 3), (3, None)]),
    "one overlaps": (lambda g: mg.tanh(g[:3]) * mg.sin(g[2:5]), []),
    "one is a view": (lambda g: mg.tanh(g[:3]) + g[3:], [(None, 3)]),
    "the older one is a view": (lambda g: g[:3] + mg.tanh(g[3:]), [(3, None)]),
}


@pytest.mark.parametrize(("half", "within"), HALVES.values(), ids=HALVES)
def test_slices_that_fill_a_gradient_are_made_where_they_belong(half, within):
    def f(w, x):
        h = np.zeros(3)
        for t in range(7):
            h = half(h @ w + x[t])
        return h.sum()

    f = mg.value_and_grad(f)
    args = np.cos(np.arange(18.0)).reshape(3, 6), np.sin(np.arange(42.0)).reshape(7, 6)
    program = mg.trace(f)(*args)
    owned = program._engine.layout.within.values()
    assert sorted(((index.start, index.stop) for _, index in owned), key=str) == sorted(within, key=str)
    for result, right in zip(program(*args), f(*args), strict=True):
        np.testing.assert_allclose(result, right.data)


@pytest.mark.parametrize(("count", "text"), [(1, "sin float64[2]"), (2, "sin float64[2, 2]"), (3, "sin float64[3, 2]")])
def test_a_home_tells_how_many_values_it_has_room_for(count, text):
    node = SimpleNamespace(operation="sin", dtype=np.dtype(float), shape=(2,), scope="")
    assert memory.told(SimpleNamespace(node=node, owner=node, count=count)) == text


@pytest.mark.parametrize(
    ("back", "places"), [(1, "ring float64[2, 1, 2]"), (2, "full float64[6, 1, 2]")], ids=["one step", "two steps"]
)
def test_a_carry_that_is_read_one_step_later_has_two_places_and_one_that_is_read_two_steps_later_all(back, places):
    def f(w, x):
        states = [x, x]
        for _ in range(8):
            states.append(states[-back] + mg.sin(states[-1] @ w))
        return states[-1].sum()

    f, args = mg.value_and_grad(f), (np.array([[0.9, 0.2], [-0.3, 0.8]]), np.array([[0.5, -0.4]]))
    program = mg.trace(f)(*args)
    homes = [f"{home.kind} {memory.told(home)}" for home in program._engine.layout.homes.values()]
    assert [home.replace("add ", "") for home in homes if "add" in home and "…" in home][
        1
    ] == f"{places} for t in 6 … 0"
    for result, right in zip(program(*args), f(*args), strict=True):
        np.testing.assert_allclose(result, right.data)


def test_without_sharing_all_values_and_the_scratch_would_lie_beside_each_other():
    f = mg.value_and_grad(lambda W, x: mg.tanh(x @ W).sum() + (mg.softmax(x @ W) ** 2).sum())
    whole = mg.trace(f)(np.ones((3, 4)), np.ones((5, 3))).memory()
    assert whole.total == sum(memory.rounded(slot.nbytes) for slot in whole.slots) + whole.scratch > whole.peak
    assert whole.scratch > 0
