"""Where things stand: nothing overlaps, edges end at their boxes, text fits and is legible; no pixel is looked at."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad import viz
from minigrad.models import GRU, LSTM, RNN, Residual, ScalarRNN, k_truncated, subsequence, unroll
from minigrad.viz.draw import layout as laid_out
from minigrad.viz.layout import geometry, grid, layered
from minigrad.viz.layout.legend import sheet
from minigrad.viz.text import boxes as content
from minigrad.viz.text import metrics, numbers, style


def leaf(name, value=0.7):
    return mg.tensor(value, requires_grad=True, name=name)


def scalar_graph():
    return viz.draw((mg.tanh(leaf("w") * leaf("x") + leaf("b")) - leaf("y")) ** 2, title="A title")


def square():
    x = leaf("x")
    return viz.draw(x * x)


def diamonds():
    x = leaf("x")
    for _ in range(4):
        x = mg.tanh(x) * mg.sin(x) + mg.relu(x) * x.detach()
    return viz.draw(x)


def layers():
    x = mg.tensor(np.ones((2, 3)))
    for k in range(3):
        x = mg.relu(x @ leaf(f"W_{k}", np.full((3, 3), 0.1)) + leaf(f"b_{k}", np.zeros(3)))
    return viz.draw(mg.mean(x))


def recurrent_operations():
    run = unroll(ScalarRNN(rng=1), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0.0] * 6, loss="mse")
    return viz.draw(run.loss)


def scalar_net(**options):
    run = unroll(ScalarRNN(rng=1), [0.1, -0.2, 0.3, 0.4, 0.5, 0.6], [0.0] * 6, loss="mse")
    return viz.draw(run, **options)


def long_net():
    net = RNN(3, 4, 3, num_layers=2)
    tokens = np.arange(40) % 3
    return viz.draw(unroll(net, tokens, tokens), truncation=subsequence(4), weights=["layer0.W_hh", "layer1.b_h"])


def small(net):
    tokens = np.arange(4) % 3
    return unroll(net, tokens, tokens)


def attention():
    rng = np.random.default_rng(0)
    x, q, k, v = (leaf(name, rng.normal(size=(3, 3))) for name in "xqkv")
    with mg.scope("block"):
        with mg.scope("project"):
            queries, keys, values = x @ q, x @ k, x @ v
        with mg.scope("attend"):
            y = x + mg.softmax(queries @ keys.T) @ values
    with mg.scope("loss"):
        return viz.draw(mg.mean(y * y))


FIGURES = {
    "scalar graph": scalar_graph,
    "square": square,
    "diamonds": diamonds,
    "layers": layers,
    "recurrent operations": recurrent_operations,
    "net": scalar_net,
    "window": lambda: scalar_net(truncation=k_truncated(2), title="k"),
    "window of one": lambda: scalar_net(truncation=k_truncated(0)),
    "LSTM": lambda: viz.draw(small(LSTM(3, 4, 3)), growth=True),
    "LSTM of two layers": lambda: viz.draw(small(LSTM(3, 4, 3, num_layers=2))),
    "LSTM in chunks": lambda: viz.draw(small(LSTM(3, 4, 3)), truncation=subsequence(2)),
    "LSTM under a window": lambda: viz.draw(small(LSTM(3, 4, 3)), truncation=k_truncated(1)),
    "weights on arrows": lambda: viz.draw(small(LSTM(3, 4, 3)), on_arrows=True),
    "weights on arrows in chunks": lambda: viz.draw(small(RNN(3, 4, 3)), truncation=subsequence(2), on_arrows=True),
    "factors": lambda: viz.draw(small(LSTM(3, 4, 3)), factors=True, tokens=["a", "word", "longer word"]),
    "rolled residual": lambda: viz.draw(small(Residual(RNN(3, 4, 3))), level="rolled"),
    "chunks": lambda: scalar_net(truncation=subsequence(2), weights=["W_hh", "W_xh", "b_y"]),
    "long net": long_net,
    "opened": lambda: scalar_net(level="op", truncation=subsequence(2)),
    "opened window": lambda: scalar_net(level="op", truncation=k_truncated(1)),
    "one step": lambda: viz.draw(small(LSTM(3, 4, 3)), level="step", step=2),
    "one step in chunks": lambda: viz.draw(
        small(GRU(3, 4, 3)), level="step", step=2, truncation=subsequence(2), title="GRU"
    ),
    "one step of two layers": lambda: viz.draw(
        small(Residual(LSTM(3, 4, 3, num_layers=2))), level="step", truncation=k_truncated(1)
    ),
    "first step": lambda: viz.draw(small(LSTM(3, 4, 3)), level="step", step=0),
    "opened LSTM": lambda: viz.draw(small(LSTM(3, 4, 3)), level="op"),
    "opened GRU": lambda: viz.draw(small(GRU(3, 4, 3)), level="op"),
    "rolled": lambda: scalar_net(level="rolled"),
    "rolled LSTM": lambda: viz.draw(small(LSTM(3, 4, 3)), level="rolled"),
    "residual": lambda: viz.draw(small(Residual(RNN(3, 4, 3))), growth=True, color="gradient"),
    "values": lambda: scalar_net(show="values"),
    "shapes": lambda: viz.draw(small(RNN(3, 4, 3)), show="shapes"),
    "compared": lambda: viz.compare(small(RNN(3, 4, 3)), [k_truncated(3), k_truncated(1), subsequence(2)]),
    "attention": attention,
}


@pytest.fixture(scope="module", params=FIGURES.values(), ids=FIGURES.keys())
def figure(request):
    """A diagram and the layout of its page."""
    diagram = request.param()
    body = laid_out(diagram.data)
    return diagram, sheet(diagram.data, body)


def overlap(a, b, slack=0.01):
    return min(a.right, b.right) - max(a.left, b.left) > slack and min(a.top, b.top) - max(a.bottom, b.bottom) > slack


def test_no_two_boxes_or_texts_overlap(figure):
    _, layout = figure
    labels = [label.box for label in (*layout.notes.values(), *layout.labels)]
    boxes = [*layout.boxes.values(), *labels, *(mark.box for mark in layout.marks if mark.kind != "band")]
    assert [pair for pair in combinations(boxes, 2) if overlap(*pair)] == []


def inside(inner, outer):
    return (
        outer.left <= inner.left
        and inner.right <= outer.right
        and outer.bottom <= inner.bottom
        and inner.top <= outer.top
    )


def test_backgrounds_lie_within_each_other_or_apart(figure):
    _, layout = figure
    bands = [mark.box for mark in layout.marks if mark.kind == "band"]
    crossing = [(a, b) for a, b in combinations(bands, 2) if overlap(a, b) and not inside(a, b) and not inside(b, a)]
    assert crossing == []


def test_a_chunk_holds_the_states_of_its_steps_and_no_others(figure):
    diagram, layout = figure
    bands = {mark.id: mark.box for mark in layout.marks if mark.kind == "band"}
    for band in diagram.data.bands:
        for node in diagram.data.nodes:
            if node.role == "state" and node.lane in (band.lanes or diagram.data.lanes):
                held = band.first <= node.step <= band.last
                assert overlap(bands[band.id], layout.boxes[node.id]) == held


def test_a_scope_frames_its_own_boxes_and_no_others(figure):
    diagram, layout = figure
    frames = [mark for mark in layout.marks if mark.id.startswith("~scope")]
    blocks = diagram.data.blocks
    for frame in frames:
        depth, first = map(int, frame.id.split("-")[1:])
        path = blocks[first].path[: depth + 1]
        for block in blocks:
            for key in block.nodes:
                assert inside(layout.boxes[key], frame.box) == (block.path[: depth + 1] == path)


def on_border(point, box):
    """Whether a point lies on the outline of a box."""
    x, y = point
    within = box.left - 0.01 <= x <= box.right + 0.01 and box.bottom - 0.01 <= y <= box.top + 0.01
    gap = min(abs(x - box.left), abs(x - box.right), abs(y - box.bottom), abs(y - box.top))
    return within and gap < 0.01


def test_edges_begin_and_end_on_the_outlines_of_their_boxes(figure):
    diagram, layout = figure
    for edge in diagram.data.edges:
        tail, head = layout.boxes[edge.tail], layout.boxes[edge.head]
        route = layout.forward[edge.id].points
        assert on_border(route[0], tail) and on_border(route[-1], head)
        if edge.contribution is not None:
            back = layout.backward[edge.id].points
            assert on_border(back[0], head) and on_border(back[-1], tail)


def test_each_edge_that_carries_a_gradient_has_a_way_back_and_no_other_has(figure):
    diagram, layout = figure
    assert layout.backward.keys() == {edge.id for edge in diagram.data.edges if edge.contribution is not None}


def along(route):
    """Points on the curve of a route."""
    for place in range(0, len(route.points) - 1, 3):
        corners = np.array(route.points[place : place + 4])
        for t in np.linspace(0, 1, 5):
            yield np.array([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3]) @ corners


def test_no_edge_runs_through_a_box_or_a_text(figure):
    _, layout = figure
    boxes = [*layout.boxes.values(), *(label.box for label in (*layout.notes.values(), *layout.labels))]
    for route in (*layout.forward.values(), *layout.backward.values()):
        for x, y in along(route):
            point = geometry.Box(x, y, 0.2, 0.2)
            assert [box for box in boxes if overlap(point, box, slack=0.15)] == []


def test_all_of_it_lies_on_the_page(figure):
    diagram, layout = figure
    page = diagram.page
    assert page == geometry.page(layout)
    boxes = [*layout.boxes.values(), *(label.box for label in layout.notes.values()), *(m.box for m in layout.marks)]
    for box in boxes:
        assert page.left + 10 <= box.left and box.right <= page.right - 10
        assert page.bottom + 10 <= box.bottom and box.top <= page.top - 10


def test_what_a_box_says_fits_into_it_even_in_a_wider_font(figure):
    diagram, layout = figure
    for node in diagram.data.nodes:
        width, height = content.size(content.box(node))
        assert width + 10 <= layout.boxes[node.id].width and height + 4 <= layout.boxes[node.id].height


def test_time_runs_from_left_to_right_and_the_loss_is_on_top():
    diagram = scalar_net()
    boxes = grid.layout(diagram.data).boxes
    assert [boxes[f"h_{t}"].x for t in range(-1, 6)] == sorted(boxes[f"h_{t}"].x for t in range(-1, 6))
    for t in range(6):
        assert boxes[f"L_{t}"].x == boxes[f"h_{t}"].x == boxes[f"x_{t}"].x == boxes[f"W_hh@{t}"].x
        assert boxes[f"L_{t}"].bottom > boxes[f"h_{t}"].top > boxes[f"x_{t}"].top > boxes[f"W_hh@{t}"].top


def test_data_flow_upwards_on_a_graph_of_operations():
    diagram = diamonds()
    boxes = layered.layout(diagram.data).boxes
    assert all(boxes[edge.tail].top < boxes[edge.head].bottom for edge in diagram.data.edges)


def test_forward_and_backward_edges_are_parallel_and_apart():
    layout = grid.layout(scalar_net(total=False).data)
    for key, back in layout.backward.items():
        ahead = layout.forward[key].points
        offsets = np.array(ahead) - np.array(back.points[::-1])
        np.testing.assert_allclose(offsets, np.broadcast_to(offsets[0], offsets.shape), atol=1e-9)
        assert np.abs(offsets[0]).max() >= 10


def test_the_ways_to_the_sum_and_to_other_lanes_turn_without_meeting_their_way_back():
    tokens = np.arange(4) % 3
    layout = grid.layout(viz.draw(unroll(LSTM(3, 4, 3), tokens, tokens)).data)
    turning = [key for key in layout.backward if key.endswith("->L") or key in ("h_0->c_1", "h_2->c_3")]
    assert len(turning) == 6
    for key in turning:
        there, back = (np.array(list(along(route))) for route in (layout.forward[key], layout.backward[key]))
        distances = np.hypot(*(there[:, None] - back[None]).transpose(2, 0, 1))
        assert distances.min() > 5


def luminance(colour):
    """Relative luminance, WCAG 2.1."""
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured_as_the_standard_says():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("ink", [style.INK, style.MUTED, style.GRADIENT])
@pytest.mark.parametrize("fill", sorted({look.fill for look in style.LOOKS.values()} | {style.PAPER, style.BAND}))
def test_text_on_every_fill_reaches_aa(ink, fill):
    assert contrast(ink, fill) >= 4.5


@pytest.mark.parametrize("fill", [style.PAPER, style.BAND])
def test_even_the_pale_type_of_a_blocked_gradient_reaches_aa(fill):
    assert contrast(style.PALE, fill) >= 4.5


@pytest.mark.parametrize("line", [style.FORWARD, style.BACKWARD, *(look.stroke for look in style.LOOKS.values())])
def test_lines_stand_out_from_the_paper(line):
    assert contrast(line, style.PAPER) >= 3


def test_no_two_roles_are_told_apart_by_hue_alone():
    looks = {role: (look.corners, look.outline) for role, look in style.LOOKS.items()}
    assert looks["parameter"] != looks["copy"] != looks["state"] != looks["parameter"]
    bold = {role for role in ("state", "operation") if content.box(viz_node(role))[0][0].bold}
    assert bold == {"state", "operation"}


def viz_node(role):
    from minigrad.viz.drawing import Node

    return Node("n", role, "n")


@given(st.floats(-1e300, 1e300), st.booleans())
def test_only_zero_is_written_as_zero_and_signs_are_kept(value, signed):
    text = numbers.number(value, signed=signed)
    back = float(text.replace("−", "-"))
    assert (back == 0) == (value == 0)
    assert back == pytest.approx(value, rel=0.06)
    assert text.startswith("−") == (value < 0)
    assert text.startswith("+") == (signed and value > 0)


@given(st.floats(0, allow_nan=False), st.floats(0, allow_nan=False))
def test_every_width_is_one_that_a_pen_can_draw(size, largest):
    assert 0.6 <= style.width(size, largest) <= 6.0


@given(st.floats(1e-300, 1e300), st.floats(1e-300, 1e300))
def test_a_larger_gradient_is_never_drawn_thinner(a, b):
    assert style.width(min(a, b), 1e300) <= style.width(max(a, b), 1e300)


def test_widths_of_text_are_those_of_helvetica():
    assert metrics.width("0123456789", 1000) == 5560
    assert metrics.width("WAVE", 1000) == 944 + 667 + 667 + 667
    assert metrics.width("h", 1000, bold=True) == 611


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=25))
def test_any_tape_is_laid_out_without_overlaps(pairs):
    values = [leaf("x")]
    for a, b in pairs:
        values.append(values[a % len(values)] * values[b % len(values)])
    data = viz.draw(values[-1]).data
    layout = layered.layout(data)
    boxes = [*layout.boxes.values(), *(note.box for note in layout.notes.values())]
    assert [pair for pair in combinations(boxes, 2) if overlap(*pair)] == []
    assert all(layout.boxes[edge.tail].top < layout.boxes[edge.head].bottom for edge in data.edges)


def test_the_loss_of_a_tape_in_steps_is_above_the_losses_that_it_sums():
    run = unroll(ScalarRNN(rng=1), [0.1, 0.2, 0.3], [0.0] * 3, loss="mse")
    run.loss.name = "L"
    diagram = viz.draw(run.loss)
    boxes = laid_out(diagram.data).boxes
    assert all(boxes["L"].top >= boxes[f"L_{t}"].top - 0.01 for t in range(3))


def test_what_leaves_a_low_block_stays_under_the_roof_of_its_frame():
    diagram = attention()
    layout = laid_out(diagram.data)
    (frame,) = [mark.box for mark in layout.marks if mark.id == "~scope-0-1"]
    assert frame.left < layout.boxes["q"].x < frame.right
    assert max(y for route in layout.forward.values() for _, y in route.points) < frame.top


def test_leaves_that_are_drawn_as_copies_stand_at_the_left_of_their_graph():
    a, b = leaf("a"), leaf("b")
    c = a + b
    for _ in range(3):
        c = c * a + mg.relu(b - a) + b
    diagram = viz.draw(c)
    layout = laid_out(diagram.data)
    shared = [node.id for node in diagram.data.nodes if node.role == "parameter"]
    others = [box.left for key, box in layout.boxes.items() if key not in shared]
    assert shared == ["a", "b"] and max(layout.boxes[key].right for key in shared) < min(others)
