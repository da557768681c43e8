"""How bad input is refused: what arguments may be, and what to do about what NumPy refuses. Knows no Tensor."""
