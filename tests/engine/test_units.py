"""Units and stages: what may run beside what, by the slots and the order in which each is needed."""

import pytest

from minigrad.program.loops import Loop
from minigrad.program.units import Stage, Unit, _fits, _goes_with, _in_common, stages


def unit(kind, slots, where=None, reads=(), **of):
    """A unit of one role; what it reads as (slot, unit, slot there)."""
    made = Unit(kind, {slot: () for slot in slots}, loop=where, roles=[object()] if where else [], **of)
    made.reads = {(slot, other.roles[0], there) for slot, other, there in reads}
    return made


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ([0, 1, 2], [0, 1, 2], True),
        ([0, 1, 2], [2, 1, 0], False),
        ([0, 1, 2], [1, 5], True),
        ([0, 2, 1], [1, 2], False),
        ([], [1, 2], True),
        ([0, 1], [2, 3], True),
    ],
)
def test_slots_that_both_have_come_in_the_same_order(one, other, same):
    assert _in_common(one, other) is same


def test_a_stage_has_one_axis_and_one_order():
    here, elsewhere = Loop([]), Loop([])
    empty, rising = Stage(), Stage(axis=here, order=[0, 1, 2])
    assert _fits(unit("steps", [2, 1, 0], here), empty)
    assert _fits(unit("steps", [1, 2], here), rising)
    assert not _fits(unit("steps", [2, 1], here), rising)
    assert _fits(unit("batch", [2, 1], here), rising)
    assert not _fits(unit("batch", [0, 1], elsewhere), rising)
    assert _fits(unit("steps", [2, 1], here), Stage(axis=here))


@pytest.mark.parametrize(
    ("kind", "order", "shift", "together"),
    [
        ("batch", [], 0, True),
        ("batch", [], -1, False),
        ("batch", [0, 1, 2, 3], -1, True),
        ("batch", [0, 1, 2, 3], 1, False),
        ("batch", [3, 2, 1, 0], 1, True),
        ("steps", [], -1, True),
        ("steps", [], 1, False),
        ("batch", [1, 2], -1, False),
    ],
)
def test_a_reader_goes_with_what_is_made_in_its_slot_or_an_earlier_one(kind, order, shift, together):
    here = Loop([])
    maker = unit(kind, [0, 1, 2, 3], here)
    reader = unit("batch", [1, 2], here, [(slot, maker, slot + shift) for slot in (1, 2)])
    assert _goes_with(maker, reader, Stage(axis=here, order=order)) is together
    assert not _goes_with(maker, unit("batch", [1, 2], Loop([])), Stage(axis=here, order=order))


def running(*units):
    """Which units run in which stage, by their places in the list; behind a bar what isn't in a loop."""
    names = {one: str(number) for number, one in enumerate(units)}
    return [
        "".join(names[one] for one in stage.units) + "|" + "".join(names[one] for one in stage.tail)
        for stage in stages(units)
    ]


def test_units_of_an_axis_that_read_the_same_slot_share_a_stage():
    here = Loop([])
    first = unit("batch", [0, 1], here)
    second = unit("batch", [0, 1], here, [(0, first, 0), (1, first, 1)])
    assert running(first, second) == ["01|"]


def test_what_is_read_in_a_later_slot_has_a_stage_before():
    here = Loop([])
    first = unit("batch", [0, 1], here)
    second = unit("batch", [0, 1], here, [(0, first, 1)])
    assert running(first, second) == ["0|", "1|"]


def test_recurrences_in_opposite_orders_have_a_stage_each_and_each_its_order():
    here = Loop([])
    forward = unit("steps", [0, 1, 2], here)
    back = unit("steps", [2, 1, 0], here, [(slot, forward, slot) for slot in range(3)])
    assert running(forward, back) == ["0|", "1|"]
    assert [stage.order for stage in stages([forward, back])] == [[0, 1, 2], [2, 1, 0]]
    assert all(stage.axis is here for stage in stages([forward, back]))


def test_what_isn_t_in_a_loop_runs_behind_it_if_it_reads_it_and_in_a_stage_before_if_it_is_read():
    here = Loop([])
    start = unit("single", [None])
    start.nodes = {None: ["start"]}
    first = unit("batch", [0, 1], here)
    first.sources = {"start"}
    end = unit("single", [None])
    end.nodes = {None: ["end"]}
    end.reads = {(None, first.roles[0], 1)}
    assert running(start, first, end) == ["|0", "1|2"]


def test_the_terms_of_a_sum_run_no_later_than_the_sum():
    here = Loop([])
    first = unit("batch", [0, 1], here)
    total = unit("single", [None])
    total.nodes = {None: ["total"]}
    part = unit("part", [0, 1], here, [(0, first, 0), (1, first, 1)], total="total")
    part.roles = []
    assert running(first, part, total) == ["01|2"]


def test_units_that_need_nothing_of_each_other_share_a_stage_only_on_one_axis():
    here = Loop([])
    assert running(unit("batch", [0, 1], here), unit("batch", [0, 1], here)) == ["01|"]
    assert running(unit("batch", [0, 1], here), unit("batch", [0, 1], Loop([]))) == ["0|", "1|"]


def test_a_stage_has_the_order_of_its_last_recurrence_and_none_without():
    here = Loop([])
    assert stages([unit("batch", [1, 0], here)])[0].order == []
    assert [stage.order for stage in stages([unit("steps", [0, 1], here), unit("steps", [0, 1, 2], here)])] == [
        [0, 1, 2]
    ]
