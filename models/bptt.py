"""Back-propagation through time under any truncation f(t): one sweep for each group of losses that share a cut."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from minigrad import Gradients, Tensor, gradients
from minigrad.refusal.arguments import flag
from minigrad.tape import reachable

from .lanes import swept_in_lanes
from .model import Run, given_run, tensors_of
from .truncation import earliest_steps

_STEP = re.compile(r"(^|/)t=\d+(/|$)")


def bptt(run: Run, f: Callable[[int], int], *, record: bool = False, through_state: bool | None = None) -> Gradients:
    """The gradient of the summed losses, the loss of step t counting the uses of the weights in steps f(t) … t.

    The state that enters step f(t) is a constant for that loss, and for that loss alone. Forward values never change.
    Losses that share f(t) share a cut, so they share a sweep: full BPTT is one, chunks of k steps are T/k that together
    touch each step once, the sliding window is T sweeps of up to k + 1 steps. Sweeps that overlap much are made as one,
    to the same gradient, if the cell and what is asked allow it: see `lanes`.

    Parameters
    ----------
    run : what `unroll` made, with targets
    f : truncation, such as `untruncated()`, `k_truncated(3)`, `subsequence(3)`, or a function of t with 0 ≤ f(t) ≤ t
    record : bool
        Keep every gradient, use and blocked gradient; the uses are merged over the sweeps.
    through_state : bool, optional
        Whether losses with f(t) = 0 flow through a first state into the run that recorded it, as from a decoder into
        its encoder. If not given, full BPTT does, and an f that truncates any loss of this run doesn't. A first state
        that is a leaf or learned gets its gradient in any case.

    Raises
    ------
    ValueError
        There are no losses, they need no gradient (`no_grad`), f(t) is not from 0 to t, or a loss reaches earlier
        steps by a way around the state.

    >>> from minigrad.models import ScalarRNN, bptt, k_truncated, unroll
    >>> run = unroll(ScalarRNN(W_xh=1.0, W_hh=0.5, W_hy=1.0), [0.5, -0.3], [0.0, 0.0], loss="mse")
    >>> grads = bptt(run, k_truncated(0), record=True)
    >>> [use.scope for use in grads.uses(run.parameters["W_hh"])]
    ['t=0', 't=1']
    """
    flag("record", record)
    if through_state is not None:
        flag("through_state", through_state)
    total = differentiable_loss(run)
    earliest = earliest_steps(f, len(run))
    truncating = any(earliest)
    flows = not truncating if through_state is None else through_state
    entering = () if flows else recorded_before(run)
    if not truncating:
        return gradients(total, cuts=entering, record=record)
    widths = {first: t - first + 1 for t, first in enumerate(earliest) if run.losses[t].requires_grad}  # the last t's
    overlapping = sum(widths.values()) > 3 * len(run)
    swept = swept_in_lanes(run, earliest, entering) if overlapping and not record else None
    return (nested(run, earliest, record, entering) if swept is None else swept).rooted_in(total)


def nested(run: Run, earliest: Sequence[int], record: bool, entering: Sequence[Tensor] = ()) -> Gradients:
    """A sweep for each group of losses that share a cut: the definition, for any cell and with all that is recorded.

    `entering` are the tensors of the first state that are constants.
    """
    groups: dict[int, list[int]] = {}
    for t, first in enumerate(earliest):
        groups.setdefault(first, []).append(t)
    total: Gradients | None = None
    for first, steps in groups.items():
        cuts = tuple(tensors_of(run.states[first - 1])) if first else tuple(entering)
        losses = [run.losses[t] for t in steps if run.losses[t].requires_grad]
        if not losses:
            continue
        _check_sound(run, first, losses, frozenset(cut.order for cut in cuts))
        swept = gradients(losses, cuts=cuts, record=record)
        total = swept if total is None else total.include(swept)
    assert total is not None
    return total


def differentiable_loss(run: Run) -> Tensor:
    """The run's summed losses, checked to have a gradient."""
    given_run(run, "a gradient over time")
    if run.loss is None:
        raise ValueError("this run has no losses to differentiate: unroll it with targets")
    if not run.loss.requires_grad:
        raise ValueError(
            "the losses of this run have no gradient: it was unrolled under no_grad, or nothing that they depend on "
            "requires gradients"
        )
    return run.loss


def recorded_before(run: Run) -> tuple[Tensor, ...]:
    """The tensors of a first state that steps of another run recorded, or what was computed from these."""
    return tuple(
        tensor
        for tensor in tensors_of(run.initial_state)
        if tensor.origin is not None
        and any(node.origin and _STEP.search(node.origin.scope) for node in reachable([tensor]).values())
    )


def _check_sound(run: Run, first: int, losses: list[Tensor], cut: frozenset[int]) -> None:
    """A cut at a step's border is sound only if earlier steps are reached through the state alone."""
    for number, tensor in reachable(losses, cut).items() if first else ():
        if tensor.origin is not None and run.starts[0] <= number < run.starts[first] and number not in cut:
            raise ValueError(
                f"a loss of step {first} or later reaches {tensor.origin.primitive} of scope {tensor.origin.scope!r} "
                f"by a way around the state that enters step {first}, so cutting that state would not truncate it; "
                "let the state carry it"
            )
