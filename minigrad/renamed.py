"""Rooms that have moved: `import` of an old module name still finds the new one, with a warning; not what is in them.

For version 0.1 alone. Each package says in its `__init__` which of its modules have moved where.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType


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
