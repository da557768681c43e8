"""The arrows between boxes: from tensor to tensor where the tape leads past no third one, and what flows back there.

The number on an arrow A → B is the cotangent at B, pulled back to A with all other boxes held constant. So the arrows
that leave a box add up to its gradient. Losses that share a cut are swept together and their cotangents pulled back
together: pulling back those of all losses, merged, would give other numbers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from minigrad import Gradients, Tensor, gradients, tape
from minigrad.models.model import Run, tensors_of
from minigrad.models.truncation import earliest_steps

from ..drawing import Array, Truncation
from .lookup import plain


@dataclass(frozen=True, slots=True, eq=False)
class Arrow:
    """What `head` gives back to `tail`: `flow` is None where nothing goes back, `blocked` what cuts hold back.

    `concerned` are the steps of the losses that the cuts hold back; `skips` says that `tail` is an operand of `head`
    itself, beside another path; `weights` are the parameters that meet `tail` on the way.
    """

    tail: Tensor
    head: Tensor
    flow: Array | None = None
    blocked: Array | None = None
    concerned: tuple[int, ...] = ()
    skips: bool = False
    weights: tuple[str, ...] = ()
    detached: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Losses that share a cut, by their steps, and the sweep back from their sum."""

    steps: tuple[int, ...]
    swept: Gradients
    cuts: frozenset[int]

    def cotangent(self, tensor: Tensor) -> Array | None:
        """Give what arrives at a tensor; None where the sweep doesn't come by, or is held back."""
        if not tensor.requires_grad or tensor.order in self.cuts:
            return None
        arriving = plain(self.swept[tensor])
        return arriving if self.swept.uses(tensor) or arriving.any() else None


def groups(run: Run, truncation: Truncation | None, steps: Iterable[int]) -> list[Group]:
    """Sweep back from the losses of some steps, those that may reach back equally far together."""
    earliest = [0] * len(run.states) if truncation is None else earliest_steps(truncation, len(run.states))
    sharing: dict[int, list[int]] = {}
    for t in steps:
        if run.losses[t].requires_grad:
            sharing.setdefault(earliest[t], []).append(t)
    swept = []
    for first, together in sharing.items():
        cuts = tuple(tensors_of(run.states[first - 1])) if first else ()
        losses = [run.losses[t] for t in together]
        orders = frozenset(cut.order for cut in cuts)
        swept.append(Group(tuple(together), gradients(losses, cuts=cuts, record=True), orders))
    return swept


def arrows(
    boxes: Sequence[Tensor],
    sweeps: Sequence[Group],
    reads: Mapping[int, Sequence[Tensor]],
    folded: frozenset[int] = frozenset(),
    weights: Mapping[int, str] | None = None,
) -> list[Arrow]:
    """Find the arrows between boxes.

    Parameters
    ----------
    boxes : sequence of Tensor
    sweeps : sequence of Group
        None of them: nothing flows back.
    reads : mapping
        What an operation reads besides its operands (the tokens of a lookup), by the number of its result.
    folded : frozenset of int
        The numbers of boxes that are drawn as one: the arrows between them are left out.
    weights : mapping, optional
        The names of parameters, by their numbers.
    """
    known = {box.order: box for box in boxes}
    drawn = []
    for head in boxes:
        tails, around, forgotten, met = tails_of(head, known, reads, weights or {})
        if head.order in folded and all(tail.order in folded for tail in tails):
            continue
        flows, held, concerned = _pulled_back(head, [tail for tail in tails if tail.requires_grad], sweeps)
        for tail in tails:
            key = tail.order
            steps = tuple(sorted(concerned.get(key, ())))
            drawn.append(Arrow(tail, head, flows.get(key), held.get(key), steps, key in around, tuple(met[key])))
        drawn += [Arrow(tail, head, detached=True) for tail in forgotten]
    return drawn


def check_sums(run_arrows: Sequence[Arrow], swept: Gradients) -> None:
    """Refuse gradients that are not of one sweep: what leaves each box must add up to its gradient.

    Raises
    ------
    ValueError
        If it doesn't, as with the sum of several sweeps, each with cuts of its own.
    """
    tails = {arrow.tail.order: arrow.tail for arrow in run_arrows if arrow.tail.requires_grad}
    for order, tail in tails.items():
        flows = [arrow.flow for arrow in run_arrows if arrow.tail.order == order and arrow.flow is not None]
        total = sum(flows, start=np.zeros(tail.shape))
        if not np.allclose(total, plain(swept[tail]), rtol=1e-6, atol=1e-9 * float(np.abs(total).max(initial=0.0))):
            raise ValueError(
                "gradients= are the sum of several sweeps with cuts of their own, which can't be told apart: "
                "give truncation= instead"
            )


def tails_of(
    head: Tensor, known: Mapping[int, Tensor], reads: Mapping[int, Sequence[Tensor]], weights: Mapping[int, str]
) -> tuple[list[Tensor], set[int], list[Tensor], dict[int, dict[str, None]]]:
    """List the boxes that a box is made from past no other, oldest first.

    Then the numbers of those that are operands of it and lead to it another way too; then what was detached on the way.
    Then the names of the weights that each of them meets first.
    """
    direct: dict[int, Tensor] = {}
    indirect: dict[int, Tensor] = {}
    forgotten: dict[int, Tensor] = {}
    met: dict[int, dict[str, None]] = {}
    seen, waiting = {head.order}, [head]
    while waiting:
        tensor = waiting.pop()
        source = tensor.detached_from
        if source is not None and source.order in known and source is not head:
            forgotten[source.order] = source
        operands = () if tensor.origin is None else tensor.origin.inputs
        for operand in (*operands, *reads.get(tensor.order, ())):
            if not isinstance(operand, Tensor):
                continue
            if operand.order in known:
                (direct if tensor is head else indirect)[operand.order] = operand
                beside = [operand.order for operand in operands if isinstance(operand, Tensor)]
                met.setdefault(operand.order, {}).update(
                    (weights[order], None) for order in beside if order in weights and order != operand.order
                )
            elif operand.order not in seen:
                seen.add(operand.order)
                waiting.append(operand)
    tails = direct | indirect
    cut_off = [forgotten[key] for key in sorted(forgotten) if key not in tails]
    return [tails[key] for key in sorted(tails)], set(direct) & set(indirect), cut_off, met


def _pulled_back(
    head: Tensor, tails: Sequence[Tensor], sweeps: Sequence[Group]
) -> tuple[dict[int, Array], dict[int, Array], dict[int, set[int]]]:
    """Pull the cotangents at a box back to its tails: what flows on, what is held back, and the losses it is held for.

    Pulling back is linear, so the groups that cut the same tails are pulled back together.
    """
    flows: dict[int, Array] = {}
    held: dict[int, Array] = {}
    concerned: dict[int, set[int]] = {}
    arriving: dict[frozenset[int], Array] = {}
    for group in sweeps if tails else ():
        cotangent = group.cotangent(head)
        if cotangent is not None:
            key = group.cuts & {tail.order for tail in tails}
            arriving[key] = np.asarray(arriving[key] + cotangent) if key in arriving else cotangent
            for order in key:
                concerned.setdefault(order, set()).update(group.steps)
    for key, cotangent in arriving.items():
        swept = gradients(head, cotangent=cotangent, cuts=tails, record=True)
        for tail in tails:
            part, sums = plain(swept.blocked(tail)), held if tail.order in key else flows
            sums[tail.order] = np.asarray(sums[tail.order] + part) if tail.order in sums else part
    return flows, held, concerned


def token_reads(run: Run) -> dict[int, list[Tensor]]:
    """Find where tokens are looked up, by the number of the result: a lookup's index is no operand, but a parameter."""
    reads: dict[int, list[Tensor]] = {}
    if all(x.dtype.kind not in "iu" for x in run.inputs):
        return reads
    outputs = [*run.losses, *run.outputs, *(tensor for state in run.states for tensor in tensors_of(state))]
    for entry in tape(outputs):
        index = entry.parameters.get("index")
        step = bisect_right(run.starts, entry.value.order) - 1
        if step >= 0 and isinstance(index, (np.ndarray, np.integer)):
            x = run.inputs[step]
            if x.dtype.kind in "iu" and np.array_equal(index, x.data):
                reads.setdefault(entry.value.order, []).append(x)
    return reads
