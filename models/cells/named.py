"""Nets by name, as recipes and the command line call them: the built-in ones, and a class of one's own."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol

from minigrad.refusal.arguments import chosen

from ..model import Model
from .gru import GRU
from .lstm import LSTM
from .residual import Residual
from .rnn import RNN


class Make(Protocol):
    """A net from its sizes."""

    def __call__(
        self, *, input_size: int, hidden_size: int, output_size: int, num_layers: int, rng: int, dtype: Any
    ) -> Model: ...


CELLS: dict[str, Make] = {
    "rnn": RNN,
    "orthogonal": lambda **sizes: RNN(**sizes, init="orthogonal"),
    "orthogonal-1.5": lambda **sizes: RNN(**sizes, init="orthogonal", scale=1.5),
    "irnn": lambda **sizes: RNN(**sizes, nonlinearity="relu", init="identity"),
    "residual": lambda **sizes: Residual(RNN(**sizes), scale=0.5),
    "lstm": LSTM,
    "lstm-0": lambda **sizes: LSTM(**sizes, forget_bias=0.0),
    "lstm-3": lambda **sizes: LSTM(**sizes, forget_bias=3.0),
    "gru": GRU,
}
"""Nets by name: a tanh RNN, three with other W_hh to start from, one with a skip, an LSTM by its forget bias, a GRU."""


def is_class(name: str) -> bool:
    """Whether a name is that of a class of one's own, `package.module:Class`.

    >>> is_class("mynets:Minimal"), is_class("lstm"), is_class("os.system")
    (True, False, False)
    """
    return re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*", name) is not None


def named_cell(name: str) -> Make:
    """What makes the nets of a name: one of `CELLS`, or a class that is imported, `package.module:Class`.

    The class is made with `input_size`, `hidden_size`, `output_size` and, as far as it takes them, the keywords `rng`,
    `dtype` and `num_layers`.

    Raises
    ------
    ValueError
        There is no such net, its module can't be imported, or it has no layers to put on top of each other.

    >>> named_cell("minigrad.models:GRU")(
    ...     input_size=3, hidden_size=4, output_size=2, num_layers=1, rng=0, dtype="float32"
    ... ).W_hh.shape
    (4, 12)
    """
    if not is_class(name):
        return CELLS[chosen("a net", name, CELLS, ", or a class of yours, package.module:Class")]
    module, _, class_name = name.partition(":")
    try:
        kind = getattr(import_module(module), class_name)
    except (ImportError, AttributeError) as error:
        remedy = "is its folder on PYTHONPATH?" if isinstance(error, ImportError) else "give a class that it has"
        raise ValueError(f"{name!r} can't be imported: {error}; {remedy}") from None
    if not callable(kind):
        raise ValueError(f"{name!r} is {kind!r:.60}, not a class")
    return _made_by(name, kind)


def _made_by(name: str, kind: Callable[..., Any]) -> Make:
    try:
        known: Mapping[str, inspect.Parameter] = inspect.signature(kind).parameters
    except ValueError as error:
        raise ValueError(f"{name!r} doesn't say what it takes: {error}") from None
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values())

    def make(*, num_layers: int, **sizes: Any) -> Model:
        if num_layers > 1 and not (takes_all or "num_layers" in known):
            raise ValueError(f"{name!r} takes no num_layers, so there is one layer of it; {num_layers} were asked for")
        given = {**sizes, "num_layers": num_layers}
        needed = ("input_size", "hidden_size", "output_size")
        taken = {key: value for key, value in given.items() if key in needed or takes_all or key in known}
        try:
            model = kind(**taken)
        except TypeError as error:
            raise ValueError(f"{name!r} can't be made with {', '.join(taken)}: {error}; give a net's class") from error
        missing = [part for part in ("parameters", "initial_state", "step") if not hasattr(model, part)]
        if missing:
            raise ValueError(f"{name!r} makes no model: it has no {' and no '.join(missing)}")
        return model  # type: ignore[no-any-return]

    return make
