"""Programs: a traced function as a list of NumPy calls.

`trace` records a function and is what a user meets. `graph` builds nodes, `merge` gathers sums, `batch` puts steps side
by side, `plan` orders and finds room, `kernels` says how NumPy is called, `bind` calls it on real memory, `lowered`
holds it all.
"""

from .trace import Program as Program
from .trace import trace as trace
