"""How large programs are: the loops that are found, calls, memory and lines of the listing, without any clock.

`python -m tests.engine.sizes` writes the table sizes.txt that the tests compare with: after a change that makes
programs smaller, or larger for a good reason. The sums at the end of a line are of the listing, of the calls with the
shapes and strides of their operands, and of the places in memory: they tell that one of these has changed, not how.
"""

import functools
import zlib
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
    sums = " ".join(f"{zlib.crc32(text.encode()):08x}" for text in (str(program), spelled(program), places(program)))
    return f"{name}: {taken}, {len(rolled)} of {len(straight)} lines; {sums}"


def spelled(program: mg.Program) -> str:
    """The calls: functions by name, arrays by shape, strides and type, numbers as they are."""

    def word(part: object) -> str:
        if isinstance(part, np.ndarray):
            return f"{part.shape}{part.strides}{part.dtype}"
        if isinstance(part, (list, tuple)):
            return f"({' '.join(map(word, part))})"
        if isinstance(part, functools.partial):
            return f"{word(part.func)}{' '.join(map(word, part.keywords.values()))}"
        return getattr(part, "__name__", repr(part))

    return "\n".join(f"{word(function)} {word(operands)}" for function, operands in program.calls)


def places(program: mg.Program) -> str:
    return "\n".join(f"{slot.start} {slot.nbytes} {slot.born} {slot.last}" for slot in program.memory().slots)


if __name__ == "__main__":
    TABLE.write_text("\n".join(map(size, NAMES)) + "\n", "utf-8")
