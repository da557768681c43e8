"""How many threads NumPy's matrix products take while a net trains: through threadpoolctl, where that is installed."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

SMALL = 256
"""Units up to which a net trains with one thread: its products are too small to be worth the others' waiting."""


def threads(count: int, hidden: int) -> AbstractContextManager[object]:
    """Within it NumPy takes so many threads; with 0, one for nets of up to 256 units, else as many as it likes.

    Raises
    ------
    ValueError
        A number is asked for, and threadpoolctl isn't installed.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        if count:
            raise ValueError(
                f"threads are limited through threadpoolctl: pip install 'minigrad-bptt[lab]', or set "
                f"OPENBLAS_NUM_THREADS={count} before the command"
            ) from None
        return nullcontext()
    if not count and hidden > SMALL:
        return nullcontext()
    limits: AbstractContextManager[object] = threadpool_limits(limits=count or 1, user_api="blas")
    return limits
