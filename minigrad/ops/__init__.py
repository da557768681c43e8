"""The derivative tables, a family a file. Importing them fills the registry."""

from . import elementwise, indexing, matrices, products, reductions, scans, shaping

__all__ = ["elementwise", "indexing", "matrices", "products", "reductions", "scans", "shaping"]
