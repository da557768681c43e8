"""The present setting as Python: text in which the numbers are holes, which the page fills in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.models import ScalarRNN, Unrolled
from minigrad.models.model import State, mapped_state, tensors_of

from ..text import escape
from .sliders import Place
from .steps import arguments


def _hole(name: int | str) -> str:
    """A place that the page fills in, between two characters that no name has: `repr` writes them otherwise."""
    return f"\x02{name}\x03"


class _Code:
    """Python that makes a setting: its numbers are holes, which the page fills in."""

    def __init__(self) -> None:
        self.holes: list[dict[str, Any]] = []

    def hole(self, keys: Place, whole: bool) -> str:
        self.holes.append({"place": keys, "whole": whole})
        return _hole(len(self.holes) - 1)

    def array(self, keys: Place, value: Any) -> str:
        return f"np.array({self.hole(keys, np.asarray(value).dtype.kind != 'f')})"

    def tree(self, tree: Any, keys: Place = ()) -> str:
        """Nested arguments: arrays, numbers, and what stays as it is."""
        if isinstance(tree, Mapping):
            return f"{{{', '.join(f'{key!r}: {self.tree(part, (*keys, key))}' for key, part in tree.items())}}}"
        if isinstance(tree, (list, tuple)):
            inside = ", ".join(self.tree(part, (*keys, position)) for position, part in enumerate(tree))
            return f"[{inside}]" if isinstance(tree, list) else f"({inside}{',' if len(tree) == 1 else ''})"
        if hasattr(tree, "dtype"):
            return self.array(keys, getattr(tree, "data", tree) if isinstance(tree, Tensor) else tree)
        return self.hole(keys, False) if isinstance(tree, float) else repr(tree)

    def state(self, state: State) -> str:
        """A run's first state, in its own structure."""
        count = iter(range(sum(1 for _ in tensors_of(state))))
        hole: Any = lambda part: _Hole(self.array(("state", next(count)), part.data))  # noqa: E731
        return repr(mapped_state(hole, state))


class _Hole(str):
    """Text that stands for itself in a structure's repr."""

    __repr__ = str.__str__


def python_of_run(run: Unrolled) -> dict[str, Any]:
    """How the present setting of a run is made."""
    code, kind = _Code(), escape.line(type(run.model).__name__, 60)
    parameters, _, inputs, _ = arguments(run)
    ours = isinstance(run.model, ScalarRNN)
    weights = ", ".join(f"{name!r}: {code.array(('parameters', name), x)}" for name, x in parameters.items())
    imports = ["bptt", "k_truncated", *["ScalarRNN"] * ours, "subsequence", "unroll", "untruncated"]
    lines = [
        "import numpy as np",
        f"from minigrad.models import {', '.join(imports)}",
        *["from minigrad.models.model import load_values"] * (not ours),
        "",
        f"model = ScalarRNN({run.model.nonlinearity!r})"
        if isinstance(run.model, ScalarRNN)
        else f"# model: your {kind}",
        f"load_values(model.parameters, {{{weights}}})" if not ours else f"model.load_state_dict({{{weights}}})",
        f"inputs = {code.array(('inputs',), inputs[0])}",
        f"targets = {_hole('targets')}",
        f"state = {code.state(run.initial_state)}",
        f"run = unroll(model, inputs, targets, state=state, loss={run.criterion!r})"
        if isinstance(run.criterion, str)
        else "run = unroll(model, inputs, targets, state=state, loss=loss)  # a loss of yours",
        f"gradients = bptt(run, {_hole('f')}, record=True)",
    ]
    return {"text": "\n".join(lines), "holes": code.holes}


def python_of_function(f: Callable[..., Any], example: Sequence[Any]) -> dict[str, Any]:
    """How the present setting of a function is made."""
    code = _Code()
    given = [f"x{number} = {code.tree(argument, ('args', number))}" for number, argument in enumerate(example)]
    names = ", ".join(f"x{number}" for number in range(len(example)))
    call = f"value, gradient = mg.value_and_grad({_function_name(f)})({names})"
    return {"text": "\n".join(["import numpy as np", "import minigrad as mg", "", *given, call]), "holes": code.holes}


def _function_name(f: Callable[..., Any]) -> str:
    name = getattr(f, "__name__", "f")
    return name if name.isidentifier() else "f"
