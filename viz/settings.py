"""What the doors of viz may be handed: runs, steps, truncations; and settings that a kind of picture has none of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from minigrad.models.model import Run
from minigrad.refusal.arguments import flag, shown, whole


def check_loss(run: Run, loss: int) -> None:
    """Refuse a step that has no loss with a gradient."""
    having = [t for t, term in enumerate(run.losses) if term.requires_grad]
    if loss not in having:
        known = f"the steps that have one: {', '.join(map(str, having[:12]))}" if having else "this run has none"
        raise ValueError(f"loss={loss!r} is no step with a loss; {known}")


def check_losses(run: Run) -> None:
    """Refuse a run of which no gradient is taken."""
    if run.loss is None or not run.loss.requires_grad:
        raise ValueError("this run has no losses, so no gradient goes back: unroll it with targets")


def check_truncations(truncations: object) -> None:
    """Refuse what is no list of truncations."""
    if not isinstance(truncations, Sequence) or isinstance(truncations, str):
        raise TypeError(f"truncations= takes a list, as [untruncated(), k_truncated(2)]; got {shown(truncations)}")


def check_flags(**flags: object) -> None:
    for name, given in flags.items():
        flag(name, given)


Setting = TypeVar("Setting")


def either(name: str, value: Setting | None, alias: str, other: Setting | None) -> Setting | None:
    """Give a setting that has two names, of which one may be used."""
    if value is not None and other is not None:
        raise ValueError(f"{alias}={other!r} is another name of {name}={value!r}: give one of the two")
    return other if value is None else value


def refuse_idle(of: str, **settings: object) -> None:
    """Refuse settings that a picture of a kind has no place for."""
    for name, given in settings.items():
        if given is not None and given is not False:
            raise ValueError(f"{name}={given!r} says nothing of {of}: it is for a run drawn cell by cell; leave it out")


def numbers(name: str, array: Any) -> np.ndarray:
    """An array of real numbers."""
    try:
        return np.asarray(array, float)
    except (TypeError, ValueError):
        raise TypeError(f"{name} are numbers in an array; got {shown(array)}") from None


def square(name: str, array: Any) -> np.ndarray:
    """A square matrix of numbers."""
    entries = np.asarray(array)
    if entries.ndim != 2 or entries.shape[0] != entries.shape[1] or not entries.size:
        raise ValueError(f"{name} is a square array, not of shape {entries.shape}; got {shown(array)}")
    return entries


def one_row(name: str, array: Any) -> np.ndarray:
    """A row of numbers, at least one."""
    row = numbers(name, array)
    if row.ndim != 1 or not row.size:
        raise ValueError(f"{name} is a row of numbers, at least one; got {shown(array)} of shape {row.shape}")
    return row


def arrays_by_name(name: str, arrays: Any, *, rows: bool = True) -> None:
    """Refuse what is no mapping of names to arrays; with `rows`, to rows of numbers."""
    if not isinstance(arrays, Mapping) or not arrays:
        raise ValueError(f"{name} maps names to arrays, at least one; got {shown(arrays)}")
    for label, array in arrays.items():
        if rows:
            one_row(f"{name}[{label!r}]", array)


def pair(name: str, ends: Any) -> np.ndarray:
    """Two finite numbers."""
    if np.shape(ends) != (2,) or not np.isfinite(numbers(name, ends)).all():
        raise ValueError(f"{name} is a pair of finite numbers; got {shown(ends)}")
    return numbers(name, ends)


def interval(name: str, ends: Any) -> None:
    """Refuse what is no range, the smaller end first."""
    low, high = pair(name, ends)
    if low >= high:
        raise ValueError(f"{name} is a range, the smaller end first; got {shown(ends)}")


def check_units(units: Any, states: np.ndarray) -> None:
    """Refuse numbers of units that states (T, H) don't have, and states without any."""
    if not states.size:
        raise ValueError(f"states are numbers, at least one; got shape {states.shape}")
    if units is None:
        return
    if isinstance(units, str) or not len(units):
        raise ValueError(f"units are the numbers of some, from 0 to {states.shape[1] - 1}; got {shown(units)}")
    for unit in units:
        whole("a unit", unit, 0, states.shape[1] - 1)
