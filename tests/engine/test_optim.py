"""Optimisers and clipping: the formulas by hand, what is refused, going on bit for bit."""

import copy
import pickle

import numpy as np
import pytest

import minigrad as mg
from minigrad.optim import SGD, Adam, AdamW, Optimizer, clip_grad_norm, clip_grad_value, global_norm

OPTIMISERS = {
    "SGD": {"lr": 0.1},
    "SGD with momentum": {"lr": 0.1, "momentum": 0.9},
    "SGD with weight decay": {"lr": 0.1, "weight_decay": 0.05},
    "SGD with both": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.05},
    "Adam": {"lr": 0.02},
    "Adam with weight decay": {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.05},
    "AdamW": {"lr": 0.02},
    "AdamW with more weight decay": {"lr": 0.02, "betas": (0.8, 0.95), "weight_decay": 0.3},
}
KINDS = {"SGD": SGD, "Adam": Adam, "AdamW": AdamW}


class Signs(Optimizer):
    """An optimiser of one's own, written with public names alone."""

    def __init__(self, parameters, lr=0.01):
        super().__init__(parameters, lr, means=("mean",))

    def update(self, index, value, gradient):
        mean = self.means["mean"]
        mean[index] = 0.9 * mean[index] + 0.1 * gradient
        return value - self.lr * np.sign(mean[index])


def made(title, parameters):
    return KINDS[title.split()[0]](parameters, **OPTIMISERS[title])


def leaves(rng=0):
    rng = np.random.default_rng(rng)
    return [mg.tensor(rng.normal(size=shape), requires_grad=True, name=f"w{shape}") for shape in [(3, 2), (4,), ()]]


def descend(optimiser, steps, rng):
    """Steps on the summed sines of the weights, each scaled afresh."""
    for _ in range(steps):
        optimiser.zero_grad()
        for each in optimiser.parameters:
            mg.sum(mg.sin(each * rng.normal())).backward()
        optimiser.step()


def one(value, gradient):
    weight = mg.tensor(value, requires_grad=True, name="w")
    weight.grad = np.array(gradient)
    return weight


def test_sgd_moves_by_lr_times_velocity():
    w = one(1.0, 2.0)
    optimiser = SGD([w], lr=0.1, momentum=0.5, weight_decay=0.25)
    optimiser.step()  # v = 2 + 0.25·1 = 2.25
    assert w.item() == pytest.approx(0.775, abs=1e-15)
    optimiser.step()  # v = 0.5·2.25 + 2 + 0.25·0.775 = 3.31875
    assert w.item() == pytest.approx(0.443125, abs=1e-15)


def test_adam_divides_the_mean_by_the_root_of_the_mean_square():
    w = one(1.0, 4.0)
    optimiser = Adam([w], lr=0.1, betas=(0.5, 0.75), eps=1.0)
    optimiser.step()  # both corrected means are those of one gradient: 4 and 16; 0.1·4/(4 + 1)
    assert w.item() == pytest.approx(0.92, abs=1e-15)
    w.grad = np.array(0.0)
    optimiser.step()  # means 1/0.75 and 3/0.4375; 0.1·(4/3)/(√(48/7) + 1)
    assert w.item() == pytest.approx(0.92 - 0.1 * (4 / 3) / ((48 / 7) ** 0.5 + 1), abs=1e-15)


def test_adamw_shrinks_the_weight_where_adam_bends_the_gradient():
    w, v = one(1.0, 4.0), one(1.0, 4.0)
    AdamW([w], lr=0.1, weight_decay=0.5, eps=0.0).step()
    Adam([v], lr=0.1, weight_decay=0.5, eps=0.0).step()
    assert w.item() == pytest.approx(1 * (1 - 0.05) - 0.1, abs=1e-15)
    assert v.item() == pytest.approx(1 - 0.1, abs=1e-15)


@pytest.mark.parametrize("title", OPTIMISERS)
def test_a_loaded_state_goes_on_bit_for_bit(title):
    straight, first = leaves(), leaves()
    rng = np.random.default_rng(2)
    descend(made(title, straight), 7, rng)

    rng = np.random.default_rng(2)
    before = made(title, first)
    descend(before, 3, rng)
    second = [mg.tensor(each.data, requires_grad=True) for each in first]
    after = made(title, second)
    after.load_state_dict(before.state_dict())
    descend(after, 4, rng)
    assert all(np.array_equal(mine.data, other.data) for mine, other in zip(straight, second, strict=True))


def test_a_state_dict_is_a_copy():
    w = one([1.0, 2.0], [3.0, 4.0])
    optimiser = Adam([w])
    optimiser.step()
    kept = optimiser.state_dict()
    known = {name: each.copy() for name, each in kept.items()}
    optimiser.step()
    assert all(np.array_equal(kept[name], known[name]) for name in known)


def test_float32_stays_float32():
    w = mg.tensor([1.0, 2.0], requires_grad=True, dtype=np.float32)
    optimiser = AdamW([w])
    mg.sum(w * w).backward()
    clip_grad_norm([w], 0.5)
    optimiser.step()
    assert {w.dtype, w.grad.dtype, *(each.dtype for row in optimiser.means.values() for each in row)} == {w.dtype}
    assert w.dtype == np.float32


def test_zero_grad_forgets():
    w = one(1.0, 2.0)
    SGD([w], lr=1).zero_grad()
    assert w.grad is None


def test_clipping_by_norm_keeps_the_direction_and_tells_the_norm_before():
    v, w = one([3.0, 0.0], [3.0, 0.0]), one(0.0, 4.0)
    assert clip_grad_norm([v, w], 2.5) == 5.0
    np.testing.assert_allclose(v.grad, [1.5, 0.0], rtol=1e-6)
    np.testing.assert_allclose(w.grad, 2.0, rtol=1e-6)


def test_the_norm_of_float32_gradients_does_not_overflow():
    w = mg.tensor([0.0, 0.0], requires_grad=True, dtype=np.float32)
    w.grad = np.array([3e30, 4e30], np.float32)
    assert global_norm([w]) == pytest.approx(5e30, rel=1e-6)


def test_clipping_by_norm_leaves_short_gradients_alone():
    w = one([3.0, 4.0], [3.0, 4.0])
    clip_grad_norm([w], 5.1)
    assert np.array_equal(w.grad, [3.0, 4.0])


def test_clipping_by_value_holds_each_number():
    w = one([0.0, 0.0, 0.0], [-3.0, 0.5, 7.0])
    clip_grad_value([w], 1.0)
    assert np.array_equal(w.grad, [-1.0, 0.5, 1.0])


def test_a_gradient_that_is_not_finite_is_named_and_not_spread():
    v, w = one(1.0, 1.0), one([1.0, 2.0], [np.inf, 0.0])
    with pytest.raises(FloatingPointError, match=r"gradient of w of shape \(2,\) is not finite"):
        clip_grad_norm([v, w], 1.0)
    assert v.grad == 1.0


def test_if_one_gradient_is_missing_nothing_moves():
    v, w = one(1.0, 1.0), mg.tensor([1.0, 2.0], requires_grad=True, name="W_hh")
    with pytest.raises(ValueError, match=r"W_hh of shape \(2,\) has no gradient; call backward"):
        SGD([v, w], lr=1).step()
    assert v.item() == 1.0


def test_if_an_update_fails_nothing_moves_and_no_mean_changes():
    class Failing(Adam):
        def update(self, index, value, gradient):
            return super().update(index, value, gradient) if index == 0 else 1 / 0

    first, second = (mg.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    (first * second).sum().backward()
    optimiser = Failing([first, second], lr=0.1)
    with pytest.raises(ZeroDivisionError):
        optimiser.step()
    assert optimiser.steps == 0 and not np.any(optimiser.means["first"])
    assert first.data.tolist() == second.data.tolist() == [1.0, 2.0]


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"w of shape \(2,\) has a gradient of shape \(\)"):
        SGD([one([1.0, 2.0], 3.0)], lr=1).step()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": 0.0}, "lr is a number above 0; got 0.0"),
        ({"lr": -1}, "lr is a number above 0; got -1"),
        ({"lr": float("nan")}, "lr is a number above 0; got nan"),
        ({"betas": (1.0, 0.9)}, r"betas\[0\] is a number from 0 and below 1; got 1.0"),
        ({"betas": (0.9, -0.1)}, r"betas\[1\] is a number from 0"),
        ({"betas": (0.9, 1.0)}, r"betas\[1\] is a number from 0 and below 1; got 1.0"),
        ({"betas": (1.5, 0.9)}, r"betas\[0\] is a number from 0 and below 1; got 1.5"),
        ({"eps": -1e-8}, "eps is a number from 0"),
        ({"weight_decay": -0.1}, "weight_decay is a number from 0"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Adam([one(1.0, 1.0)], **settings)


def test_momentum_is_below_one():
    with pytest.raises(ValueError, match="momentum is a number from 0 and below 1; got 1"):
        SGD([one(1.0, 1.0)], lr=1, momentum=1)


@pytest.mark.parametrize("clip", [clip_grad_norm, clip_grad_value])
def test_a_limit_is_positive(clip):
    with pytest.raises(ValueError, match="is a number above 0; got 0"):
        clip([one(1.0, 1.0)], 0)


def test_a_parameter_twice_is_refused():
    w = one(1.0, 1.0)
    with pytest.raises(ValueError, match=r"w of shape \(\) is there twice"):
        SGD([w, w], lr=1)


def test_a_result_is_not_a_parameter():
    with pytest.raises(ValueError, match="came from multiply; only leaves"):
        SGD([one(1.0, 1.0) * 2], lr=1)


def test_a_constant_is_not_a_parameter():
    with pytest.raises(ValueError, match="doesn't require gradients"):
        SGD([mg.tensor(1.0)], lr=1)


def test_names_in_place_of_tensors_are_refused():
    with pytest.raises(TypeError, match=r"model\.parameters\.values\(\); number 0 is 'W_hh'"):
        SGD({"W_hh": one(1.0, 1.0)}, lr=1)


def test_no_parameters_are_refused():
    with pytest.raises(ValueError, match="there are no parameters"):
        SGD([], lr=1)


def test_the_state_of_another_optimiser_is_refused_and_changes_nothing():
    w = one(1.0, 1.0)
    optimiser = Adam([w])
    optimiser.step()
    kept = optimiser.state_dict()
    with pytest.raises(KeyError, match=r"not the state of Adam over 1 parameters: .*velocity\.0"):
        optimiser.load_state_dict(SGD([w], lr=1, momentum=0.5).state_dict())
    with pytest.raises(ValueError, match=r"second\.0 has shape \(\); the state given, \(3,\)"):
        optimiser.load_state_dict({**kept, "second.0": np.zeros(3)})
    assert all(np.array_equal(kept[name], each) for name, each in optimiser.state_dict().items())


def test_nesterov_looks_ahead_along_the_velocity():
    w = mg.tensor(1.0, requires_grad=True)
    optimizer, v, x = SGD([w], lr=0.1, momentum=0.5, nesterov=True), 0.0, 1.0
    for _ in range(3):
        w.grad = np.array(2 * w.data)
        g = 2 * x
        v = 0.5 * v + g
        x = x - 0.1 * (g + 0.5 * v)
        optimizer.step()
        assert w.data == pytest.approx(x, rel=1e-14)
    with pytest.raises(ValueError, match="momentum"):
        SGD([w], lr=0.1, nesterov=True)


def test_adam_in_float16_keeps_its_means_in_float32():
    w = mg.tensor(np.ones(2, np.float16), requires_grad=True)
    optimizer = Adam([w], lr=0.01)
    w.grad = np.full(2, 1e-4, np.float16)  # its square is no float16
    optimizer.step()
    assert all(mean[0].dtype == np.float32 and mean[0].all() for mean in optimizer.means.values())
    assert w.dtype == np.float16
    np.testing.assert_allclose(w.data, 0.99, rtol=1e-3)


def test_a_huge_finite_gradient_is_clipped_and_an_infinite_one_is_refused():
    w = mg.tensor([0.0, 0.0], requires_grad=True)
    w.grad = np.array([3e200, 4e200])
    assert clip_grad_norm([w], 1.0) == pytest.approx(5e200)
    np.testing.assert_allclose(w.grad, [0.6, 0.8])
    w.grad = np.array([np.inf, 0.0])
    with pytest.raises(FloatingPointError, match="not finite"):
        clip_grad_norm([w], 1.0)


def test_the_old_name_of_global_norm_works_and_names_the_new_one():
    with pytest.warns(DeprecationWarning, match="minigrad.optim.gradient_norm is now minigrad.optim.global_norm"):
        assert mg.optim.gradient_norm is global_norm


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))], ids=["deepcopy", "pickle"]
)
@pytest.mark.parametrize(
    "kind", [lambda w: SGD(w, lr=0.1, momentum=0.9), Adam, AdamW, Signs], ids=["SGD", "Adam", "AdamW", "own"]
)
def test_a_copy_of_an_optimiser_goes_on_as_it_does_itself(kind, copied):
    w = mg.tensor([1.0, 2.0], requires_grad=True)
    first = kind([w])
    w.grad = np.array([0.5, -0.25])
    first.step()
    second = copied(first)
    for optimizer in (first, second):
        optimizer.parameters[0].grad = np.array([0.5, 0.5])
        optimizer.step()
    assert second.parameters[0] is not w
    np.testing.assert_array_equal(second.parameters[0].data, w.data)


def test_the_state_of_an_own_optimiser_is_its_steps_and_means():
    w = mg.tensor([1.0, 2.0], requires_grad=True)
    first, second = Signs([w]), Signs([w])
    w.grad = np.array([0.5, -0.25])
    first.step()
    second.load_state_dict(first.state_dict())
    assert sorted(second.state_dict()) == ["mean.0", "steps"]
    assert second.steps == 1
    np.testing.assert_array_equal(second.means["mean"][0], [0.05, -0.025])


@pytest.mark.parametrize("value", [np.zeros(3), None], ids=["another shape", "nothing"])
def test_an_update_that_gives_no_value_for_its_parameter_is_refused(value):
    class Wrong(Optimizer):
        def update(self, index, value_before, gradient):
            return value

    w = mg.tensor([1.0, 2.0], requires_grad=True)
    w.grad = np.ones(2)
    with pytest.raises((TypeError, ValueError)):
        Wrong([w], lr=0.1).step()
    assert w.data.tolist() == [1.0, 2.0]


def test_an_optimiser_without_an_update_is_refused():
    with pytest.raises(TypeError, match="update"):
        Optimizer([mg.tensor(1.0, requires_grad=True)], lr=0.1)


def test_an_own_optimiser_keeps_other_state_by_extending_the_dict():
    class Counting(Signs):
        seen = 0

        def update(self, index, value, gradient):
            self.seen += 1
            return super().update(index, value, gradient)

        def state_dict(self):
            return {**super().state_dict(), "seen": np.array(self.seen)}

        def load_state_dict(self, state):
            super().load_state_dict({name: array for name, array in state.items() if name != "seen"})
            self.seen = int(state["seen"])

    w = mg.tensor([1.0, 2.0], requires_grad=True)
    first, second = Counting([w]), Counting([w])
    w.grad = np.ones(2)
    first.step()
    second.load_state_dict(first.state_dict())
    assert (second.seen, second.steps) == (1, 1)


@pytest.mark.parametrize("kind", [Adam, AdamW])
def test_four_steps_are_those_of_the_papers(kind):
    lr, b1, b2, eps, decay = 0.05, 0.8, 0.9, 1e-6, 0.3
    weight = one([0.4, -2.0], [0.0, 0.0])
    optimiser = kind([weight], lr=lr, betas=(b1, b2), eps=eps, weight_decay=decay)
    theta, m, v = weight.data.copy(), 0.0, 0.0
    for t in range(1, 5):
        gradient = np.array([0.5 * t, -1.0 / t])
        weight.grad = gradient.copy()
        optimiser.step()
        g = gradient + decay * theta if kind is Adam else gradient
        theta = theta - lr * decay * theta if kind is AdamW else theta
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        theta = theta - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
        np.testing.assert_allclose(weight.data, theta, rtol=1e-12)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e149, 1e150, 1e151, 1e200])
def test_the_norm_of_gradients_of_any_size_is_that_of_three_and_four_times_it(size):
    weights = [one([0.0, 0.0], [3 * size, 0.0]), one(0.0, -4 * size), one(np.zeros(0), np.zeros(0))]
    assert global_norm(weights) == pytest.approx(5 * size, rel=1e-14)
    assert clip_grad_norm(weights, size) == pytest.approx(5 * size, rel=1e-14)
    assert global_norm(weights) == pytest.approx(size, rel=2e-4 if size < 1 else 1e-6)


def test_gradients_of_0_have_the_norm_0():
    assert global_norm([one([1.0, 2.0], [0.0, 0.0])]) == 0 == clip_grad_norm([one(1.0, 0.0)], 1.0)


def test_without_weight_decay_none_is_printed_and_no_text_ever_is():
    optimiser = Adam([one(0.0, 0.0)], lr=0.5)
    optimiser.note = "mine"
    assert repr(optimiser) == "<Adam at step 0: lr=0.5, eps=1e-08; parameters: 1>"


@pytest.mark.parametrize(
    ("kind", "settings"),
    [(SGD, {"lr": 0.1}), (Adam, {"lr": 1e-3, "eps": 1e-8}), (AdamW, {"lr": 1e-3, "eps": 1e-8, "weight_decay": 0.01})],
)
def test_the_settings_that_are_left_out(kind, settings):
    optimizer = kind([mg.tensor(1.0, requires_grad=True)], **({"lr": 0.1} if kind is SGD else {}))
    assert {name: value for name, value in vars(optimizer).items() if isinstance(value, float) and value} == settings
    assert getattr(optimizer, "betas", (0.9, 0.999)) == (0.9, 0.999)
