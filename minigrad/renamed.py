"""Old spellings: a module that has moved, or what is in one under a new name, is still found, with a warning.

For version 0.1 alone. Each package says in its `__init__` which of its modules have moved where.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class _Forwarding:
    """Finds a module under its old name: an empty module that looks everything up in the new one."""

    def __init__(self) -> None:
        self.new_names: dict[str, str] = {}

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in self.new_names else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        new_name = self.new_names[module.__name__]
        warnings.warn(f"{module.__name__} is now {new_name}", DeprecationWarning, stacklevel=2)
        module.__doc__ = f"{module.__name__} is now {new_name}."
        module.__dict__["__getattr__"] = import_module(new_name).__getattribute__


_forwarding = _Forwarding()
sys.meta_path.append(_forwarding)  # asked last, so only for what is not there


def moved(package: str, new_places: Mapping[str, str]) -> None:
    """Let the modules of a package be found where they were: `moved("minigrad", {"record": "gradients"})`."""
    _forwarding.new_names |= {f"{package}.{old}": f"{package}.{new}" for old, new in new_places.items()}


def renamed(module: str, new_names: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a module in which things have new names, so that the old ones are found there, too.

    A new name with dots is that of a thing in another module.

    >>> __getattr__ = renamed("minigrad.models", {"passage": "minigrad.models.data.chunk.one_epoch"})
    """

    def found(name: str) -> Any:
        if name not in new_names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        home, _, new_name = new_names[name].rpartition(".")
        warnings.warn(f"{module}.{name} is now {home or module}.{new_name}", DeprecationWarning, stacklevel=2)
        return getattr(import_module(home or module), new_name)

    return found


def keywords(function: str, new_names: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, Any]:
    """Keywords that a function was given under old names, under their new ones; any other is refused."""
    for old in given:
        if old not in new_names:
            raise TypeError(f"{function} doesn't take {old}=")
        warnings.warn(f"{function}({old}=) is now {new_names[old]}=", DeprecationWarning, stacklevel=3)
    return {new_names[old]: value for old, value in given.items()}
