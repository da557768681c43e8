"""Age lanes: one walk over the steps gives what a sweep for each group of losses gives. The nested form judges."""

import importlib
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.models import (
    GRU,
    LSTM,
    RNN,
    Residual,
    ScalarRNN,
    bptt,
    check_truncation,
    k_truncated,
    subsequence,
    unroll,
    untruncated,
)
from minigrad.models import lanes as lanes_room
from minigrad.models.lanes import swept_in_lanes
from minigrad.models.model import rebuilt, tensors_of
from minigrad.models.truncation import earliest_steps
from tests import id_of

bptt_room = importlib.import_module("minigrad.models.bptt")  # the package's bptt is the function
T = 12
rng = np.random.default_rng(0)
DENSE, CLASSES = rng.normal(size=(T, 3, 2)), rng.integers(0, 2, (T, 3))

CELLS = {
    "rnn": RNN,
    "rnn, relu": lambda *sizes, **options: RNN(*sizes, "relu", **options),
    "rnn, identity": lambda *sizes, **options: RNN(*sizes, "identity", **options),
    "rnn without readout": lambda features, hidden, _, **options: RNN(features, hidden, **options),
    "lstm": LSTM,
    "gru": GRU,
    "residual": lambda *sizes, **options: Residual(RNN(*sizes, **options), scale=0.5),
    "residual, inside": lambda *sizes, **options: Residual(RNN(*sizes, **options), inside=True),
    "residual lstm, between layers": lambda *sizes, **options: Residual(LSTM(*sizes, **options), between=True),
    "residual gru": lambda *sizes, **options: Residual(GRU(*sizes, **options)),
}

TRUNCATIONS = {
    **{f"k_truncated({k})": k_truncated(k) for k in (0, 1, 4, 7, 11)},
    **{f"subsequence({k})": subsequence(k) for k in (1, 5)},
    "untruncated": untruncated(),
    "not monotone": lambda t: [0, 1, 0, 2, 4, 1, 6, 3, 3, 0, 7, 2][t],
    "reaching further and further": lambda t: min(t, T - 1 - t),
}


def run_of(model=None, loss="cross_entropy", **options):
    """T steps of three examples with two features each."""
    return unroll(RNN(2, 3, 2) if model is None else model, DENSE, CLASSES, loss=loss, **options)


def both(run, f, entering=()):
    """The gradient swept in lanes, which must be possible, and the nested one."""
    earliest = earliest_steps(f, len(run))
    found = swept_in_lanes(run, earliest, entering)
    assert found is not None
    return found, bptt_room.nested(run, earliest, False, entering)


def assert_equal(run, found, expected, *others, tolerance=1e-12):
    """On every parameter, the first state and `others`."""
    for each in [*run.parameters.values(), *tensors_of(run.initial_state), *others]:
        if each.origin is None:
            one, other = found[each], expected[each]
            assert one.shape == other.shape and one.dtype == other.dtype
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance * max(1, np.abs(other).max()))


# ---- equal to the nested form ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", TRUNCATIONS)
@pytest.mark.parametrize("cell", CELLS)
def test_the_lanes_give_the_truncated_gradient_of_every_built_in_cell(cell, f):
    for layers in (1, 2):
        run = run_of(CELLS[cell](2, 3, 2, num_layers=layers))
        assert_equal(run, *both(run, TRUNCATIONS[f]))


@st.composite
def cases(draw):
    """A run and the f(t) of its steps: any cell, size, batch, kind of input, mask, loss, first state."""
    steps, batch = draw(st.integers(1, 7)), draw(st.sampled_from([(), (1,), (3,)]))
    values = np.random.default_rng(draw(st.integers(0, 99)))
    cell = draw(st.sampled_from(["scalar", *CELLS]))
    features = draw(st.integers(1, 3))
    targets = list(values.normal(size=(steps, *batch, 1)))
    if cell == "scalar":
        model, inputs = (
            ScalarRNN(draw(st.sampled_from(["tanh", "relu", "identity"]))),
            values.normal(size=(steps, *batch)),
        )
        targets = [each[..., 0] for each in targets]
    else:
        options = {"num_layers": draw(st.integers(1, 3)), "learn_initial_state": draw(st.booleans())}
        tokens = draw(st.booleans())
        options["embedding_size"] = 2 if tokens and draw(st.booleans()) else None
        model = CELLS[cell](features, draw(st.integers(1, 3)), 2, **options)
        inputs = (
            values.integers(0, features, (steps, *batch)) if tokens else values.normal(size=(steps, *batch, features))
        )
    for each in model.parameters.values():
        each.data = values.normal(size=each.shape)
    inputs = mg.tensor(inputs, requires_grad=inputs.dtype.kind == "f" and draw(st.booleans()))
    state = None
    if draw(st.booleans()):
        like = model.initial_state(batch)
        state = rebuilt(like, (mg.tensor(values.normal(size=each.shape), True) for each in tensors_of(like)))
    lengths = values.integers(1, steps + 1, batch)
    mask = np.arange(steps).reshape(-1, *(1 for _ in batch)) < lengths
    padding = draw(st.sampled_from([{}, {"mask": mask}, {"mask": mask.astype(int)}, {"lengths": lengths}]))
    if draw(st.booleans()):
        targets = targets[0]
        padding = {**padding, "at": "last"}
    else:
        for t in draw(st.sets(st.integers(0, steps - 1), max_size=steps - 1)):
            targets[t] = None

    def loss(y, target):
        each = (mg.tanh(y) - target) ** 2
        return each if cell == "scalar" else each.sum(axis=-1)

    if state is None and draw(st.booleans()):
        state = unroll(model, inputs).final_state
    try:
        run = unroll(model, inputs, targets, loss=loss, state=state, **padding)
    except ValueError as error:  # an example that ends before the first targets
        assume("no target counts" not in str(error))
        raise
    return run, inputs, [draw(st.integers(0, t)) for t in range(steps)]


@given(cases(), st.sampled_from([1, 64, 1 << 20]), st.booleans())
def test_the_lanes_give_the_gradient_of_any_net_under_any_f_in_blocks_of_any_size(case, block, through_state):
    run, inputs, earliest = case
    entering = () if through_state else bptt_room.recorded_before(run)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lanes_room, "_BLOCK", block)
        found, expected = both(run, lambda t: earliest[t], entering)
    assert set(found.cuts) == set(expected.cuts)
    assert_equal(run, found, expected, *([inputs] if inputs.requires_grad else []))


def test_parameters_of_each_steps_own_get_their_own_gradient():
    model = LSTM(2, 3, 2)
    copies = [
        {name: mg.tensor(rng.normal(size=each.shape), True, name) for name, each in model.parameters.items()}
        for _ in range(T)
    ]
    run = run_of(model, parameters=copies)
    assert_equal(run, *both(run, k_truncated(4)), *(each for copy in copies for each in copy.values()))


def test_inputs_and_weights_that_were_computed_pass_their_gradient_on():
    leaf, scale = mg.tensor(DENSE, requires_grad=True), mg.tensor(0.5, requires_grad=True)
    model = RNN(2, 3, 2)
    scaled = {name: each * scale for name, each in model.parameters.items()}
    run = unroll(model, mg.tanh(leaf), CLASSES, parameters=[scaled] * T)
    assert_equal(run, *both(run, k_truncated(4)), leaf, scale)


def test_the_losses_may_be_any_function_of_the_outputs():
    weight = mg.tensor([0.3, -0.2], requires_grad=True)
    run = run_of(loss=lambda y, target: (mg.softmax(y) * weight).sum() ** 2)
    assert_equal(run, *both(run, k_truncated(4)), weight)


def test_a_loss_may_be_the_state_itself():
    run = unroll(ScalarRNN(), DENSE[:, 0, 0], DENSE[:, 0, 0], loss=lambda y, target: y)
    state_is_loss = unroll(Counter(), np.zeros(T), np.zeros(T), loss=lambda y, target: y)
    for each in (run, state_is_loss):
        assert_equal(each, *both(each, k_truncated(4)))
    assert both(state_is_loss, k_truncated(4))[0][state_is_loss.parameters["w"]] == 1 + 2 + 3 + 4 + 5 * (T - 4)


def test_the_gradient_has_the_dtype_of_its_tensor():
    run = unroll(LSTM(2, 3, 2, dtype=np.float32), DENSE.astype(np.float32), CLASSES)
    found, expected = both(run, k_truncated(4))
    assert all(found[each].dtype == np.float32 for each in run.parameters.values())
    assert_equal(run, found, expected, tolerance=1e-5)


def test_a_token_before_every_window_keeps_a_gradient_of_exactly_0():
    model, tokens, targets = RNN(4, 3, 2), [3, *[0, 1, 2] * 4], [None] * 6 + [1, 0] * 3 + [1]
    run = unroll(model, tokens, targets)
    row = both(run, k_truncated(5))[0][model.W_xh][3]
    assert row.tobytes() == np.zeros_like(row).tobytes(), "bit for bit, no −0 either"
    assert (both(run, k_truncated(6))[0][model.W_xh][3] != 0).any()


# ---- the comparison notices ------------------------------------------------------------------------------------------


def mixed_up(step, lanes, *others, through=lanes_room._through):
    return through(step, {number: np.roll(each, 1, axis=0) for number, each in lanes.items()}, *others)


def dropping_the_youngest(array, lane, axis):
    return array[:-1]


@pytest.mark.parametrize(
    ("place", "name", "wrong", "f"),
    [
        (lanes_room, "_through", mixed_up, "k_truncated(4)"),
        (np, "delete", dropping_the_youngest, "not monotone"),
    ],
)
def test_a_lane_dropped_in_place_of_another_is_noticed(monkeypatch, place, name, wrong, f):
    run = run_of()
    monkeypatch.setattr(place, name, wrong)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_equal(run, *both(run, TRUNCATIONS[f]))


def test_a_window_one_step_too_short_is_noticed():
    run = run_of()
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_equal(run, both(run, k_truncated(4))[0], both(run, k_truncated(5))[1])


# ---- why it is less work ---------------------------------------------------------------------------------------------


def lanes_of(run, f, monkeypatch):
    """How many lanes go on from each step to the one before, from the last step but the first to the first."""
    counts, through = [], lanes_room._through

    def counting(step, lanes, count, *others):
        counts.append(count)
        return through(step, lanes, count, *others)

    with monkeypatch.context() as patch:
        patch.setattr(lanes_room, "_through", counting)
        both(run, f)
    return counts[:-1]


def test_full_bptt_and_chunks_are_one_lane_and_the_sliding_window_one_for_each_loss_still_live(monkeypatch):
    run = run_of()
    assert lanes_of(run, untruncated(), monkeypatch) == [1] * 11
    assert lanes_of(run, subsequence(4), monkeypatch) == [1, 1, 1, 0] * 2 + [1, 1, 1]
    assert lanes_of(run, k_truncated(3), monkeypatch) == [1, 2, 3, 3, 3, 3, 3, 3, 3, 2, 1]
    assert lanes_of(run, k_truncated(0), monkeypatch) == [0] * 11


@pytest.mark.parametrize("k", [4, 7])
def test_each_step_is_gone_through_twice_however_wide_the_window(monkeypatch, k):
    run, touched = run_of(), []
    rule = mg.tanh.rules[0]
    monkeypatch.setattr(mg.tanh, "rules", (lambda g, y, x: touched.append(1) or rule(g, y, x),))
    bptt(run, k_truncated(k))
    assert len(touched) == T + T - 1, "once with all lanes, but for step 0; once for the weights"


@pytest.mark.parametrize("operation", sorted(lanes_room._ELEMENTWISE, key=str), ids=id_of)
def test_a_rule_of_the_elementwise_table_takes_a_cotangent_with_an_axis_more(operation):
    values = np.random.default_rng(1)
    args = [values.uniform(0.1, 0.9, (3, 2)) for _ in operation.rules]
    with np.errstate(invalid="ignore"):
        y, g = operation.function(*args, **operation.defaults), values.normal(size=(4, 3, 2))
        for rule in filter(None, operation.rules):
            expected = [rule(each, y, *args, **operation.defaults) for each in g]
            np.testing.assert_array_equal(rule(g, y, *args, **operation.defaults), expected)


# ---- when the lanes are taken ----------------------------------------------------------------------------------------


@pytest.fixture
def taken(monkeypatch):
    """Grows by one entry with each gradient that `bptt` takes from the lanes."""
    entries = []

    def noting(*args):
        found = swept_in_lanes(*args)
        entries.extend([] if found is None else [found])
        return found

    monkeypatch.setattr(bptt_room, "swept_in_lanes", noting)
    return entries


def test_bptt_takes_the_lanes_where_the_sweeps_would_overlap_much(taken):
    run = run_of()
    for f in (k_truncated(4), k_truncated(7), TRUNCATIONS["not monotone"]):
        assert bptt(run, f) is taken.pop()
    for f in (untruncated(), subsequence(1), subsequence(6), k_truncated(0), k_truncated(1)):
        bptt(run, f)
    bptt(unroll(RNN(2, 3, 2), DENSE, [None] * (T - 1) + [CLASSES[-1]]), k_truncated(7))
    assert not taken


def test_what_the_lanes_return_answers_as_the_nested_form_does():
    run = run_of()
    found, expected = both(run, k_truncated(4))
    assert set(found.cuts) == set(expected.cuts)
    for each in (*run.states, *run.outputs, *run.losses):
        if any(each is cut for cut in expected.cuts):
            np.testing.assert_array_equal(found[each], expected[each])
        else:
            with pytest.raises(KeyError, match="no gradient was kept"):
                found[each]
    with pytest.raises(ValueError, match="record=True"):
        found.uses(run.model.W_hh)
    assert not any(found[each].flags.writeable for each in run.parameters.values())
    assert bptt(run, k_truncated(4))[run.loss] == 1


def falls_back(run, taken, record=False):
    """Whether `bptt` goes the nested way, with its very numbers."""
    f = k_truncated(4)
    found, expected = bptt(run, f, record=record), bptt_room.nested(run, earliest_steps(f, T), record)
    assert not taken
    for each in run.parameters.values():
        np.testing.assert_array_equal(found[each], expected[each])
    return True


def test_a_record_of_every_use_is_kept_by_the_nested_form(taken):
    run = run_of()
    assert falls_back(run, taken, record=True)
    assert len(bptt(run, k_truncated(4), record=True).uses(run.model.W_hh)) == T


@pytest.mark.parametrize("of", [lambda run: run.model.W_hh, lambda run: run.model.W_hy, lambda run: run.states[5]])
def test_a_hook_sees_the_gradient_of_each_group_of_losses_as_ever(taken, of):
    run, seen = run_of(), []
    of(run).register_hook(lambda g: seen.append(1) or np.clip(g, -0.05, 0.05))
    assert falls_back(run, taken)
    assert len(seen) > 2


def test_a_state_that_retains_its_gradient_gets_it(taken):
    run = run_of()
    run.states[5].retain_grad()
    assert falls_back(run, taken)
    bptt(run, k_truncated(4))[run.states[5]]


def test_a_search_for_anomalies_looks_at_each_sweep(taken):
    run = run_of()
    with mg.detect_anomaly():
        assert falls_back(run, taken)


class Counter:
    """h_t = h_{t−1} + w: each use of w in each loss counts 1."""

    input_ndim = 0

    def __init__(self):
        self.parameters = {"w": mg.tensor(1.0, requires_grad=True, name="w")}

    def initial_state(self, batch_shape):
        return mg.tensor(0.0)

    def step(self, parameters, state, x):
        state = state + parameters["w"]
        return state, state


class Keyed(RNN):
    """Its state is a dict, which a step returns in another order."""

    def initial_state(self, batch_shape=()):
        return {"slow": super().initial_state(batch_shape), "fast": super().initial_state(batch_shape)}

    def step(self, parameters, state, x):
        fast, y = super().step(parameters, state["fast"] + state["slow"], x)
        return {"fast": fast, "slow": state["slow"] * 0.9 + fast * 0.1}, y


class Rails(NamedTuple):
    """A state with names."""

    slow: Any
    fast: Any


class Named(Keyed):
    """Its state is a named tuple."""

    def initial_state(self, batch_shape=()):
        return Rails(**super().initial_state(batch_shape))

    def step(self, parameters, state, x):
        after, y = super().step(parameters, state._asdict(), x)
        return Rails(**after), y


class Twisted(RNN):
    """A step of its own, of operations that lanes go through."""

    def step(self, parameters, state, x):
        h, y = super().step(parameters, mg.sin(state)[..., ::-1], x)
        return mg.where(h > 0.3, h * h, h), y


class Normalised(RNN):
    """A step of its own, with an operation that isn't elementwise."""

    def step(self, parameters, state, x):
        return super().step(parameters, mg.softmax(state), x)


class Squared(RNN):
    """The state on both sides of a product."""

    def step(self, parameters, state, x):
        return super().step(parameters, state @ state, x)


class Gated(RNN):
    """A part of the state spread over the rest."""

    def step(self, parameters, state, x):
        return super().step(parameters, state * state[..., :1], x)


class Remembering(RNN):
    """Hands a part of the state on as it is."""

    def initial_state(self, batch_shape=()):
        return super().initial_state(batch_shape), mg.tensor(np.full((*batch_shape, 3), 0.4), requires_grad=True)

    def step(self, parameters, state, x):
        h, y = super().step(parameters, state[0] * state[1], x)
        return (h, state[1]), y


class Thrifty(RNN):
    """Forgets what lies inside a step."""

    def step(self, parameters, state, x):
        state = mg.checkpoint(lambda h: super(Thrifty, self).step(parameters, h, x)[0])(state)
        return state, self.readout(parameters, state)


class Spread(RNN):
    """A first state without a batch, spread over the examples by the first step."""

    def initial_state(self, batch_shape=()):
        return mg.tensor(np.zeros(3), requires_grad=True)


class Glancing(RNN):
    """Its output looks at the state before, past the new one."""

    def step(self, parameters, state, x):
        after, y = super().step(parameters, state, x)
        return after, y * state.sum()


class Leaking(RNN):
    """Feeds its output back on the side, past the state."""

    last = None

    def step(self, parameters, state, x):
        if self.last is not None:
            x = x + self.last
        state, self.last = super().step(parameters, state, x)
        return state, self.last


class Projected(RNN):
    """A second part of its state is the first one's products with a vector."""

    def initial_state(self, batch_shape=()):
        return super().initial_state(batch_shape), mg.tensor(np.zeros(batch_shape))

    def step(self, parameters, state, x):
        h, y = super().step(parameters, state[0], x)
        projected = state[1] * 0.9 + state[0] @ parameters["b_h"]
        return (h, projected), y * mg.expand_dims(projected, -1)


class Layered(RNN):
    """A second part of its state is the first one's product with a stack of matrices."""

    def initial_state(self, batch_shape=()):
        return super().initial_state(batch_shape), mg.tensor(np.zeros((1, *batch_shape, 3)))

    def step(self, parameters, state, x):
        h, y = super().step(parameters, state[0], x)
        layers = state[1] * 0.9 + state[0] @ mg.expand_dims(parameters["W_hh"], 0)
        return (h, layers), y * layers.sum(axis=(0, 2))[:, None]


def test_a_users_step_takes_lanes_where_its_operations_do():
    for model in (Twisted(2, 3, 2), Spread(2, 3, 2), Keyed(2, 3, 2), Named(2, 3, 2)):
        run = run_of(model)
        assert_equal(run, *both(run, k_truncated(4)))


@pytest.mark.parametrize("model", [Normalised, Squared, Gated, Remembering, Thrifty, Glancing, Projected, Layered])
def test_a_step_that_takes_no_lanes_goes_the_nested_way(taken, model):
    assert falls_back(run_of(model(2, 3, 2)), taken)


# ---- what is refused -------------------------------------------------------------------------------------------------


def test_a_path_around_the_state_is_refused_and_named():
    with pytest.raises(ValueError, match=r"of scope 't=\d+' by a way around the state that enters step \d+"):
        bptt(run_of(Leaking(2, 3, 2)), k_truncated(4))


@pytest.mark.parametrize("net", [RNN, LSTM, GRU])
@pytest.mark.parametrize("name", ["W_xh", "W_hh", "b_h", "W_hy", "b_y"])
def test_weights_that_changed_since_the_forward_pass_are_stale(net, name):
    run = run_of(net(2, 3, 2))
    weight = run.parameters[name]
    weight.data = weight.data * 0.9
    for form in (swept_in_lanes, lambda *args: bptt_room.nested(*args, False)):
        with pytest.raises(RuntimeError, match=rf"the value of {name} .* changed after \w+ in scope 't=\d+'"):
            form(run, earliest_steps(k_truncated(4), T))


def test_what_the_lanes_found_are_arrays_zeros_too():
    run = unroll(RNN(2, 3, 2), np.ones((6, 2)), [0, 1] * 3)
    other = mg.tensor(np.ones(2), requires_grad=True)
    assert type(bptt(run, k_truncated(2))[other]) is np.ndarray


class Attending(RNN):
    """A product of the state with a vector, and one with a stack of matrices: such steps don't go in lanes."""

    def step(self, parameters, state, x):
        gate = mg.expand_dims(state @ parameters["b_h"], -1)
        mixed = mg.matmul(mg.expand_dims(state, -2), mg.stack([parameters["W_hh"]] * 2)).sum(axis=(0, 1))
        return super().step(parameters, state * mg.tanh(gate) + 0.1 * mixed, x)


def test_states_times_vectors_and_stacks_are_swept_as_the_definition_says():
    model, rng = Attending(2, 3, 2), np.random.default_rng(0)
    check_truncation(model, k_truncated(2), rng.normal(size=(5, 2)), [0, 1, 1, 0, 1])
