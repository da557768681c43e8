"""Programs: a traced function as loops and operations, run by NumPy or by JAX.

`trace` is what a user meets, and `recording` runs the function. `graph` builds nodes, `merge` gathers sums, `loops`
finds what repeats, in bare numbers by `repeats`, `plan` makes `units` of it; `listing` prints it, `numpy_engine` calls
NumPy as `kernels` says, on places that `memory` finds, and `jax_engine` says it in JAX.
"""

from .trace import Program as Program
from .trace import trace as trace
