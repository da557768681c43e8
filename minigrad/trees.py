"""Trees: nested dicts, lists and tuples, and what stands at their ends. It knows nothing of Tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def leaves(tree: Any) -> Iterator[Any]:
    """What stands at the ends of nested dicts, lists and tuples, in order.

    >>> list(leaves({"w": 1.0, "layers": [2.0, (3.0, 4.0)]}))
    [1.0, 2.0, 3.0, 4.0]
    """
    if isinstance(tree, Mapping):
        for branch in tree.values():
            yield from leaves(branch)
    elif isinstance(tree, (list, tuple)):
        for branch in tree:
            yield from leaves(branch)
    else:
        yield tree


def mapped(change: Callable[[Any], Any], tree: Any) -> Any:
    """The same nesting, with `change(leaf)` in place of each leaf; named tuples stay what they are.

    >>> mapped(str, {"w": 1.0, "layers": [2.0, (3.0, 4.0)]})
    {'w': '1.0', 'layers': ['2.0', ('3.0', '4.0')]}
    """
    if isinstance(tree, Mapping):
        return {key: mapped(change, branch) for key, branch in tree.items()}
    if isinstance(tree, (list, tuple)):
        branches = [mapped(change, branch) for branch in tree]
        return type(tree)(*branches) if hasattr(tree, "_fields") else type(tree)(branches)
    return change(tree)
