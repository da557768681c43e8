"""Linear algebra, named as in `numpy.linalg`. The public names and nothing else: the rules are in `minigrad.ops`."""

from .ops.matrices import det, inv, norm, solve
from .ops.matrices import matrix_trace as trace

__all__ = ["det", "inv", "norm", "solve", "trace"]
