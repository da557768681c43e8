"""From a tape to NumPy calls. What a user meets is in `minigrad.program`.

`graph` builds nodes, `merge` gathers sums, `batch` puts steps side by side, `plan` orders and finds room, `kernels`
says how NumPy is called, `bind` calls it on real memory, `lowered` holds it all.
"""

from minigrad.lowering.kernels import Call
from minigrad.lowering.lowered import Memory, lower

__all__ = ["Call", "Memory", "lower"]
