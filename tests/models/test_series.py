"""Series: windows and what came after, split in time, scaled by the past alone; streams of numbers."""

import numpy as np
import pytest

from minigrad.models import RNN, Series, evaluate, streams, train, unroll
from minigrad.models.data import series
from minigrad.optim import Adam

RNG = np.random.default_rng(0)
PAIR = RNG.normal(size=(60, 2)) * [1.0, 100.0] + [5.0, -3.0]


def test_the_target_of_a_window_is_the_scaled_horizon_after_it():
    pair = series(PAIR, window=5, horizon=3)
    chunk = pair.held_out()
    assert chunk.inputs.shape == (5, 10, 2)
    assert chunk.targets[:-1] == [None] * 4
    np.testing.assert_allclose(chunk.inputs[:, 0], pair.scaled[43:48])
    np.testing.assert_allclose(chunk.targets[-1][0], pair.scaled[48:51].ravel())
    np.testing.assert_allclose(pair.forecasts(chunk.targets[-1]), pair.actual())


def test_training_sees_nothing_of_what_is_held_out():
    poisoned = PAIR.copy()
    poisoned[48:] = 1e6
    one, other = series(PAIR, 5, 3), series(poisoned, 5, 3)
    for n in range(30):
        np.testing.assert_array_equal(one.batches(8)(n).inputs, other.batches(8)(n).inputs)
        np.testing.assert_array_equal(one.batches(8)(n).targets[-1], other.batches(8)(n).targets[-1])
    np.testing.assert_allclose(one.scaled[:48].mean(0), 0.0, atol=1e-12)
    np.testing.assert_allclose(one.scaled[:48].std(0), 1.0)


def test_a_batch_is_known_by_seed_and_number_alone():
    pair = series(PAIR, 5, 3)
    np.testing.assert_array_equal(pair.batches(4, seed=1)(7).inputs, pair.batches(4, seed=1)(7).inputs)
    assert not np.array_equal(pair.batches(4, seed=1)(7).inputs, pair.batches(4, seed=2)(7).inputs)


def test_a_single_series_is_one_of_one_feature():
    single = series(np.arange(50.0), 4, 2)
    assert (single.input_size, single.output_size, single.held_out().inputs.shape[2]) == (1, 2, 1)


def test_the_naive_forecast_is_the_last_value_seen():
    single = series(np.arange(50.0), 4, 3)
    np.testing.assert_array_equal(single.naive()[0, :, 0], [39.0] * 3)
    np.testing.assert_array_equal(single.actual()[0, :, 0], [40.0, 41.0, 42.0])


def test_the_seasonal_forecast_is_the_season_before_however_long_the_horizon():
    single = series(np.arange(50.0), 4, 5)
    np.testing.assert_array_equal(single.naive(season=2)[0, :, 0], [38.0, 39.0, 38.0, 39.0, 38.0])
    with pytest.raises(ValueError, match=r"a season is from 1 to 40 times, .*; got 41"):
        single.naive(season=41)


def test_what_never_changes_is_not_divided_by_zero():
    flat = series(np.full(50, 3.0), 4, 2)
    assert np.all(flat.scaled == 0.0)
    assert np.all(flat.forecasts(np.zeros((1, 2))) == 3.0)


def test_a_rhythm_is_learned_better_than_the_naive_forecast():
    wave = series(np.sin(np.arange(300) / 3), 12, 4)
    net = RNN(wave.input_size, 16, wave.output_size)
    train(net, wave.batches(16), 150, Adam(net.parameters.values(), lr=0.01), loss="mse")
    exam = wave.held_out()
    forecasts = wave.forecasts(unroll(net, exam.inputs).final_output)
    assert np.mean((forecasts - wave.actual()) ** 2) < 0.1 * np.mean((wave.naive() - wave.actual()) ** 2)
    squared = np.mean(((forecasts - wave.actual()) / wave.scale) ** 2)
    assert evaluate(net, [exam], "mse").loss == pytest.approx(squared)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((3, 2, 2)), 2, 1), r"a series has shape \(T,\) or \(T, D\); got \(3, 2, 2\)"),
        (([1.0, 2.0, float("nan")] * 9, 2, 1), "number 0 at time 2 is nan; fill it in, or leave the time out"),
        ((np.zeros(50), 0, 1), "window and horizon are from 1"),
        ((np.zeros(10), 9, 3), "10 times are too few for a window of 9 and a horizon of 3"),
    ],
)
def test_what_is_no_series_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        series(*arguments)


def test_the_record_does_not_change_with_the_array_it_was_made_of():
    array = np.arange(50.0)
    made = series(array, 4, 2)
    array[:] = 0.0
    assert isinstance(made, Series)
    assert made.values[7, 0] == 7.0


# ---- streams of numbers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [np.arange(9.0), np.arange(18.0).reshape(9, 2)], ids=["single", "pair"])
def test_streams_of_numbers_are_cut_as_those_of_tokens(values):
    data, tokens = streams(values, batch=2, steps=2), streams(np.arange(9), batch=2, steps=2)
    rows = values.reshape(9, -1)
    for n in range(3):
        np.testing.assert_array_equal(data(n).inputs, rows[tokens(n).inputs])
        np.testing.assert_array_equal(data(n).targets, rows[tokens(n).targets])
        assert data(n).first == tokens(n).first


def test_streams_of_something_else_are_refused():
    with pytest.raises(ValueError, match=r"tokens \(length,\) or numbers \(length, features\); got shape \(4, 3\)"):
        streams(np.zeros((4, 3), int), 1, 2)


def test_a_net_is_trained_on_streams_of_numbers():
    data = streams(np.sin(np.arange(400) / 5), batch=4, steps=10)
    net = RNN(1, 8, 1)
    history = train(net, data, 150, Adam(net.parameters.values(), lr=0.01), loss="mse")
    assert history.losses[-1] < 0.05 * history.losses[0]
