"""The derivative tables, a family a file. Importing them fills the registry."""

from minigrad.ops import contractions, elementwise, indexing, linalg, matrices, reductions, scans, shaping

__all__ = ["contractions", "elementwise", "indexing", "linalg", "matrices", "reductions", "scans", "shaping"]
