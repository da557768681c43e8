"""check_cell: a line for each thing that nets are used for, and each kind of planted error told in words."""

import re

import numpy as np
import pytest

import minigrad as mg
from minigrad.models import GRU, LSTM, RNN, Net, Residual, ScalarRNN, check_cell, check_truncation, untruncated

BUILT_IN = {
    "scalar": lambda: ScalarRNN(rng=1),
    "rnn": lambda: RNN(2, 3, 2),
    "rnn without readout": lambda: RNN(2, 3),
    "float32": lambda: RNN(2, 3, 2, dtype=np.float32),
    "lstm of two layers": lambda: LSTM(2, 3, 2, num_layers=2),
    "gru with an embedding": lambda: GRU(4, 3, 2, embedding_size=2, learn_initial_state=True),
    "residual": lambda: Residual(LSTM(2, 3, 2)),
}


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_net_passes(name, capsys):
    check_cell(BUILT_IN[name]())
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10 and all(line.startswith("yes  ") for line in lines)


class Leaky(Net):
    """A leaky integrator, which the cells below break."""

    def __init__(self):
        super().__init__({"w": [0.7, 0.4], "leak": 0.8})
        self.input_size = 2

    def initial_state(self, batch_shape=()):
        return mg.tensor(np.zeros((*batch_shape, 2)))

    def step(self, parameters, state, x):
        state = mg.tanh(state * parameters["leak"] + parameters["w"] * x)
        return state, state


class OwnWeight(Leaky):
    def step(self, parameters, state, x):
        state = mg.tanh(state * self.leak + parameters["w"] * x)
        return state, state


class Detaching(Leaky):
    def step(self, parameters, state, x):
        return super().step(parameters, state.detach(), x)


class Remembering(Leaky):
    last = 0.0

    def step(self, parameters, state, x):
        state, y = super().step(parameters, state, x + self.last)
        self.last = y.data.mean()
        return state, y


class Mixing(Leaky):
    def step(self, parameters, state, x):
        return super().step(parameters, state, x - x.mean(axis=0) if x.ndim > 1 else x)


class Transposed(Leaky):
    def initial_state(self, batch_shape=()):
        return mg.tensor(np.zeros((2, *batch_shape)))

    def step(self, parameters, state, x):
        state, y = super().step(parameters, state.T, x)
        return state.T, y


class Swapped(Leaky):
    def step(self, parameters, state, x):
        state, _ = super().step(parameters, state, x)
        return mg.sum(state, axis=-1), state


class Deciding(Leaky):
    def step(self, parameters, state, x):
        return super().step(parameters, state if state.data.sum() > -100 else -state, x)


class Unpicklable(Leaky):
    def __init__(self):
        super().__init__()
        self.phi = lambda a: a


class Infinite(Leaky):
    def step(self, parameters, state, x):
        return super().step(parameters, state + mg.sqrt(parameters["leak"] * 0.0), x)


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        (
            OwnWeight,
            "no   parameters: step of OwnWeight uses leak of the model itself.*write parameters\\['leak'\\] in",
        ),
        (Detaching, "no   truncations: untruncated.*does step detach something"),
        (Remembering, "no   repeatable: two runs differ at step 0; does step keep something on self"),
        (Mixing, "no   batch: the output of example 0 at step 0 depends on the others"),
        (Transposed, r"no   shapes: the state has shape \(2,\).*\(2, 3\) in a batch of 3; it must be \(3, 2\)"),
        (Swapped, r"no   shapes: step of Swapped must return \(state, output\).*the two look swapped"),
        (Deciding, "no   trace: .data of tensor .* was asked for"),
        (Unpicklable, "no   copies: it can't be pickled: .*; keep names or module-level functions on self"),
        (Infinite, "no   gradients: the gradient of leak is not finite"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_wrong_with_a_cell_is_told(cell, line, capsys):
    with np.errstate(all="ignore"), pytest.raises(AssertionError, match=f"{cell.__name__} fails in"):
        check_cell(cell())
    lines = capsys.readouterr().out.splitlines()
    assert any(re.match(line, printed) for printed in lines), lines


def test_a_cell_without_an_input_size_is_tried_with_the_inputs_given():
    cell = Leaky()
    del cell.input_size
    with pytest.raises(ValueError, match=r"Leaky doesn't say which inputs it takes: give inputs="):
        check_cell(cell)
    check_cell(cell, np.random.default_rng(0).normal(size=(4, 3, 2)))
    with pytest.raises(ValueError, match=r"inputs are \(T, B, …\) with T and B from 2; got shape \(4, 2\)"):
        check_cell(cell, np.ones((4, 2)))


def test_a_class_in_place_of_a_cell_is_refused():
    with pytest.raises(TypeError, match="takes an object, such as Leaky"):
        check_cell(Leaky)


def test_check_truncation_names_the_parameters_that_were_not_taken_from_those_handed():
    x, y = np.random.default_rng(0).normal(size=(2, 4, 2))
    with pytest.raises(AssertionError, match=r"OwnWeight uses leak of the model itself.*in place of self\.leak"):
        check_truncation(OwnWeight(), untruncated(), x, y, loss="mse")


def test_check_truncation_takes_a_first_state_of_another_run_as_given():
    x, y = np.random.default_rng(0).normal(size=(2, 4, 2))
    model = RNN(2, 3, 2)
    state = mg.tanh(model.step(model.parameters, model.initial_state(), mg.tensor(x[0]))[0])
    for f in (untruncated(), lambda t: max(0, t - 1)):
        check_truncation(model, f, x, y, loss="mse", state=state)


def test_what_a_cell_s_error_says_is_told_on_one_line_that_no_terminal_obeys(capsys):
    class Stopping(RNN):
        def step(self, parameters, state, x):
            raise ValueError("\x1b[31mred\nand more")

    with pytest.raises(AssertionError, match=r"shapes: \\x1b\[31mred and more"):
        check_cell(Stopping(2, 3, 2))
    assert "\x1b" not in capsys.readouterr().out
