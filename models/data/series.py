"""Series of numbers: windows of the past with what came after them, split in time. Text is in `text`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.refusal.arguments import whole

from .chunk import Chunk


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Series:
    """A series to forecast, made by `series`: what came first is trained on, what came last is held out.

    An example is a window of the scaled past, and as its target, for the last step, the scaled values of the horizon
    after it, time by time.
    """

    values: np.ndarray  # (T, D), as they were given
    window: int  # times that a net reads
    horizon: int  # times that it forecasts
    split: int  # the first time that is held out
    mean: np.ndarray  # (D,), of the training part
    scale: np.ndarray  # (D,), its standard deviation; 1 where that is 0

    def __repr__(self) -> str:
        times, columns = self.values.shape
        return (
            f"<series of {times:,} times × {columns}: {self.window} are read, {self.horizon} forecast; "
            f"held out from {self.split:,} on>"
        )

    @property
    def input_size(self) -> int:
        """D."""
        return int(self.values.shape[1])

    @property
    def output_size(self) -> int:
        """horizon · D."""
        return int(self.horizon * self.values.shape[1])

    @property
    def scaled(self) -> np.ndarray:
        """The values less the mean, over the scale: what nets see."""
        return np.asarray((self.values - self.mean) / self.scale)

    def batches(self, size: int, seed: int = 0) -> Callable[[int], Chunk]:
        """Windows of the training part drawn at random, by the batch's number: what `train` and `Trainer` take."""
        whole("size", size, 1)
        whole("seed", seed)
        scaled, windows = self.scaled, self.split - self.window - self.horizon + 1

        def batch(n: int) -> Chunk:
            return self._chunk(scaled, np.random.default_rng([seed, n]).integers(windows, size=size))

        return batch

    def held_out(self) -> Chunk:
        """All windows whose horizon is held out, one for each time it can begin at, for `evaluate`."""
        return self._chunk(self.scaled, self._origins - self.window)

    def forecasts(self, outputs: Any) -> np.ndarray:
        """A net's last outputs (B, horizon · D) in the unit of the series, (B, horizon, D)."""
        numbers = np.asarray(getattr(outputs, "data", outputs)).reshape(-1, self.horizon, self.input_size)
        return np.asarray(numbers * self.scale + self.mean)

    def actual(self) -> np.ndarray:
        """What came after each window of `held_out`, (N, horizon, D)."""
        return np.asarray(self.values[self._origins[:, None] + np.arange(self.horizon)])

    def naive(self, season: int = 1) -> np.ndarray:
        """The forecast that all stays as it was a season before, for each window of `held_out`, (N, horizon, D).

        With a season of 1 it is the naive forecast: the last value that was seen.
        """
        if not 1 <= season <= self.split:
            raise ValueError(
                f"a season is from 1 to {self.split} times, those before the first forecast; got {season!r}"
            )
        ahead = np.arange(self.horizon)
        return np.asarray(self.values[self._origins[:, None] + ahead - season * (ahead // season + 1)])

    @property
    def _origins(self) -> np.ndarray:
        """The first time of each horizon that is held out."""
        return np.arange(self.split, len(self.values) - self.horizon + 1)

    def _chunk(self, scaled: np.ndarray, starts: np.ndarray) -> Chunk:
        inputs = scaled[starts + np.arange(self.window)[:, None]]
        after = scaled[starts[:, None] + self.window + np.arange(self.horizon)]
        return Chunk(inputs, [None] * (self.window - 1) + [after.reshape(len(starts), -1)])


def series(array: Any, window: int, horizon: int = 1, *, held_out: float = 0.2) -> Series:
    """Windows of a series to train on, and later ones to judge by.

    Parameters
    ----------
    array : numbers (T,), or (T, D) for D series at the same times
    window : int
        Times that a net reads before it forecasts.
    horizon : int
        Times that it forecasts, all at once.
    held_out : float
        The share of the times, the last ones, that training sees neither as input nor as target. Mean and scale are
        learned from the others alone.

    Raises
    ------
    ValueError
        A number is not finite, or there are too few.

    >>> week = series(np.arange(100.0) % 7, window=14, horizon=7)
    >>> week.batches(8)(0).inputs.shape, week.held_out().targets[-1].shape
    ((14, 8, 1), (14, 7))
    >>> float(abs(week.naive(season=7) - week.actual()).mean())
    0.0
    """
    values = np.asarray(array, np.float64)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or not values.shape[1]:
        raise ValueError(f"a series has shape (T,) or (T, D); got {np.shape(array)}")
    if not np.all(np.isfinite(values)):
        time, column = np.argwhere(~np.isfinite(values))[0].tolist()
        raise ValueError(f"number {column} at time {time} is {values[time, column]}; fill it in, or leave the time out")
    if window < 1 or horizon < 1 or not 0 < held_out < 1:
        raise ValueError(
            f"window and horizon are from 1, held_out is between 0 and 1; got {window!r}, {horizon!r} and {held_out!r}"
        )
    split = len(values) - round(len(values) * held_out)
    if split < window + horizon or len(values) - split < horizon:
        raise ValueError(
            f"{len(values)} times are too few for a window of {window} and a horizon of {horizon}, of which a share of "
            f"{held_out} is held out; give more, or less to look at"
        )
    training = values[:split]
    deviation = training.std(axis=0)
    values = values.copy()
    values.setflags(write=False)
    return Series(values, window, horizon, split, training.mean(axis=0), np.where(deviation > 0, deviation, 1.0))
