"""The derivative tables, a family a file. Importing them fills the registry."""

from . import (
    decompositions,
    elementwise,
    indexing,
    joining,
    matrices,
    ordering,
    products,
    reductions,
    refusals,
    scans,
    shaping,
)

__all__ = [
    "decompositions",
    "elementwise",
    "indexing",
    "joining",
    "matrices",
    "ordering",
    "products",
    "reductions",
    "refusals",
    "scans",
    "shaping",
]
