"""`python -m tests.docs.reference`: writes docs/reference.md, every operation, out of the derivative tables."""

import inspect
from pathlib import Path

import numpy as np

import minigrad as mg
from minigrad import losses
from minigrad.ops import (
    decompositions,
    elementwise,
    indexing,
    joining,
    matrices,
    ordering,
    products,
    reductions,
    scans,
    shaping,
)
from minigrad.primitive import Primitive
from minigrad.registry import registry

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "reference.md"
TABLES = [
    elementwise,
    shaping,
    joining,
    scans,
    reductions,
    indexing,
    ordering,
    products,
    matrices,
    decompositions,
    losses,
]  # users last
HEAD = """\
# Reference: every operation

Made by `python -m tests.docs.reference` out of the tables in `minigrad/ops`. How to add a line, and what holds at the
edges:
[operations.md](operations.md).

- **Operation**: minigrad's name; NumPy's function, which records when it is called on a Tensor; the Tensor's method.
- **Takes**: the signature. The arrays come first, by position.
- **Rule**: the local gradient, for each argument where there are several; or what the operation does, if it is made of
  others.
- **Refused**: keywords that NumPy's function has besides; they raise a `TypeError` with their name. Of NumPy's ufuncs
  (add, exp, …) every keyword is refused, `out=` and `where=` among them, and so are `reduce`, `at` and the like. An
  ellipsis: what the function would pass on to others.

A function of NumPy's that stands nowhere here raises a `TypeError` with its name and the way to write it; none returns
an array that has lost its gradient (a test walks NumPy). What asks for Python's `float()` is refused inside a
transformation and warned of elsewhere: [operations.md](operations.md) has every way off the tape.
"""


def operations():
    """What answers for a function of NumPy's, and what is public: table by table, each where it is made."""
    seen = []
    for table in TABLES:
        here = [each for each in vars(table).values() if callable(each) and names(each)]
        own = [each for each in here if isinstance(each, Primitive) or each.__module__ == table.__name__]
        yield table, [each for each in own if not any(each is other for other in seen)]
        seen += own


def names(operation):
    """All ways to call it."""
    if operation is registry["getitem"]:
        return ["t[…]"]
    rooms = (("mg", mg), ("mg.linalg", mg.linalg))
    public = [f"{short}.{name}" for short, room in rooms for name in vars(room) if getattr(room, name) is operation]
    answers = [f"{_room(each)}.{each.__name__}" for each in numpys(operation)]
    name = getattr(operation, "__name__", "")
    return [*public, *answers, *[f"t.{name}"] * ((public or answers) != [] and hasattr(mg.Tensor, name))]


def numpys(operation):
    """NumPy's functions that it answers for."""
    return [key for key, each in registry.items() if each is operation and callable(key)]


def _room(function):
    return "np.linalg" if function in vars(np.linalg).values() else "np"


def takes(operation):
    """Its signature, without annotations."""
    if not isinstance(operation, Primitive):
        parameters = inspect.signature(operation).parameters.values()
        return inspect.Signature([each.replace(annotation=inspect.Parameter.empty) for each in parameters])
    rules = [each for each in operation.rules if each is not None]
    arrays = list(inspect.signature(rules[0]).parameters)[2 : 2 + operation.arity] if rules else "ab"[: operation.arity]
    kinds = [inspect.Parameter.POSITIONAL_OR_KEYWORD, *[inspect.Parameter.KEYWORD_ONLY] * len(operation.defaults)]
    options = zip(operation.defaults.items(), kinds, strict=False)
    given = [inspect.Parameter(each, inspect.Parameter.POSITIONAL_OR_KEYWORD) for each in arrays]
    return inspect.Signature(
        [*given, *(inspect.Parameter(name, kind, default=value) for (name, value), kind in options)]
    )


def rule(operation):
    """The local gradient in words, and what it does if it is no line of a table but made of such."""
    if not isinstance(operation, Primitive):
        room = vars(inspect.getmodule(operation)).values()
        inner = [each for each in room if isinstance(each, Primitive) and each.name == operation.__name__]
        told = inspect.getdoc(operation).splitlines()[0]
        return f"{told} Local gradient: {rule(inner[0])}." if inner else told
    if not operation.differentiable:
        return "no gradient flows"
    if isinstance(operation.local, str):
        return operation.local
    return "; ".join(
        f"{name}: {each}" for name, each in zip(takes(operation).parameters, operation.local, strict=False) if each
    )


def refused(operation):
    """NumPy's keywords that are not among ours, as far as it tells them (of all from 2.4 on)."""
    ours = takes(operation).parameters
    arrays = sum(each.default is each.empty and each.kind is not each.VAR_POSITIONAL for each in ours.values())
    more = []
    for function in numpys(operation):
        try:
            theirs = [] if isinstance(function, np.ufunc) else list(inspect.signature(function).parameters.values())
        except ValueError:
            theirs = []
        more += [
            "…" if each.kind is each.VAR_KEYWORD else each.name for each in theirs[arrays:] if each.name not in ours
        ]
    return ", ".join(more)


def page():
    """The whole of it."""
    parts = [HEAD]
    for table, found in operations():
        title = table.__name__.rpartition(".")[2].capitalize()
        lines = [f"## {title}", "", inspect.getdoc(table).splitlines()[0], ""]
        lines += ["| operation | takes | rule | refused |", "|---|---|---|---|"]
        for each in found:
            cells = (", ".join(f"`{name}`" for name in names(each)), f"`{takes(each)}`", rule(each), refused(each))
            lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
        parts.append("\n".join(lines))
    return "\n\n".join(part.strip() for part in parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
