"""The derivative tables, a family a file. Importing them fills the registry."""

from minigrad.ops import elementwise, indexing, linalg, reductions, shaping

__all__ = ["elementwise", "indexing", "linalg", "reductions", "shaping"]
