"""How large programs are: the loops that are found, calls, memory and lines of the listing, without any clock.

`python -m tests.engine.sizes` writes the table sizes.txt that the tests compare with: after a change that makes
programs smaller, or larger for a good reason.
"""

from pathlib import Path

import numpy as np

import minigrad as mg
from tests.engine.unrolled import STRAIGHT, UNROLLED

TABLE = Path(__file__).with_name("sizes.txt")
NAMES = [*UNROLLED, *STRAIGHT]


def size(name: str) -> str:
    """A line of the table."""
    f, arrays = (UNROLLED | STRAIGHT)[name]()
    program = mg.trace(f)(*arrays(np.random.default_rng(0)))
    rolled, straight = (program.listing(rolled).splitlines() for rolled in (True, False))
    loops = sum(line.lstrip().startswith("for ") for line in rolled)
    taken = f"{loops} loops, {len(program.calls)} calls, {program.memory().peak} bytes"
    return f"{name}: {taken}, {len(rolled)} of {len(straight)} lines"


if __name__ == "__main__":
    TABLE.write_text("\n".join(map(size, NAMES)) + "\n", "utf-8")
