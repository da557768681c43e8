"""Sequences of different lengths in one batch: which steps are valid, and what stands in the others. No losses."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from minigrad import Tensor

from .state import held

Valid = np.ndarray | Tensor
"""Booleans (T, B) or (T,), True where an example goes on; a Tensor while a function of the lengths is traced."""


def valid_steps(mask: Any, lengths: Any, shape: tuple[int, ...], least: int) -> Valid | None:
    """From a mask or from lengths, checked: one boolean for each step of each example, True up to its length.

    Parameters
    ----------
    mask : booleans, or numbers 0 and 1, of `shape`
    lengths : whole numbers from `least` to T, one for each example
    shape : (T, B) or (T,)
    """
    if mask is not None and lengths is not None:
        raise ValueError("mask and lengths say the same; give one of them")
    if lengths is not None:
        return _from_lengths(lengths, shape, least)
    return None if mask is None else _from_mask(mask, shape, least)


def filled(values: Any, valid: Valid, first: Any = None) -> Any:
    """The values, (T, B, …) or a step's own (B, …), with the padding replaced by numbers that nothing goes wrong with.

    These are the example's own `first` ones, 0 where it has none. So whatever stood in the padding reaches nothing,
    neither forward nor backward, where NaN · 0 would be NaN.
    """
    traced = (isinstance(values, Tensor) and (values.is_traced or values.requires_grad)) or isinstance(valid, Tensor)
    if not traced:
        values = np.asarray(values.data if isinstance(values, Tensor) else values)
        condition = valid.reshape(valid.shape + (1,) * (values.ndim - valid.ndim))
        return np.where(condition, values, np.zeros((), values.dtype) if first is None else first)
    values = values if isinstance(values, Tensor) else Tensor(values)
    return held(valid, values, values.dtype.type(0) if first is None else first)


def last_steps(valid: Valid, t: int) -> Any:
    """Which examples have their last step at t: booleans (B,)."""
    return valid[t] if t + 1 == len(valid) else valid[t] > valid[t + 1]


def _from_lengths(lengths: Any, shape: tuple[int, ...], least: int) -> Valid:
    steps, *batch_shape = shape
    numbers = lengths if isinstance(lengths, Tensor) and lengths.is_traced else np.asarray(_plain(lengths))
    if numbers.shape != tuple(batch_shape) or numbers.dtype.kind not in "iu":
        wanted = f"one for each of {batch_shape[0]} examples" if batch_shape else "one number"
        raise ValueError(f"lengths are whole numbers, {wanted}; got {numbers.dtype} of shape {numbers.shape}")
    numbers = _in_range(numbers, least=least, most=steps)
    return np.arange(steps).reshape(steps, *(1 for _ in batch_shape)) < numbers


def _checked_lengths(lengths: np.ndarray, least: int, most: int) -> np.ndarray:
    outside = np.argwhere((lengths < least) | (lengths > most)).tolist()
    if outside:
        example = tuple(outside[0])
        whose = f" of example {example[0]}" if example else ""
        raise ValueError(f"the length{whose} is {lengths[example]}; a sequence of {most} steps has {least} to {most}")
    return np.array(lengths)


_in_range = mg.primitive(_checked_lengths, None, name="lengths", parameters={"least": 0, "most": 0})
"""The lengths themselves, checked; recorded, so that a program checks those that it is called with."""


def _from_mask(mask: Any, shape: tuple[int, ...], least: int) -> Valid:
    if isinstance(mask, Tensor) and mask.is_traced:
        if mask.shape != shape:
            raise ValueError(f"the mask has shape {shape}, (T, B) or (T,); got {mask.shape}")
        return mask if mask.dtype == np.bool_ else mask != 0
    numbers = np.asarray(_plain(mask))
    zero_or_one = numbers.dtype == np.bool_ or (numbers.dtype.kind in "iuf" and np.isin(numbers, (0, 1)).all())
    if not zero_or_one or numbers.shape != shape:
        raise ValueError(
            f"the mask is booleans of shape {shape}, (T, B) or (T,), or numbers 0 and 1; got {numbers.dtype} of shape "
            f"{numbers.shape}"
        )
    valid: np.ndarray = numbers.astype(np.bool_)
    late = np.argwhere(valid[1:] & ~valid[:-1]).tolist()
    if late:
        step, *example = late[0]
        whose = f" of example {example[0]}" if example else ""
        raise ValueError(f"padding goes on the right, but step {step + 1}{whose} is valid after a padded one")
    empty = np.argwhere(~valid[:least].all(axis=0)).tolist() if least else []
    if empty:
        whose = f"example {empty[0][0]}" if empty[0] else "the sequence"
        raise ValueError(f"{whose} has no valid step, so it has no last one")
    return valid


def _plain(values: Any) -> Any:
    return values.data if isinstance(values, Tensor) else values
