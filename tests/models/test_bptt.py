"""Back-propagation through time under any f(t): what truncation.md says must hold, for every cell.

The judge is the definition: give every step its own copy of the weights, move one copy, look at the losses.
"""

import functools
import itertools

import numpy as np
import pytest

import minigrad as mg
from minigrad.models import GRU, LSTM, RNN, Residual, ScalarRNN, bptt, k_truncated, subsequence, unroll, untruncated
from minigrad.models.model import detached, tensors_of
from tests import id_of

T = 5
rng = np.random.default_rng(0)
DENSE, WIDE = rng.normal(size=(T, 2)), rng.normal(size=(T, 3, 2))
TOKENS, MANY_TOKENS = np.array([0, 3, 1, 1, 2]), np.array([[0, 3], [3, 1], [1, 1], [2, 0], [0, 0]])
CLASSES, MANY_CLASSES = np.array([1, 0, 1, 1, 0]), np.array([[1, 0], [0, 0], [1, 1], [0, 1], [1, 1]])


class Integrator:
    """A user's model: two leaky sums, one of which feeds the other, no matrix anywhere."""

    def __init__(self):
        self.parameters = {name: mg.tensor(value, requires_grad=True, name=name) for name, value in self.start.items()}

    start = {"w": np.array([0.7, -0.4]), "leak": np.array(0.8), "out": np.array([1.2, 0.3])}  # noqa: RUF012

    def initial_state(self, batch_shape):
        return mg.tensor(np.zeros((*batch_shape, 2))), mg.tensor(np.zeros((*batch_shape, 2)))

    def step(self, parameters, state, x):
        slow, fast = state
        fast = mg.tanh(parameters["leak"] * fast + parameters["w"] * x + slow)
        slow = slow * parameters["leak"] + fast * 0.3
        return (slow, fast), fast * parameters["out"]


# name: (model, inputs, targets, loss)
RUNS = {
    "scalar, tanh": (ScalarRNN(rng=1, b_h=0.1), DENSE[:, 0], DENSE[:, 1], "mse"),
    "scalar, identity": (ScalarRNN("identity", rng=2), DENSE[:, 0], DENSE[:, 1], "mse"),
    "rnn, tanh": (RNN(2, 3, 2), DENSE, CLASSES, "cross_entropy"),
    "rnn, identity": (RNN(2, 3, 2, "identity"), DENSE, DENSE, "mse"),
    "rnn, relu": (RNN(2, 3, 2, "relu", rng=3), DENSE, DENSE, "mse"),
    "rnn, batch": (RNN(2, 3, 2), WIDE, WIDE, "mse"),
    "rnn, tokens": (RNN(4, 3, 2), TOKENS, CLASSES, "cross_entropy"),
    "rnn, batch of tokens": (RNN(4, 3, 2), MANY_TOKENS, MANY_CLASSES, "cross_entropy"),
    "rnn, two layers": (RNN(2, 3, 2, num_layers=2), DENSE, CLASSES, "cross_entropy"),
    "rnn, two layers, identity, batch": (RNN(2, 2, 2, "identity", num_layers=2), WIDE, WIDE, "mse"),
    "rnn without readout": (RNN(2, 2), DENSE, DENSE, "mse"),
    "rnn, own loss": (RNN(2, 3, 2), DENSE, DENSE, lambda y, target: (y * target).sum() ** 2),
    "lstm": (LSTM(2, 2, 2), DENSE, CLASSES, "cross_entropy"),
    "lstm, two layers, tokens": (LSTM(4, 2, 2, num_layers=2), TOKENS, CLASSES, "cross_entropy"),
    "gru": (GRU(2, 2, 2), DENSE, DENSE, "mse"),
    "residual": (Residual(RNN(2, 3, 2), scale=0.5), DENSE, DENSE, "mse"),
    "a user's model": (Integrator(), DENSE, DENSE, "mse"),
}

TRUNCATIONS = {
    "untruncated": untruncated(),
    **{f"k_truncated({k})": k_truncated(k) for k in (0, 1, 3)},
    **{f"subsequence({k})": subsequence(k) for k in (1, 2, 3)},
    "not monotone": lambda t: [0, 1, 0, 2, 1][t],
    "reaching less and less": lambda t: [0, 0, 2, 1, 0][t],
}


@functools.cache
def run_of(name):
    model, inputs, targets, loss = RUNS[name]
    return unroll(model, inputs, targets, loss=loss)


@functools.cache
def immediate(name, step=1e-5):
    """G[t][s][parameter]: ∂L_t/∂θ⁽ˢ⁾ by central differences, stepping the model by hand with one copy moved."""
    model, inputs, targets, loss = RUNS[name]
    batch_shape = run_of(name).batch_shape

    def loss_of(y, target):
        if callable(loss):
            return loss(y, target)
        return mg.cross_entropy(y, target) if loss == "cross_entropy" else mg.mse_loss(y, target)

    def losses(copy, s):
        state, found = model.initial_state(batch_shape), []
        for t in range(T):
            state, y = model.step(copy if t == s else model.parameters, state, mg.tensor(inputs[t]))
            found.append(loss_of(y, targets[t]).item())
        return np.array(found)

    table = {}
    with mg.no_grad():
        for key, parameter in model.parameters.items():
            slopes = np.zeros((T, T, *parameter.shape))
            for place in np.ndindex(parameter.shape):
                for s in range(T):
                    sides = []
                    for sign in (1, -1):
                        moved = np.array(parameter.data)
                        moved[place] += sign * step
                        sides.append(losses({**model.parameters, key: mg.tensor(moved)}, s))
                    slopes[(slice(None), s, *place)] = (sides[0] - sides[1]) / (2 * step)
            table[key] = slopes
    return table


def truncated(table, f):
    """Σ_t Σ_{s=f(t)…t} G[t, s]."""
    return sum(table[t, s] for t in range(T) for s in range(f(t), t + 1))


def gradients_of(run, f, **keywords):
    found = bptt(run, f, **keywords)
    return {name: found[each] for name, each in run.parameters.items()}


def assert_same(one, other, tolerance):
    for name in one:
        scale = max(np.linalg.norm(other[name]), 1e-3)
        assert np.linalg.norm(one[name] - other[name]) <= tolerance * scale, name


# ---- 1. untied finite differences ------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", TRUNCATIONS)
@pytest.mark.parametrize("name", RUNS)
def test_the_truncated_gradient_is_the_sum_of_the_uses_that_count(name, f):
    expected = {key: truncated(slopes, TRUNCATIONS[f]) for key, slopes in immediate(name).items()}
    assert_same(gradients_of(run_of(name), TRUNCATIONS[f]), expected, 1e-6)


@pytest.mark.parametrize("f", TRUNCATIONS)
@pytest.mark.parametrize("name", ["rnn, tanh", "lstm", "rnn, two layers"])
def test_a_use_at_step_s_is_what_the_copy_at_step_s_receives_from_the_losses_that_count(name, f):
    run, reach = run_of(name), TRUNCATIONS[f]
    found = bptt(run, reach, record=True)
    for key, slopes in immediate(name).items():
        for use in found.uses(run.parameters[key]):
            s = int(use.scope.removeprefix("t="))
            expected = sum(slopes[t, s] for t in range(s, T) if reach(t) <= s)
            np.testing.assert_allclose(use.contribution, expected, rtol=1e-6, atol=1e-9)


def test_the_judge_tells_truncations_apart():
    table = immediate("rnn, tanh")["W_hh"]
    sums = [truncated(table, f) for f in (untruncated(), k_truncated(0), k_truncated(1), subsequence(3))]
    assert all(np.linalg.norm(a - b) > 1e-4 for a, b in itertools.combinations(sums, 2))


# ---- 2. limits -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RUNS)
def test_the_limits_coincide(name):
    run = run_of(name)
    full = gradients_of(run, untruncated())
    assert_same(gradients_of(run, k_truncated(T - 1)), full, 1e-12)
    assert_same(gradients_of(run, k_truncated(99)), full, 1e-12)
    assert_same(gradients_of(run, subsequence(T)), full, 1e-12)
    assert_same(gradients_of(run, subsequence(1)), gradients_of(run, k_truncated(0)), 1e-12)


@pytest.mark.parametrize("name", RUNS)
def test_full_bptt_is_backward_of_the_loss(name):
    run = run_of(name)
    found = mg.gradients(run.loss)
    assert_same(gradients_of(run, untruncated()), {key: found[each] for key, each in run.parameters.items()}, 0)


# ---- 3. the literal roads --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 2, 3, 5])
@pytest.mark.parametrize("name", RUNS)
def test_subsequence_is_the_loop_that_detaches_the_state_at_each_chunk_border(name, k):
    model, inputs, targets, loss = RUNS[name]
    total, state = {key: 0.0 for key in model.parameters}, None
    for start in range(0, T, k):
        run = unroll(model, inputs[start : start + k], targets[start : start + k], state=state, loss=loss)
        found = mg.gradients(run.loss)
        total = {key: total[key] + found[each] for key, each in model.parameters.items()}
        state = detached(run.final_state)
    assert_same(gradients_of(run_of(name), subsequence(k)), total, 1e-13)


@pytest.mark.parametrize("k", [0, 1, 3])
@pytest.mark.parametrize("name", RUNS)
def test_k_truncated_is_each_window_run_again_from_a_detached_state(name, k):
    model, inputs, targets, loss = RUNS[name]
    run, total = run_of(name), {key: 0.0 for key in model.parameters}
    for t in range(T):
        start = max(0, t - k)
        state = detached(run.states[start - 1]) if start else None
        window = unroll(model, inputs[start : t + 1], targets[start : t + 1], state=state, loss=loss)
        found = mg.gradients(window.losses[-1])
        total = {key: total[key] + found[each] for key, each in model.parameters.items()}
    assert_same(gradients_of(run, k_truncated(k)), total, 1e-13)


# ---- 4. and 5. what averages give ------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [2, 3])
def test_averaging_the_chunks_over_their_phases_weighs_lag_d_by_1_minus_d_over_k(k):
    run, table = run_of("rnn, tanh"), immediate("rnn, tanh")
    phases = [lambda t, shift=shift: max(0, k * ((t + shift) // k) - shift) for shift in range(k)]
    for key, slopes in table.items():
        average = sum(gradients_of(run, f)[key] for f in phases) / k
        weighted = sum(max(0, 1 - (t - s) / k) * slopes[t, s] for t in range(T) for s in range(t + 1))
        np.testing.assert_allclose(average, weighted, rtol=1e-6, atol=1e-9)


def test_random_cuts_are_unbiased_if_what_survives_is_scaled_up():
    """Each border is cut with probability c; what crosses one is divided by 1 − c. All patterns at once."""
    c, steps, net = 0.3, 4, RNN(2, 3, 2)
    state, borders, loss = net.initial_state(), [], mg.tensor(0.0)
    for t in range(steps):
        if t:
            state = state * 1.0  # the border's own tensor, so that only what crosses it is scaled
            borders.append(state)
        state, y = net.step(net.parameters, state, mg.tensor(DENSE[t]))
        loss = loss + mg.mse_loss(y, DENSE[t])
    full = mg.gradients(loss)
    for each in borders:
        each.register_hook(lambda g: g / (1 - c))
    expected = {key: 0.0 for key in net.parameters}
    for pattern in itertools.product([True, False], repeat=steps - 1):
        probability = np.prod([c if cut else 1 - c for cut in pattern])
        found = mg.gradients(loss, cuts=[each for each, cut in zip(borders, pattern, strict=True) if cut])
        expected = {key: expected[key] + probability * found[each] for key, each in net.parameters.items()}
    hooked = mg.gradients(loss)
    for key, each in net.parameters.items():
        np.testing.assert_allclose(expected[key], full[each], rtol=1e-12, atol=1e-15)
    assert np.linalg.norm(hooked[net.W_hh] - full[net.W_hh]) > 1e-3, "scaling alone is biased"


# ---- 6. Jacobians that do not commute --------------------------------------------------------------------------------


def test_jacobians_are_multiplied_in_the_right_order():
    run = run_of("rnn, tanh")
    net, states = run.model, [np.asarray(each.data) for each in run.states]
    jacobians = [(1 - h**2)[:, None] * net.W_hh.data.T for h in states]  # ∂h_t/∂h_{t−1}, columns as in the lecture
    assert np.linalg.norm(jacobians[1] @ jacobians[2] - jacobians[2] @ jacobians[1]) > 1e-2
    last, found = run.losses[-1], mg.gradients(run.losses[-1], record=True)
    arriving = found[run.states[-1]]
    right = wrong = np.eye(3)
    for t in range(T - 1, 0, -1):
        right, wrong = right @ jacobians[t], jacobians[t] @ wrong
    np.testing.assert_allclose(found[run.states[0]], arriving @ right, rtol=1e-10)
    assert np.linalg.norm(arriving @ wrong - arriving @ right) > 1e-3 * np.linalg.norm(arriving @ right)
    assert last.name == f"L_{T - 1}"


# ---- 7. what lies before the window ----------------------------------------------------------------------------------


@pytest.mark.parametrize("net", [RNN, LSTM, GRU])
def test_a_cue_before_the_window_keeps_a_gradient_of_exactly_0(net):
    model = net(4, 3, 2, rng=5)
    tokens, targets = [3, 0, 1, 2, 0], [None] * 4 + [1]  # the cue is token 3, at step 0 and nowhere else
    run = unroll(model, tokens, targets)
    for f, reaches in [(k_truncated(3), False), (subsequence(3), False), (k_truncated(4), True), (untruncated(), True)]:
        row = bptt(run, f)[model.W_xh][3]
        assert (row != 0).any() == reaches
        assert reaches or row.tobytes() == np.zeros_like(row).tobytes(), "bit for bit, no −0 either"


def test_an_input_gets_gradient_only_from_losses_that_reach_its_step():
    inputs = mg.tensor(DENSE, requires_grad=True)
    run = unroll(RNN(2, 3, 2), inputs, [None] * 3 + [1, 0])
    found = bptt(run, k_truncated(1))[inputs]
    assert (found[:2] == 0).all() and (found[2:] != 0).any(1).all()


def test_the_initial_state_gets_gradient_only_where_f_is_0():
    run = run_of("rnn, tanh")
    first = run.initial_state
    assert (bptt(run, subsequence(2))[first] == mg.gradients([run.losses[0], run.losses[1]])[first]).all()
    assert (bptt(run, lambda t: min(t, 1))[first] == mg.gradients(run.losses[0])[first]).all()
    assert (bptt(run, untruncated())[first] != bptt(run, subsequence(2))[first]).all()


def test_the_output_weights_always_get_their_direct_term():
    run = run_of("rnn, tanh")
    full = gradients_of(run, untruncated())
    for f in TRUNCATIONS.values():
        found = gradients_of(run, f)
        for name in ("W_hy", "b_y"):
            np.testing.assert_allclose(found[name], full[name], rtol=1e-13)


# ---- 8. the recipe for overlapping windows that counts twice ---------------------------------------------------------


class Counter:
    """h_t = h_{t−1} + w, y_t = h_t: each use of w in each loss counts 1."""

    input_ndim = 0

    def __init__(self):
        self.parameters = {"w": mg.tensor(1.0, requires_grad=True, name="w")}

    def initial_state(self, batch_shape):
        return mg.tensor(0.0)

    def step(self, parameters, state, x):
        h = state + parameters["w"]
        return h, h * 1.0


def relayed(model, steps, uses):
    """Each window's last loss, its gradient relayed by hand from leaf state to leaf state, nothing reset in between."""
    (w,) = model.parameters.values()
    entered, left, state = [], [], model.initial_state(())
    for t in range(steps):
        leaf = state.detach()
        leaf.requires_grad = True
        state, y = model.step(model.parameters, leaf, None)
        entered.append(leaf)
        left.append(state)
        y.backward()
        for s in range(t, max(0, t - uses + 1), -1):
            left[s - 1].backward(entered[s].grad)
    return w.grad


def test_windows_that_overlap_count_each_loss_once_and_the_relaying_recipe_does_not():
    """Four steps, three uses a window: 1 + 2 + 3 + 3 = 9.

    The recipe's third window relays to step 0 what step 1's leaf holds: 1 from L_2 and, from the second window, 1 from
    L_1 that has been relayed before; the fourth does so likewise: 1 + 2 + 4 + 4 = 11.
    """
    run = unroll(Counter(), [0.0] * 4, [0.0] * 4, loss=lambda y, target: y)
    found = bptt(run, k_truncated(2), record=True)
    assert found[run.parameters["w"]] == 9
    assert [use.contribution for use in found.uses(run.parameters["w"])] == [3, 3, 2, 1]
    assert relayed(Counter(), 4, 3) == 11
    assert relayed(Counter(), 4, 2) == 7 == bptt(run, k_truncated(1))[run.parameters["w"]], "two uses overlap in one"


# ---- records over several sweeps -------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", TRUNCATIONS)
@pytest.mark.parametrize("name", RUNS)
def test_the_sum_of_the_uses_is_the_gradient_of_whatever_is_asked(name, f):
    run = run_of(name)
    found = bptt(run, TRUNCATIONS[f], record=True)
    states = [each for state in run.states for each in tensors_of(state)]
    for each in [*run.parameters.values(), *states, *run.outputs, *run.losses]:
        total = sum((use.contribution for use in found.uses(each)), np.zeros(each.shape))
        np.testing.assert_allclose(total, found[each], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("f", TRUNCATIONS)
@pytest.mark.parametrize("name", ["scalar, tanh", "rnn, batch", "rnn, tokens", "rnn, own loss"])
def test_there_is_one_use_of_a_recurrent_weight_at_each_step_merged_over_the_sweeps(name, f):
    run = run_of(name)
    for weight in ("W_hh", "W_xh", "b_h"):
        uses = bptt(run, TRUNCATIONS[f], record=True).uses(run.parameters[weight])
        assert [use.scope for use in uses] == [f"t={t}" for t in range(T)]


def test_the_loss_has_gradient_1_and_so_has_each_steps_loss():
    run = run_of("rnn, tanh")
    for f in TRUNCATIONS.values():
        found = bptt(run, f, record=True)
        assert found[run.loss] == 1 and [found[each] for each in run.losses] == [1] * T
        assert [use.contribution for each in run.losses for use in found.uses(each)] == [1] * T


def test_what_was_blocked_is_what_the_losses_would_have_sent_on():
    run = run_of("rnn, tanh")
    found = bptt(run, subsequence(2), record=True)
    for first, steps in [(2, (2, 3)), (4, (4,))]:
        cut = run.states[first - 1]
        expected = mg.gradients([run.losses[t] for t in steps], wrt=cut)[cut]
        np.testing.assert_allclose(found.blocked(cut), expected, rtol=1e-13)
    with pytest.raises(KeyError, match="cuts of this sweep"):
        found.blocked(run.states[0])


def test_a_state_cut_for_some_losses_keeps_its_gradient_from_the_others():
    run = run_of("rnn, tanh")
    found, state = bptt(run, k_truncated(1), record=True), run.states[1]
    expected = mg.gradients([run.losses[1], run.losses[2]], wrt=state)[state]
    np.testing.assert_allclose(found[state], expected, rtol=1e-13)
    np.testing.assert_allclose(found.blocked(state), mg.gradients(run.losses[3], wrt=state)[state], rtol=1e-13)


def test_everything_in_a_merged_record_is_read_only():
    run = run_of("rnn, tanh")
    found = bptt(run, k_truncated(1), record=True)
    arrays = [found[each] for each in run.parameters.values()] + [found.blocked(run.states[1])]
    arrays += [use.contribution for each in run.parameters.values() for use in found.uses(each)]
    assert not any(each.flags.writeable for each in arrays)


def test_all_members_of_a_state_and_all_layers_are_cut_together():
    for name in ("lstm, two layers, tokens", "a user's model", "rnn, two layers"):
        run = run_of(name)
        cuts = list(tensors_of(run.states[1]))
        found = bptt(run, lambda t: 2 if t >= 2 else 0, record=True)
        assert len(cuts) > 1
        assert {each.order for each in found.cuts} == {each.order for each in cuts}
        assert any((found.blocked(each) != 0).any() for each in cuts)


def test_the_forward_values_never_change():
    run = run_of("rnn, tanh")
    before = [each.data.copy() for each in run.states]
    bptt(run, k_truncated(1), record=True)
    for one, other in zip(before, run.states, strict=True):
        np.testing.assert_array_equal(one, other.data)
    assert all(each.grad is None for each in run.parameters.values())


def test_chunks_touch_each_step_once_and_the_sliding_window_k_plus_1_steps_for_each_place_of_it(monkeypatch):
    run, touched = run_of("rnn, tanh"), []
    rule = mg.tanh.rules[0]
    monkeypatch.setattr(mg.tanh, "rules", (lambda g, y, x: touched.append(1) or rule(g, y, x),))
    for f, expected in [(untruncated(), T), (subsequence(2), T), (k_truncated(1), 4 * 2), (k_truncated(2), 3 * 3)]:
        touched.clear()
        bptt(run, f)
        assert len(touched) == expected


def test_run_gradients_is_bptt_and_full_without_f():
    run = run_of("rnn, tanh")
    for found, expected in [
        (run.gradients(), bptt(run, untruncated())),
        (run.gradients(k_truncated(1)), bptt(run, k_truncated(1))),
    ]:
        for each in run.parameters.values():
            np.testing.assert_array_equal(found[each], expected[each])
    assert run.gradients(k_truncated(1), record=True).uses(run.parameters["W_hh"])


def test_losses_that_are_missing_at_some_steps_leave_their_groups_out():
    net = RNN(2, 3, 2)
    run = unroll(net, DENSE, [None, None, 1, None, 0])
    found, expected = bptt(run, k_truncated(1)), {key: 0.0 for key in net.parameters}
    for t in (2, 4):
        part = mg.gradients(run.losses[t], cuts=run.states[t - 2])
        expected = {key: expected[key] + part[each] for key, each in net.parameters.items()}
    for key, each in net.parameters.items():
        np.testing.assert_allclose(found[each], expected[key], rtol=1e-13)


# ---- what is refused -------------------------------------------------------------------------------------------------


def test_a_run_without_losses_has_nothing_to_differentiate():
    with pytest.raises(ValueError, match="unroll it with targets"):
        bptt(unroll(RNN(2, 3), DENSE), untruncated())


@pytest.mark.parametrize("f", [lambda t: t + 1, lambda t: -1])
def test_an_f_out_of_range_is_refused(f):
    with pytest.raises(ValueError, match=r"f\(0\) = "):
        bptt(run_of("rnn, tanh"), f)


class Leaking(RNN):
    """Feeds its output back on the side, past the state."""

    last = None

    def step(self, parameters, state, x):
        if self.last is not None:
            x = x + self.last
        state, self.last = super().step(parameters, state, x)
        return state, self.last


@pytest.mark.parametrize("f", [k_truncated(0), k_truncated(1), subsequence(2)], ids=id_of)
def test_a_path_around_the_state_is_refused_and_named(f):
    run = unroll(Leaking(2, 3, 2), DENSE, CLASSES)
    with pytest.raises(ValueError, match=r"of scope 't=\d' by a way around the state that enters step \d"):
        bptt(run, f)


def test_a_path_around_the_state_does_not_matter_to_full_bptt():
    run = unroll(Leaking(2, 3, 2), DENSE, CLASSES)
    bptt(run, untruncated())


def test_the_same_output_fed_back_through_the_state_is_sound():
    class Feeding(RNN):
        def initial_state(self, batch_shape=()):
            return super().initial_state(batch_shape), mg.tensor(np.zeros((*batch_shape, 2)))

        def step(self, parameters, state, x):
            h, y = super().step(parameters, state[0], x + state[1])
            return (h, y), y

    run = unroll(Feeding(2, 3, 2), DENSE, CLASSES)
    for each in bptt(run, k_truncated(1), record=True).uses(run.parameters["W_hh"]):
        assert np.isfinite(each.contribution).all()


def test_weights_that_changed_since_the_forward_pass_are_stale():
    net = RNN(2, 3, 2)
    run = unroll(net, DENSE, CLASSES)
    net.W_hh.data = net.W_hh.data * 0.9
    for f in (untruncated(), k_truncated(1), subsequence(2)):
        with pytest.raises(RuntimeError, match=r"the value of W_hh .* changed after matmul in scope 't=\d'"):
            bptt(run, f)


# ---- a first state that another run recorded -------------------------------------------------------------------------


def two_runs(net=None, **options):
    """Three steps, and three that go on from their state, forgotten `.detach()` and all."""
    model = ScalarRNN("identity", W_xh=1.0, W_hh=0.5, W_hy=1.0) if net is None else net
    inputs = [1.0] * 3 if net is None else DENSE[:3]
    first = unroll(model, inputs)
    second = unroll(model, inputs, [0.0] * 3, loss=lambda y, target: y.sum(), state=first.final_state, **options)
    return model, first, second


def test_full_bptt_and_backward_flow_into_the_run_that_recorded_the_first_state():
    model, _, run = two_runs()
    run.loss.backward()
    losses_of_six = [1.0, 1.5, 1.75, 1.875, 1.9375, 1.96875]
    assert bptt(run, untruncated())[model.W_xh] == model.W_xh.grad == sum(losses_of_six[3:])


def test_under_a_truncation_the_first_state_is_a_constant_too():
    model, _, run = two_runs()
    assert bptt(run, k_truncated(0))[model.W_xh] == 3.0
    assert bptt(run, k_truncated(0), through_state=True)[model.W_xh] == 3.0 + 0.5 + 0.25 + 0.125


@pytest.mark.parametrize("record", [False, True])
@pytest.mark.parametrize("f", [k_truncated(0), k_truncated(1), subsequence(2), lambda t: max(0, t - 1)], ids=id_of)
@pytest.mark.parametrize("net", [RNN(2, 3, 2), LSTM(2, 3, 2), GRU(2, 3, 2, num_layers=2)], ids=id_of)
def test_a_forgotten_detach_changes_nothing_under_a_truncation(net, f, record):
    model, first, run = two_runs(net)
    forgotten = unroll(model, DENSE[:3], [0.0] * 3, loss=lambda y, target: y.sum(), state=detached(first.final_state))
    for name, gradient in gradients_of(run, f, record=record).items():
        np.testing.assert_allclose(gradient, gradients_of(forgotten, f)[name], rtol=1e-12, atol=1e-15)


def test_what_the_first_state_would_have_sent_on_is_blocked():
    model, _, run = two_runs()
    found = bptt(run, k_truncated(0), record=True)
    assert found.blocked(run.initial_state) == 0.5 and found[run.initial_state] == 0
    assert len(found.uses(model.W_xh)) == 3


def test_an_f_that_truncates_no_loss_is_full_bptt_and_flows():
    model, _, run = two_runs()
    for f in (k_truncated(2), subsequence(3), lambda t: 0):
        assert bptt(run, f)[model.W_xh] == bptt(run, untruncated())[model.W_xh]
        assert bptt(run, f, through_state=False)[model.W_xh] == 1 + 1.5 + 1.75


def test_what_was_computed_from_another_runs_state_is_a_constant_too():
    bridge = mg.tensor(2.0, requires_grad=True)
    model, first, _ = two_runs()
    run = unroll(model, [1.0] * 3, [0.0] * 3, loss=lambda y, target: y, state=first.final_state * bridge)
    assert bptt(run, k_truncated(0))[bridge] == 0
    assert bptt(run, k_truncated(0), through_state=True)[bridge] == 0.5 * 1.75


@pytest.mark.parametrize("f", [k_truncated(0), k_truncated(1), untruncated()], ids=id_of)
def test_a_first_state_that_is_a_leaf_or_learned_keeps_its_gradient(f):
    model, *_ = two_runs()
    leaf = mg.tensor(0.3, requires_grad=True)
    for state in (leaf, leaf * 1.0, mg.broadcast_to(leaf, ())):
        run = unroll(model, [1.0] * 3, [0.0] * 3, loss=lambda y, target: y, state=state)
        assert bptt(run, f)[leaf] == sum(0.5 ** (t + 1) for t in range(3) if f(t) == 0)


def test_an_encoder_is_trained_through_the_first_state_of_its_decoder():
    encoder, decoder = RNN(2, 3, rng=1), RNN(2, 3, 2, rng=2)
    read = unroll(encoder, WIDE, lengths=[5, 2, 3])
    wrote = unroll(decoder, WIDE, WIDE, loss="mse", state=read.final_state)
    found = bptt(wrote, untruncated())

    def loss(W_hh):
        moved = {**encoder.parameters, "W_hh": W_hh}
        state = unroll(encoder, WIDE, lengths=[5, 2, 3], parameters=[moved] * T).final_state
        return unroll(decoder, WIDE, WIDE, loss="mse", state=state).loss

    mg.check_gradients(loss, encoder.W_hh.data)
    np.testing.assert_allclose(found[encoder.W_hh], mg.grad(loss)(encoder.W_hh.data).detach().data, rtol=1e-10)


def test_a_run_without_gradients_says_so():
    with mg.no_grad():
        run = unroll(RNN(2, 3, 2), DENSE, CLASSES)
    with pytest.raises(ValueError, match="losses of this run have no gradient: it was unrolled under no_grad"):
        bptt(run, untruncated())
