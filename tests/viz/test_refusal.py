"""A forward pass that failed, drawn: what was recorded, the operation that refused, what would have fitted."""

import re

import numpy as np
import pytest

import minigrad as mg
from minigrad import viz
from minigrad.models import RNN, unroll
from tests.engine.test_refused_operands import REFUSED, B, W, X, caught


def failure(diagram):
    (node,) = [node for node in diagram.data.nodes if node.role == "failure"]
    return node


@pytest.mark.parametrize("name", REFUSED)
def test_the_operation_that_refused_is_marked_once_and_its_operands_lead_to_it(name):
    error = caught(REFUSED[name][0])
    drawn = viz.draw(error).data
    node = failure(viz.draw(error))
    assert node.name == f"✗ {name}"
    tails = {edge.tail for edge in drawn.edges if edge.head == node.id}
    assert len(tails) == len({id(each) for each in error.operands if np.ndim(each) or isinstance(each, mg.Tensor)})


def test_what_was_recorded_up_to_there_is_drawn_with_shapes():
    error = caught(lambda: mg.tanh(W * 2) + B)
    nodes = viz.draw(error).data.nodes
    assert {node.name for node in nodes if node.role == "operation"} == {"× 2", "tanh"}
    assert all(node.show == "shapes" for node in nodes if node.role != "failure")
    source = viz.draw(error).source
    assert "[3×4]" in source and "[3]" in source and "‖" not in source


def shapes(text):
    return [tuple(map(int, re.findall(r"\d+", each))) for each in re.findall(r"\(([^()]*)\)", text)]


@pytest.mark.parametrize(
    "pair", [((2, 5), (3, 4)), ((2, 4), (3, 4)), ((4,), (3, 2)), ((2, 3), (4,)), ((2, 2, 3), (5, 4))]
)
def test_products_that_are_said_to_fit_do(pair):
    a, b = (mg.tensor(np.ones(shape), name=name) for shape, name in zip(pair, "ab", strict=True))
    said = " ".join(failure(viz.draw(caught(lambda: a @ b))).notes).partition("would fit: ")[2]
    ways = said.split(" or ")
    assert len(ways) >= 2
    for way in ways:
        if "(" in way:
            one, other = shapes(way)
            np.ones(one) @ np.ones(other)
        else:
            eval(way, {"a": a, "b": b})


@pytest.mark.parametrize("wanted", [(5, 5), (7,), (2, 5), (3, 3), (24,), (2, 2, 2)])
def test_shapes_that_are_said_to_fit_hold_the_numbers(wanted):
    said = " ".join(failure(viz.draw(caught(lambda: W.reshape(wanted)))).notes).partition("would fit: ")[2]
    assert shapes(said) and all(np.prod(shape) == W.size for shape in shapes(said))


def test_an_axis_along_which_pieces_can_be_joined_is_named():
    wide = mg.tensor(np.ones((3, 9)))
    notes = " ".join(failure(viz.draw(caught(lambda: mg.concatenate([W, wide])))).notes)
    assert "would fit with axis=1" in notes
    assert mg.concatenate([W, wide], axis=1).shape == (3, 13)


def test_the_steps_that_ran_are_frames_and_the_one_that_failed_too():
    net = RNN(3, 4, 2)

    class Late:
        calls = 0
        parameters = net.parameters
        initial_state = net.initial_state

        def step(self, p, h, x):
            self.calls += 1
            return mg.tanh(x @ p["W_xh"] + (h @ p["W_hh"] if self.calls < 4 else h @ W)), h

    error = caught(lambda: unroll(Late(), np.ones((9, 3))))
    drawn = viz.draw(error).data
    assert [block.path for block in drawn.blocks if block.path] == [("t=0",), ("t=1",), ("t=2",), ("t=3",)]
    assert failure(viz.draw(error)).id in drawn.blocks[-1].nodes


def test_of_a_long_tape_the_nearest_operations_are_drawn():
    y = B
    for _ in range(3000):
        y = mg.tanh(y)
    drawn = viz.draw(caught(lambda: y @ X)).data
    assert len(drawn.nodes) < 100 and drawn.remark == "2961 operations before these are left out"


def test_an_exception_raised_from_the_refusal_is_drawn_by_it():
    def cell():
        try:
            return W + B
        except ValueError as error:
            raise RuntimeError("the cell failed") from error

    with pytest.raises(RuntimeError) as info:
        cell()
    assert failure(viz.draw(info.value)).name == "✗ add"


def test_an_exception_that_no_operation_raised_is_refused():
    with pytest.raises(ValueError, match="no operation refused its operands here: KeyError"):
        viz.draw(KeyError("W_hh"))


def test_a_picture_of_a_refusal_is_rendered_and_hostile_names_stay_text():
    hostile = mg.tensor(np.ones(3), requires_grad=True, name="</text><script>alert(1)</script>")
    svg = viz.draw(caught(lambda: hostile + X)).svg()
    assert "<script" not in svg and "would fit" in svg
